//! The launch `sh-c-exec`.

use crate::launch::{Launch, Start, Wrapper};
use crate::platform::Os;

/// By a shell that replaces itself: `sh -c 'exec COMMAND'`.
pub(super) static SH_C_EXEC: Launch = Launch {
    name: "sh-c-exec",
    about: "By a shell that replaces itself: `sh -c 'exec COMMAND'`.",
    source: "sh(1p); POSIX.1-2024, XCU exec",
    platforms: Os::UNIX,
    start: || Start { wrapper: Wrapper::ShellExec, ..Start::default() },
};
