//! A termination: how a target is ended, as a list of primitive actions.

use crate::launch::{Start, WindowsConsole, WindowsJob, WindowsStart};
use crate::platform::Os;
use crate::signals::Signal;

/// One entry of the registry `terminations::ALL`. It may stand for a family of names (`SIGTERM`,
/// `SIGTERM-group`, `SIGTERM:server` are one entry each for all signals).
pub struct Termination {
    /// The name, or the form of the names with the variable part in capitals: `SIGNAL-group`.
    pub name: &'static str,
    /// One sentence for `lastrites list` and for the schema.
    pub about: &'static str,
    /// Where the behaviour is documented.
    pub source: &'static str,
    /// The systems that have it.
    pub platforms: &'static [Os],
    /// Examples of names that it accepts, for documentation and for the test that walks the registry.
    pub examples: &'static [&'static str],
    /// The ending of that name; `None` when the name is not of this entry.
    pub parse: fn(name: &str) -> Option<Ending>,
}

/// How one cell's target is ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// An end that the program brings about itself: the HOW of `--end HOW`. It starts as soon as the
    /// target is ready.
    pub own: Option<String>,
    /// What is done from outside, in this order, once the target is ready and waits.
    pub steps: Vec<Action>,
    /// Limits set before exec (setrlimit(2)).
    pub limits: Vec<(Resource, u64)>,
    /// What it needs from the launch.
    pub needs: Needs,
    /// What the target's standard input is.
    pub stdin: Stdin,
    /// The signal that an outcome `dies-of-it` speaks of.
    pub signal: Option<Signal>,
}

/// What a termination asks of the launch; where a launch cannot give it, the combination has no
/// meaning and is no cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent needs, each asked for by name")]
pub struct Needs {
    /// A controlling terminal.
    pub terminal: bool,
    /// A process group of the target's own.
    pub own_group: bool,
    /// A session of the target's own.
    pub own_session: bool,
    /// An intermediate parent that can be killed.
    pub parent: bool,
    /// The standard output must be a pipe.
    pub stdout_pipe: bool,
    /// Windows: what only its launches give.
    pub windows: WindowsNeeds,
}

/// Windows: what a termination asks of the launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent needs, each asked for by name")]
pub struct WindowsNeeds {
    /// A Job Object of the target's own.
    pub job: bool,
    /// A pseudo-console.
    pub pseudo_console: bool,
    /// A console that has a window.
    pub console_window: bool,
    /// That the target leads no process group.
    pub no_group: bool,
}

impl WindowsNeeds {
    fn met_by(self, start: WindowsStart) -> bool {
        let window = start.console == WindowsConsole::New || start.start_command;
        (!self.job || start.job != WindowsJob::None)
            && (!self.pseudo_console || start.console == WindowsConsole::Pseudo)
            && (!self.console_window || window)
            && (!self.no_group || !start.new_group)
    }
}

impl Needs {
    /// Whether a launch gives what is needed.
    pub fn met_by(self, start: &Start) -> bool {
        use crate::launch::Session;
        let own_session = matches!(start.session, Session::NewSession | Session::Terminal);
        let own_group = own_session || start.session == Session::NewGroup;
        (!self.terminal || start.session == Session::Terminal)
            && (!self.own_group || own_group)
            && (!self.own_session || own_session)
            && self.windows.met_by(start.windows)
    }
}

/// The target's standard input, where the launch does not make it a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdin {
    /// `/dev/null`.
    #[default]
    Null,
    /// A pipe that the harness keeps open until a step writes to it or closes it.
    Pipe,
}

/// Limits of setrlimit(2) that a termination can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// RLIMIT_CPU: seconds of processor time (soft limit; the hard one is a second later).
    Cpu,
    /// RLIMIT_FSIZE: bytes of a file.
    FileSize,
}

