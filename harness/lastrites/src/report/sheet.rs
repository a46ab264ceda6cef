//! One scenario's snapshot: what is kept of its cells, and how a new run goes into it.
//!
//! The Markdown file is the only copy. A second one for machines beside it, a record without
//! durations, was considered: two files could then say different things, and every change would be
//! reviewed twice. So the tables are written such that they can be read back (`sheet/read.rs`).

pub(super) mod changes;
pub(super) mod read;
#[cfg(test)]
mod tests;
mod versions;
pub(super) mod write;

use super::group::{self, Section, Seen};
use lastrites_model::claims::{self, ClaimVerdict};
use lastrites_model::observation::{Observation, Verdict};
use lastrites_model::record::{Header, Row};
use lastrites_model::scenario::{Cell, Leftovers, Ran, Scenario};
use lastrites_model::work::Worked;
use std::collections::BTreeMap;
pub(super) use versions::Versions;

/// A cell within a scenario: how it was started, and what ended it.
pub(super) type Place = (String, String);

/// The snapshot of one scenario on one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    /// The scenario's name.
    pub(super) name: String,
    /// Its question.
    pub(super) about: String,
    /// What is run, and where the scenario is: one sentence of Markdown.
    pub(super) origin: String,
    /// The hooks that are watched.
    pub(super) hooks: Vec<String>,
    /// The scenario's tags.
    pub(super) tags: Vec<String>,
    /// What was recorded, by the versions that it was recorded with.
    pub(super) parts: Vec<Part>,
    /// Cells that were never recorded, with the reason.
    pub(super) missing: Vec<(Place, String)>,
    /// Cells that were recorded and are not as the rules expect.
    pub(super) unexpected: Vec<(Place, String)>,
    /// What its cells say of its claims.
    pub(super) claims: Vec<Told>,
}

/// Cells recorded with the same versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The versions.
    pub(super) with: Versions,
    /// The cells, in the order of the plan.
    pub(super) cells: Vec<(Place, Seen)>,
}

/// What one scenario's cells say of one claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) id: String,
    pub(super) says: String,
    /// The reason where it is untested.
    pub(super) untested: Option<String>,
    pub(super) agreeing: Vec<Place>,
    pub(super) against: Vec<Place>,
    /// How many of its cells did not run.
    pub(super) skipped: usize,
    pub(super) condition: String,
    /// Where it can be read, with the version that it speaks of.
    pub(super) source: String,
}

impl Told {
    /// The verdict of this scenario's cells alone.
    pub(super) fn verdict(&self) -> ClaimVerdict {
        let reason = || ClaimVerdict::Untested(self.untested.clone().unwrap_or_default());
        ClaimVerdict::of(self.agreeing.len(), self.against.len()).unwrap_or_else(reason)
    }
}

/// What is done with a cell that was recorded with other versions than those here, or that the
/// snapshot says was not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It stays as recorded: here it is judged by the rules alone, and the difference is told.
    Check,
    /// It is recorded anew.
    Accept,
}

/// What a new sheet differs in for reasons that are no change of the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes {
    /// Differences of version, and how many cells were seen otherwise here.
    pub(super) versions: Vec<String>,
    /// Cells seen otherwise than recorded, with other versions.
    pub(super) otherwise: usize,
    /// Cells that ran here, and that the snapshot says were not recorded.
    pub(super) gained: usize,
}

impl Sheet {
    /// The sheet of a scenario after a run, on top of what was recorded before. What did not run here
    /// stays as it was.
    pub(super) fn after(
        section: &Section,
        scenario: &Scenario,
        header: &Header,
        before: Option<&Sheet>,
        mode: Mode,
    ) -> (Sheet, Notes) {
        let rows: BTreeMap<&str, &Row> = section.rows.iter().map(|row| (row.cell.as_str(), *row)).collect();
        let old = Before::of(before);
        let mut new = Building { header: Some(header), old: &old, mode, ..Building::new(scenario) };
        for cell in &scenario.cells {
            new.cell(scenario, cell, rows.get(cell.id.as_str()).copied());
        }
        let Building { mut sheet, notes, shown, unread, .. } = new;
        sheet.claims = told(scenario, &shown, &sheet.missing);
        if let Some(before) = before {
            recall(scenario, &mut sheet.claims, &before.claims, &unread);
        }
        (sheet, notes)
    }

