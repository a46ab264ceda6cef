//! A scenario as resolved: what `language` makes of a YAML file, and what plans are made from.
//!
//! Every name is known and every pattern compiles by the time that one of these exists.

use crate::launch::{Start, Stdout};
use crate::signals::Signal;
use crate::termination::Ending;
use crate::work::{Answer, Request};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// One scenario, with its cells for one platform.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its unique name, `python-atexit`.
    pub name: String,
    /// The question that it answers, in one or two sentences.
    pub about: String,
    /// The file that it was read from, as the user named it.
    pub file: PathBuf,
    /// Free words for `--filter`.
    pub tags: Vec<String>,
    /// What is run.
    pub target: Target,
    /// The cells, in the order of the matrix.
    pub cells: Vec<Cell>,
    /// The claims that the cells decide.
    pub claims: Vec<Claim>,
    /// How long things may take.
    pub limits: Limits,
    /// Whether a target that is ready is looked at, for `probe`.
    pub survey: bool,
    /// A negative control: its cells must *not* pass. The results that it must have instead.
    pub control: Option<Control>,
}

impl Scenario {
    /// What a cell runs: the target, in the cell's version.
    pub fn program(&self, cell: &Cell) -> Program {
        match (&self.target.program, &cell.version) {
            (program, None) => program.clone(),
            (Program::Fixture(name), Some(version)) => Program::Fixture(name_in(name, version)),
            (Program::Path(_), Some(version)) => Program::Path(version.clone()),
        }
    }

    /// What a cell needs: a need that has the name of a version is that version's alone.
    pub fn needs(&self, cell: &Cell) -> impl Iterator<Item = &Need> {
        let all = |need: &&Need| {
            let of = |cell: &Cell| cell.version.as_deref().is_some_and(|version| need.is_for(version));
            of(cell) || !self.cells.iter().any(of)
        };
        self.target.needs.iter().filter(all)
    }
}

/// A fixture's name in a version of its runtime: `node/x.mjs` in `node14` is `node14/x.mjs`. With the path
/// of a program, the fixture is still that of the runtime.
pub(crate) fn name_in(fixture: &str, version: &str) -> String {
    match fixture.split_once('/') {
        Some((_, rest)) if !is_path(version) => format!("{version}/{rest}"),
        _ => fixture.to_owned(),
    }
}

/// Whether a version is the path of a program and not a name.
pub fn is_path(version: &str) -> bool {
    version.contains(['/', '\\'])
}

/// The program under test.
#[derive(Clone, Debug)]
pub struct Target {
    /// Which program.
    pub program: Program,
    /// Arguments after it (for a fixture: before `--end HOW`). `{port}`, `{dir}` are filled in.
    pub args: Vec<String>,
    /// Environment on top of the fixed small one; the same placeholders.
    pub env: BTreeMap<String, String>,
    /// The working folder, relative to the scenario's file; the cell's private folder if absent.
    pub cwd: Option<PathBuf>,
    /// Files that are written into the private folder first: name to content.
    pub files: BTreeMap<String, String>,
    /// Whether any of the above, or the readiness, uses `{port}`.
    pub port: bool,
    /// A port that it always listens on, as its readiness has it: its cells run one after another.
    pub fixed_port: Option<u16>,
    /// Whether its standard input is a pipe that stays open; else it is empty.
    pub stdin_open: bool,
    /// How one sees that it is ready.
    pub ready: Ready,
    /// Its hooks, in the order in which reports list them.
    pub hooks: Vec<Hook>,
    /// The roles of descendants.
    pub roles: Vec<Role>,
    /// The requests that are under way when it is ended.
    pub requests: Vec<Request>,
    /// What is run once the target has ended, to look at what it left.
    pub after: Option<After>,
    /// Names of files, and of folders with a `/` at their end, that are its data and not left behind.
    pub keeps: Vec<String>,
    /// Things that must be there or its cells are skipped: see `Need`.
    pub needs: Vec<Need>,
}

