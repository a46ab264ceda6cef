//! `lastrites run`: every stage, one after the other.

use super::{Exit, Failure, Output, colored, filter, here, print, scenarios, unwritable};
use crate::cli::{self, Cli};
use crate::execute::{self, Done};
use crate::prepare::{self, Lab};
use crate::report::{self, Report};
use crate::schedule::{self, Bounds};
use indicatif::{ProgressBar, ProgressStyle};
use lastrites_model::judge;
use lastrites_model::observation::{Judgement, Observation, Verdict};
use lastrites_model::record::{Header, Row, SCHEMA, Shard};
use lastrites_model::record_io;
use lastrites_model::scenario::Scenario;
use lastrites_os::Pool;
use lastrites_os::spec::Facts;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

/// One cell of the selection: indices into the scenarios and their cells.
pub(super) type Chosen = (usize, usize);

pub(super) async fn run(cli: &Cli, arguments: &cli::Run) -> Result<Exit, Failure> {
    let started = Instant::now();
    let bounds = bounds(arguments.jobs);
    // As many as hold a slot, and as many again that wait for their end meanwhile.
    let pool = prepare::pool(2 * bounds.starting).map_err(Failure::Harness)?;
    let facts = lastrites_os::facts();
    let root = here();
    let scenarios = scenarios(cli, &root, &arguments.selection.paths, &facts.platform)?;
    let chosen = select(&scenarios, &arguments.selection)?;
    let output = arguments.output.as_deref().map(|path| Output::open(Some(path))).transpose()?;
    let record = RecordFile::open(arguments.record.as_deref())?;
    let mut interrupts =
        lastrites_os::Interrupts::catch().map_err(|error| Failure::Harness(error.to_string()))?;

    let (scenarios, header, rows, ran) = {
        let orders = Orders {
            shard: arguments.selection.shard,
            repeat: usize::from(arguments.repeat),
            bounds,
            record,
        };
        let work = cells(orders, pool, &facts, &root.folder, scenarios, &chosen);
        tokio::select! {
            ran = work => ran.map_err(Ok),
            // The future is dropped: with it every target, and the record after its last whole line.
            signal = interrupts.next() => Err(Err(signal)),
        }
    }
    .or_else(interrupted)?;

    let whole = arguments.selection.filter.is_none() && arguments.selection.shard.is_none();
    let report = Report::new(header, scenarios, rows, Some(started.elapsed()));
    show(cli, arguments, output, &report)?;
    let mut exit = if report.as_expected() { Exit::Expected } else { Exit::Differs };
    if let Some(folder) = reports_folder(arguments, &root) {
        let everything = whole && arguments.selection.paths.is_empty();
        let found = report::snapshots::check(&report, &folder, &root.folder, everything, arguments.accept)
            .map_err(|error| Failure::Harness(error.to_string()))?;
        anstream::eprint!("{}", found.render(colored(cli.color, std::io::stderr().is_terminal())));
        if !found.is_current() && exit == Exit::Expected {
            exit = Exit::Differs;
        }
    }
    if ran == 0 && !report.rows.is_empty() {
        anstream::eprintln!("note: no cell ran: each was skipped for the reason given");
    }
    Ok(exit)
}

/// Hands a failure on; dies of a signal. The work was dropped before, and with it every target.
pub(super) fn interrupted(why: Result<Failure, lastrites_model::signals::Signal>) -> Result<All, Failure> {
    match why {
        Ok(failure) => Err(failure),
        Err(signal) => {
            anstream::eprintln!("\ninterrupted by {signal}: every target was ended");
            lastrites_os::die_of(signal)
        }
    }
}

