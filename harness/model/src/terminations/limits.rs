//! Limits of setrlimit(2) that the target runs into.

use crate::platform::Os;
use crate::signals::Signal;
use crate::termination::{Ending, Resource, Termination};

/// One second: the smallest limit that setrlimit(2) can express.
const CPU_SECONDS: u64 = 1;

/// Far above what a fixture writes before it is told to fill a file, and filled in no time.
const FILE_BYTES: u64 = 64 * 1024;

fn limited(own: &str, resource: Resource, limit: u64, signal: &str) -> Ending {
    Ending {
        own: Some(own.to_owned()),
        limits: vec![(resource, limit)],
        signal: Signal::parse(signal),
        ..Ending::default()
    }
}

/// RLIMIT_CPU.
pub(super) static CPU_LIMIT: Termination = Termination {
    name: "cpu-limit",
    about: "The target uses up its processor time (RLIMIT_CPU, one second): SIGXCPU.",
    source: "setrlimit(2), RLIMIT_CPU",
    platforms: Os::UNIX,
    examples: &["cpu-limit"],
    parse: |name| (name == "cpu-limit").then(|| limited("spin", Resource::Cpu, CPU_SECONDS, "SIGXCPU")),
};

/// RLIMIT_FSIZE.
pub(super) static FILE_SIZE_LIMIT: Termination = Termination {
    name: "file-size-limit",
    about: "The target writes a file beyond the permitted size (RLIMIT_FSIZE, 64 KiB): SIGXFSZ.",
    source: "setrlimit(2), RLIMIT_FSIZE",
    platforms: Os::UNIX,
    examples: &["file-size-limit"],
    parse: |name| {
        (name == "file-size-limit").then(|| limited("fill", Resource::FileSize, FILE_BYTES, "SIGXFSZ"))
    },
};
