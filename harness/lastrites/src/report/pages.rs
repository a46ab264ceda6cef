//! The pages that are made of the snapshots and of nothing else: the index and the ledger of a
//! platform, and those over all platforms. So they are right whichever part of the suite was run.

use super::book;
use super::sheet::Sheet;
use super::sheet::write::{NOTE, verdict};
use super::text::{Rows, code, escape};
use lastrites_model::claims::ClaimVerdict;
use lastrites_model::words::{self, count};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The platforms that have a column of their own even where nobody has recorded them yet, in the order
/// of the columns.
pub(super) const PLATFORMS: [&str; 6] =
    ["linux", "macos", "freebsd", "windows", "windows-wine8", "windows-wine10"];

/// What a table says of a platform that nobody has recorded: neither nothing nor something good.
const NOT_YET: &str = "not yet recorded";

/// The snapshots of all platforms: folder to scenario to sheet.
pub(super) type Platforms = BTreeMap<String, BTreeMap<String, Sheet>>;

/// `PLATFORM/README.md`
pub(super) fn index(platform: &str, sheets: &BTreeMap<String, Sheet>) -> String {
    let cells: usize = sheets.values().map(Sheet::cells).sum();
    let mut text = format!(
        "{NOTE}\n# {platform}\n\n{} recorded in {}. What they say of documentation: [claims](claims.md).\n\n",
        count(cells, "cell"),
        count(sheets.len(), "scenario")
    );
    let chapters = book::book(platform, sheets);
    if !chapters.is_empty() {
        text.push_str("- [Every runtime, every way to end](overview.md)\n");
        let each: Vec<String> = chapters
            .iter()
            .map(|chapter| {
                format!("[{}](runtimes/{}.md)", escape(chapter.runtime.title), chapter.runtime.name)
            })
            .collect();
        let _ = writeln!(text, "- One runtime: {}", each.join(", "));
    }
    if book::documentation::page(platform, sheets).is_some() {
        text.push_str("- [Documentation against observation](documentation.md)\n");
    }
    if text.ends_with(")\n") {
        text.push('\n');
    }
    let mut rows = Rows::new(&["scenario", "question", "cells", "not recorded", "recorded on"]);
    for (name, sheet) in sheets {
        let with: Vec<String> = sheet.parts.iter().map(|part| escape(&part.with.told())).collect();
        rows.line(&[
            format!("[{name}]({name}.md)"),
            escape(&sheet.about),
            sheet.cells().to_string(),
            sheet.missing.len().to_string(),
            if with.is_empty() { NOT_YET.to_owned() } else { with.join("; ") },
        ]);
    }
    text.push_str(&rows.text());
    text
}

/// `PLATFORM/claims.md`
pub(super) fn claims(platform: &str, sheets: &BTreeMap<String, Sheet>) -> String {
    let ledger = ledger(sheets);
    let mut text =
        format!("{NOTE}\n# Claims, by what was observed on {platform}\n\n{}\n\n", summary(&ledger));
    let mut rows = Rows::new(&["claim", "sentence", "verdict", "decided by", "depends on", "source"]);
    for (id, entry) in in_order(&ledger) {
        let decided: Vec<String> = entry
            .scenarios
            .iter()
            .filter(|(_, agreeing, against)| agreeing + against > 0)
            .map(|(name, agreeing, against)| {
                let against = if *against > 0 { format!(", {against} against") } else { String::new() };
                format!("[{name}]({name}.md): {agreeing} for{against}")
            })
            .collect();
        rows.line(&[
            code(id),
            escape(&entry.says),
            verdict(&entry.verdict()),
            if decided.is_empty() { "no cell".to_owned() } else { decided.join("; ") },
            escape(&entry.conditions.join("; ")),
            escape(&entry.source),
        ]);
    }
    text.push_str(&rows.text());
    text
}

/// `README.md` over all platforms.
pub(super) fn overview(all: &Platforms) -> String {
    let columns = columns(all);
    let mut text = format!(
        "{NOTE}\n# What was observed\n\n\
         One folder for each platform, one file for each scenario. The number is that of the cells \
         recorded. What this says of documentation: [claims](claims.md).\n\n"
    );
    for (platform, sheets) in all {
        let mut pages = Vec::new();
        if !book::book(platform, sheets).is_empty() {
            pages.push(format!("[every runtime, every way to end]({platform}/overview.md)"));
        }
        if book::documentation::page(platform, sheets).is_some() {
            pages.push(format!("[documentation against observation]({platform}/documentation.md)"));
        }
        if !pages.is_empty() {
            let _ = writeln!(text, "- {platform}: {}", pages.join(", "));
        }
    }
    if text.ends_with(")\n") {
        text.push('\n');
    }
    let mut names: Vec<&String> = all.values().flat_map(BTreeMap::keys).collect();
    names.sort();
    names.dedup();
    let mut rows = Rows::new(&heads("scenario", &columns));
    for name in names {
        let cells = columns.iter().map(|platform| match all.get(platform).map(|sheets| sheets.get(name)) {
            None => NOT_YET.to_owned(),
            Some(None) => "no cell".to_owned(),
            Some(Some(sheet)) => match (sheet.cells(), sheet.missing.len()) {
                (0, _) => format!("[{NOT_YET}]({platform}/{name}.md)"),
                (cells, 0) => format!("[{cells}]({platform}/{name}.md)"),
                (cells, missing) => format!("[{cells} of {}]({platform}/{name}.md)", cells + missing),
            },
        });
        rows.line(&std::iter::once(name.clone()).chain(cells).collect::<Vec<_>>());
    }
    text.push_str(&rows.text());
    text
}

