//! The Markdown snapshots under `reports/`: compared by default, written when told to.
//!
//! A run never blesses what it saw by itself. What did not run here stays as it was recorded, and what
//! was recorded with other versions is told and not failed; `sheet.rs` decides that cell by cell.

mod pending;

use super::book;
use super::group::Section;
use super::pages::{self, Platforms};
use super::sheet::{Mode, Notes, Sheet};
use super::{Report, group};
use anstyle::{AnsiColor, Style};
use lastrites_model::platform::{Os, Platform};
use lastrites_model::record::{Header, SCHEMA};
use lastrites_model::scenario::Scenario;
use lastrites_model::words::count;
use similar::{ChangeTag, TextDiff};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use pending::{Pending, What, pending, take};

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// A text for each thing that differs.
    pub differences: Vec<String>,
    /// What is otherwise here for a reason that is no change: another version, a cell that could not
    /// be recorded before.
    pub notes: Vec<String>,
    /// What was written or removed.
    pub written: Vec<String>,
}

impl Found {
    /// Whether the snapshots are as they would be written now.
    pub fn is_current(&self) -> bool {
        self.differences.is_empty()
    }

    /// For the terminal.
    pub fn render(&self, color: bool) -> String {
        let mut lines: Vec<String> =
            self.differences.iter().flat_map(|difference| painted(difference, color)).collect();
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines.extend(self.written.iter().cloned());
        if !self.differences.is_empty() {
            let are = if self.differences.len() == 1 { "is" } else { "are" };
            lines.push(format!(
                "{} {are} out of date; where the new is right, `lastrites run --accept` writes it",
                count(self.differences.len(), "snapshot")
            ));
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }
}

/// The lines of a difference: the first one says what it is, the others begin with `-` or `+` where they do.
pub fn painted(difference: &str, color: bool) -> Vec<String> {
    let paint = |style: Style, line: &str| {
        if color { format!("{style}{line}{style:#}") } else { line.to_owned() }
    };
    let colored = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    let lines = difference.lines().enumerate().map(|(number, line)| match line.chars().next() {
        _ if number == 0 => paint(Style::new().bold(), line),
        Some('-') => paint(colored(AnsiColor::Red), line),
        Some('+') => paint(colored(AnsiColor::Green), line),
        _ => line.to_owned(),
    });
    lines.collect()
}

/// Compares the report with the snapshots in `folder` (or, with `accept`, writes them). `root` is the
/// repository, whose fixtures the pages show. `everything` says that the whole suite was run, so that a
/// snapshot without scenario has no owner.
pub fn check(
    report: &Report,
    folder: &Path,
    root: &Path,
    everything: bool,
    accept: bool,
) -> io::Result<Found> {
    let own = report.header.platform.folder();
    let mut shelf = Shelf::open(folder, root, &own, accept)?;
    let mode = if accept { Mode::Accept } else { Mode::Check };
    let mut versions = Versions::default();
    for section in group::sections(report) {
        let Some(scenario) = section.scenario else {
            shelf
                .found
                .notes
                .push(format!("there is no scenario {} here; its cells are left out", section.name));
            continue;
        };
        let file = format!("{own}/{}.md", section.name);
        if shelf.broken.contains(&file) {
            continue;
        }
        let before = shelf.platforms.get(&own).and_then(|sheets| sheets.get(section.name)).cloned();
        let (sheet, notes) = Sheet::after(&section, scenario, &report.header, before.as_ref(), mode);
        versions.add(notes);
        // Nothing ran and nothing was ever recorded: another machine has to be the first.
        if before.is_none() && sheet.cells() == 0 && !accept {
            continue;
        }
        shelf.put(&file, &sheet.file())?;
        shelf.platforms.entry(own.clone()).or_default().insert(section.name.to_owned(), sheet);
    }
    if everything && !report.scenarios.is_empty() {
        let owned: BTreeSet<&str> = report
            .scenarios
            .iter()
            .filter(|scenario| !scenario.cells.is_empty())
            .map(|scenario| scenario.name.as_str())
            .collect();
        shelf.disown(&own, &owned)?;
    }
    // The other pages follow from the snapshots: where one of those is out of date, so are they.
    if shelf.found.is_current() {
        shelf.pages(&own)?;
    }
    shelf.found.notes.extend(versions.told());
    Ok(shelf.found)
}

/// The platforms that have snapshots in a folder, as far as the snapshots tell them.
pub fn platforms(folder: &Path) -> io::Result<Vec<Platform>> {
    let mut all = Vec::new();
    for name in list(folder, true)? {
        let (os, wine) =
            name.split_once("-wine").map_or((name.as_str(), None), |(os, wine)| (os, Some(wine)));
        let Some(os) = Os::parse(os) else { continue };
        // The folder has Wine's major version only; a snapshot has more of it.
        let mut wine = wine.map(ToOwned::to_owned);
        if wine.is_some() {
            for file in list(&folder.join(&name), false)? {
                let path = folder.join(&name).join(&file);
                let text = fs::read_to_string(&path).map_err(|error| at(&path, &error))?;
                let whole = text.lines().find_map(|line| line.strip_prefix("## Recorded on Wine "));
                if let Some(whole) = whole.and_then(|rest| rest.split(',').next()) {
                    wine = Some(whole.to_owned());
                    break;
                }
            }
        }
        all.push(Platform { os, arch: String::new(), kernel: String::new(), wine });
    }
    Ok(all)
}

/// Makes the heads of the snapshots of a platform anew, and all pages: from the scenarios and from what was
/// recorded. Nothing is run and nothing recorded is lost.
pub fn refresh(platform: &Platform, scenarios: &[Scenario], folder: &Path, root: &Path) -> io::Result<Found> {
    let own = platform.folder();
    let header = Header {
        schema: SCHEMA,
        tool: String::new(),
        platform: platform.clone(),
        runtimes: BTreeMap::new(),
        sh: None,
        privileges: Vec::new(),
        shard: None,
        cells: 0,
    };
    let mut shelf = Shelf::open(folder, root, &own, true)?;
    for scenario in scenarios {
        let file = format!("{own}/{}.md", scenario.name);
        let Some(before) = shelf.platforms.get(&own).and_then(|sheets| sheets.get(&scenario.name)) else {
            continue;
        };
        let (sheet, _) =
            Sheet::after(&Section::unseen(scenario), scenario, &header, Some(before), Mode::Check);
        shelf.put(&file, &sheet.file())?;
        shelf.platforms.entry(own.clone()).or_default().insert(scenario.name.clone(), sheet);
    }
    if shelf.found.is_current() {
        shelf.pages(&own)?;
    }
    Ok(shelf.found)
}

/// The notes of all scenarios, summed up: on a machine with other versions everybody has them.
#[derive(Default)]
struct Versions {
    differences: BTreeSet<String>,
    scenarios: usize,
    otherwise: usize,
    gained: usize,
}

impl Versions {
    fn add(&mut self, notes: Notes) {
        self.scenarios += usize::from(!notes.versions.is_empty());
        self.differences.extend(notes.versions);
        self.otherwise += notes.otherwise;
        self.gained += notes.gained;
    }

