//! A record: the observations of one run on one platform, as JSON Lines.
//!
//! The first line is a [`Header`], each later line a [`Row`]. Fields are added, never renamed, within
//! one [`SCHEMA`] number.

use crate::launch::Stdout;
use crate::observation::{Judgement, Observation, Verdict};
use crate::platform::Platform;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The number of the format.
pub const SCHEMA: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Always [`SCHEMA`].
    pub schema: u32,
    /// `lastrites 0.1.0`.
    pub tool: String,
    /// Where it ran.
    pub platform: Platform,
    /// Runtime to version, of those that this run's scenarios use: `python` to `3.11.7`.
    pub runtimes: BTreeMap<String, String>,
    /// What `/bin/sh` is: `dash`, `bash`, `busybox`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sh: Option<String>,
    /// What the run was allowed to do: `root`, `user-namespaces`.
    #[serde(default)]
    pub privileges: Vec<String>,
    /// Which part of the plan this is, where it was sharded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The number of cells of the whole plan, before sharding.
    pub cells: usize,
}

impl Header {
    /// What a result may depend on, each by its name and in this order: the program, the system, the
    /// kernel, Wine, `/bin/sh`, each runtime, the privileges.
    pub fn facts(&self) -> Vec<(String, String)> {
        let platform = &self.platform;
        let system = format!("{} {}", platform.os.name(), platform.arch);
        let mut facts = vec![
            ("tool".to_owned(), self.tool.clone()),
            ("system".to_owned(), system),
            ("kernel".to_owned(), platform.kernel.clone()),
        ];
        facts.extend(platform.wine.clone().map(|wine| ("wine".to_owned(), wine)));
        facts.extend(self.sh.clone().map(|sh| ("/bin/sh".to_owned(), sh)));
        facts.extend(self.runtimes.clone());
        facts.push(("privileges".to_owned(), self.privileges.join(", ")));
        facts.retain(|(_, value)| !value.is_empty());
        facts
    }
}

/// One part of a plan that was split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1 to `of`.
    pub index: usize,
    /// The number of parts.
    pub of: usize,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The cell's id.
    pub cell: String,
    /// Its scenario.
    pub scenario: String,
    /// The target as the scenario names it.
    pub target: String,
    /// The version of the target's runtime, where that is an axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The launch.
    pub launch: String,
    /// What standard output was.
    #[serde(default)]
    pub stdout: Stdout,
    /// The termination.
    pub terminate: String,
    /// How it ended; absent where it was skipped or not started.
    pub outcome: Option<crate::observation::Ended>,
    /// The hooks that ran.
    #[serde(default)]
    pub cleanup: Vec<crate::observation::HookRun>,
    /// What stayed behind.
    #[serde(default)]
    pub leftovers: crate::observation::Left,
    /// What became of the requests that were under way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<crate::work::Worked>,
    /// What the target made of the signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<crate::observation::Disposition>,
    /// Durations in milliseconds.
    #[serde(default)]
    pub ms: crate::observation::Millis,
    /// What was found out about the target once it was ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<crate::observation::Survey>,
    /// Why it has no result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<crate::observation::Trouble>,
    /// What it wrote after its end began, where it has no hooks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<String>,
    /// What was printed by the program that looked at the target's data afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// The last lines of standard error, where it did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stderr: Vec<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Its reason.
    #[serde(default)]
    pub why: String,
}

impl Row {
    /// The line of a cell.
    pub fn new(
        scenario: &crate::scenario::Scenario,
        cell: &crate::scenario::Cell,
        observation: Observation,
        judgement: Judgement,
    ) -> Row {
        use crate::scenario::Program;
        let (Program::Fixture(target) | Program::Path(target)) = scenario.program(cell);
        let keep_stderr = judgement.verdict != Verdict::Pass;
        Row {
            cell: cell.id.clone(),
            scenario: scenario.name.clone(),
            target,
            version: cell.version.clone(),
            launch: cell.launch.clone(),
            stdout: cell.stdout,
            terminate: cell.terminate.clone(),
            outcome: observation.outcome,
            cleanup: observation.cleanup,
            leftovers: observation.leftovers,
            work: observation.work,
            disposition: observation.disposition,
            ms: observation.ms,
            survey: observation.survey,
            trouble: observation.trouble,
            said: observation.said,
            after: observation.after,
            stderr: if keep_stderr { observation.stderr } else { Vec::new() },
            verdict: judgement.verdict,
            why: judgement.why,
        }
    }

    /// The observation in it, to be judged again.
    pub fn observation(&self) -> Observation {
        Observation {
            outcome: self.outcome.clone(),
            cleanup: self.cleanup.clone(),
            leftovers: self.leftovers.clone(),
            work: self.work.clone(),
            disposition: self.disposition,
            ms: self.ms,
            survey: self.survey.clone(),
            trouble: self.trouble.clone(),
            said: self.said.clone(),
            after: self.after.clone(),
            stderr: self.stderr.clone(),
        }
    }
}

/// A whole record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The first line.
    pub header: Header,
    /// The cells, in the order of the file.
    pub rows: Vec<Row>,
    /// Whether the last line was cut off, as it is when the run was killed.
    pub cut: bool,
}
