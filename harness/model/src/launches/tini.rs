//! The launch `tini`.

use crate::launch::{Launch, Session, Start, Wrapper};
use crate::platform::Os;

/// Below tini, which is PID 1 of a PID namespace and forwards signals to the target.
pub(super) static TINI: Launch = Launch {
    name: "tini",
    about: "Below tini, which is PID 1 of a PID namespace and forwards signals to the target.",
    source: "tini's README, \"Using Tini\"; pid_namespaces(7)",
    platforms: &[Os::Linux],
    start: || Start {
        session: Session::NewSession,
        pid_namespace: true,
        wrapper: Wrapper::Init(&["tini", "--"]),
        ..Start::default()
    },
};