    fn told(self) -> Vec<String> {
        let mut told = Vec::new();
        if self.scenarios > 0 {
            let all: Vec<String> = self.differences.into_iter().collect();
            told.push(format!(
                "{} recorded with other versions ({}): judged by the rules alone; {} seen otherwise than recorded",
                count(self.scenarios, "snapshot"),
                all.join("; "),
                count(self.otherwise, "cell"),
            ));
        }
        if self.gained > 0 {
            told.push(format!(
                "{} ran here that could not be recorded before; `lastrites run --accept` adds them",
                count(self.gained, "cell")
            ));
        }
        told
    }
}

/// The files under `reports/`.
struct Shelf {
    folder: PathBuf,
    root: PathBuf,
    accept: bool,
    /// Path below the folder to text, with plain line ends.
    texts: BTreeMap<String, String>,
    platforms: Platforms,
    /// Snapshots of this platform that cannot be read. They are not written over: they may hold what
    /// cannot be recorded here.
    broken: BTreeSet<String>,
    found: Found,
}

impl Shelf {
    fn open(folder: &Path, root: &Path, own: &str, accept: bool) -> io::Result<Shelf> {
        let mut shelf = Shelf {
            folder: folder.to_owned(),
            root: root.to_owned(),
            accept,
            texts: BTreeMap::new(),
            platforms: Platforms::new(),
            broken: BTreeSet::new(),
            found: Found::default(),
        };
        shelf.read_folder("")?;
        shelf.read_folder(&format!("{own}/{RUNTIMES}"))?;
        for platform in list(folder, true)? {
            shelf.read_folder(&platform)?;
            let mut sheets = BTreeMap::new();
            for name in list(&folder.join(&platform), false)? {
                let Some(stem) = name.strip_suffix(".md").filter(|stem| !PAGES.contains(stem)) else {
                    continue;
                };
                let file = format!("{platform}/{name}");
                match Sheet::read(&shelf.texts[&file]) {
                    Ok(sheet) => drop(sheets.insert(stem.to_owned(), sheet)),
                    Err(error) => {
                        shelf.found.differences.push(format!(
                            "{}: {error}; restore it, or remove it to record it anew",
                            shelf.shown(&file)
                        ));
                        if platform == own {
                            shelf.broken.insert(file);
                        }
                    }
                }
            }
            if !sheets.is_empty() {
                shelf.platforms.insert(platform, sheets);
            }
        }
        Ok(shelf)
    }