    /// The sheet of rows whose scenario is not known.
    pub(super) fn of_rows(section: &Section, header: &Header) -> Sheet {
        let with = Versions::all(header);
        let mut sheet = Sheet { name: section.name.to_owned(), ..Sheet::default() };
        let mut cells = Vec::new();
        for row in &section.rows {
            let place = (group::started(row), row.terminate.clone());
            if row.verdict == Verdict::Skip || row.outcome.is_none() {
                sheet.missing.push((place, one_line(&row.why)));
                continue;
            }
            if row.verdict != Verdict::Pass {
                sheet.unexpected.push((place.clone(), one_line(&row.why)));
            }
            cells.push((place, group::seen(None, row)));
        }
        sheet.parts.push(Part { with, cells });
        sheet
    }

    /// How many cells are recorded.
    pub(super) fn cells(&self) -> usize {
        self.parts.iter().map(|part| part.cells.len()).sum()
    }
}

/// What was recorded before, by place.
struct Before<'a> {
    seen: BTreeMap<&'a Place, (&'a Versions, &'a Seen)>,
    missing: BTreeMap<&'a Place, &'a str>,
    unexpected: BTreeMap<&'a Place, &'a str>,
}

impl<'a> Before<'a> {
    fn of(before: Option<&'a Sheet>) -> Before<'a> {
        let mut all = Before { seen: BTreeMap::new(), missing: BTreeMap::new(), unexpected: BTreeMap::new() };
        if let Some(sheet) = before {
            for part in &sheet.parts {
                all.seen.extend(part.cells.iter().map(|(place, seen)| (place, (&part.with, seen))));
            }
            all.missing.extend(sheet.missing.iter().map(|(place, why)| (place, why.as_str())));
            all.unexpected.extend(sheet.unexpected.iter().map(|(place, why)| (place, why.as_str())));
        }
        all
    }
}

struct Building<'a> {
    sheet: Sheet,
    notes: Notes,
    /// The cells that have a recorded observation, for the claims.
    shown: Vec<Row>,
    /// The cells that stay and whose words do not say all that was seen.
    unread: Vec<Place>,
    header: Option<&'a Header>,
    old: &'a Before<'a>,
    mode: Mode,
}

static NEVER: Before<'static> =
    Before { seen: BTreeMap::new(), missing: BTreeMap::new(), unexpected: BTreeMap::new() };

impl Building<'_> {
    fn new(scenario: &Scenario) -> Building<'static> {
        let sheet = Sheet {
            name: scenario.name.clone(),
            about: scenario.about.split_whitespace().collect::<Vec<_>>().join(" "),
            origin: write::origin(scenario),
            hooks: scenario.target.hooks.iter().map(|hook| hook.name.clone()).collect(),
            tags: scenario.tags.clone(),
            ..Sheet::default()
        };
        Building {
            sheet,
            notes: Notes::default(),
            shown: Vec::new(),
            unread: Vec::new(),
            header: None,
            old: &NEVER,
            mode: Mode::Check,
        }
    }

    fn cell(&mut self, scenario: &Scenario, cell: &Cell, row: Option<&Row>) {
        let place = place(scenario, cell);
        if let Some(reason) = &cell.skip {
            // The scenario itself says that it is not run here: what was recorded is of no cell any more.
            self.sheet.missing.push((place, one_line(reason)));
            return;
        }
        let Some(row) = row else { return self.keep(scenario, cell, &place, None) };
        match row.verdict {
            Verdict::Skip => self.keep(scenario, cell, &place, Some(&row.why)),
            // There is no observation to be kept, or more than one.
            Verdict::Error => self.keep(scenario, cell, &place, Some("the harness could not do it")),
            Verdict::Flaky => self.keep(scenario, cell, &place, Some("it was flaky")),
            Verdict::Pass | Verdict::Fail => self.saw(scenario, cell, place, row),
        }
    }

    /// A cell that ran here.
    fn saw(&mut self, scenario: &Scenario, cell: &Cell, place: Place, row: &Row) {
        let seen = settled(cell, row);
        let here = self.header.map_or_else(Versions::default, |header| Versions::of(header, scenario, cell));
        if self.mode == Mode::Check {
            if let Some((with, recorded)) = self.old.seen.get(&place)
                && !with.matches(&here)
            {
                for difference in with.differences(&here) {
                    if !self.notes.versions.contains(&difference) {
                        self.notes.versions.push(difference);
                    }
                }
                self.notes.otherwise += usize::from(**recorded != seen);
                return self.keep(scenario, cell, &place, None);
            }
            if self.old.missing.contains_key(&place) {
                self.notes.gained += 1;
                return self.keep(scenario, cell, &place, None);
            }
        }
        if row.verdict == Verdict::Fail {
            self.sheet.unexpected.push((place.clone(), one_line(&row.why)));
        }
        self.shown.push(row.clone());
        self.record(self.with(&place, &here), place, seen);
    }

    /// The versions to record a cell with that ran here: those here. Where nothing may be written, those of
    /// the snapshot that are the same but for what mends: of this cell, else of any.
    fn with(&self, place: &Place, here: &Versions) -> Versions {
        let own = self.old.seen.get(place).map(|(with, _)| *with);
        let any = || self.old.seen.values().map(|(with, _)| *with).find(|with| with.matches(here));
        match self.mode {
            Mode::Check => own.filter(|with| with.matches(here)).or_else(any).unwrap_or(here).clone(),
            Mode::Accept => here.clone(),
        }
    }

    /// A cell that did not run here: it stays as it was recorded.
    fn keep(&mut self, scenario: &Scenario, cell: &Cell, place: &Place, why: Option<&str>) {
        if let Some((with, seen)) = self.old.seen.get(place) {
            if let Some(why) = self.old.unexpected.get(place) {
                self.sheet.unexpected.push((place.clone(), (*why).to_owned()));
            }
            match read::observation(cell, seen) {
                Some(observation) => self.shown.push(row_of(scenario, cell, observation)),
                None => self.unread.push(place.clone()),
            }
            self.record((*with).clone(), place.clone(), (*seen).clone());
        } else if let Some(why) = self.old.missing.get(place).copied().or(why) {
            // The reason of the machine that wrote the snapshot stays: another one's is no change.
            self.sheet.missing.push((place.clone(), one_line(why)));
        }
    }

    fn record(&mut self, with: Versions, place: Place, seen: Seen) {
        match self.sheet.parts.iter_mut().find(|part| part.with == with) {
            Some(part) => part.cells.push((place, seen)),
            None => self.sheet.parts.push(Part { with, cells: vec![(place, seen)] }),
        }
        // Two machines that record in turn must not swap the order.
        self.sheet.parts.sort_by(|a, b| a.with.cmp(&b.with));
    }
}

