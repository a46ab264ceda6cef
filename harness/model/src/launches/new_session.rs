//! The launch `new-session`.

use crate::launch::{Launch, Session, Start};
use crate::platform::Os;

/// The leader of a session of its own, without a terminal, as a daemon is.
pub(super) static NEW_SESSION: Launch = Launch {
    name: "new-session",
    about: "The leader of a session of its own, without a terminal, as a daemon is.",
    source: "setsid(2); POSIX.1-2024 setsid",
    platforms: Os::UNIX,
    start: || Start { session: Session::NewSession, ..Start::default() },
};