    fn read_folder(&mut self, below: &str) -> io::Result<()> {
        let folder = self.folder.join(below);
        for name in list(&folder, false)? {
            if Path::new(&name).extension().is_some_and(|ending| ending == "md") {
                let path = folder.join(&name);
                let bytes = fs::read(&path).map_err(|error| at(&path, &error))?;
                // A checkout on Windows may have other line ends; that is no difference.
                let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
                let file = if below.is_empty() { name } else { format!("{below}/{name}") };
                self.texts.insert(file, text);
            }
        }
        Ok(())
    }

    /// A path as the user knows it: from the folder of reports on.
    fn shown(&self, file: &str) -> String {
        let folder = self.folder.file_name().map_or("reports".into(), |name| name.to_string_lossy());
        format!("{folder}/{file}")
    }

    fn put(&mut self, file: &str, text: &str) -> io::Result<()> {
        let before = self.texts.get(file).map(String::as_str);
        if before == Some(text) {
            return Ok(());
        }
        let shown = self.shown(file);
        if !self.accept {
            self.found.differences.push(match before {
                Some(before) => format!("{shown} differs\n{}", diff(before, text)),
                None => format!("{shown} is new"),
            });
            return Ok(());
        }
        write(&self.folder.join(file), text)?;
        let verb = if before.is_some() { "updated" } else { "written" };
        self.found.written.push(format!("{shown} {verb}"));
        self.texts.insert(file.to_owned(), text.to_owned());
        Ok(())
    }

    /// Finds the snapshots of this platform that no scenario owns.
    fn disown(&mut self, own: &str, owned: &BTreeSet<&str>) -> io::Result<()> {
        let names: Vec<String> =
            self.platforms.get(own).into_iter().flatten().map(|(name, _)| name.clone()).collect();
        for name in names.iter().filter(|name| !owned.contains(name.as_str())) {
            self.remove(&format!("{own}/{name}.md"), "no scenario owns it", "is owned by no scenario")?;
            if self.accept {
                self.platforms.entry(own.to_owned()).or_default().remove(name);
            }
        }
        Ok(())
    }

    /// Removes a file, or tells that it should not be there.
    fn remove(&mut self, file: &str, why: &str, told: &str) -> io::Result<()> {
        let shown = self.shown(file);
        if self.accept {
            let path = self.folder.join(file);
            fs::remove_file(&path).map_err(|error| at(&path, &error))?;
            self.found.written.push(format!("{shown} removed: {why}"));
            self.texts.remove(file);
        } else {
            self.found.differences.push(format!("{shown} {told}"));
        }
        Ok(())
    }

