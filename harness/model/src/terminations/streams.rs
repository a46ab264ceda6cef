//! Ends that come by a standard stream.

use crate::platform::Os;
use crate::signals::Signal;
use crate::termination::{Action, Ending, Needs, Stdin, Termination};

/// The end of standard input.
pub(super) static STDIN_EOF: Termination = Termination {
    name: "stdin-eof",
    about: "Standard input comes to its end; a program that reads it returns.",
    source: "read(2): 0 at the end of the file; Microsoft, ReadFile: ERROR_BROKEN_PIPE",
    platforms: &Os::ALL,
    examples: &["stdin-eof"],
    parse: |name| {
        (name == "stdin-eof").then(|| Ending {
            own: Some("stdin".to_owned()),
            steps: vec![Action::CloseStdin],
            stdin: Stdin::Pipe,
            ..Ending::default()
        })
    },
};

/// A reader that is gone.
pub(super) static STDOUT_GONE: Termination = Termination {
    name: "stdout-gone",
    about: "The reader of standard output goes away while the target writes: `program | head`.",
    source: "write(2), EPIPE; pipe(7); signal(7), SIGPIPE",
    platforms: Os::UNIX,
    examples: &["stdout-gone"],
    parse: |name| {
        (name == "stdout-gone").then(|| Ending {
            own: Some("write".to_owned()),
            steps: vec![Action::CloseStdout],
            needs: Needs { stdout_pipe: true, ..Needs::default() },
            signal: Signal::parse("SIGPIPE"),
            ..Ending::default()
        })
    },
};

/// A command on standard input.
pub(super) static LINE: Termination = Termination {
    name: "line TEXT",
    about: "The line TEXT written to standard input, or typed at the terminal, for programs that take commands there.",
    source: "the program's own documentation",
    platforms: &Os::ALL,
    examples: &["line quit", "line SHUTDOWN NOSAVE"],
    parse: |name| {
        let text = name.strip_prefix("line ").filter(|text| !text.trim().is_empty())?;
        // A second line would be a second command; and the end of the line is the action's to add.
        if text.contains(['\n', '\r']) {
            return None;
        }
        Some(Ending { steps: vec![Action::Line(text.to_owned())], stdin: Stdin::Pipe, ..Ending::default() })
    },
};