/// One primitive action. `harness/os` knows how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sends a signal.
    Signal {
        /// Which.
        signal: Signal,
        /// To whom.
        to: Whom,
    },
    /// Writes bytes to the master side of the controlling terminal, as keys are typed.
    Type(&'static [u8]),
    /// Closes the master side of the terminal: the line hangs up.
    HangUp,
    /// Closes the writing end of the target's standard input.
    CloseStdin,
    /// Closes the reading end of the target's standard output; what the target writes next fails.
    CloseStdout,
    /// Writes a line to the target's standard input; where that is a terminal, types it.
    Line(String),
    /// Sends an HTTP request to the target's port, and takes any answer, or none, for delivered.
    Http {
        /// The method, `GET`.
        method: String,
        /// The path, with the query.
        path: String,
    },
    /// Waits until the target has ended, at most the scenario's grace; then the next step.
    Grace,
    /// Waits until every process of the tree has ended, at most the scenario's grace.
    GraceOfAll,
    /// Waits until the target has taken note of the last signal: it sleeps again, runs a handler that
    /// waits, is stopped, or has ended.
    Settle,
    /// Windows: what only Windows has.
    Windows(WindowsAction),
}

impl Action {
    /// Whether the target is told something by it: every action but waiting.
    pub fn is_told(&self) -> bool {
        !matches!(self, Action::Grace | Action::GraceOfAll | Action::Settle)
    }
}

impl std::fmt::Display for Action {
    /// The step in words, as `explain` shows it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Action::Signal { signal, to } => match to {
                Whom::Main => write!(f, "{signal}"),
                Whom::Role(role) => write!(f, "{signal} to {role}"),
                Whom::Group => write!(f, "{signal} to its process group"),
                Whom::Session => write!(f, "{signal} to its session"),
                Whom::Tree => write!(f, "{signal} to its whole tree"),
                Whom::Parent => write!(f, "{signal} to its parent"),
            },
            Action::Type(b"\x03") => write!(f, "Ctrl+C typed"),
            Action::Type(b"\x04") => write!(f, "Ctrl+D typed"),
            Action::Type(keys) => write!(f, "keys typed ({})", keys.escape_ascii()),
            Action::HangUp => write!(f, "its terminal closed"),
            Action::CloseStdin => write!(f, "its standard input closed"),
            Action::CloseStdout => write!(f, "the reader of its standard output gone"),
            Action::Line(line) => write!(f, "the line `{line}` on its standard input"),
            Action::Http { method, path } => write!(f, "{method} {path}"),
            Action::Grace => write!(f, "wait for its end, at most the grace"),
            Action::GraceOfAll => write!(f, "wait for the end of its whole tree, at most the grace"),
            Action::Settle => write!(f, "wait until it has taken note"),
            Action::Windows(action) => write!(f, "{action:?}"),
        }
    }
}

impl Ending {
    /// What is done from outside, step by step; empty where the target does all by itself.
    pub fn told(&self) -> String {
        let steps: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        steps.join("; ")
    }
}

/// Whom a signal is sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The process that the harness started.
    Main,
    /// The descendant with that role.
    Role(String),
    /// The process group of the target.
    Group,
    /// Every process of the target's session.
    Session,
    /// Every process of the target's tree: what a control group holds, wherever it has gone.
    Tree,
    /// The intermediate parent of the target.
    Parent,
}

/// Windows: primitive actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowsAction {
    /// GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) by the agent, which shares the target's console.
    CtrlC,
    /// GenerateConsoleCtrlEvent(CTRL_C_EVENT, pid of the target).
    CtrlCGroup,
    /// By a helper: FreeConsole, AttachConsole(target), GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0).
    CtrlCAttached,
    /// CTRL_C_EVENT with the id of a process that leads no group.
    CtrlCNoLeader,
    /// GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, group).
    CtrlBreak,
    /// ClosePseudoConsole.
    ClosePseudoConsole,
    /// WM_CLOSE to the console's window.
    CloseConsoleWindow,
    /// `taskkill` with these arguments before `/PID`.
    TaskKill(&'static [&'static str]),
    /// WM_CLOSE to the target's windows.
    WmClose,
    /// WM_QUERYENDSESSION, and WM_ENDSESSION if it agrees.
    EndSession,
    /// TerminateProcess.
    Terminate,
    /// The handle of the target's job is closed.
    CloseJob,
    /// TerminateJobObject.
    TerminateJob,
    /// The parent between agent and target is terminated.
    KillParent,
    /// The console's CtrlRoutine run in the target by CreateRemoteThread, with this event number.
    Emulated(u32),
}
