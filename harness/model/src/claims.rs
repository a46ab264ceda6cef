//! The ledger of claims: each sentence of somebody's documentation, and what the cells say of it.
//!
//! A verdict is computed and never written by hand. Only cells that really ran have a voice: one that
//! was skipped, or that the harness could not do, decides nothing.

use crate::judge;
use crate::observation::{Ended, Verdict};
use crate::record::Row;
use crate::scenario::{Claim, Scenario};
use crate::words;
use std::collections::{BTreeMap, BTreeSet};

/// What the cells say of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimVerdict {
    /// Every cell that ran is as the claim predicts.
    Confirmed,
    /// None is.
    Refuted,
    /// Some are; the entry's condition says on what it depends.
    Depends,
    /// No cell ran, with the reason.
    Untested(String),
}

impl ClaimVerdict {
    /// The verdict of so many cells that agree and so many that do not; `None` where there are
    /// neither, since the reason for that is not in the numbers.
    pub fn of(agreeing: usize, against: usize) -> Option<ClaimVerdict> {
        match (agreeing, against) {
            (0, 0) => None,
            (_, 0) => Some(ClaimVerdict::Confirmed),
            (0, _) => Some(ClaimVerdict::Refuted),
            _ => Some(ClaimVerdict::Depends),
        }
    }

    /// The word in reports.
    pub fn word(&self) -> &'static str {
        match self {
            ClaimVerdict::Confirmed => "confirmed",
            ClaimVerdict::Refuted => "refuted",
            ClaimVerdict::Depends => "depends",
            ClaimVerdict::Untested(_) => "untested",
        }
    }
}

/// One claim with what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id.
    pub id: String,
    /// The sentence.
    pub says: String,
    /// Where it can be read.
    pub source: String,
    /// The version that it speaks of.
    pub version: Option<String>,
    /// The condition under which it holds, where a scenario names one.
    pub condition: Option<String>,
    /// The verdict.
    pub verdict: ClaimVerdict,
    /// The cells that decide it: those that ran, for and against.
    pub deciding: Vec<String>,
    /// Those of them that contradict it.
    pub against: Vec<String>,
    /// How many of its cells did not run here.
    pub skipped: usize,
}

impl Entry {
    /// The cells that agree with it.
    pub fn agreeing(&self) -> impl Iterator<Item = &String> {
        self.deciding.iter().filter(|cell| !self.against.contains(cell))
    }
}

/// The ledger of these scenarios by these rows, in the order of the ids. A claim that several scenarios
/// test is one entry; its words are those of the first one.
pub fn ledger(scenarios: &[Scenario], rows: &[Row]) -> Vec<Entry> {
    let rows: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.cell.as_str(), row)).collect();
    let mut drafts: Vec<Draft> = Vec::new();
    for scenario in scenarios {
        for claim in &scenario.claims {
            let place = drafts.iter().position(|draft| draft.claim.id == claim.id);
            let place = place.unwrap_or_else(|| {
                drafts.push(Draft::new(claim));
                drafts.len() - 1
            });
            drafts[place].hear(scenario, claim, &rows);
        }
    }
    drafts.sort_by(|a, b| words::natural(&a.claim.id, &b.claim.id));
    drafts.into_iter().map(Draft::entry).collect()
}

/// How many claims have each verdict, in the order confirmed, refuted, depends, untested.
pub fn tally(ledger: &[Entry]) -> [(&'static str, usize); 4] {
    ["confirmed", "refuted", "depends", "untested"]
        .map(|word| (word, ledger.iter().filter(|entry| entry.verdict.word() == word).count()))
}

struct Draft<'a> {
    claim: &'a Claim,
    conditions: Vec<&'a str>,
    reasons: Vec<&'a str>,
    skip_reasons: Vec<&'a str>,
    deciding: Vec<String>,
    against: BTreeSet<String>,
    skipped: BTreeSet<String>,
}

impl<'a> Draft<'a> {
    fn new(claim: &'a Claim) -> Draft<'a> {
        Draft {
            claim,
            conditions: Vec::new(),
            reasons: Vec::new(),
            skip_reasons: Vec::new(),
            deciding: Vec::new(),
            against: BTreeSet::new(),
            skipped: BTreeSet::new(),
        }
    }

    fn hear(&mut self, scenario: &'a Scenario, claim: &'a Claim, rows: &BTreeMap<&str, &'a Row>) {
        push_new(&mut self.conditions, claim.condition.as_deref());
        push_new(&mut self.reasons, claim.untested.as_deref());
        for check in &claim.checks {
            for cell in check.cells.iter().filter_map(|index| scenario.cells.get(*index)) {
                let Some(row) = rows.get(cell.id.as_str()) else {
                    self.skipped.insert(cell.id.clone());
                    continue;
                };
                if !ran(row) {
                    push_new(&mut self.skip_reasons, Some(row.why.as_str()).filter(|why| !why.is_empty()));
                    self.skipped.insert(cell.id.clone());
                    continue;
                }
                if !self.deciding.contains(&cell.id) {
                    self.deciding.push(cell.id.clone());
                }
                if !judge::differences(&check.predicts, cell.ending.signal, &row.observation()).is_empty() {
                    self.against.insert(cell.id.clone());
                }
            }
        }
    }

    fn entry(self) -> Entry {
        let verdict = ClaimVerdict::of(self.deciding.len() - self.against.len(), self.against.len());
        let verdict = verdict.unwrap_or_else(|| ClaimVerdict::Untested(self.why_untested()));
        Entry {
            id: self.claim.id.clone(),
            says: self.claim.says.clone(),
            source: self.claim.source.clone(),
            version: self.claim.version.clone(),
            condition: Some(self.conditions.join("; ")).filter(|text| !text.is_empty()),
            verdict,
            deciding: self.deciding,
            against: self.against.into_iter().collect(),
            skipped: self.skipped.len(),
        }
    }

    fn why_untested(&self) -> String {
        if !self.reasons.is_empty() {
            self.reasons.join("; ")
        } else if !self.skip_reasons.is_empty() {
            self.skip_reasons.join("; ")
        } else if self.skipped.is_empty() {
            "no cell of this platform tests it".to_owned()
        } else {
            "none of its cells was part of this run".to_owned()
        }
    }
}

/// Whether a cell was really run and seen. A flaky one was, but says one thing now and another then.
fn ran(row: &Row) -> bool {
    matches!(row.verdict, Verdict::Pass | Verdict::Fail)
        && row.trouble.is_none()
        && !matches!(row.outcome, None | Some(Ended::NeverReady))
}

fn push_new<'a>(list: &mut Vec<&'a str>, text: Option<&'a str>) {
    if let Some(text) = text
        && !list.contains(&text)
    {
        list.push(text);
    }
}

#[cfg(test)]
mod tests;