    fn pages(&mut self, own: &str) -> io::Result<()> {
        // Read back what was written, so that a page says the same whoever ran what.
        let platforms = std::mem::take(&mut self.platforms);
        let empty = BTreeMap::new();
        let sheets = platforms.get(own).unwrap_or(&empty);
        if sheets.is_empty() && !self.texts.contains_key("README.md") {
            return Ok(());
        }
        self.put(&format!("{own}/README.md"), &pages::index(own, sheets))?;
        self.put(&format!("{own}/claims.md"), &pages::claims(own, sheets))?;
        if let Some(text) = book::documentation::page(own, sheets) {
            self.put(&format!("{own}/documentation.md"), &text)?;
        }
        self.runtimes(own, &book::book(own, sheets))?;
        self.put("README.md", &pages::overview(&platforms))?;
        self.put("claims.md", &pages::all_claims(&platforms))
    }

    /// The pages about runtimes, and what the README of the repository shows of them.
    fn runtimes(&mut self, own: &str, chapters: &[book::Chapter<'_>]) -> io::Result<()> {
        let root = self.root.clone();
        let source = |fixture: &str| {
            let path = crate::runtimes::source(&root.join("fixtures"), fixture)?;
            let text = fs::read_to_string(&path).ok()?.replace("\r\n", "\n");
            let below = path.strip_prefix(&root).ok()?;
            let parts: Vec<String> =
                below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            Some((parts.join("/"), text))
        };
        let mut written = BTreeSet::new();
        for chapter in chapters {
            let file = format!("{own}/{RUNTIMES}/{}.md", chapter.runtime.name);
            self.put(&file, &book::runtime::page(chapter, &source))?;
            written.insert(file);
        }
        let folder = format!("{own}/{RUNTIMES}/");
        let stale: Vec<String> = self
            .texts
            .keys()
            .filter(|file| file.starts_with(&folder) && !written.contains(*file))
            .cloned()
            .collect();
        for file in stale {
            self.remove(&file, "its runtime has no table", "is the page of a runtime that has no table")?;
        }
        if chapters.is_empty() {
            return Ok(());
        }
        self.put(&format!("{own}/overview.md"), &book::overview::page(own, chapters))?;
        self.readme(own, &book::overview::excerpt(own, chapters))
    }

    /// The part of the repository's README that shows a platform, if it has one.
    fn readme(&mut self, own: &str, excerpt: &str) -> io::Result<()> {
        let path = self.root.join("README.md");
        if self.folder.parent() != Some(&self.root) || !path.exists() {
            return Ok(());
        }
        let text = fs::read_to_string(&path).map_err(|error| at(&path, &error))?.replace("\r\n", "\n");
        let (begin, end) = (format!("<!-- overview: {own} -->\n"), "<!-- /overview -->");
        let Some((before, rest)) = text.split_once(&begin) else { return Ok(()) };
        let Some((shown, after)) = rest.split_once(end) else { return Ok(()) };
        let excerpt = format!("\n{excerpt}\n");
        if shown == excerpt {
            return Ok(());
        }
        if self.accept {
            write(&path, &format!("{before}{begin}{excerpt}{end}{after}"))?;
            self.found.written.push("README.md updated".to_owned());
        } else {
            self.found.differences.push(format!("README.md differs\n{}", diff(shown, &excerpt)));
        }
        Ok(())
    }
}

/// The pages of a platform's folder that are no scenario's.
const PAGES: [&str; 4] = ["README", "claims", "overview", "documentation"];
/// The folder of pages about runtimes, within that of a platform.
const RUNTIMES: &str = "runtimes";

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    }
    // Beside it and then in its place, so that it is there whole, before or after, whatever happens.
    let beside = path.with_extension("md.new");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, path))
        .inspect_err(|_| drop(fs::remove_file(&beside)))
        .map_err(|error| at(path, &error))
}

/// The names in a folder, sorted: of folders, or of files. A folder that is not there has none.
fn list(folder: &Path, folders: bool) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| at(folder, &error))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| at(folder, &error))?;
        if entry.path().is_dir() == folders {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// What changed, line by line, with two lines around each change.
fn diff(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(2).iter().enumerate() {
        if number > 0 {
            lines.push("  …\n".to_owned());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}\n", change.value().trim_end()));
        }
    }
    lines.concat()
}

#[cfg(test)]
#[path = "tests/snapshots.rs"]
mod tests;
