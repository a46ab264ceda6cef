//! Rows by scenario, and cells with one observation in one line: what the formats share.

use super::Report;
use lastrites_model::judge;
use lastrites_model::observation::{Ended, Verdict};
use lastrites_model::record::Row;
use lastrites_model::scenario::{Cell, Scenario};
use lastrites_model::signals::Signal;
use lastrites_model::words;
use std::collections::BTreeMap;

/// The rows of one scenario.
#[derive(Debug)]
pub(super) struct Section<'a> {
    /// The scenario's name.
    pub(super) name: &'a str,
    /// The scenario, where it is known: a record can be shown without.
    pub(super) scenario: Option<&'a Scenario>,
    /// Its rows, in the order of the plan.
    pub(super) rows: Vec<&'a Row>,
    /// Where the scenario has each cell.
    places: BTreeMap<&'a str, usize>,
}

impl<'a> Section<'a> {
    /// A scenario of which nothing ran.
    pub(super) fn unseen(scenario: &'a Scenario) -> Section<'a> {
        Section { name: &scenario.name, scenario: Some(scenario), rows: Vec::new(), places: BTreeMap::new() }
    }
}

impl Section<'_> {
    /// The plan's cell of a row.
    pub(super) fn cell(&self, row: &Row) -> Option<&Cell> {
        self.scenario?.cells.get(*self.places.get(row.cell.as_str())?)
    }

    /// How many rows have each verdict, those that none has left out.
    pub(super) fn tally(&self) -> String {
        tally(self.rows.iter().copied())
    }

    /// Whether nothing needs to be looked at.
    pub(super) fn is_quiet(&self) -> bool {
        self.rows.iter().all(|row| matches!(row.verdict, Verdict::Pass | Verdict::Skip))
    }
}

/// The sections of a report: the scenarios in their order, then those that only the rows know, each
/// in the order of its first row. A scenario without a row has no section.
pub(super) fn sections(report: &Report) -> Vec<Section<'_>> {
    let mut by_name: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    let mut names: Vec<&str> = report.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    for row in &report.rows {
        if !by_name.contains_key(row.scenario.as_str()) && !names.contains(&row.scenario.as_str()) {
            names.push(&row.scenario);
        }
        by_name.entry(&row.scenario).or_default().push(row);
    }
    let mut sections = Vec::new();
    for name in names {
        let Some(mut rows) = by_name.remove(name) else { continue };
        let scenario = report.scenarios.iter().find(|scenario| scenario.name == name);
        let cells = scenario.map_or(&[][..], |scenario| &scenario.cells);
        let places: BTreeMap<&str, usize> =
            cells.iter().enumerate().map(|(place, cell)| (cell.id.as_str(), place)).collect();
        // A record has its rows as they finished; a report has them as they were planned.
        match scenario {
            Some(_) => rows.sort_by_key(|row| places.get(row.cell.as_str()).copied().unwrap_or(usize::MAX)),
            None => rows.sort_by(|a, b| words::natural(&a.cell, &b.cell)),
        }
        sections.push(Section { name, scenario, rows, places });
    }
    sections
}

/// `12 pass, 1 fail`.
pub(super) fn tally<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let told: Vec<String> =
        numbers(rows).iter().map(|(verdict, number)| format!("{number} {}", verdict.word())).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

/// How many rows have each verdict, without those that none has.
pub(super) fn numbers<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<(Verdict, usize)> {
    let all = [Verdict::Pass, Verdict::Fail, Verdict::Flaky, Verdict::Error, Verdict::Skip];
    let mut numbers = all.map(|verdict| (verdict, 0));
    for row in rows {
        if let Some((_, number)) = numbers.iter_mut().find(|(verdict, _)| *verdict == row.verdict) {
            *number += 1;
        }
    }
    numbers.into_iter().filter(|(_, number)| *number > 0).collect()
}

/// How a row was started, as its cell's id has it: `direct`, or `direct>file` where standard output
/// is an axis.
pub(super) fn started(row: &Row) -> String {
    let inner = row
        .cell
        .strip_prefix(row.scenario.as_str())
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|rest| rest.strip_suffix(row.terminate.as_str()))
        .and_then(|rest| rest.strip_suffix('/'));
    inner.unwrap_or(&row.launch).to_owned()
}

/// The signal that a row's termination sent. Without the scenario, a name that begins with a signal's
/// is taken at its word.
pub(super) fn sent(cell: Option<&Cell>, row: &Row) -> Option<Signal> {
    if let Some(cell) = cell {
        return cell.ending.signal;
    }
    let name = row.terminate.split(|c: char| !c.is_ascii_alphanumeric() && c != '+').next();
    name.filter(|name| name.starts_with("SIG")).and_then(Signal::parse)
}

/// An observation in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    /// The cleanup that ran.
    pub(super) cleanup: String,
    /// How it ended.
    pub(super) outcome: String,
    /// What became of the requests that were under way; empty where there were none.
    pub(super) work: String,
    /// What stayed behind.
    pub(super) left: String,
}

/// What was seen of a row, in words.
pub(super) fn seen(cell: Option<&Cell>, row: &Row) -> Seen {
    // Where nothing was seen, "none" and "nothing" would be observations.
    let blank = |outcome: &str| {
        let [cleanup, outcome, left] = ["–", outcome, "–"].map(str::to_owned);
        Seen { cleanup, outcome, work: String::new(), left }
    };
    if let Some(trouble) = &row.trouble {
        return blank(words::trouble(trouble));
    }
    let Some(end) = &row.outcome else { return blank("–") };
    let mut outcome = words::ended(end, sent(cell, row));
    if let (Ended::Survived, Some(what)) = (end, row.disposition) {
        outcome = format!("{outcome} ({})", words::disposition(what));
    }
    let (cleanup, work, left) =
        (words::cleanup(&row.cleanup), words::work(&row.work), words::left(&row.leftovers));
    Seen { cleanup, outcome, work, left }
}

/// What is acceptable as an outcome, where that is more than one thing.
pub(super) fn alternatives(cell: &Cell) -> Option<String> {
    let all = &cell.expect.outcome;
    (all.len() > 1).then(|| {
        let each: Vec<String> =
            all.iter().map(|outcome| judge::outcome_words(outcome, cell.ending.signal)).collect();
        format!("one of: {}", each.join(", "))
    })
}

/// Cells that share everything but how they were started and ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group<K> {
    /// The terminations.
    pub(super) ended_by: Vec<String>,
    /// The launches; the group is every one of these with every one of those.
    pub(super) started: Vec<String>,
    /// What they share.
    pub(super) key: K,
}

/// Joins cells (started, ended by, key) into as few lines as reads well: for each termination the
/// launches with the same key, then the terminations with the same launches and key. Each cell is in
/// exactly one group, and the order is that of the first cell of each.
pub(super) fn group<K: Clone + PartialEq>(cells: &[(String, String, K)]) -> Vec<Group<K>> {
    let mut by_termination: Vec<Group<K>> = Vec::new();
    for (started, ended_by, key) in cells {
        let known =
            by_termination.iter_mut().find(|group| group.ended_by[0] == *ended_by && group.key == *key);
        match known {
            Some(group) => group.started.push(started.clone()),
            None => by_termination.push(Group {
                ended_by: vec![ended_by.clone()],
                started: vec![started.clone()],
                key: key.clone(),
            }),
        }
    }
    let mut groups: Vec<Group<K>> = Vec::new();
    for one in by_termination {
        match groups.iter_mut().find(|group| group.started == one.started && group.key == one.key) {
            Some(group) => group.ended_by.extend(one.ended_by),
            None => groups.push(one),
        }
    }
    groups
}
