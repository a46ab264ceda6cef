//! From a cell to an observation: start, wait for ready, end, watch, count, clean up.
//!
//! The only stage with effects. Everything it learns is a value of `lastrites_model::observation`; it
//! judges nothing.

mod after;
mod deliver;
mod look;
mod place;
mod probe_ready;
mod watch;
mod work;

use crate::prepare::Lab;
use crate::schedule::Slot;
use lastrites_model::launch::Stdout;
use lastrites_model::observation::{Disposition, Ended, Left, Millis, Observation, Trouble};
use lastrites_model::scenario::{Cell, Evidence, Outcome, Program, Ready, RoleBy, Scenario};
use lastrites_model::work::Begun;
use lastrites_os::spec::{Process, Spec, StartError};
use place::Place;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use watch::{From, Watch};

/// What came of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    /// It ran.
    Seen(Box<Observation>),
    /// This machine cannot run it: a reason that a reader can act on.
    Skipped(String),
}

/// Runs one cell.
///
/// `slot` is given back as soon as the target only waits: starting programs is limited by the cores,
/// waiting for them is not.
pub async fn run(lab: &Lab, scenario: &Scenario, cell: &Cell, slot: Slot) -> Done {
    let place = match Place::new(lab, speaks_the_protocol(scenario), cell.stdout == Stdout::File) {
        Ok(place) => place,
        Err(error) => return trouble(Trouble::Harness(format!("no private folder: {error}"))),
    };
    let fixed = scenario.target.fixed_port;
    let _turn = match fixed {
        Some(port) => lab.alone(port).await,
        None => None,
    };
    if let Some(port) = fixed.filter(|port| lastrites_os::listening(*port)) {
        // A connection would be answered, by somebody else.
        return trouble(Trouble::NotStarted(format!("another program listens on port {port}")));
    }
    let port = if scenario.target.port { lab.port() } else { None };
    let number = fixed.or(port.as_ref().map(crate::prepare::Port::number));
    let spec = match prepare(lab, scenario, cell, &place, number) {
        Ok(spec) => spec,
        Err(error) => return trouble(Trouble::Harness(error)),
    };
    let evidence = match place.evidence.as_deref().map(lastrites_os::evidence).transpose() {
        Ok(evidence) => evidence,
        Err(error) => return trouble(Trouble::Harness(format!("no place for evidence: {error}"))),
    };
    let started = Instant::now();
    let running = match lab.pool().start(&spec).await {
        Ok(running) => running,
        Err(StartError::Unsupported(why)) => return Done::Skipped(why),
        Err(StartError::Program(why)) => return trouble(Trouble::NotStarted(why)),
        Err(StartError::Harness(why)) => return trouble(Trouble::Harness(why)),
    };
    let session = Session {
        lab,
        scenario,
        cell,
        place: &place,
        port: number,
        watch: Watch::new(running, evidence),
        started,
        disposition: None,
        settled: false,
        slot: Some(slot),
        zombies: Vec::new(),
        present: BTreeMap::new(),
        work: work::Work::new(),
        busy: false,
    };
    session.run().await
}

/// Whether evidence of this target can come by the fixture protocol. No other one is given a place for it:
/// a FIFO made, watched and removed for each cell that nobody writes to.
fn speaks_the_protocol(scenario: &Scenario) -> bool {
    let target = &scenario.target;
    matches!(target.program, Program::Fixture(_))
        || matches!(target.ready, Ready::Evidence(_))
        || target.hooks.iter().any(|hook| matches!(hook.evidence, Evidence::Protocol))
        || target.roles.iter().any(|role| matches!(role.by, RoleBy::Announces(_)))
        || target.requests.iter().any(|request| matches!(request.begun, Some(Begun::Evidence(_))))
}

fn trouble(trouble: Trouble) -> Done {
    Done::Seen(Box::new(Observation { trouble: Some(trouble), ..Observation::default() }))
}