/// `claims.md` over all platforms.
pub(super) fn all_claims(all: &Platforms) -> String {
    let columns = columns(all);
    let ledgers: BTreeMap<&String, Ledger> =
        all.iter().map(|(name, sheets)| (name, ledger(sheets))).collect();
    let mut joined = Ledger::new();
    for name in &columns {
        for (id, entry) in ledgers.get(name).into_iter().flatten() {
            joined.entry(id.clone()).or_insert_with(|| entry.clone());
        }
    }
    let mut text = format!(
        "{NOTE}\n# Claims\n\n\
         Sentences of documentation, put to the test. `confirmed`: every cell that ran is as the claim \
         says; `refuted`: none is; `depends`: some are; `untested`: none ran.\n\n"
    );
    let mut rows = Rows::new(&heads(
        "claim",
        &["sentence".to_owned()].into_iter().chain(columns.clone()).collect::<Vec<_>>(),
    ));
    for (id, entry) in in_order(&joined) {
        let verdicts = columns.iter().map(|platform| match ledgers.get(platform) {
            None => NOT_YET.to_owned(),
            Some(ledger) => match ledger.get(id) {
                None => "no cell".to_owned(),
                Some(entry) => {
                    let cells: usize =
                        entry.scenarios.iter().map(|(_, agreeing, against)| agreeing + against).sum();
                    match (entry.verdict(), cells) {
                        (verdict, 0) => verdict.word().to_owned(),
                        (verdict, cells) => format!("[{}]({platform}/claims.md) ({cells})", verdict.word()),
                    }
                }
            },
        });
        let line = [code(id), escape(&entry.says)].into_iter().chain(verdicts);
        rows.line(&line.collect::<Vec<_>>());
    }
    text.push_str(&rows.text());
    text
}

fn heads<'a>(first: &'a str, others: &'a [String]) -> Vec<&'a str> {
    std::iter::once(first).chain(others.iter().map(String::as_str)).collect()
}

/// The known platforms first, then what else is there.
fn columns(all: &Platforms) -> Vec<String> {
    let others = all.keys().filter(|name| !PLATFORMS.contains(&name.as_str())).cloned();
    PLATFORMS.iter().map(|name| (*name).to_owned()).chain(others).collect()
}

/// A claim over the scenarios of one platform.
#[derive(Clone, Debug, Default)]
pub(super) struct Joined {
    says: String,
    source: String,
    conditions: Vec<String>,
    reasons: Vec<String>,
    /// Scenario, cells for, cells against.
    scenarios: Vec<(String, usize, usize)>,
}

pub(super) type Ledger = BTreeMap<String, Joined>;

impl Joined {
    pub(super) fn verdict(&self) -> ClaimVerdict {
        let sum = |part: fn(&(String, usize, usize)) -> usize| self.scenarios.iter().map(part).sum();
        ClaimVerdict::of(sum(|one| one.1), sum(|one| one.2))
            .unwrap_or_else(|| ClaimVerdict::Untested(self.reasons.join("; ")))
    }
}

pub(super) fn ledger(sheets: &BTreeMap<String, Sheet>) -> Ledger {
    let mut ledger = Ledger::new();
    for (name, sheet) in sheets {
        for told in &sheet.claims {
            let entry = ledger.entry(told.id.clone()).or_default();
            if entry.says.is_empty() {
                entry.says.clone_from(&told.says);
                entry.source.clone_from(&told.source);
            }
            let mut add = |list: fn(&mut Joined) -> &mut Vec<String>, text: &str| {
                let list = list(entry);
                if !text.is_empty() && !list.iter().any(|known| known == text) {
                    list.push(text.to_owned());
                }
            };
            add(|entry| &mut entry.conditions, &told.condition);
            add(|entry| &mut entry.reasons, told.untested.as_deref().unwrap_or_default());
            entry.scenarios.push((name.clone(), told.agreeing.len(), told.against.len()));
        }
    }
    ledger
}

pub(super) fn in_order(ledger: &Ledger) -> Vec<(&String, &Joined)> {
    let mut all: Vec<_> = ledger.iter().collect();
    all.sort_by(|a, b| words::natural(a.0, b.0));
    all
}

fn summary(ledger: &Ledger) -> String {
    let numbers: Vec<String> = ["confirmed", "refuted", "depends", "untested"]
        .iter()
        .map(|word| {
            let number = ledger.values().filter(|entry| entry.verdict().word() == *word).count();
            format!("{number} {word}")
        })
        .collect();
    format!("{}: {}.", count(ledger.len(), "claim"), numbers.join(", "))
}
