//! What a record would change in the snapshots, scenario by scenario, and taking over one of them.

use super::{Mode, Shelf, check, diff, group};
use crate::report::Report;
use crate::report::sheet::{Sheet, differing};
use lastrites_model::compare::{self, Change, Kind};
use lastrites_model::observation::Verdict;
use lastrites_model::record::Record;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// One thing to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The file, as the user knows it.
    pub file: String,
    /// What is to be decided.
    pub what: What,
    /// The cells that were seen otherwise than recorded, the worst first.
    pub changes: Vec<Change>,
    /// The cells that are not as expected, with the reason. Taking the record over does not make them pass.
    pub unexpected: Vec<(String, String)>,
    /// What would change in the file, line by line; empty where there is no file yet or none any more.
    pub diff: String,
}

/// What is to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A scenario's snapshot is another one.
    Changed(String),
    /// A scenario has no snapshot yet.
    New(String),
    /// No scenario owns this snapshot.
    Orphan(String),
    /// Only the pages that are made of the snapshots are out of date.
    Pages,
    /// The snapshot cannot be read, for this reason. It is not written over.
    Broken(String),
}

impl Pending {
    /// What it is, in a few words.
    pub fn title(&self) -> String {
        let worst = self.changes.first().map(|change| format!(": {}", change.kind.title()));
        let worst = worst.unwrap_or_default();
        match &self.what {
            What::Changed(_) => format!("{} differs{worst}", self.file),
            What::New(_) => format!("{} is new", self.file),
            What::Orphan(_) => format!("{} is owned by no scenario", self.file),
            What::Pages => "the pages made of the snapshots are out of date".to_owned(),
            What::Broken(why) => why.clone(),
        }
    }

    fn rank(&self) -> (u8, Option<Kind>) {
        let kind = self.changes.first().map(|change| change.kind);
        match &self.what {
            What::Broken(_) => (0, None),
            What::Changed(_) if kind.is_some() => (1, kind),
            What::Changed(_) => (2, None),
            What::New(_) => (3, None),
            What::Orphan(_) => (4, None),
            What::Pages => (5, None),
        }
    }
}

/// What the record would change in the snapshots in `folder`, the worst first. Nothing is written. What is
/// shown is what [`take`] writes, with what was recorded with other versions and what is recorded for the
/// first time: both are for a reader to decide.
pub fn pending(report: &Report, folder: &Path, root: &Path, everything: bool) -> io::Result<Vec<Pending>> {
    let own = report.header.platform.folder();
    let mut shelf = Shelf::open(folder, root, &own, false)?;
    let broken = std::mem::take(&mut shelf.found.differences);
    let mut all: Vec<Pending> =
        broken.into_iter().map(|why| bare(String::new(), What::Broken(why))).collect();
    for section in group::sections(report) {
        let Some(scenario) = section.scenario else { continue };
        let file = format!("{own}/{}.md", section.name);
        if shelf.broken.contains(&file) {
            continue;
        }
        let before = shelf.platforms.get(&own).and_then(|sheets| sheets.get(section.name)).cloned();
        let (sheet, _) = Sheet::after(&section, scenario, &report.header, before.as_ref(), Mode::Accept);
        let (text, known) = (sheet.file(), shelf.texts.get(&file));
        if known == Some(&text) || known.is_none() && sheet.cells() == 0 {
            continue;
        }
        let (was, now) = differing(before.as_ref(), &sheet, &section, scenario);
        let record = |rows| Record { header: report.header.clone(), rows, cut: false };
        let unexpected =
            section.rows.iter().filter(|row| !matches!(row.verdict, Verdict::Pass | Verdict::Skip));
        let name = section.name.to_owned();
        all.push(Pending {
            file: shelf.shown(&file),
            what: if known.is_some() { What::Changed(name) } else { What::New(name) },
            changes: compare::compare(&record(was), &record(now)),
            unexpected: unexpected.map(|row| (row.cell.clone(), row.why.clone())).collect(),
            diff: known.map(|known| diff(known, &text)).unwrap_or_default(),
        });
    }
    if everything && !report.scenarios.is_empty() {
        let owners = report.scenarios.iter().filter(|scenario| !scenario.cells.is_empty());
        let owned: BTreeSet<&String> = owners.map(|scenario| &scenario.name).collect();
        let names = shelf.platforms.get(&own).into_iter().flatten().map(|(name, _)| name);
        for name in names.filter(|name| !owned.contains(name)) {
            all.push(bare(shelf.shown(&format!("{own}/{name}.md")), What::Orphan(name.clone())));
        }
    }
    if all.is_empty() {
        shelf.pages(&own)?;
        let differences = std::mem::take(&mut shelf.found.differences);
        if !differences.is_empty() {
            all.push(Pending { diff: differences.join("\n"), ..bare(String::new(), What::Pages) });
        }
    }
    all.sort_by(|a, b| a.rank().cmp(&b.rank()).then_with(|| a.file.cmp(&b.file)));
    Ok(all)
}

/// Takes over one of them, and with it the pages that are made of the snapshots. Says what was written.
pub fn take(report: &Report, folder: &Path, root: &Path, one: &Pending) -> io::Result<Vec<String>> {
    let own = report.header.platform.folder();
    match &one.what {
        What::Changed(name) | What::New(name) => {
            check(&report.only(name), folder, root, false, true).map(|found| found.written)
        }
        What::Pages => check(&report.only(""), folder, root, false, true).map(|found| found.written),
        What::Orphan(name) => {
            let mut shelf = Shelf::open(folder, root, &own, true)?;
            shelf.remove(&format!("{own}/{name}.md"), "no scenario owns it", "")?;
            shelf.platforms.entry(own.clone()).or_default().remove(name);
            if shelf.found.is_current() {
                shelf.pages(&own)?;
            }
            Ok(shelf.found.written)
        }
        What::Broken(_) => Ok(Vec::new()),
    }
}

fn bare(file: String, what: What) -> Pending {
    Pending { file, what, changes: Vec::new(), unexpected: Vec::new(), diff: String::new() }
}
