//! The terminations that only Windows has, and those that it does in its own way.

use crate::platform::Os;
use crate::termination::{Action, Ending, Needs, Termination, WindowsAction, WindowsNeeds};

const NOTHING: WindowsNeeds =
    WindowsNeeds { job: false, pseudo_console: false, console_window: false, no_group: false };

// A macro, since `parse` is a plain function and cannot capture the action.
macro_rules! ending {
    ($constant:ident, $name:literal, $action:expr, $needs:expr, $about:literal, $source:literal) => {
        #[doc = $about]
        pub(super) static $constant: Termination = Termination {
            name: $name,
            about: $about,
            source: $source,
            platforms: &[Os::Windows],
            examples: &[$name],
            parse: |name| {
                (name == $name).then(|| Ending {
                    steps: vec![Action::Windows($action)],
                    needs: $needs,
                    ..Ending::default()
                })
            },
        };
    };
}

macro_rules! own {
    ($constant:ident, $name:literal, $about:literal, $source:literal) => {
        #[doc = $about]
        pub(super) static $constant: Termination = Termination {
            name: $name,
            about: $about,
            source: $source,
            platforms: &[Os::Windows],
            examples: &[$name],
            parse: |name| {
                (name == $name).then(|| Ending { own: Some($name.to_owned()), ..Ending::default() })
            },
        };
    };
}

const fn windows(windows: WindowsNeeds) -> Needs {
    Needs {
        terminal: false,
        own_group: false,
        own_session: false,
        parent: false,
        stdout_pipe: false,
        windows,
    }
}

