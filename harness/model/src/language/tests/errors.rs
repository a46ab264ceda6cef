//! Every error message, as the user sees it.
