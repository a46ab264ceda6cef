//! The pages that people look things up in: every runtime, every way to end. They are made of the
//! snapshots and of nothing else, so a runtime that is missing on the machine at hand keeps its cells.
//!
//! A scenario takes part by its tags: `runtime`, and one of [`BARE`], [`HANDLER`] and [`WHAT_TO_DO`]. Another one
//! is about a language where its first tag is that language's.

pub(super) mod documentation;
pub(super) mod overview;
pub(super) mod runtime;

#[cfg(test)]
mod tests;

use super::group::Seen;
use super::sheet::{Place, Sheet, read};
use super::text::{code, codes, escape};
use crate::runtimes::{self, Runtime};
use lastrites_model::platform::Os;
use lastrites_model::signals::Signal;
use lastrites_model::{launches, terminations};
use std::collections::{BTreeMap, BTreeSet};

/// The tag of everything that is about a language and not about a program.
const RUNTIME: &str = "runtime";
/// What the language does by default.
pub(super) const BARE: &str = "bare";
/// With the handler that its documentation recommends.
pub(super) const HANDLER: &str = "handler";
/// The smallest program that cleans up wherever one can.
pub(super) const WHAT_TO_DO: &str = "what-to-do";

/// What is known of one runtime on one platform.
#[derive(Clone, Debug)]
pub(super) struct Chapter<'a> {
    /// The system of the platform.
    pub(super) os: Os,
    /// The first of the entries that share a title: its name is that of the page.
    pub(super) runtime: &'static Runtime,
    pub(super) bare: Option<&'a Sheet>,
    pub(super) handler: Option<&'a Sheet>,
    pub(super) what_to_do: Option<&'a Sheet>,
    /// All scenarios about it.
    pub(super) sheets: Vec<&'a Sheet>,
    /// Those about programs that are only written in it: a server's claims say nothing of its language.
    pub(super) programs: Vec<&'a Sheet>,
}

impl Chapter<'_> {
    /// `[Node.js](runtimes/node.md) 20.20.1`, from the folder of the platform.
    fn link(&self) -> String {
        let version = [self.bare, self.handler].into_iter().flatten().find_map(version);
        let version = version.map(|version| format!(" {}", escape(&version))).unwrap_or_default();
        format!("[{}](runtimes/{}.md){version}", escape(self.runtime.title), self.runtime.name)
    }

    /// The two variants with the words over their columns.
    fn variants(&self) -> [Option<&Sheet>; 2] {
        [self.bare, self.handler]
    }
}

/// The words over the columns of [`Chapter::variants`].
const COLUMNS: [&str; 2] = ["with no handler", "with the handler of its documentation"];

/// The runtimes that have a table on a platform, in the order of the registry.
pub(super) fn book<'a>(platform: &str, sheets: &'a BTreeMap<String, Sheet>) -> Vec<Chapter<'a>> {
    let os = Os::of_folder(platform).unwrap_or(Os::Linux);
    let mut chapters: Vec<Chapter<'_>> = Vec::new();
    for runtime in runtimes::ALL {
        if chapters.iter().any(|chapter| chapter.runtime.title == runtime.title) {
            continue;
        }
        let own: Vec<&Sheet> = sheets
            .values()
            .filter(|sheet| sheet.runtime().is_some_and(|of| of.title == runtime.title))
            .filter(|sheet| !sheet.is_control())
            .collect();
        let tagged = |tag: &str| {
            let has = |sheet: &Sheet, tag: &str| sheet.tags.iter().any(|one| one == tag);
            own.iter().copied().find(|sheet| has(sheet, RUNTIME) && has(sheet, tag))
        };
        let (bare, handler, what_to_do) = (tagged(BARE), tagged(HANDLER), tagged(WHAT_TO_DO));
        if bare.is_some() || handler.is_some() || what_to_do.is_some() {
            let (sheets, programs) = own.into_iter().partition(|sheet| sheet.is_about(runtime));
            chapters.push(Chapter { os, runtime, bare, handler, what_to_do, sheets, programs });
        }
    }
    chapters
}

impl Sheet {
    /// The fixture, as its first sentence names it.
    pub(super) fn fixture(&self) -> Option<&str> {
        self.origin.strip_prefix("Fixture `")?.split('`').next()
    }

    fn runtime(&self) -> Option<&'static Runtime> {
        runtimes::of(self.fixture()?)
    }

    /// Whether it is about the language, as its first tag says, and not about a program in it.
    fn is_about(&self, runtime: &Runtime) -> bool {
        self.tags.first().is_some_and(|tag| [RUNTIME, runtime.name, runtime.folder].contains(&tag.as_str()))
    }

    fn is_control(&self) -> bool {
        self.origin.contains(" A negative control: ")
    }

    /// What was recorded of a cell.
    pub(super) fn seen(&self, place: &Place) -> Option<&Seen> {
        self.parts.iter().flat_map(|part| &part.cells).find(|(known, _)| known == place).map(|(_, seen)| seen)
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        let recorded = self.parts.iter().flat_map(|part| part.cells.iter().map(|(place, _)| place));
        recorded.chain(self.missing.iter().map(|(place, _)| place))
    }
}

