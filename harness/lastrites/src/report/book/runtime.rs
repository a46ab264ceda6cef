//! `PLATFORM/runtimes/NAME.md`: all of one runtime.

use super::{COLUMNS, Chapter, ran};
use crate::report::group::group;
use crate::report::sheet::write::{NOTE, verdict};
use crate::report::sheet::{Sheet, changes};
use crate::report::text::{Rows, code, codes, escape};
use crate::runtimes;
use lastrites_model::platform::Os;
use lastrites_model::words;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// The page. `source` reads a fixture: its path from the repository on, and its text.
pub(in crate::report) fn page(
    chapter: &Chapter<'_>,
    source: &dyn Fn(&str) -> Option<(String, String)>,
) -> String {
    let title = escape(chapter.runtime.title);
    let mut text = format!(
        "{NOTE}\n# {title}: which cleanup runs\n\n{} All runtimes: [overview](../overview.md).\n",
        recorded(chapter),
    );
    text.push_str(&table(chapter));
    text.push_str(&what_to_do(chapter, source));
    text.push_str(&changed(chapter));
    text.push_str(&claims(chapter));
    text.push_str("\n## Scenarios\n\n");
    for sheet in &chapter.sheets {
        let _ = writeln!(text, "- [{0}](../{0}.md): {1}", sheet.name, escape(&sheet.about));
    }
    if !chapter.programs.is_empty() {
        let links: Vec<String> =
            chapter.programs.iter().map(|sheet| format!("[{0}](../{0}.md)", sheet.name)).collect();
        let _ = writeln!(text, "\nPrograms that are written in it: {}.", links.join(", "));
    }
    text
}

/// On what it was recorded, each version named once: `Recorded on Linux, with python 3.11.7; some cells also
/// with make 4.3.` Which of them a cell was recorded with stands in its own snapshot.
fn recorded(chapter: &Chapter<'_>) -> String {
    let mut machines = BTreeSet::new();
    let (mut own, mut beside) = (BTreeSet::new(), BTreeSet::new());
    for part in chapter.sheets.iter().flat_map(|sheet| &sheet.parts) {
        machines.insert(part.with.machine_told());
        for (name, version) in &part.with.runtimes {
            let is_own = runtimes::ALL
                .iter()
                .any(|runtime| runtime.name == name && runtime.title == chapter.runtime.title);
            if is_own { &mut own } else { &mut beside }.insert(format!("{name} {version}"));
        }
    }
    let list = |all: BTreeSet<String>| escape(&all.into_iter().collect::<Vec<_>>().join(", "));
    let machines = escape(&machines.into_iter().collect::<Vec<_>>().join("; "));
    let own = if own.is_empty() { String::new() } else { format!(", with {}", list(own)) };
    let beside =
        if beside.is_empty() { String::new() } else { format!("; some cells also with {}", list(beside)) };
    format!("Recorded on {machines}{own}{beside}.")
}

/// Both variants, cell by cell.
fn table(chapter: &Chapter<'_>) -> String {
    let variants = chapter.variants();
    let mut text = "\n## Every way to end\n\n".to_owned();
    for (sheet, title) in variants.into_iter().zip(COLUMNS) {
        if let Some(sheet) = sheet {
            let _ = writeln!(text, "- {title}: [{0}](../{0}.md). {1}", sheet.name, escape(&sheet.about));
        }
    }
    if variants.iter().all(Option::is_none) {
        text.push_str("Not recorded.\n");
        return text;
    }
    let cells: Vec<(String, String, [String; 2])> =
        super::all_places(chapter.os, variants.into_iter().flatten())
            .into_iter()
            .map(|place| {
                let answers = variants.map(|sheet| super::answer(sheet, &place));
                (place.0, place.1, answers)
            })
            .collect();
    let mut rows = Rows::new(&["ended by", "started", COLUMNS[0], COLUMNS[1]]);
    for one in group(&cells) {
        let [bare, handler] = one.key;
        rows.line(&[codes(&one.ended_by), codes(&one.started), bare, handler]);
    }
    text.push('\n');
    text.push_str(&rows.text());
    text
}

