//! The launch `dumb-init`.

use crate::launch::{Launch, Session, Start, Wrapper};
use crate::platform::Os;

/// Below dumb-init, which is PID 1 of a PID namespace and forwards signals to the target's session.
pub(super) static DUMB_INIT: Launch = Launch {
    name: "dumb-init",
    about: "Below dumb-init, which is PID 1 of a PID namespace and forwards signals to the target's session.",
    source: "dumb-init(1); pid_namespaces(7)",
    platforms: &[Os::Linux],
    start: || Start {
        session: Session::NewSession,
        pid_namespace: true,
        wrapper: Wrapper::Init(&["dumb-init", "--"]),
        ..Start::default()
    },
};
