//! The launch `sigterm-blocked`.

use crate::launch::{Launch, Start};
use crate::platform::Os;
use crate::signals::Signal;

/// SIGTERM blocked in the inherited signal mask.
pub(super) static SIGTERM_BLOCKED: Launch = Launch {
    name: "sigterm-blocked",
    about: "SIGTERM blocked in the inherited signal mask.",
    source: "sigprocmask(2); execve(2): the signal mask is preserved",
    platforms: Os::UNIX,
    start: || Start { blocked: Signal::parse("SIGTERM").into_iter().collect(), ..Start::default() },
};
