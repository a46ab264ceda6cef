//! What harness and agent say to each other: one JSON value per line, each order answered by one reply.

use lastrites_model::launch::{WindowsConsole, WindowsJob};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The hidden subcommand that is the agent.
pub(super) const AGENT: &str = "__agent";
/// The hidden subcommand that attaches itself to a target's console: `__attach WHAT PID`.
pub(super) const ATTACH: &str = "__attach";

/// What the agent is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Order {
    /// Start the target. Always the first, and once.
    Start(Box<Start>),
    /// Close the target's standard input.
    CloseStdin,
    /// Write a line to it.
    Line(String),
    /// CTRL_C_EVENT to the agent's console, or a typed one on a pseudo-console.
    CtrlC,
    /// CTRL_C_EVENT with the target's id; whether a refusal is an answer or a failure.
    CtrlCId { may_fail: bool },
    /// CTRL_C_EVENT by a helper that attaches to the target's console.
    CtrlCAttached,
    /// CTRL_BREAK_EVENT to the target's group, or to the console where it leads none.
    CtrlBreak,
    /// ClosePseudoConsole.
    ClosePseudoConsole,
    /// WM_CLOSE to the window of the target's console.
    CloseConsoleWindow,
    /// `taskkill` with these options.
    TaskKill(Vec<String>),
    /// WM_CLOSE to the target's windows.
    WmClose,
    /// WM_QUERYENDSESSION and WM_ENDSESSION to the target's windows.
    EndSession,
    /// TerminateProcess.
    Terminate,
    /// Close the handles of the target's own jobs.
    CloseJob,
    /// TerminateJobObject on the outermost of them.
    TerminateJob,
    /// Terminate the process between agent and target.
    KillParent,
    /// CtrlRoutine with this event by CreateRemoteThread.
    Emulated(u32),
}

/// Everything about a start.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a creation flag of its own")]
pub(super) struct Start {
    pub(super) argv: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) cwd: PathBuf,
    pub(super) new_group: bool,
    pub(super) console: Console,
    pub(super) ignore_ctrl_c: bool,
    pub(super) job: JobKind,
    pub(super) through_cmd: bool,
    /// Whether a process of its own stands between agent and target.
    pub(super) parent: bool,
    /// Whether standard input is a pipe; else it is NUL.
    pub(super) stdin: bool,
    pub(super) stdout: Output,
    /// The pipe for standard error; on a console as standard output, for what that console shows.
    pub(super) stderr: String,
}

/// The mirror of `WindowsConsole`, which the model keeps free of formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Console {
    Inherited,
    New,
    NoWindow,
    Detached,
    Pseudo,
}

/// The mirror of `WindowsJob`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum JobKind {
    None,
    KillOnClose,
    Nested,
    SilentBreakaway,
}

/// Standard output.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Output {
    Pipe(String),
    File(PathBuf),
    Console,
    Closed,
}

/// What the agent answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The target runs.
    Started {
        pid: u32,
        /// Processes of ours beside the agent: they are no part of the target's tree.
        ours: Vec<u32>,
    },
    Done,
    /// The target had ended.
    Gone,
    /// The program is not there or cannot be executed.
    Program(String),
    Unsupported(String),
    Failed(String),
}

impl From<WindowsConsole> for Console {
    fn from(console: WindowsConsole) -> Console {
        match console {
            WindowsConsole::Inherited => Console::Inherited,
            WindowsConsole::New => Console::New,
            WindowsConsole::NoWindow => Console::NoWindow,
            WindowsConsole::Detached => Console::Detached,
            WindowsConsole::Pseudo => Console::Pseudo,
        }
    }
}

impl From<WindowsJob> for JobKind {
    fn from(job: WindowsJob) -> JobKind {
        match job {
            WindowsJob::None => JobKind::None,
            WindowsJob::KillOnClose => JobKind::KillOnClose,
            WindowsJob::Nested => JobKind::Nested,
            WindowsJob::SilentBreakaway => JobKind::SilentBreakaway,
        }
    }
}
