//! `lastrites probe -- PROGRAM`: ends any program in every way and shows what it does, without a scenario;
//! `lastrites init` writes a scenario from the same.
//!
//! The probe *is* a scenario, written here and read by the same code as any other: it expects nothing. A first
//! cell finds out what the program is like: whether it stays, what it needs to stay, and where it listens.

mod advice;
mod draft;
mod folder;
mod show;
mod ways;

use super::run::{self, Orders, RecordFile};
use super::{Exit, Failure, Output, here, print};
use crate::cli;
use crate::prepare;
use crate::report::{self, Report};
use draft::{Draft, Stays};
use lastrites_model::language::{self, Source, World};
use lastrites_model::observation::{Ended, Trouble, Verdict};
use lastrites_model::record::Row;
use lastrites_model::scenario::Scenario;
use lastrites_os::spec::Facts;
use std::path::PathBuf;

pub(super) async fn probe(arguments: &cli::Probe) -> Result<Exit, Failure> {
    let mut draft = Draft::new(&arguments.program, lastrites_os::facts())?;
    let record = RecordFile::open(arguments.record.as_deref())?;
    let before = draft.listing();
    get_to_know(&mut draft).await?;
    let mut texts = vec![draft.main()];
    texts.extend(draft.in_flight());
    let report = go(&draft.facts, &texts, record, false).await?;
    let left = before.map_or_else(Vec::new, |before| before.changes(arguments.record.as_deref()));
    if arguments.format == "table" {
        let width = lastrites_os::terminal_width();
        print(&show::table(&draft, &report, &left, width))?;
    } else if let Some(format) = report::by_name(&arguments.format) {
        let options = report::Options { all: true, ..report::Options::default() };
        let mut text = Vec::new();
        format
            .render(std::slice::from_ref(&report), &options, &mut text)
            .map_err(|error| Failure::Harness(error.to_string()))?;
        print(&String::from_utf8_lossy(&text))?;
        tell(&left);
    }
    let could_not = report.rows.iter().any(|row| row.verdict == Verdict::Error);
    Ok(if could_not { Exit::Differs } else { Exit::Expected })
}

pub(super) async fn init(arguments: &cli::Init) -> Result<Exit, Failure> {
    let mut draft = Draft::new(&arguments.program, lastrites_os::facts())?;
    draft.stay_here();
    let output = Output::open(arguments.output.as_deref())?;
    let before = draft.listing();
    get_to_know(&mut draft).await?;
    draft.at_work = draft.can_work();
    let mut seen = twice(&draft).await?;
    if draft.at_work && failed(&seen).is_some() {
        // Not every server lets a request wait: then it is ended while it is idle.
        draft.at_work = false;
        seen = twice(&draft).await?;
    }
    if let Some(row) = failed(&seen) {
        return Err(Failure::Input(vec![format!(
            "error: no scenario can be written: {}: {}",
            row.terminate, row.why
        )]));
    }
    tell(&before.map_or_else(Vec::new, |before| before.changes(arguments.output.as_deref())));
    output.write(&draft.scenario(&seen, arguments.output.as_deref()))
}

/// Two looks at everything: what differs between them is not to be relied on.
async fn twice(draft: &Draft<'_>) -> Result<[Report; 2], Failure> {
    let text = [draft.main()];
    let look = || go(&draft.facts, &text, RecordFile::default(), false);
    Ok([look().await?, look().await?])
}

fn failed(seen: &[Report]) -> Option<&Row> {
    seen.iter().flat_map(|report| &report.rows).find(|row| row.verdict == Verdict::Error)
}

/// Beside what goes to standard output.
fn tell(lines: &[String]) {
    for line in lines {
        anstream::eprintln!("note: {line}");
    }
}

/// Finds out what the program is like, before it is ended in every way that fits.
async fn get_to_know(draft: &mut Draft<'_>) -> Result<(), Failure> {
    let first = scout(draft).await?;
    match first.trouble {
        None => {}
        Some(Trouble::NotStarted(why)) => return Err(Failure::Input(vec![format!("error: {why}")])),
        Some(Trouble::NeverReady(_)) if ended_by_itself(&first) => {
            // With its input at the end from the beginning it does not stay; with an open one, or in a
            // terminal, it may.
            draft.first = Some(first);
            draft.stays = Stays::WithInput;
            if scout(draft).await?.trouble.is_some() {
                draft.stays = Stays::InTerminal;
                if scout(draft).await?.trouble.is_some() {
                    draft.stays = Stays::Never;
                }
            }
        }
        Some(_) => return Err(Failure::Input(vec![draft.not_ready(&first)])),
    }
    Ok(())
}

/// Whether the started process ended before it was ready, rather than that it was waited for in vain.
fn ended_by_itself(row: &Row) -> bool {
    matches!(&row.trouble, Some(Trouble::NeverReady(why)) if why.starts_with("it ended"))
}

/// One cell, to see whether the program stays, and what it is like then.
async fn scout(draft: &mut Draft<'_>) -> Result<Row, Failure> {
    let mut report = go(&draft.facts, &[draft.scout()], RecordFile::default(), true).await?;
    let row = report.rows.pop().ok_or_else(|| Failure::Harness("the first look had no cell".to_owned()))?;
    if row.verdict == Verdict::Skip {
        return Err(Failure::Harness(row.why));
    }
    draft.learn(&row);
    Ok(row)
}

/// Runs scenarios that were written here.
async fn go(facts: &Facts, texts: &[String], record: RecordFile, survey: bool) -> Result<Report, Failure> {
    let pool = prepare::pool(0).map_err(Failure::Harness)?;
    let root = here();
    let sources: Vec<Source> = texts
        .iter()
        .map(|text| Source { path: PathBuf::from("probe.yaml"), bytes: text.clone().into_bytes() })
        .collect();
    let world = World {
        os: facts.platform.os,
        wine: facts.platform.wine.as_deref(),
        fixtures: &|_| false,
        fixture_names: Vec::new(),
        defaults: &|path| std::fs::read(path),
    };
    let mut scenarios: Vec<Scenario> = language::load(&sources, &world)
        .map_err(|errors| Failure::Input(errors.iter().map(|error| error.render(false)).collect()))?;
    for scenario in &mut scenarios {
        scenario.survey = survey;
    }
    let selection = cli::Selection { paths: Vec::new(), filter: None, shard: None };
    let chosen = run::select(&scenarios, &selection)?;
    let mut interrupts =
        lastrites_os::Interrupts::catch().map_err(|error| Failure::Harness(error.to_string()))?;
    let orders = Orders { shard: None, repeat: 1, bounds: run::bounds(None), record };
    let (scenarios, header, rows, _) = {
        let work = run::cells(orders, pool, facts, &root.folder, scenarios, &chosen);
        tokio::select! {
            ran = work => ran.map_err(Ok),
            signal = interrupts.next() => Err(Err(signal)),
        }
    }
    .or_else(run::interrupted)?;
    Ok(Report::new(header, scenarios, rows, None))
}

/// Whether it ended by a signal or an exit of its own.
fn has_ended(row: &Row) -> bool {
    matches!(row.outcome, Some(Ended::Exited { .. } | Ended::Signaled { .. }))
}