/// The place of a cell.
pub(super) fn place(scenario: &Scenario, cell: &Cell) -> Place {
    let mut started = cell.launch.clone();
    if cell.stdout_is_axis {
        started.push('>');
        started.push_str(cell.stdout.name());
    }
    if let Some(version) = &cell.version {
        started.push('@');
        started.push_str(version);
    }
    debug_assert_eq!(cell.id, format!("{}/{started}/{}", scenario.name, cell.terminate));
    (started, cell.terminate.clone())
}

/// What of an observation is the same from run to run: where the scenario admits several outcomes or
/// orders, that is what is recorded, since any one of them would fail the next run without a reason.
fn settled(cell: &Cell, row: &Row) -> Seen {
    let mut row = row.clone();
    let ran = |role: &str| cell.expect.cleanup.as_ref().and_then(|cleanup| cleanup.by_role.get(role));
    if row.cleanup.iter().any(|run| !matches!(ran(&run.role), None | Some(Ran::Exactly(_)))) {
        row.cleanup.sort_by_key(|run| match ran(&run.role) {
            None | Some(Ran::Exactly(_)) => None,
            Some(_) => Some(run.hook.clone()),
        });
    }
    let mut seen = group::seen(Some(cell), &row);
    if let Some(cleanup) = &cell.expect.cleanup
        && cleanup.by_role.values().any(|ran| *ran == Ran::Any)
    {
        NOT_JUDGED.clone_into(&mut seen.cleanup);
    }
    if let Some(alternatives) = group::alternatives(cell) {
        seen.outcome = alternatives;
    }
    seen.work = settled_work(cell, &row);
    if cell.expect.leftovers == Leftovers::Any {
        NOT_JUDGED.clone_into(&mut seen.left);
    }
    seen
}

/// The requests that a rule speaks of: what becomes of the others may differ from run to run.
fn settled_work(cell: &Cell, row: &Row) -> String {
    let settled = |one: &Worked| match cell.expect.work.get(&one.request).map(Vec::as_slice) {
        Some([_]) => Some(format!("{} {}", one.request, one.answer.word())),
        Some(several) => {
            let words: Vec<&str> = several.iter().map(|answer| answer.word()).collect();
            Some(format!("{} {}", one.request, words.join(" or ")))
        }
        None => None,
    };
    row.work.iter().filter_map(settled).collect::<Vec<_>>().join(", ")
}

const NOT_JUDGED: &str = "not judged";

