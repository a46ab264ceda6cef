//! The launch `sighup-ignored`.

use crate::launch::{Launch, Start};
use crate::platform::Os;
use crate::signals::Signal;

/// SIGHUP ignored from the start, as nohup does.
pub(super) static SIGHUP_IGNORED: Launch = Launch {
    name: "sighup-ignored",
    about: "SIGHUP ignored from the start, as nohup does.",
    source: "nohup(1); POSIX.1-2024, XCU nohup; execve(2): ignored stays ignored",
    platforms: Os::UNIX,
    start: || Start { ignored: Signal::parse("SIGHUP").into_iter().collect(), ..Start::default() },
};
