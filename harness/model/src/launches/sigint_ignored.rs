//! The launch `sigint-ignored`.

use crate::launch::{Launch, Start};
use crate::platform::Os;
use crate::signals::Signal;

/// SIGINT and SIGQUIT ignored from the start, as a shell without job control starts `cmd &`.
pub(super) static SIGINT_IGNORED: Launch = Launch {
    name: "sigint-ignored",
    about: "SIGINT and SIGQUIT ignored from the start, as a shell without job control starts `cmd &`.",
    source: "POSIX.1-2024, XCU 2.12 Signals and Error Handling (asynchronous lists); execve(2): ignored stays ignored",
    platforms: Os::UNIX,
    start: || Start {
        ignored: ["SIGINT", "SIGQUIT"].into_iter().filter_map(Signal::parse).collect(),
        ..Start::default()
    },
};
