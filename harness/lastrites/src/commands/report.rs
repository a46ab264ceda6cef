//! `lastrites report` and `lastrites merge`: records or snapshots in, text out, nothing run.

use super::{Exit, Failure, Output, colored, here, record};
use crate::cli::{self, Cli};
use crate::report::{self, Report};
use lastrites_model::record::Record;
use lastrites_model::scenario::Scenario;
use lastrites_model::{merge as join, record_io};
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::rc::Rc;

pub(super) fn report(cli: &Cli, arguments: &cli::Report) -> Result<Exit, Failure> {
    if arguments.records.is_empty() {
        return pages(cli, arguments);
    }
    let format =
        report::by_name(&arguments.format).ok_or_else(|| Failure::Harness("no such format".into()))?;
    let mut reports = Vec::new();
    for path in &arguments.records {
        let record = record(path)?;
        if record.cut {
            anstream::eprintln!("note: {}: the last line was cut off and is left out", path.display());
        }
        let scenarios = scenarios(cli, arguments, &record)?;
        reports.push(Report::new(record.header, Rc::new(scenarios), record.rows, None));
    }
    let terminal = arguments.output.is_none() && std::io::stdout().is_terminal();
    let options = report::Options { color: colored(cli.color, terminal), width: None, all: true };
    let mut text = Vec::new();
    format.render(&reports, &options, &mut text).map_err(|error| Failure::Harness(error.to_string()))?;
    Output::open(arguments.output.as_deref())?.write(&String::from_utf8_lossy(&text))
}

/// The heads of the snapshots and the pages made of them, from what was recorded.
fn pages(cli: &Cli, arguments: &cli::Report) -> Result<Exit, Failure> {
    let root = here();
    let folder = arguments.reports.clone().unwrap_or_else(|| root.folder.join("reports"));
    let harness = |error: std::io::Error| Failure::Harness(error.to_string());
    let mut exit = Exit::Expected;
    for platform in report::snapshots::platforms(&folder).map_err(harness)? {
        let scenarios = super::scenarios(cli, &root, &[], &platform)?;
        let found =
            report::snapshots::refresh(&platform, &scenarios, &folder, &root.folder).map_err(harness)?;
        anstream::eprint!("{}", found.render(colored(cli.color, std::io::stderr().is_terminal())));
        if !found.is_current() {
            exit = Exit::Differs;
        }
    }
    Ok(exit)
}

/// The scenarios of a record: they give questions and claims. A record can be shown without them, so that
/// only those that somebody asked for must be there.
fn scenarios(cli: &Cli, arguments: &cli::Report, record: &Record) -> Result<Vec<Scenario>, Failure> {
    let mut scenarios = match super::scenarios(cli, &here(), &arguments.scenarios, &record.header.platform) {
        Err(_) if arguments.scenarios.is_empty() => Vec::new(),
        scenarios => scenarios?,
    };
    // Of a part of the suite, the claims of the rest say nothing. One without any cell has only claims.
    let ran: BTreeSet<&str> = record.rows.iter().map(|row| row.scenario.as_str()).collect();
    scenarios.retain(|scenario| scenario.cells.is_empty() || ran.contains(scenario.name.as_str()));
    Ok(scenarios)
}

pub(super) fn merge(arguments: &cli::Merge) -> Result<Exit, Failure> {
    let records = arguments.records.iter().map(|path| record(path)).collect::<Result<Vec<_>, _>>()?;
    let merged = join::merge(records).map_err(|error| Failure::Input(vec![format!("error: {error}")]))?;
    Output::open(arguments.output.as_deref())?.write(&record_io::write(&merged))
}
