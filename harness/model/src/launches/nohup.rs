//! The launch `nohup`.

use crate::launch::{Launch, Session, Start, Wrapper};
use crate::platform::Os;

/// By nohup(1) in a terminal.
pub(super) static NOHUP: Launch = Launch {
    name: "nohup",
    about: "By nohup(1) in a terminal: SIGHUP ignored, and output that would go to the terminal goes to nohup.out.",
    source: "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/nohup.html",
    platforms: Os::UNIX,
    start: || Start { session: Session::Terminal, wrapper: Wrapper::Init(&["nohup"]), ..Start::default() },
};