/// The cells that the selection names, in the order of the plan.
pub(super) fn select(scenarios: &[Scenario], selection: &cli::Selection) -> Result<Vec<Chosen>, Failure> {
    let filter = filter(selection.filter.as_ref())?;
    let mut chosen: Vec<Chosen> = Vec::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        for (number, cell) in scenario.cells.iter().enumerate() {
            if filter.as_ref().is_none_or(|filter| filter.matches(scenario, cell)) {
                chosen.push((index, number));
            }
        }
    }
    if chosen.is_empty() && filter.is_some() {
        let text = selection.filter.as_deref().unwrap_or_default();
        return Err(Failure::Input(vec![format!("error: no cell matches --filter '{text}'")]));
    }
    if let Some((index, of)) = selection.shard {
        chosen = chosen
            .into_iter()
            .enumerate()
            .filter(|(at, _)| at % of == index - 1)
            .map(|(_, one)| one)
            .collect();
    }
    Ok(chosen)
}

/// How much goes on at once on this machine, `--jobs` considered.
pub(super) fn bounds(jobs: Option<u16>) -> Bounds {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let bounds = Bounds::for_cores(cores);
    jobs.map_or(bounds, |jobs| Bounds {
        jobs: usize::from(jobs),
        starting: bounds.starting.min(usize::from(jobs)),
    })
}

/// What a run was asked to do with its cells.
#[derive(Debug)]
pub(super) struct Orders {
    pub(super) shard: Option<(usize, usize)>,
    pub(super) repeat: usize,
    pub(super) bounds: Bounds,
    pub(super) record: RecordFile,
}

pub(super) type All = (Rc<Vec<Scenario>>, Header, Vec<Row>, usize);

/// Runs the chosen cells. The record is written as they finish; the rows come back in the plan's order.
pub(super) async fn cells(
    orders: Orders,
    pool: Pool,
    facts: &Facts,
    root: &Path,
    scenarios: Vec<Scenario>,
    chosen: &[Chosen],
) -> Result<All, Failure> {
    let lab = Lab::new(pool, facts.platform.os, root, &scenarios).await.map_err(Failure::Harness)?;
    let header = Header {
        schema: SCHEMA,
        tool: concat!("lastrites ", env!("CARGO_PKG_VERSION")).to_owned(),
        platform: facts.platform.clone(),
        runtimes: lab.runtimes(),
        sh: facts.sh.clone(),
        privileges: facts.privileges.clone(),
        shard: orders.shard.map(|(index, of)| Shard { index, of }),
        cells: scenarios.iter().map(|scenario| scenario.cells.len()).sum(),
    };
    let mut record = orders.record;
    record.write(&record_io::header_line(&header))?;

    let (lab, scenarios) = (Rc::new(lab), Rc::new(scenarios));
    let repeat = orders.repeat;
    let mut rows: Vec<Option<Row>> = vec![None; chosen.len()];
    let mut todo = Vec::new();
    for (index, (at, number)) in chosen.iter().enumerate() {
        let (scenario, cell) = (&scenarios[*at], &scenarios[*at].cells[*number]);
        match lab.skip(scenario, cell) {
            Some(reason) => {
                let row = Row::new(scenario, cell, Observation::default(), judge::skipped(reason));
                record.line(&row)?;
                rows[index] = Some(row);
            }
            None => todo.extend((0..repeat).map(|_| index)),
        }
    }
    let weights: Vec<u32> = todo.iter().map(|index| lab.weight(&scenarios[chosen[*index].0])).collect();

    let progress = progress(todo.len());
    let mut seen: Vec<Vec<(Observation, Judgement)>> = vec![Vec::new(); chosen.len()];
    let mut failed = None;
    let mut unexpected = 0;
    let cells: Vec<Chosen> = todo.iter().map(|index| chosen[*index]).collect();
    let (shared, plan) = (Rc::clone(&lab), Rc::clone(&scenarios));
    let unstarted = std::cell::Cell::new(cells.len());
    let execute = move |task: usize, slot| {
        unstarted.set(unstarted.get() - 1);
        if unstarted.get() == 0 {
            shared.pool().wind_down();
        }
        let (lab, scenarios, (at, number)) = (Rc::clone(&shared), Rc::clone(&plan), cells[task]);
        async move { execute::run(&lab, &scenarios[at], &scenarios[at].cells[number], slot).await }
    };
    schedule::run(schedule::order(&weights), orders.bounds, execute, |task, done| {
        progress.inc(1);
        let index = todo[task];
        let (at, number) = chosen[index];
        let (scenario, cell) = (&scenarios[at], &scenarios[at].cells[number]);
        seen[index].push(match done {
            Done::Skipped(reason) => (Observation::default(), judge::skipped(reason)),
            Done::Seen(observation) => {
                let judgement = judge::judged(scenario, cell, &observation);
                (*observation, judgement)
            }
        });
        if seen[index].len() < repeat {
            return;
        }
        let runs = std::mem::take(&mut seen[index]);
        let judgement = judge::repeated(&runs);
        let last = runs.into_iter().next_back().map(|(observation, _)| observation).unwrap_or_default();
        let row = Row::new(scenario, cell, last, judgement);
        if !matches!(row.verdict, Verdict::Pass | Verdict::Skip) {
            unexpected += 1;
            progress.set_message(format!("{unexpected} not as expected"));
        }
        if let Err(error) = record.line(&row) {
            failed.get_or_insert(error);
        }
        rows[index] = Some(row);
    })
    .await;
    progress.finish_and_clear();
    if let Some(error) = failed {
        return Err(error);
    }
    let ran = todo.len();
    // Every cell has its row by now. Not `flatten`, which fills a second vector: this one reuses the first.
    let rows = rows.into_iter().map_while(|row| row).collect();
    Ok((scenarios, header, rows, ran))
}

