//! A small builder of scenarios and rows, for the tests of this workspace.

use crate::launch::{Start, Stdout};
use crate::observation::{Disposition, Ended, HookRun, Left, Observation, Trouble};
use crate::platform::{Os, Platform};
use crate::record::{Header, Record, Row, SCHEMA, Shard};
use crate::scenario::{
    Cell, Claim, ClaimCheck, Control, Evidence, Expectation, Hook, Leftovers, Limits, Outcome, Program, Ran,
    Ready, Scenario, Target,
};
use crate::signals::Signal;
use crate::termination::Ending;
use crate::work::{Answer, Worked};
use crate::{judge, record_io};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A scenario under construction.
#[must_use]
pub struct ScenarioBuilder(Scenario);

/// A scenario of that name with a Python fixture and hooks A, B, C, and no cell yet.
pub fn scenario(name: &str) -> ScenarioBuilder {
    ScenarioBuilder(Scenario {
        name: name.to_owned(),
        about: format!("What does {name} do when it is ended?"),
        file: format!("scenarios/{name}.yaml").into(),
        tags: Vec::new(),
        target: Target {
            program: Program::Fixture(format!("python/{name}.py")),
            args: Vec::new(),
            env: BTreeMap::new(),
            cwd: None,
            files: BTreeMap::new(),
            port: false,
            fixed_port: None,
            stdin_open: false,
            ready: Ready::Started,
            hooks: ["A", "B", "C"]
                .map(|name| Hook { name: name.to_owned(), evidence: Evidence::Protocol })
                .to_vec(),
            roles: Vec::new(),
            requests: Vec::new(),
            needs: Vec::new(),
            after: None,
            keeps: Vec::new(),
        },
        cells: Vec::new(),
        claims: Vec::new(),
        limits: Limits::default(),
        survey: false,
        control: None,
    })
}

impl ScenarioBuilder {
    /// Its question.
    pub fn about(mut self, about: &str) -> Self {
        about.clone_into(&mut self.0.about);
        self
    }

    /// Its tags.
    pub fn tags(mut self, tags: &[&str]) -> Self {
        self.0.tags = strings(tags);
        self
    }

    /// Another fixture.
    pub fn fixture(mut self, fixture: &str) -> Self {
        self.0.target.program = Program::Fixture(fixture.to_owned());
        self
    }

    /// Cells of each launch with each termination, all with one expectation. A launch may be
    /// `direct>file`.
    pub fn cells(mut self, launches: &[&str], terminations: &[&str], expect: &Expectation) -> Self {
        for launch in launches {
            for terminate in terminations {
                self.0.cells.push(cell(&self.0.name, launch, terminate, expect.clone()));
            }
        }
        self
    }

    /// The last cells are skipped by the plan.
    pub fn skip_last(mut self, number: usize, reason: &str) -> Self {
        let start = self.0.cells.len() - number;
        for cell in &mut self.0.cells[start..] {
            cell.skip = Some(reason.to_owned());
        }
        self
    }

    /// A claim that every cell whose id contains `part` decides.
    pub fn claim(mut self, id: &str, says: &str, part: &str, predicts: Expectation) -> Self {
        let cells = (0..self.0.cells.len()).filter(|index| self.0.cells[*index].id.contains(part)).collect();
        self.0.claims.push(Claim {
            id: id.to_owned(),
            says: says.to_owned(),
            source: "https://example.org/doc".to_owned(),
            version: None,
            condition: None,
            untested: None,
            checks: vec![ClaimCheck { cells, predicts }],
        });
        self
    }

    /// The condition of the last claim.
    pub fn condition(mut self, condition: &str) -> Self {
        if let Some(claim) = self.0.claims.last_mut() {
            claim.condition = Some(condition.to_owned());
        }
        self
    }

    /// A claim without a cell.
    pub fn untested(mut self, id: &str, says: &str, reason: &str) -> Self {
        self = self.claim(id, says, "no cell has this", expect());
        if let Some(claim) = self.0.claims.last_mut() {
            claim.untested = Some(reason.to_owned());
            claim.checks.clear();
        }
        self
    }

    /// Makes it a negative control.
    pub fn control(mut self, verdict: &str, why: &str) -> Self {
        self.0.control = Some(Control { verdict: verdict.to_owned(), why: why.to_owned() });
        self
    }

    /// The scenario.
    pub fn build(self) -> Scenario {
        self.0
    }
}

/// A cell of that scenario.
pub fn cell(scenario: &str, launch: &str, terminate: &str, expect: Expectation) -> Cell {
    let (started, version) = launch.split_once('@').map_or((launch, None), |(a, b)| (a, Some(b)));
    let (name, stdout) = started.split_once('>').unwrap_or((started, "pipe"));
    Cell {
        id: format!("{scenario}/{launch}/{terminate}"),
        version: version.map(str::to_owned),
        launch: name.to_owned(),
        start: Start::default(),
        stdout: Stdout::ALL.into_iter().find(|kind| kind.name() == stdout).unwrap_or_default(),
        stdout_is_axis: launch.contains('>'),
        terminate: terminate.to_owned(),
        ending: Ending { signal: Signal::parse(terminate), ..Ending::default() },
        expect,
        skip: None,
    }
}

/// An expectation that says nothing: it ends, and nothing stays behind.
pub fn expect() -> Expectation {
    Expectation::default()
}

impl Expectation {
    /// Main runs just these hooks, in this order.
    #[must_use]
    pub fn cleanup(self, hooks: &[&str]) -> Self {
        self.role("main", Ran::Exactly(strings(hooks)))
    }

