//! The launch `new-group`.

use crate::launch::{Launch, Session, Start, WindowsStart};
use crate::platform::Os;

/// The leader of a process group of its own (Windows: CREATE_NEW_PROCESS_GROUP, which ignores Ctrl+C).
pub(super) static NEW_GROUP: Launch = Launch {
    name: "new-group",
    about: "The leader of a process group of its own (Windows: CREATE_NEW_PROCESS_GROUP, which ignores Ctrl+C).",
    source: "setpgid(2); Microsoft, Process Creation Flags",
    platforms: &Os::ALL,
    start: || Start {
        session: Session::NewGroup,
        windows: WindowsStart { new_group: true, ..WindowsStart::default() },
        ..Start::default()
    },
};