/// What is started, with every placeholder filled in.
fn prepare(
    lab: &Lab,
    scenario: &Scenario,
    cell: &Cell,
    place: &Place<'_>,
    port: Option<u16>,
) -> Result<Spec, String> {
    let target = &scenario.target;
    let fill = |text: &str| fill(text, place, port);
    for (name, content) in &target.files {
        let path = place.folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        }
        std::fs::write(&path, fill(content)).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let program = scenario.program(cell);
    let (mut argv, mut extra) = lab.command(scenario, &program, cell.version.as_deref())?;
    let wrapper = cell.start.wrapper.env().iter();
    extra.extend(wrapper.map(|&(name, value)| (name.to_owned(), value.to_owned())));
    argv.extend(target.args.iter().map(|argument| fill(argument)));
    // Only a fixture knows the protocol; any other program just sees its standard input end.
    if let (Some(how), Program::Fixture(_)) = (&cell.ending.own, &target.program) {
        argv.extend(["--end".to_owned(), how.clone()]);
    }
    Ok(Spec {
        argv,
        env: environment(lab, scenario, place, port, extra),
        cwd: cwd(scenario, place),
        start: cell.start.clone(),
        parent: cell.ending.needs.parent || cell.start.parent_death.is_some(),
        stdin: cell.ending.stdin,
        stdout: cell.stdout,
        stdout_file: place.stdout.clone(),
        limits: cell.ending.limits.clone(),
    })
}

/// A text of the scenario with its placeholders filled in.
fn fill(text: &str, place: &Place<'_>, port: Option<u16>) -> String {
    let text = match port {
        Some(port) if text.contains("{port}") => text.replace("{port}", &port.to_string()),
        _ => text.to_owned(),
    };
    if text.contains("{dir}") { text.replace("{dir}", &place.folder.to_string_lossy()) } else { text }
}

/// The environment of a cell. `extra` is what the runtime of the program adds.
fn environment(
    lab: &Lab,
    scenario: &Scenario,
    place: &Place<'_>,
    port: Option<u16>,
    extra: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let mut env = lab.environment(&place.folder, &place.name, place.evidence.as_deref());
    env.extend(extra);
    for (name, value) in &scenario.target.env {
        env.retain(|(known, _)| known != name);
        env.push((name.clone(), fill(value, place, port)));
    }
    env
}

/// The working folder of a cell.
fn cwd(scenario: &Scenario, place: &Place<'_>) -> PathBuf {
    match &scenario.target.cwd {
        Some(cwd) => scenario.file.parent().unwrap_or(std::path::Path::new(".")).join(cwd),
        None => place.folder.clone(),
    }
}

/// One running cell, between its start and its observation.
struct Session<'a> {
    lab: &'a Lab,
    scenario: &'a Scenario,
    cell: &'a Cell,
    place: &'a Place<'a>,
    port: Option<u16>,
    watch: Watch,
    started: Instant,
    /// What the target made of the first signal when it was sent.
    disposition: Option<Disposition>,
    /// The last signal could not do anything: nothing more needs to be waited for.
    settled: bool,
    /// The right to use a core; given back when only waiting is left.
    slot: Option<Slot>,
    /// Descendants that had ended before the end began, and that nobody had waited for.
    zombies: Vec<Process>,
    /// For hooks whose evidence is a file: whether it was there when the end began.
    present: BTreeMap<String, bool>,
    /// The requests that are under way.
    work: work::Work,
    /// It never came to rest while it was waited for.
    busy: bool,
}

