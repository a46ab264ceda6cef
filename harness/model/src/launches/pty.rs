//! The launch `pty`.

use crate::launch::{Launch, Session, Start};
use crate::platform::Os;

/// In the foreground of a terminal of its own: what an interactive shell does with a command.
pub(super) static PTY: Launch = Launch {
    name: "pty",
    about: "In the foreground of a terminal of its own: what an interactive shell does with a command.",
    source: "credentials(7), \"Sessions\"; termios(3); POSIX.1-2024, General Terminal Interface",
    platforms: Os::UNIX,
    start: || Start { session: Session::Terminal, ..Start::default() },
};