    /// A role runs these.
    #[must_use]
    pub fn role(mut self, role: &str, ran: Ran) -> Self {
        Arc::make_mut(self.cleanup.get_or_insert_with(Arc::default)).by_role.insert(role.to_owned(), ran);
        self
    }

    /// One more acceptable outcome.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome.push(outcome);
        self
    }

    /// What may become of a request.
    #[must_use]
    pub fn work(mut self, request: &str, answers: &[Answer]) -> Self {
        Arc::make_mut(&mut self.work).insert(request.to_owned(), answers.to_vec());
        self
    }

    /// What may stay behind.
    #[must_use]
    pub fn leftovers(mut self, leftovers: Leftovers) -> Self {
        self.leftovers = leftovers;
        self
    }
}

/// An observation: it exited with that code, ran nothing and left nothing.
pub fn exited(code: u32) -> Observation {
    Observation { outcome: Some(Ended::Exited { code }), ..Observation::default() }
}

/// It died of that signal.
///
/// # Panics
/// When there is no such signal.
pub fn died(signal: &str) -> Observation {
    let signal = Signal::parse(signal).expect("a known signal");
    Observation { outcome: Some(Ended::Signaled { signal, core: false }), ..Observation::default() }
}

/// It lived on.
pub fn survived() -> Observation {
    Observation { outcome: Some(Ended::Survived), ..Observation::default() }
}

/// It had that trouble.
pub fn trouble(trouble: Trouble) -> Observation {
    Observation { trouble: Some(trouble), ..Observation::default() }
}

impl Observation {
    /// Main ran these hooks after what ran before.
    #[must_use]
    pub fn ran(self, hooks: &[&str]) -> Self {
        self.ran_in("main", hooks)
    }

    /// A role ran these.
    #[must_use]
    pub fn ran_in(mut self, role: &str, hooks: &[&str]) -> Self {
        let runs = hooks.iter().map(|hook| HookRun { role: role.to_owned(), hook: (*hook).to_owned() });
        self.cleanup.extend(runs);
        self
    }

    /// What it left behind.
    #[must_use]
    pub fn left(mut self, left: Left) -> Self {
        self.leftovers = left;
        self
    }

    /// What became of a request.
    #[must_use]
    pub fn worked(mut self, request: &str, answer: Answer) -> Self {
        self.work.push(Worked { request: request.to_owned(), answer, ms: None, refused_ms: None });
        self
    }

    /// What it made of the signal.
    #[must_use]
    pub fn disposed(mut self, disposition: Disposition) -> Self {
        self.disposition = Some(disposition);
        self
    }

    /// What it said on standard error.
    #[must_use]
    pub fn said(mut self, lines: &[&str]) -> Self {
        self.stderr = strings(lines);
        self
    }
}

/// Something left behind of each kind.
pub fn left(processes: &[&str], zombies: &[&str], files: &[&str], ports: &[&str]) -> Left {
    Left {
        processes: strings(processes),
        zombies: strings(zombies),
        files: strings(files),
        ports: strings(ports),
    }
}

/// The judged row of the cell of a scenario with that id, without the scenario's name.
///
/// # Panics
/// When there is no such cell.
pub fn row(scenario: &Scenario, id: &str, seen: Observation) -> Row {
    let id = format!("{}/{id}", scenario.name);
    let cell = scenario.cells.iter().find(|cell| cell.id == id).expect("a cell with that id");
    let judgement = judge::judged(scenario, cell, &seen);
    Row::new(scenario, cell, seen, judgement)
}

/// The rows of all cells, by what was seen of each.
pub fn rows(scenario: &Scenario, see: impl Fn(&Cell) -> Observation) -> Vec<Row> {
    let row = |cell: &Cell| {
        let seen = see(cell);
        let judgement = match &cell.skip {
            Some(reason) => judge::skipped(reason.clone()),
            None => judge::judged(scenario, cell, &seen),
        };
        let seen = if cell.skip.is_some() { Observation::default() } else { seen };
        Row::new(scenario, cell, seen, judgement)
    };
    scenario.cells.iter().map(row).collect()
}

/// A row of a cell that was skipped.
///
/// # Panics
/// When there is no such cell.
pub fn skipped_row(scenario: &Scenario, id: &str, reason: &str) -> Row {
    let id = format!("{}/{id}", scenario.name);
    let cell = scenario.cells.iter().find(|cell| cell.id == id).expect("a cell with that id");
    Row::new(scenario, cell, Observation::default(), judge::skipped(reason))
}

/// A header of a Linux with Python 3.11.7 and dash.
pub fn header(cells: usize) -> Header {
    Header {
        schema: SCHEMA,
        tool: "lastrites 0.1.0".to_owned(),
        platform: Platform {
            os: Os::Linux,
            arch: "x86_64".to_owned(),
            kernel: "6.1.0".to_owned(),
            wine: None,
        },
        runtimes: BTreeMap::from([("python".to_owned(), "3.11.7".to_owned())]),
        sh: Some("dash".to_owned()),
        privileges: vec!["user-namespaces".to_owned()],
        shard: None,
        cells,
    }
}

/// A record of these rows.
pub fn record(rows: Vec<Row>) -> Record {
    Record { header: header(rows.len()), rows, cut: false }
}

/// A record, split into that many parts as a plan is: every `of`-th cell.
pub fn shards(record: &Record, of: usize) -> Vec<Record> {
    (1..=of)
        .map(|index| Record {
            header: Header { shard: Some(Shard { index, of }), ..record.header.clone() },
            rows: record.rows.iter().skip(index - 1).step_by(of).cloned().collect(),
            cut: false,
        })
        .collect()
}

/// A record as a file has it.
pub fn text(record: &Record) -> String {
    record_io::write(record)
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
