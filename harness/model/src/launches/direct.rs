//! The launch `direct`.

use crate::launch::{Launch, Start};
use crate::platform::Os;

/// An ordinary child: in its parent's process group and session, without a terminal.
pub(super) static DIRECT: Launch = Launch {
    name: "direct",
    about: "An ordinary child: in its parent's process group and session, without a terminal.",
    source: "fork(2), POSIX.1-2024 fork: a child is in its parent's process group and session",
    platforms: &Os::ALL,
    start: || Start::default(),
};
