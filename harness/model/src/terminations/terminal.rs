//! What a user does at a terminal.

use crate::platform::Os;
use crate::signals::Signal;
use crate::termination::{Action, Ending, Needs, Termination};

fn at_the_terminal(action: Action, signal: &str) -> Ending {
    Ending {
        steps: vec![action],
        needs: Needs { terminal: true, ..Needs::default() },
        signal: Signal::parse(signal),
        ..Ending::default()
    }
}

/// VINTR.
pub(super) static CTRL_C: Termination = Termination {
    name: "ctrl-c",
    about: "Ctrl+C typed at the target's terminal: SIGINT to the whole foreground process group.",
    source: "termios(3), VINTR and ISIG; POSIX.1-2024, XBD 11.1.9 Special Characters",
    platforms: Os::UNIX,
    examples: &["ctrl-c"],
    parse: |name| (name == "ctrl-c").then(|| at_the_terminal(Action::Type(b"\x03"), "SIGINT")),
};

/// VQUIT.
pub(super) static CTRL_BACKSLASH: Termination = Termination {
    name: "ctrl-backslash",
    about: "Ctrl+\\ typed at the target's terminal: SIGQUIT to the whole foreground process group.",
    source: "termios(3), VQUIT and ISIG; POSIX.1-2024, XBD 11.1.9 Special Characters",
    platforms: Os::UNIX,
    examples: &["ctrl-backslash"],
    parse: |name| (name == "ctrl-backslash").then(|| at_the_terminal(Action::Type(b"\x1c"), "SIGQUIT")),
};

/// VEOF.
pub(super) static CTRL_D: Termination = Termination {
    name: "ctrl-d",
    about: "Ctrl+D typed at the target's terminal, at the beginning of a line: whoever reads there reads the end.",
    source: "termios(3), VEOF and ICANON; POSIX.1-2024, XBD 11.1.9 Special Characters",
    platforms: Os::UNIX,
    examples: &["ctrl-d"],
    parse: |name| {
        let typed = || Ending { own: Some("stdin".to_owned()), ..at_the_terminal(Action::Type(b"\x04"), "") };
        (name == "ctrl-d").then(typed)
    },
};

/// The modem disconnects.
pub(super) static HANGUP: Termination = Termination {
    name: "hangup",
    about: "The terminal goes away, as when its window is closed or ssh loses the connection.",
    source: "POSIX.1-2024, XBD 11.1.10 Modem Disconnect; setsid(2)",
    platforms: Os::UNIX,
    examples: &["hangup"],
    parse: |name| (name == "hangup").then(|| at_the_terminal(Action::HangUp, "SIGHUP")),
};