impl Session<'_> {
    async fn run(mut self) -> Done {
        let mut ms = Millis::default();
        let ready = timeout(self.scenario.limits.ready, self.ready()).await;
        let mut ready = ready.unwrap_or_else(|_| {
            Err(format!(
                "nothing for {} s that matches {}",
                self.scenario.limits.ready.as_secs(),
                self.waits_for()
            ))
        });
        if ready.is_ok() {
            ms.ready = Some(millis(self.started.elapsed()));
            ready = self.with_requests().await;
        }
        if let Err(why) = ready {
            let detail = self.blame(why);
            return self
                .close(Observation {
                    outcome: Some(Ended::NeverReady),
                    trouble: Some(Trouble::NeverReady(detail)),
                    ..Observation::default()
                })
                .await;
        }
        self.note_files();
        let survey = if self.scenario.survey { Some(self.survey().await) } else { None };

        let mut begin = Instant::now();
        let mut failed = None;
        if !self.cell.ending.steps.is_empty() {
            // An end that a fixture brings about with our help began with the line that said ready.
            if !self.watch.has_begun_to_end() {
                // A tree that never sleeps is ended all the same: busy programs get signals too.
                let zombies = self.quiet().await;
                self.look_for_roles();
                self.watch.end_begins();
                // A zombie is its parent's fault while that lives. Afterwards whoever inherits it waits
                // for it (init does), and a child that died with its parent is no zombie of anybody's.
                if zombies {
                    self.zombies = self.watch.zombies();
                }
            }
            begin = Instant::now();
        }
        // A target that ends itself may need us for it: to close the stream that it reads or writes. It
        // need not be quiet first; one that writes for ever never is.
        if !self.cell.ending.steps.is_empty() {
            match self.deliver().await {
                Ok(()) => {}
                Err(deliver::Undelivered::Skip(why)) => {
                    let _ = self.watch.running.finish().await;
                    return Done::Skipped(why);
                }
                Err(deliver::Undelivered::Failed(why)) => failed = Some(self.blame(why)),
            }
        }
        self.slot = None;
        if failed.is_none() {
            self.wait_for_the_end().await;
        }
        let ended = self.watch.exited;
        if ended {
            ms.end = Some(millis(self.watch.exited_at.unwrap_or_else(Instant::now) - begin));
        }
        let work = self.work.finish(ended, self.scenario.limits.survive, begin).await;
        // Of a target that lives on, nothing is left behind yet.
        let left = if ended {
            let tree = self.settled_tree().await;
            self.watch.gather();
            self.look_for_roles();
            look::leftovers(
                self.scenario,
                self.cell,
                &self.watch,
                &tree,
                &self.zombies,
                &self.place.folder,
                self.port,
            )
        } else {
            self.watch.gather();
            Left::default()
        };
        let trouble = failed.map(Trouble::NotDelivered);
        self.close(Observation { leftovers: left, work, ms, survey, trouble, ..Observation::default() }).await
    }

    /// Begins the requests, and sees that each is still under way when the whole tree sleeps.
    async fn with_requests(&mut self) -> Result<(), String> {
        if self.scenario.target.requests.is_empty() {
            return Ok(());
        }
        let limit = self.scenario.limits.ready;
        let begun = timeout(limit, self.begin_requests()).await;
        begun.unwrap_or_else(|_| Err("its requests did not get under way".to_owned()))?;
        let _ = self.quiet().await;
        work::hand_on().await;
        self.work.over_already(self.scenario).map_or(Ok(()), Err)
    }

    /// Ends the tree and completes the observation by what only its end tells.
    async fn close(mut self, mut seen: Observation) -> Done {
        if self.cell.stdout == Stdout::File {
            self.watch.read_file(&self.place.stdout);
        }
        let exited = self.watch.exited;
        seen.disposition = self.disposition;
        let (cleanup, broken) = look::hooks(self.scenario, self.cell, &self.watch, |file| {
            let there = self.place.folder.join(file).exists();
            (self.present.get(file).copied().unwrap_or(false), there)
        });
        seen.cleanup = cleanup;
        if seen.trouble.is_none() {
            seen.trouble = broken.map(Trouble::Protocol);
        }
        if matches!(seen.trouble, Some(Trouble::NeverReady(_))) {
            // Whoever waited for a line wants to see which ones came.
            seen.said = self.watch.last_lines(From::Stdout, 3);
        } else if self.scenario.target.hooks.is_empty() {
            seen.said = self.watch.last_words(3);
        }
        seen.stderr = self.watch.last_lines(From::Stderr, 5);
        let left = if exited && matches!(seen.trouble, Some(Trouble::NeverReady(_))) {
            self.watch.descendants(&self.watch.running.processes()).len()
        } else {
            0
        };
        let outcome = self.watch.running.finish().await;
        if let (Some(Trouble::NeverReady(why)), Ok(Some(ended))) = (&mut seen.trouble, &outcome)
            && exited
        {
            *why = format!("{why} ({})", lastrites_model::words::ended(ended, None));
            if left > 0 {
                why.push_str("; it had forked away, and what it left running was ended");
            }
        }
        if seen.outcome.is_none() {
            match outcome {
                Ok(Some(ended)) if exited => seen.outcome = Some(ended),
                Ok(_) => seen.outcome = Some(Ended::Survived),
                Err(error) => seen.trouble = Some(Trouble::Harness(error.to_string())),
            }
        }
        if let Some(after) = &self.scenario.target.after
            && exited
            && seen.trouble.is_none()
        {
            match after::look(self.lab, self.scenario, after, self.place, self.port).await {
                Ok(lines) => {
                    seen.cleanup.extend(look::after(self.scenario, &lines));
                    seen.after = last(lines, 5);
                }
                Err(why) => seen.trouble = Some(Trouble::NotChecked(why)),
            }
        }
        Done::Seen(Box::new(seen))
    }

    /// Waits for the end of the target, or until it is clear that it survives.
    async fn wait_for_the_end(&mut self) {
        let limits = self.scenario.limits;
        if self.settled {
            // Nothing can come of it: it is enough that the target is seen to wait again.
            let _ = self.quiet().await;
            return;
        }
        let survives = self.cell.expect.outcome.contains(&Outcome::Survives);
        let patience = if survives { limits.survive } else { limits.end };
        let _ = timeout(patience, self.watch.until_exit()).await;
    }

    /// Roles that are told by the command line are looked for while all of them are there.
    fn look_for_roles(&mut self) {
        if self.scenario.target.roles.iter().any(|role| matches!(role.by, RoleBy::Command(_))) {
            self.watch.look();
        }
    }

    /// The tree of a target that has ended. Descendants that outlive it may be about to end by
    /// themselves: they are given the time that a survivor is given, and where that was too short for one to get
    /// a core and do what it does at its end, as long as it takes until it has nothing more to do.
    async fn settled_tree(&mut self) -> Vec<Process> {
        let tree = self.watch.running.processes();
        let alive = self.watch.descendants(&tree);
        if alive.is_empty() {
            // Whoever could start another process has ended.
            return tree;
        }
        if timeout(self.scenario.limits.survive, self.watch.until_gone(&alive)).await.is_err() {
            let _ = timeout(self.scenario.limits.end, self.watch.until_quiet()).await;
        }
        self.watch.running.processes()
    }

    fn note_files(&mut self) {
        for hook in &self.scenario.target.hooks {
            if let Evidence::Appears(file) | Evidence::Gone(file) = &hook.evidence {
                self.present.insert(file.clone(), self.place.folder.join(file).exists());
            }
        }
    }

    /// Waits until the whole tree sleeps, while reading what it writes: a target may sleep only because
    /// a pipe is full. Returns whether there may be zombies.
    async fn quiet(&mut self) -> bool {
        let quiet = timeout(self.scenario.limits.quiet, self.watch.until_quiet()).await;
        quiet.unwrap_or_else(|_| {
            self.watch.gather();
            true
        })
    }

    /// What is being waited for, as the scenario writes it.
    fn waits_for(&self) -> String {
        match &self.scenario.target.ready {
            Ready::Stdout(pattern) => format!("`{pattern}` on standard output"),
            Ready::Stderr(pattern) => format!("`{pattern}` on standard error"),
            Ready::Evidence(pattern) => format!("`{pattern}` in the evidence"),
            Ready::File(name) => format!("the file {name}"),
            Ready::Tcp => "a port that accepts connections".to_owned(),
            Ready::Http(path) => format!("an answer to GET {path}"),
            Ready::Started | Ready::Settled => "its start".to_owned(),
        }
    }

    /// The reason, with the last line of standard error, which mostly says why.
    fn blame(&mut self, why: String) -> String {
        self.watch.gather();
        match self.watch.last_lines(From::Stderr, 1).pop() {
            Some(line) => format!("{why}; its last words: {line}"),
            None => why,
        }
    }
}

/// The last of some lines.
fn last(mut lines: Vec<String>, count: usize) -> Vec<String> {
    lines.drain(..lines.len().saturating_sub(count));
    lines
}

fn millis(duration: Duration) -> f64 {
    // A tenth of a millisecond is what a start or an end is told apart by.
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
