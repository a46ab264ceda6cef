//! What happened in a cell: pure values, in the form in which a record keeps them.

use crate::signals::Signal;
use serde::{Deserialize, Serialize};

/// Everything that was seen of one cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// How it ended, or that it did not.
    pub outcome: Option<Ended>,
    /// The hooks that ran, in the order of their evidence.
    #[serde(default)]
    pub cleanup: Vec<HookRun>,
    /// What stayed behind.
    #[serde(default)]
    pub leftovers: Left,
    /// What became of the requests that were under way, in the order of the scenario.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<crate::work::Worked>,
    /// What the target made of the signal just before it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Disposition>,
    /// Durations in milliseconds.
    #[serde(default)]
    pub ms: Millis,
    /// What was found out about the target once it was ready, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<Survey>,
    /// What the harness could not do, or caught the target doing against the protocol. A cell with
    /// trouble is never a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// What the target wrote to standard output and error after its end began, the last lines of it; kept
    /// where it has no hooks that could show more. Of one that was never ready, its last lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<String>,
    /// What was printed by the program that looked at the target's data afterwards, the last lines of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// The last lines of standard error, kept where the cell did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stderr: Vec<String>,
}

/// An outcome as observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Ended {
    /// It exited.
    Exited {
        /// The exit status; all 32 bits on Windows.
        code: u32,
    },
    /// It died of a signal.
    Signaled {
        /// Which.
        signal: Signal,
        /// Whether the kernel says that a core was dumped.
        core: bool,
    },
    /// It was alive when the harness stopped watching, and was then ended by the harness.
    Survived,
    /// It never became ready.
    NeverReady,
}

/// One run of one hook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HookRun {
    /// In which process.
    pub role: String,
    /// Which hook.
    pub hook: String,
}

/// What stayed behind after the target's end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Descendants that were alive: the role, or the command line where none applies; sorted.
    pub processes: Vec<String>,
    /// Descendants that had ended and that the target never waited for; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zombies: Vec<String>,
    /// Files of the private folder, other than what the harness put there; sorted.
    pub files: Vec<String>,
    /// Ports of the cell that were still listened on, as `{port}`.
    pub ports: Vec<String>,
}

impl Left {
    /// Whether nothing stayed behind.
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty() && self.zombies.is_empty() && self.files.is_empty() && self.ports.is_empty()
    }
}

/// What a process makes of a signal (signal(7), "Signal dispositions").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// The default action.
    Default,
    /// Ignored.
    Ignored,
    /// A handler is installed.
    Caught,
    /// Blocked in every thread (a reader of signalfd or sigwait blocks it too).
    Blocked,
}

/// Durations in milliseconds. They are kept in the record and left out of snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Millis {
    /// From the start to ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<f64>,
    /// From the first step of the termination to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<f64>,
}

/// What a ready target is like, found out by looking: for `probe`, which is told nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// The TCP ports that its processes listen on, sorted.
    pub listens: Vec<u16>,
    /// The status of its answer to `GET /` on the first of them; `None` where it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<u16>,
    /// Whether it never came to rest, as a program that writes without end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub busy: bool,
}

/// Why a cell has no result of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum Trouble {
    /// The target could not be started.
    NotStarted(String),
    /// The handshake did not come: what was waited for, and what came instead.
    NeverReady(String),
    /// The termination could not be delivered.
    NotDelivered(String),
    /// The target broke the fixture protocol: evidence before the end began, two readies.
    Protocol(String),
    /// What is run after the end to look at the data could not tell.
    NotChecked(String),
    /// The harness failed.
    Harness(String),
}

/// The judgement of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As expected, with evidence.
    Pass,
    /// Otherwise than expected.
    Fail,
    /// Not run, for a reason.
    Skip,
    /// Different observations in repeated runs.
    Flaky,
    /// The harness could not do it, or the target broke the protocol.
    Error,
}

impl Verdict {
    /// The word in records and tables.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Skip => "skip",
            Verdict::Flaky => "flaky",
            Verdict::Error => "error",
        }
    }
}

/// A verdict with its reason; the reason is empty for a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// One sentence: what was expected, what came.
    pub why: String,
}
