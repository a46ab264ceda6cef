//! What the platforms share: the values that go in and come out.

use lastrites_model::launch::{Start, Stdout};
use lastrites_model::platform::Platform;
use lastrites_model::termination::{Resource, Stdin};
use std::path::PathBuf;

/// What this machine is, asked once per run.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The system, its architecture and kernel.
    pub platform: Platform,
    /// What `/bin/sh` is: `dash`, `bash`, `busybox`; `None` where there is none.
    pub sh: Option<String>,
    /// What this run is allowed to do: `root`, `user-namespaces`.
    pub privileges: Vec<String>,
}

/// A process to be started. Everything is resolved: the program is a path, placeholders are filled in.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// The program (a path, or a name that is looked up in `PATH` of `env`) and its arguments. The
    /// wrapper of `start` is *not* in it: the platform adds it.
    pub argv: Vec<String>,
    /// The whole environment; nothing is inherited.
    pub env: Vec<(String, String)>,
    /// The working folder.
    pub cwd: PathBuf,
    /// The launch.
    pub start: Start,
    /// Whether an intermediate parent stands between warden and target, for `Whom::Parent`.
    pub parent: bool,
    /// Standard input, where the launch does not make it a terminal.
    pub stdin: Stdin,
    /// Standard output.
    pub stdout: Stdout,
    /// The file for `Stdout::File`.
    pub stdout_file: PathBuf,
    /// Limits set before exec.
    pub limits: Vec<(Resource, u64)>,
}

/// Why a process could not be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The program is not there, or not executable: a sentence for the user.
    Program(String),
    /// This machine or system cannot start it so; a reason for a skip that a reader can act on.
    Unsupported(String),
    /// The harness failed.
    Harness(String),
}

/// One process of a cell's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id, as the harness sees it.
    pub pid: u32,
    /// Its id as it sees itself: another one in a PID namespace.
    pub own_pid: u32,
    /// Its parent.
    pub parent: u32,
    /// Its arguments joined by a space; the short name in brackets where it has none.
    pub command: String,
    /// Whether it has ended and was not yet waited for.
    pub zombie: bool,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepError {
    /// The target had ended already. No trouble where an earlier step may have ended it.
    Gone,
    /// It could not be done.
    Failed(String),
    /// This machine or system cannot do it: a reason for a skip.
    Unsupported(String),
}