impl Target {
    /// Every program that its cells run: the target, and what looks at it afterwards.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        std::iter::once(&self.program).chain(self.after.as_ref().map(|after| &after.program))
    }
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A fixture of the repository, `python/atexit.py`: path below `fixtures/`.
    Fixture(String),
    /// Any program: its name or path, found by PATH or relative to the scenario's file.
    Path(String),
}

/// A program that is run once in each cell whose target has ended, in its private folder and its environment. What it
/// prints is the evidence of hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// Which program.
    pub program: Program,
    /// Arguments after it, with the placeholders of the target.
    pub args: Vec<String>,
}

/// Something that the machine may lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What.
    pub what: Needed,
    /// How it is installed: one command. Where absent, a guess by the name.
    pub install: Option<String>,
    /// The argument with which a program prints its version, for reports to name it.
    pub version: Option<String>,
}

impl Need {
    /// Whether it is the program that a version names.
    pub fn is_for(&self, version: &str) -> bool {
        matches!(&self.what, Needed::Program(name) if name == version)
    }
}

/// What a machine may lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed {
    /// A program on PATH.
    Program(String),
    /// A Python module that can be imported.
    PythonModule(String),
}

/// The readiness handshake.
#[derive(Clone, Debug)]
pub enum Ready {
    /// A line of standard output that the pattern is found in.
    Stdout(regex::Regex),
    /// A line of standard error.
    Stderr(regex::Regex),
    /// A line of the evidence file (`LASTRITES_EVIDENCE`).
    Evidence(regex::Regex),
    /// A file that appears in the private folder.
    File(String),
    /// The port accepts a connection.
    Tcp,
    /// A GET of this path is answered with a status below 500.
    Http(String),
    /// It runs and waits: for programs that say nothing (`sleep 100`).
    Started,
    /// It runs, waits, and has written nothing for a moment: for programs of which nothing is known.
    Settled,
}

/// One cleanup mechanism and its evidence.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The name, as reports show it.
    pub name: String,
    /// What shows that it ran.
    pub evidence: Evidence,
}

/// What shows that a hook ran.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// The fixture protocol: a line `cleanup NAME` in the evidence file, with the pid of its writer.
    Protocol,
    /// A line of standard output that the pattern is found in, after the termination began.
    Stdout(regex::Regex),
    /// A line of standard error, after the termination began.
    Stderr(regex::Regex),
    /// A file of the private folder that is there afterwards, and was not when the end began.
    Appears(String),
    /// A file of the private folder that is gone afterwards, and was there when the end began.
    Gone(String),
    /// A line that the pattern is found in, printed by what is run after the end.
    After(regex::Regex),
}

/// A descendant that reports tell apart.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// How it is recognised.
    pub by: RoleBy,
}

/// How a role is recognised.
#[derive(Clone, Debug)]
pub enum RoleBy {
    /// It wrote a line that matches to the evidence file.
    Announces(regex::Regex),
    /// Its command line (arguments joined by one space) matches.
    Command(regex::Regex),
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the start to ready.
    pub ready: Duration,
    /// From ready until every process of the target sleeps: one that works for longer is ended while it works.
    pub quiet: Duration,
    /// From the termination's first step to the end.
    pub end: Duration,
    /// How long a target that caught the signal and waits again is watched before it counts as a
    /// survivor, where the scenario expects one.
    pub survive: Duration,
    /// The grace of an escalation.
    pub grace: Duration,
    /// How long what is run after the end may take.
    pub after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            ready: Duration::from_secs(30),
            quiet: Duration::from_secs(30),
            end: Duration::from_secs(20),
            survive: Duration::from_millis(500),
            grace: Duration::from_millis(500),
            after: Duration::from_secs(20),
        }
    }
}