/// The smallest program that cleans up wherever one can, and what was seen of it.
fn what_to_do(chapter: &Chapter<'_>, source: &dyn Fn(&str) -> Option<(String, String)>) -> String {
    let mut text = "\n## What to do\n\n".to_owned();
    let Some(sheet) = chapter.what_to_do else {
        text.push_str("No program for this runtime has been written and tested yet.\n");
        return text;
    };
    let _ = writeln!(text, "{} Tested by [{1}](../{1}.md).", escape(&sheet.about), sheet.name);
    if let Some((path, program)) = sheet.fixture().and_then(source) {
        let _ = write!(text, "\n[{path}](../../../{path}):\n\n{}", fenced(&path, &program));
    }
    let none = without_cleanup(chapter.os, sheet);
    if !none.is_empty() {
        let _ = writeln!(text, "\nNothing can be cleaned up under {}.", codes(&none));
    }
    let cells: Vec<(String, String, String)> = super::all_places(chapter.os, [sheet])
        .into_iter()
        .map(|place| {
            let answer = super::answer(Some(sheet), &place);
            (place.0, place.1, answer)
        })
        .collect();
    let mut rows = Rows::new(&["ended by", "started", "what ran, and how it ended"]);
    for one in group(&cells) {
        rows.line(&[codes(&one.ended_by), codes(&one.started), one.key]);
    }
    text.push('\n');
    text.push_str(&rows.text());
    text
}

/// The ends under which it ends without any cleanup, started in the usual way.
fn without_cleanup(os: Os, sheet: &Sheet) -> Vec<String> {
    super::all_places(os, [sheet])
        .into_iter()
        .filter(|(started, ended)| started == super::usual(os, ended))
        .filter(|place| {
            sheet.seen(place).is_some_and(|seen| {
                !seen.outcome.starts_with("survives") && ran(seen).is_some_and(|ran| ran.is_empty())
            })
        })
        .map(|(_, ended)| ended)
        .collect()
}

/// A program as a block of code, whose fence is longer than any in it.
fn fenced(path: &str, program: &str) -> String {
    let ending = Path::new(path).extension().map(|ending| ending.to_string_lossy().into_owned());
    let ending = ending.unwrap_or_default();
    let language = match ending.as_str() {
        "mjs" => "js",
        "cs" => "csharp",
        other => other,
    };
    let mut fence = "```".to_owned();
    while program.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}{language}\n{}\n{fence}\n", program.trim_end())
}

/// What changed between versions, scenario by scenario.
fn changed(chapter: &Chapter<'_>) -> String {
    let mut text = String::new();
    for sheet in &chapter.sheets {
        if let Some(table) = changes::table(sheet) {
            let _ = write!(text, "\n[{0}](../{0}.md): {1}\n\n{table}", sheet.name, escape(&sheet.about));
        }
    }
    if text.is_empty() { text } else { format!("\n## What changed between versions\n{text}") }
}

fn claims(chapter: &Chapter<'_>) -> String {
    let mut all: Vec<_> =
        chapter.sheets.iter().flat_map(|sheet| sheet.claims.iter().map(move |told| (sheet, told))).collect();
    if all.is_empty() {
        return String::new();
    }
    all.sort_by(|(_, a), (_, b)| words::natural(&a.id, &b.id));
    let mut rows = Rows::new(&["claim", "sentence", "verdict", "scenario", "depends on", "source"]);
    for (sheet, told) in all {
        rows.line(&[
            code(&told.id),
            escape(&told.says),
            verdict(&told.verdict()),
            format!("[{0}](../{0}.md)", sheet.name),
            escape(&told.condition),
            escape(&told.source),
        ]);
    }
    format!("\n## What is documented\n\n{}", rows.text())
}