own!(
    UNHANDLED_EXCEPTION,
    "unhandled-exception",
    "A structured exception that nobody handles: its code becomes the exit code.",
    "Microsoft, RaiseException; UnhandledExceptionFilter"
);
own!(
    FAST_FAIL,
    "fast-fail",
    "Ends at once by __fastfail, past every handler.",
    "Microsoft, __fastfail: the exit code is STATUS_STACK_BUFFER_OVERRUN"
);
ending!(
    CTRL_C,
    "ctrl-c",
    WindowsAction::CtrlC,
    Needs::default(),
    "CTRL_C_EVENT to every process of the console from which the target was started; on a pseudo-console, Ctrl+C typed.",
    "Microsoft, GenerateConsoleCtrlEvent; CTRL+C and CTRL+BREAK Signals"
);
ending!(
    CTRL_C_GROUP,
    "ctrl-c-group",
    WindowsAction::CtrlCGroup,
    Needs { own_group: true, ..Needs::default() },
    "CTRL_C_EVENT to the process group that the target leads.",
    "Microsoft, GenerateConsoleCtrlEvent"
);
ending!(
    CTRL_C_ATTACHED,
    "ctrl-c-attached",
    WindowsAction::CtrlCAttached,
    Needs::default(),
    "CTRL_C_EVENT by a helper that leaves its own console and attaches to the target's: FreeConsole, AttachConsole, GenerateConsoleCtrlEvent.",
    "Microsoft, AttachConsole; GenerateConsoleCtrlEvent"
);
ending!(
    CTRL_C_NO_LEADER,
    "ctrl-c-no-leader",
    WindowsAction::CtrlCNoLeader,
    windows(WindowsNeeds { no_group: true, ..NOTHING }),
    "CTRL_C_EVENT with the id of the target, which leads no process group. The call may fail.",
    "Microsoft, GenerateConsoleCtrlEvent: dwProcessGroupId"
);
ending!(
    CTRL_BREAK,
    "ctrl-break",
    WindowsAction::CtrlBreak,
    Needs::default(),
    "CTRL_BREAK_EVENT to the group that the target leads, or else to every process of the console from which it was started.",
    "Microsoft, GenerateConsoleCtrlEvent; CTRL+C and CTRL+BREAK Signals"
);
ending!(
    CLOSE_PSEUDO_CONSOLE,
    "close-pseudo-console",
    WindowsAction::ClosePseudoConsole,
    windows(WindowsNeeds { pseudo_console: true, ..NOTHING }),
    "The pseudo-console is closed, as when a terminal's tab is: CTRL_CLOSE_EVENT.",
    "Microsoft, ClosePseudoConsole; CTRL+CLOSE Signal"
);
ending!(
    CLOSE_CONSOLE_WINDOW,
    "close-console-window",
    WindowsAction::CloseConsoleWindow,
    windows(WindowsNeeds { console_window: true, ..NOTHING }),
    "WM_CLOSE to the window of the target's console, as by its close button: CTRL_CLOSE_EVENT.",
    "Microsoft, CTRL+CLOSE Signal"
);
ending!(
    TASKKILL,
    "taskkill",
    WindowsAction::TaskKill(&[]),
    Needs::default(),
    "`taskkill /PID N`: WM_CLOSE to the target's windows.",
    "Microsoft, Windows Commands: taskkill"
);
ending!(
    TASKKILL_FORCE,
    "taskkill-force",
    WindowsAction::TaskKill(&["/F"]),
    Needs::default(),
    "`taskkill /F /PID N`: TerminateProcess.",
    "Microsoft, Windows Commands: taskkill"
);
ending!(
    TASKKILL_TREE,
    "taskkill-tree",
    WindowsAction::TaskKill(&["/T"]),
    Needs::default(),
    "`taskkill /T /PID N`: WM_CLOSE to the windows of the target and of its children.",
    "Microsoft, Windows Commands: taskkill"
);
ending!(
    TASKKILL_FORCE_TREE,
    "taskkill-force-tree",
    WindowsAction::TaskKill(&["/F", "/T"]),
    Needs::default(),
    "`taskkill /F /T /PID N`: TerminateProcess for the target and its children.",
    "Microsoft, Windows Commands: taskkill"
);
ending!(
    WM_CLOSE,
    "wm-close",
    WindowsAction::WmClose,
    Needs::default(),
    "WM_CLOSE to each of the target's windows.",
    "Microsoft, WM_CLOSE message"
);
ending!(
    END_SESSION,
    "end-session",
    WindowsAction::EndSession,
    Needs::default(),
    "The user logs off: WM_QUERYENDSESSION, and WM_ENDSESSION with the answer.",
    "Microsoft, WM_QUERYENDSESSION message; WM_ENDSESSION message"
);
ending!(
    TERMINATE,
    "terminate",
    WindowsAction::Terminate,
    Needs::default(),
    "TerminateProcess with exit code 1.",
    "Microsoft, TerminateProcess; Terminating a Process"
);
ending!(
    CLOSE_JOB,
    "close-job",
    WindowsAction::CloseJob,
    windows(WindowsNeeds { job: true, ..NOTHING }),
    "The last handle of the target's Job Object is closed.",
    "Microsoft, Job Objects; JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE"
);
ending!(
    TERMINATE_JOB,
    "terminate-job",
    WindowsAction::TerminateJob,
    windows(WindowsNeeds { job: true, ..NOTHING }),
    "TerminateJobObject with exit code 1.",
    "Microsoft, TerminateJobObject"
);
ending!(
    PARENT_DEATH,
    "parent-death",
    WindowsAction::KillParent,
    Needs { parent: true, ..Needs::default() },
    "The process that started the target, and holds its Job Object and pseudo-console if any, is terminated.",
    "Microsoft, Terminating a Process: child processes are not terminated; Job Objects"
);
ending!(
    EMULATED_CTRL_BREAK,
    "emulated-ctrl-break",
    WindowsAction::Emulated(1),
    Needs::default(),
    "The console's CtrlRoutine run in the target for CTRL_BREAK_EVENT: it tests the handlers of the target, not the console.",
    "Microsoft, HandlerRoutine: the system creates a new thread in the process to run it"
);
ending!(
    EMULATED_CTRL_CLOSE,
    "emulated-ctrl-close",
    WindowsAction::Emulated(2),
    Needs::default(),
    "The console's CtrlRoutine run in the target for CTRL_CLOSE_EVENT: it tests the handlers of the target, not the console.",
    "Microsoft, HandlerRoutine: the system creates a new thread in the process to run it"
);