/// The version of a sheet's runtime; the last of them where it was recorded with several.
fn version(sheet: &Sheet) -> Option<String> {
    let name = sheet.runtime()?.name;
    sheet.parts.iter().rev().find_map(|part| part.with.runtimes.get(name).cloned())
}

/// One cell: what ran and what did not, by symbol and by word, and how it ended.
fn answer(sheet: Option<&Sheet>, place: &Place) -> String {
    let Some(sheet) = sheet else { return NOT_TESTED.to_owned() };
    match sheet.seen(place) {
        Some(seen) => told(sheet, seen),
        None if sheet.missing.iter().any(|(known, _)| known == place) => NOT_RECORDED.to_owned(),
        None => NOT_TESTED.to_owned(),
    }
}

const NOT_TESTED: &str = "– not tested";
const NOT_RECORDED: &str = "– not recorded";

fn told(sheet: &Sheet, seen: &Seen) -> String {
    let mut phrases = Vec::new();
    if seen.outcome.starts_with("survives") {
        let how = escape(seen.outcome.trim_start_matches("survives"));
        phrases.push(format!("○ lives on {how}").trim_end().to_owned());
    }
    match ran(seen) {
        None => phrases.push("cleanup not judged".to_owned()),
        Some(ran) if ran.is_empty() && !phrases.is_empty() => {}
        Some(ran) if ran.is_empty() && sheet.hooks.is_empty() => phrases.push("✘ none ran".to_owned()),
        Some(ran) if ran.is_empty() => phrases.push(format!("✘ none ran: not {}", codes(&sheet.hooks))),
        Some(ran) => {
            phrases.push(format!("✔ ran: {}", codes(&ran)));
            let not: Vec<String> = sheet.hooks.iter().filter(|hook| !ran.contains(hook)).cloned().collect();
            if !not.is_empty() {
                phrases.push(format!("✘ not: {}", codes(&not)));
            }
        }
    }
    if !seen.outcome.starts_with("survives") {
        phrases.push(escape(&seen.outcome));
    }
    if seen.left != "nothing" && seen.left != "not judged" {
        phrases.push(format!("stays behind: {}", escape(&seen.left)));
    }
    phrases.join("; ")
}

/// The hooks that ran, in their order, whatever process ran them.
fn ran(seen: &Seen) -> Option<Vec<String>> {
    read::cleanup(&seen.cleanup).map(|runs| runs.into_iter().map(|run| run.hook).collect())
}

/// The way of starting in which a termination is looked up: the one that has what it needs, such as a
/// terminal, else the ordinary one.
fn usual(os: Os, ended: &str) -> &'static str {
    let Some((_, ending)) = terminations::find(ended, os) else { return "direct" };
    let needs = ending.needs;
    if needs.terminal {
        "pty"
    } else if needs.windows.console_window {
        "new-console"
    } else if needs.windows.pseudo_console {
        "pseudo-console"
    } else if needs.windows.job {
        "job"
    } else {
        "direct"
    }
}

/// The order of terminations: that of the registry, and of the numbers of signals.
fn rank(ended: &str) -> (usize, i32, String) {
    let place = terminations::ALL.iter().position(|entry| (entry.parse)(ended).is_some());
    let name = ended.split(|c: char| !c.is_ascii_alphanumeric() && c != '+').next().unwrap_or_default();
    let number = Signal::parse(name).and_then(|signal| signal.number(Os::Linux)).unwrap_or_default();
    (place.unwrap_or(usize::MAX), number, ended.to_owned())
}

/// The order of launches: that of the registry.
fn launch_rank(started: &str) -> (usize, String) {
    let place = launches::ALL.iter().position(|launch| launch.name == started);
    (place.unwrap_or(usize::MAX), started.to_owned())
}

/// Every place of some sheets, by termination and then by launch, the usual launch first.
fn all_places<'a>(os: Os, sheets: impl IntoIterator<Item = &'a Sheet>) -> Vec<Place> {
    let places: BTreeSet<&Place> = sheets.into_iter().flat_map(Sheet::places).collect();
    let mut places: Vec<Place> = places.into_iter().cloned().collect();
    places.sort_by_key(|(started, ended)| (rank(ended), started != usual(os, ended), launch_rank(started)));
    places
}

/// What the registry says of a termination, in one sentence.
fn about_ending(os: Os, ended: &str) -> &'static str {
    terminations::find(ended, os).map_or("", |(entry, _)| entry.about)
}

/// What the registry says of a launch.
fn about_launch(started: &str) -> &'static str {
    launches::ALL.iter().find(|launch| launch.name == started).map_or("", |launch| launch.about)
}

/// The command that runs one cell.
fn command(sheet: &str, (started, ended): &Place) -> String {
    let id = format!("{sheet}/{started}/{ended}");
    let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c));
    let filter = if plain { id } else { format!("'\"{id}\"'") };
    code(&format!("lastrites run --filter {filter}"))
}
