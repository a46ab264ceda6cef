//! The launch `pid1`.

use crate::launch::{Launch, Session, Start};
use crate::platform::Os;

/// PID 1 of a PID namespace, as the only process of a container is: signals without a handler do nothing.
pub(super) static PID1: Launch = Launch {
    name: "pid1",
    about: "PID 1 of a PID namespace, as the only process of a container is: signals without a handler do nothing.",
    source: "pid_namespaces(7), \"The namespace init process\"",
    platforms: &[Os::Linux],
    start: || Start { session: Session::NewSession, pid_namespace: true, ..Start::default() },
};
