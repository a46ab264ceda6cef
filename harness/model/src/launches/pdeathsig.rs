//! The launch `pdeathsig`.

use crate::launch::{Launch, Start};
use crate::platform::Os;
use crate::signals::Signal;

/// With PR_SET_PDEATHSIG: the kernel sends it SIGTERM when the process that started it dies.
pub(super) static PDEATHSIG: Launch = Launch {
    name: "pdeathsig",
    about: "With PR_SET_PDEATHSIG: the kernel sends it SIGTERM when the process that started it dies.",
    source: "PR_SET_PDEATHSIG(2const), prctl(2)",
    platforms: &[Os::Linux],
    start: || Start { parent_death: Signal::parse("SIGTERM"), ..Start::default() },
};
