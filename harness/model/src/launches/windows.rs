//! The launches that only Windows has. They differ in how CreateProcess is called, which is documented
//! under "Process Creation Flags", "Creation of a Console" and "Job Objects" by Microsoft.

use crate::launch::{Launch, Start, WindowsConsole, WindowsJob, WindowsStart};
use crate::platform::Os;

// A macro, since `start` is a plain function and cannot capture what is special.
macro_rules! launch {
    ($constant:ident, $name:literal, { $($field:ident: $value:expr),+ }, $about:literal, $source:literal) => {
        #[doc = $about]
        pub(super) static $constant: Launch = Launch {
            name: $name,
            about: $about,
            source: $source,
            platforms: &[Os::Windows],
            start: || Start {
                windows: WindowsStart { $($field: $value,)+ ..WindowsStart::default() },
                ..Start::default()
            },
        };
    };
}

launch!(
    NEW_CONSOLE,
    "new-console",
    { console: WindowsConsole::New },
    "CREATE_NEW_CONSOLE: a console of its own, with a window.",
    "Microsoft, Process Creation Flags; Creation of a Console"
);
launch!(
    NO_WINDOW,
    "no-window",
    { console: WindowsConsole::NoWindow },
    "CREATE_NO_WINDOW: a console of its own that has no window.",
    "Microsoft, Process Creation Flags; Creation of a Console"
);
launch!(
    DETACHED,
    "detached",
    { console: WindowsConsole::Detached },
    "DETACHED_PROCESS: no console at all.",
    "Microsoft, Process Creation Flags; Creation of a Console"
);
launch!(
    PSEUDO_CONSOLE,
    "pseudo-console",
    { console: WindowsConsole::Pseudo },
    "On a pseudo-console, as a terminal program or an ssh server starts it.",
    "Microsoft, CreatePseudoConsole; Creating a Pseudoconsole session"
);
launch!(
    START,
    "start",
    { start_command: true },
    "By `start \"\" PROGRAM` of cmd.exe, which gives it a console of its own; the target is the program, not cmd.",
    "Microsoft, Windows Commands: start"
);
launch!(
    CTRL_C_IGNORED,
    "ctrl-c-ignored",
    { ignore_ctrl_c: true },
    "With CTRL_C ignored by inheritance: its parent called SetConsoleCtrlHandler(NULL, TRUE).",
    "Microsoft, SetConsoleCtrlHandler"
);
launch!(
    JOB,
    "job",
    { job: WindowsJob::KillOnClose },
    "In a Job Object that ends its processes when its last handle is closed.",
    "Microsoft, Job Objects; JOBOBJECT_BASIC_LIMIT_INFORMATION: JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE"
);
launch!(
    NESTED_JOB,
    "nested-job",
    { job: WindowsJob::Nested },
    "In two such Job Objects, one inside the other.",
    "Microsoft, Nested Jobs"
);
launch!(
    BREAKAWAY,
    "breakaway",
    { job: WindowsJob::SilentBreakaway },
    "In such a Job Object that children of the target are not put into.",
    "Microsoft, JOBOBJECT_BASIC_LIMIT_INFORMATION: JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK"
);
