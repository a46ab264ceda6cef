//! The ends that a program brings about itself: a fixture is told by `--end HOW`.

use crate::platform::Os;
use crate::signals::Signal;
use crate::termination::{Ending, Termination};

// A macro, since `parse` is a plain function and cannot capture the name.
macro_rules! own {
    ($constant:ident, $name:literal, $signal:expr, $about:literal, $source:literal) => {
        #[doc = $about]
        pub(super) static $constant: Termination = Termination {
            name: $name,
            about: $about,
            source: $source,
            platforms: &Os::ALL,
            examples: &[$name],
            parse: |name| {
                let signal: Option<&str> = $signal;
                (name == $name).then(|| Ending {
                    own: Some($name.to_owned()),
                    signal: signal.and_then(Signal::parse),
                    ..Ending::default()
                })
            },
        };
    };
}

own!(
    RETURN,
    "return",
    None,
    "Returns from its main function, or comes to the end of the script.",
    "C17 5.1.2.2.3, Program termination; the language's reference"
);
own!(
    EXIT,
    "exit",
    None,
    "Calls the language's exit function: exit(3), sys.exit, process.exit.",
    "exit(3); the language's reference"
);
own!(
    HARD_EXIT,
    "hard-exit",
    None,
    "Ends at once, past the language's cleanup: _exit(2), os._exit, Runtime.halt.",
    "_exit(2); Microsoft, ExitProcess and TerminateProcess"
);
own!(
    UNCAUGHT,
    "uncaught",
    None,
    "An exception or panic that nobody catches, in the main thread.",
    "the language's reference"
);
own!(
    UNCAUGHT_IN_THREAD,
    "uncaught-in-thread",
    None,
    "An exception or panic that nobody catches, in a second thread, while the main thread waits.",
    "the language's reference"
);
own!(
    ABORT,
    "abort",
    Some("SIGABRT"),
    "Calls abort(3) or what the language has for it.",
    "abort(3); Microsoft, abort (C runtime)"
);
own!(
    SEGFAULT,
    "segfault",
    Some("SIGSEGV"),
    "Touches memory that it does not own.",
    "signal(7), SIGSEGV; Microsoft, EXCEPTION_ACCESS_VIOLATION"
);
own!(
    STACK_OVERFLOW,
    "stack-overflow",
    Some("SIGSEGV"),
    "Recurses until the stack is used up.",
    "sigaltstack(2); Microsoft, EXCEPTION_STACK_OVERFLOW"
);
own!(
    EXEC,
    "exec",
    None,
    "Replaces itself by another program, which exits with 0.",
    "execve(2); POSIX.1-2024 exec"
);