fn row_of(scenario: &Scenario, cell: &Cell, seen: Observation) -> Row {
    let judgement = lastrites_model::judge::judged(scenario, cell, &seen);
    Row::new(scenario, cell, seen, judgement)
}

/// The cells that a snapshot and the one after it have otherwise: as they were recorded, and as the rows have
/// them. What the words of the snapshot do not say, because the scenario admits several, is in neither.
pub(super) fn differing(
    before: Option<&Sheet>,
    after: &Sheet,
    section: &Section,
    scenario: &Scenario,
) -> (Vec<Row>, Vec<Row>) {
    let (old, new) = (Before::of(before), Before::of(Some(after)));
    let (mut was, mut now) = (Vec::new(), Vec::new());
    for row in &section.rows {
        let Some(cell) = section.cell(row) else { continue };
        let place = place(scenario, cell);
        let (Some((_, recorded)), Some((_, seen))) = (old.seen.get(&place), new.seen.get(&place)) else {
            continue;
        };
        if recorded != seen
            && let Some(observation) = read::observation(cell, recorded)
        {
            was.push(row_of(scenario, cell, observation));
            now.push((*row).clone());
        }
    }
    (was, now)
}

/// Why no cell of a claim is recorded, as the list of missing cells says it.
fn why_untested(scenario: &Scenario, id: &str, missing: &[(Place, String)]) -> String {
    let checks = scenario.claims.iter().filter(|claim| claim.id == id).flat_map(|claim| &claim.checks);
    let mut reasons: Vec<&str> = Vec::new();
    for cell in checks.flat_map(|check| &check.cells).filter_map(|index| scenario.cells.get(*index)) {
        let place = place(scenario, cell);
        let why = missing.iter().find(|(of, _)| *of == place).map(|(_, why)| why.as_str());
        reasons.extend(why.filter(|why| !reasons.contains(why)));
    }
    if reasons.is_empty() { "none of its cells is recorded".to_owned() } else { reasons.join("; ") }
}

fn told(scenario: &Scenario, rows: &[Row], missing: &[(Place, String)]) -> Vec<Told> {
    let places: BTreeMap<&str, Place> =
        scenario.cells.iter().map(|cell| (cell.id.as_str(), place(scenario, cell))).collect();
    let of = |cells: &mut dyn Iterator<Item = &String>| -> Vec<Place> {
        cells.filter_map(|cell| places.get(cell.as_str()).cloned()).collect()
    };
    let ledger = claims::ledger(std::slice::from_ref(scenario), rows);
    ledger
        .iter()
        .map(|entry| Told {
            id: entry.id.clone(),
            says: one_line(&entry.says),
            untested: match &entry.verdict {
                ClaimVerdict::Untested(_) if entry.skipped > 0 => {
                    Some(why_untested(scenario, &entry.id, missing))
                }
                ClaimVerdict::Untested(why) => Some(one_line(why)),
                _ => None,
            },
            agreeing: of(&mut entry.agreeing()),
            against: of(&mut entry.against.iter()),
            skipped: entry.skipped,
            condition: one_line(entry.condition.as_deref().unwrap_or_default()),
            source: match &entry.version {
                Some(version) => format!("{} ({version})", entry.source),
                None => entry.source.clone(),
            },
        })
        .collect()
}

/// What a snapshot said of the claims by cells that stay and whose words do not say it again, in the order
/// in which a claim names its cells.
fn recall(scenario: &Scenario, claims: &mut [Told], before: &[Told], unread: &[Place]) {
    for told in claims {
        let Some(before) = before.iter().find(|before| before.id == told.id) else { continue };
        let Some(claim) = scenario.claims.iter().find(|claim| claim.id == told.id) else { continue };
        let mut places: Vec<Place> = Vec::new();
        for index in claim.checks.iter().flat_map(|check| &check.cells) {
            let place = place(scenario, &scenario.cells[*index]);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let again = |now: &[Place], before: &[Place]| -> Vec<Place> {
            let kept = |place: &&Place| unread.contains(place) && before.contains(place);
            places.iter().filter(|place| now.contains(place) || kept(place)).cloned().collect()
        };
        let seen = told.agreeing.len() + told.against.len();
        told.agreeing = again(&told.agreeing, &before.agreeing);
        told.against = again(&told.against, &before.against);
        // As the ledger has them: by id.
        told.against.sort_by_key(|(started, ended)| format!("{started}/{ended}"));
        let recalled = told.agreeing.len() + told.against.len() - seen;
        told.skipped = told.skipped.saturating_sub(recalled);
        if recalled > 0 {
            told.untested = None;
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