/// A target × launch × termination: the unit that runs.
#[derive(Clone, Debug)]
pub struct Cell {
    /// `SCENARIO/LAUNCH/TERMINATION`; after the launch `>STDOUT` and `@VERSION`, where these are axes.
    pub id: String,
    /// The version of the target's runtime, where that is an axis: the name of a runtime, or a path of its
    /// program; for other programs than fixtures, the program itself.
    pub version: Option<String>,
    /// The launch's name.
    pub launch: String,
    /// How it is started.
    pub start: Start,
    /// What standard output is.
    pub stdout: Stdout,
    /// Whether standard output is written in the cell's id, because the matrix has it as an axis.
    pub stdout_is_axis: bool,
    /// The termination's name.
    pub terminate: String,
    /// How it is ended.
    pub ending: Ending,
    /// What is expected.
    pub expect: Expectation,
    /// A reason for not running it here that is known from the plan alone (the platform, Wine).
    pub skip: Option<String>,
}

/// What a scenario says of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The hooks, or `None` where no rule speaks of them. Shared: of thousands of cells most are under
    /// one rule.
    pub cleanup: Option<Arc<Cleanup>>,
    /// Acceptable outcomes; empty stands for "it ends, somehow".
    pub outcome: Vec<Outcome>,
    /// What may stay behind.
    pub leftovers: Leftovers,
    /// What may become of each request that a rule speaks of. Shared likewise.
    pub work: Arc<BTreeMap<String, Vec<Answer>>>,
    /// The line of the rule that last spoke of each of the four, for `explain`.
    pub lines: Vec<usize>,
    /// The reason that the last matching rule gives.
    pub because: Option<String>,
}

/// The expected hooks by role. A role that is not named must have run none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleanup {
    /// Role to what it must have run. `main` is the target itself.
    pub by_role: BTreeMap<String, Ran>,
}

/// The hooks of one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ran {
    /// Just these in this order; empty is `none`.
    Exactly(Vec<String>),
    /// Just these, in any order.
    AnyOrder(Vec<String>),
    /// At least `with`, none of `without`; what else ran does not matter.
    Some {
        /// These ran, in any order.
        with: Vec<String>,
        /// None of these ran.
        without: Vec<String>,
    },
    /// Not judged.
    Any,
}

/// An acceptable outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Ends with this exit code (Windows: all 32 bits).
    Exit(u32),
    /// Dies of this signal.
    Signal(Signal),
    /// Dies of the signal that the termination sent.
    DiesOfIt,
    /// Lives on.
    Survives,
    /// Ends, however.
    Ends,
}

/// What may stay behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Leftovers {
    /// Nothing.
    #[default]
    None,
    /// Not judged.
    Any,
    /// Just this.
    Exactly {
        /// Roles, or patterns of command lines, of processes that live on.
        processes: Vec<String>,
        /// Names of files in the private folder.
        files: Vec<String>,
        /// Whether the cell's port is still listened on.
        port: bool,
    },
}

/// A sentence of somebody's documentation, and the cells that decide it.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The id, which stays: `S2-12`.
    pub id: String,
    /// The sentence, in our own words.
    pub says: String,
    /// Where it can be read.
    pub source: String,
    /// The version of the documentation or program that it speaks of.
    pub version: Option<String>,
    /// The condition, where it is known to hold only under one.
    pub condition: Option<String>,
    /// Why it is untested where it has no cells.
    pub untested: Option<String>,
    /// Its tests, one for each `when`.
    pub checks: Vec<ClaimCheck>,
}

/// The cells that decide a claim, and what it predicts of each.
#[derive(Clone, Debug)]
pub struct ClaimCheck {
    /// Indices into `Scenario::cells`.
    pub cells: Vec<usize>,
    /// What the claim predicts.
    pub predicts: Expectation,
}

/// What a negative control must be judged as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The verdict that each of its cells must get: `fail`, `error`.
    pub verdict: String,
    /// A pattern that the reason must match: the runner must catch it for the right reason.
    pub why: String,
}