/// The record of a run, written line by line: a run that is killed loses no whole line.
#[derive(Debug, Default)]
pub(super) struct RecordFile(Option<File>);

impl RecordFile {
    /// Before anything is run: whoever cannot have the record should not have to wait to hear it.
    pub(super) fn open(path: Option<&Path>) -> Result<RecordFile, Failure> {
        let create = |path: &Path| File::create(path).map_err(|error| unwritable(path, &error));
        Ok(RecordFile(path.map(create).transpose()?))
    }

    fn line(&mut self, row: &Row) -> Result<(), Failure> {
        if self.0.is_some() { self.write(&record_io::row_line(row)) } else { Ok(()) }
    }

    /// One write for one line, so that a line is there whole or not at all.
    fn write(&mut self, line: &str) -> Result<(), Failure> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        let mut bytes = line.trim_end().as_bytes().to_vec();
        bytes.push(b'\n');
        file.write_all(&bytes).map_err(|error| Failure::Harness(format!("the record: {error}")))
    }
}

fn progress(cells: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(cells as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} cells, {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn show(cli: &Cli, arguments: &cli::Run, output: Option<Output>, report: &Report) -> Result<(), Failure> {
    let terminal = std::io::stdout().is_terminal();
    let options = report::Options {
        color: colored(cli.color, terminal),
        width: terminal.then(lastrites_os::terminal_width).flatten(),
        all: arguments.all || !terminal,
    };
    let render = |name: &str, options: &report::Options| -> Result<String, Failure> {
        let format = report::by_name(name).ok_or_else(|| Failure::Harness("no such format".into()))?;
        let mut text = Vec::new();
        format
            .render(std::slice::from_ref(report), options, &mut text)
            .map_err(|error| Failure::Harness(error.to_string()))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    let Some(output) = output else {
        return print(&render(&arguments.format, &options)?).map(drop);
    };
    let whole = report::Options { all: true, ..report::Options::default() };
    output.write(&render(&arguments.format, &whole)?)?;
    print(&render(report::ALL[0].name(), &options)?).map(drop)
}

/// The folder of the snapshots: the one that was named, or that of the suite.
fn reports_folder(arguments: &cli::Run, root: &crate::load::Root) -> Option<std::path::PathBuf> {
    match &arguments.reports {
        Some(folder) => Some(folder.clone()),
        None if root.is_suite => Some(root.folder.join("reports")),
        None => None,
    }
}
