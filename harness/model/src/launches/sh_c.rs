//! The launch `sh-c`.

use crate::launch::{Launch, Start, Wrapper};
use crate::platform::Os;

/// Below a shell that stays: `sh -c 'COMMAND; :'`. The shell is what is signalled and waited for.
pub(super) static SH_C: Launch = Launch {
    name: "sh-c",
    about: "Below a shell that stays: `sh -c 'COMMAND; :'`. The shell is what is signalled and waited for.",
    source: "sh(1p); POSIX.1-2024, XCU 2.12: signals while a foreground command runs",
    platforms: Os::UNIX,
    start: || Start { wrapper: Wrapper::Shell, ..Start::default() },
};
