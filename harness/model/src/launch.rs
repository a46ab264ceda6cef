//! A launch: how a target is started, as a value that `harness/os` carries out.

use crate::platform::Os;
use crate::signals::Signal;

/// One entry of the registry `launches::ALL`.
#[derive(Debug)]
pub struct Launch {
    /// The name that scenarios use.
    pub name: &'static str,
    /// One sentence for `lastrites list` and for the schema.
    pub about: &'static str,
    /// Where the behaviour is documented: a man page, a section of POSIX, a Microsoft page.
    pub source: &'static str,
    /// The systems that have it.
    pub platforms: &'static [Os],
    /// Yields the start.
    pub start: fn() -> Start,
}

/// What is special about a start. `Start::default()` is the launch `direct`.
///
/// Whatever it says, every start is from a clean state: default dispositions, empty mask, no
/// inherited descriptors, a private temporary folder, a fixed small environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Which process group and session the target is in.
    pub session: Session,
    /// Signals that are ignored from the start, as `nohup` or `sh` with `cmd &` does.
    pub ignored: Vec<Signal>,
    /// Signals that are blocked in the inherited mask.
    pub blocked: Vec<Signal>,
    /// The target is PID 1 of a PID namespace of its own (pid_namespaces(7)).
    pub pid_namespace: bool,
    /// PR_SET_PDEATHSIG (prctl(2)) is set just before exec, for the death of an intermediate parent.
    pub parent_death: Option<Signal>,
    /// What stands before the target's own command.
    pub wrapper: Wrapper,
    /// Windows: the creation flags and the like.
    pub windows: WindowsStart,
}

/// Process group, session and terminal of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Session {
    /// An ordinary child: in the group and session of its parent, which has no terminal.
    #[default]
    Inherited,
    /// The leader of a process group of its own (setpgid(2)).
    NewGroup,
    /// The leader of a session of its own without terminal (setsid(2)).
    NewSession,
    /// The leader of a session whose controlling terminal is a pty, in its foreground group; standard
    /// input and error are the terminal, standard output unless the cell says otherwise.
    Terminal,
}

/// A program that starts the target on the harness's behalf. The process that the harness started,
/// which it signals and whose end is the outcome, is then the wrapper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrapper {
    /// None: the target itself is started.
    #[default]
    None,
    /// `sh -c 'COMMAND; :'`: the shell stays and waits. (With a single command some shells replace
    /// themselves; the second command keeps every shell from it.)
    Shell,
    /// `sh -c 'exec COMMAND'`: the shell replaces itself.
    ShellExec,
    /// `npm start` in a folder whose `package.json` has COMMAND for its script `start`: npm runs it by a shell.
    NpmStart,
    /// An init program that must be installed, with its arguments: `["dumb-init", "--"]`.
    Init(&'static [&'static str]),
}

impl Wrapper {
    /// The program that must be installed for it.
    pub fn program(self) -> Option<&'static str> {
        match self {
            Wrapper::Init(words) => words.first().copied(),
            Wrapper::NpmStart => Some("npm"),
            Wrapper::None | Wrapper::Shell | Wrapper::ShellExec => None,
        }
    }

    /// What it finds in its environment.
    pub fn env(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // It would ask the registry for a newer npm, and keep a log of each run.
            Wrapper::NpmStart => &[("npm_config_update_notifier", "false"), ("npm_config_logs_max", "0")],
            _ => &[],
        }
    }

    /// Files of its own in the working folder, which are nothing that the target left; a folder ends in `/`.
    pub fn keeps(self) -> &'static [&'static str] {
        match self {
            Wrapper::NpmStart => &["package.json", ".npm/"],
            _ => &[],
        }
    }
}

/// Windows: how `CreateProcess` is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowsStart {
    /// CREATE_NEW_PROCESS_GROUP.
    pub new_group: bool,
    /// Which console the target gets.
    pub console: WindowsConsole,
    /// CTRL_C is ignored by inheritance (SetConsoleCtrlHandler(NULL, TRUE) in the parent).
    pub ignore_ctrl_c: bool,
    /// The Job Object around it.
    pub job: WindowsJob,
    /// Through `cmd /c start "" …`.
    pub start_command: bool,
}

/// Windows: the console of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowsConsole {
    /// The console of the agent that starts it, which is private to the cell.
    #[default]
    Inherited,
    /// CREATE_NEW_CONSOLE.
    New,
    /// CREATE_NO_WINDOW.
    NoWindow,
    /// DETACHED_PROCESS.
    Detached,
    /// A pseudo-console (CreatePseudoConsole).
    Pseudo,
}

/// Windows: the Job Object of a target, beside the harness's own around the whole cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowsJob {
    /// None of its own.
    #[default]
    None,
    /// A job with JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE.
    KillOnClose,
    /// Two such jobs, one inside the other.
    Nested,
    /// A job with JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK: children of the target are outside of it.
    SilentBreakaway,
}

/// What the target's standard output is: it decides what is buffered.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Stdout {
    /// A pipe, read by the harness.
    #[default]
    Pipe,
    /// A regular file in the cell's private folder.
    File,
    /// A terminal (a pty that is not the controlling one unless the launch makes it so).
    Pty,
    /// Closed: descriptor 1 does not exist.
    Closed,
}

impl Stdout {
    /// Every kind.
    pub const ALL: [Stdout; 4] = [Stdout::Pipe, Stdout::File, Stdout::Pty, Stdout::Closed];

    /// The name as scenarios write it.
    pub fn name(self) -> &'static str {
        match self {
            Stdout::Pipe => "pipe",
            Stdout::File => "file",
            Stdout::Pty => "pty",
            Stdout::Closed => "closed",
        }
    }
}
