//! `PLATFORM/overview.md`: every runtime by every way to end, first at a glance, then hook by hook. And the
//! excerpt of it for the README.
//!
//! One table of all hooks by all ends was tried: it is 25 columns wide, which no telephone shows and no screen
//! reader tells in an order that can be followed. So the wide table has one word in each cell, and the long
//! cells stand in tables of three columns, one for each end.

use super::{COLUMNS, Chapter, NOT_RECORDED, NOT_TESTED, ran};
use crate::report::sheet::write::NOTE;
use crate::report::sheet::{Place, Sheet};
use crate::report::text::{Rows, code};
use lastrites_model::platform::Os;
use lastrites_model::words::count;
use std::fmt::Write as _;

/// The ends of the table at a glance, where there are signals.
const GLANCE: [&str; 10] = [
    "return",
    "exit",
    "uncaught",
    "SIGHUP",
    "SIGINT",
    "SIGTERM",
    "SIGKILL",
    "ctrl-c",
    "hangup",
    "stdout-gone",
];

/// And on Windows.
const GLANCE_WINDOWS: [&str; 10] = [
    "return",
    "exit",
    "uncaught",
    "ctrl-c",
    "ctrl-break",
    "close-console-window",
    "emulated-ctrl-close",
    "taskkill",
    "terminate",
    "parent-death",
];

/// The runtimes and ends of the README's excerpt.
const EXCERPT: [&str; 8] = ["c", "rust", "go", "java", "dotnet", "python", "node", "bash"];
const EXCERPT_ENDS: [&str; 6] = ["return", "uncaught", "ctrl-c", "SIGTERM", "hangup", "SIGKILL"];

/// What the words at a glance mean.
const LEGEND: &str = "✔ all: every hook ran that runs when the program returns by itself. ◐ some: other hooks \
    ran, or not all of those. ✘ none: no cleanup ran. ○ lives on: the program did not end.";

/// The page.
pub(in crate::report) fn page(platform: &str, chapters: &[Chapter<'_>]) -> String {
    let os = Os::of_folder(platform).unwrap_or(Os::Linux);
    let machine = chapters
        .iter()
        .flat_map(|chapter| chapter.sheets.iter().flat_map(|sheet| &sheet.parts))
        .map(|part| part.with.machine_told())
        .min()
        .unwrap_or_default();
    let mut text = format!(
        "{NOTE}\n# Every runtime, every way to end: {platform}\n\n\
         Which cleanup runs when a program ends, in {}. Recorded on {machine}; the versions stand beside the \
         names. Each name leads to a page with all of its cells and with what to do. Where this differs from \
         what is documented: [documentation against observation](documentation.md).\n\n{LEGEND} – not tested: no \
         scenario asks, or its runtime was not there.\n",
        count(chapters.len(), "runtime"),
    );
    for (index, title) in COLUMNS.iter().enumerate() {
        let _ = writeln!(text, "\n## At a glance, {title}\n");
        text.push_str(&glance(chapters, index, if os.is_unix() { &GLANCE } else { &GLANCE_WINDOWS }));
    }
    text.push_str(&one_by_one(os, chapters));
    text.push_str(&launches(os, chapters));
    text
}

/// The table for the README, whose links begin at the folder of the platform.
pub(in crate::report) fn excerpt(platform: &str, chapters: &[Chapter<'_>]) -> String {
    let some: Vec<Chapter<'_>> =
        chapters.iter().filter(|chapter| EXCERPT.contains(&chapter.runtime.name)).cloned().collect();
    let table =
        glance(&some, 0, &EXCERPT_ENDS).replace("](runtimes/", &format!("](reports/{platform}/runtimes/"));
    format!("{table}\n{LEGEND}\n")
}

fn glance(chapters: &[Chapter<'_>], variant: usize, ends: &[&str]) -> String {
    let heads: Vec<String> =
        std::iter::once("runtime".to_owned()).chain(ends.iter().map(|end| code(end))).collect();
    let mut rows = Rows::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for chapter in chapters {
        let cells = ends.iter().map(|end| word(chapter.os, chapter.variants()[variant], end).to_owned());
        rows.line(&std::iter::once(chapter.link()).chain(cells).collect::<Vec<_>>());
    }
    rows.text()
}

fn word(os: Os, sheet: Option<&Sheet>, ended: &str) -> &'static str {
    let place = |ended: &str| (super::usual(os, ended).to_owned(), ended.to_owned());
    let Some(seen) = sheet.and_then(|sheet| sheet.seen(&place(ended))) else { return NOT_TESTED };
    if seen.outcome.starts_with("survives") {
        return "○ lives on";
    }
    let Some(ran_here) = ran(seen) else { return "not judged" };
    let ordinary = sheet.and_then(|sheet| sheet.seen(&place("return"))).and_then(ran).unwrap_or_default();
    if ran_here.is_empty() {
        "✘ none"
    } else if !ordinary.is_empty() && ordinary.iter().all(|hook| ran_here.contains(hook)) {
        "✔ all"
    } else {
        "◐ some"
    }
}

/// One table for each end, with the launch that it is looked up in.
fn one_by_one(os: Os, chapters: &[Chapter<'_>]) -> String {
    let usual: Vec<Place> = places(os, chapters)
        .into_iter()
        .filter(|(started, ended)| started == super::usual(os, ended))
        .collect();
    let links: Vec<String> = usual.iter().map(|(_, ended)| jump(ended)).collect();
    let mut text = format!("\n## One end after the other\n\nTo {}.\n", links.join(", "));
    for place in &usual {
        let (started, ended) = place;
        let how = match started.as_str() {
            "direct" => String::new(),
            "pty" => " In a terminal.".to_owned(),
            started => format!(" Started by {}.", code(started)),
        };
        let _ = writeln!(text, "\n### {}\n\n{}{how}\n", code(ended), super::about_ending(os, ended));
        let mut rows = Rows::new(&["runtime", COLUMNS[0], COLUMNS[1]]);
        for chapter in chapters {
            let answers = chapter.variants().map(|sheet| super::answer(sheet, place));
            if answers.iter().all(|answer| answer == NOT_TESTED) {
                continue;
            }
            let [bare, handler] = answers;
            rows.line(&[chapter.link(), bare, handler]);
        }
        text.push_str(&rows.text());
    }
    text
}

/// A link to the heading of an end on the same page.
fn jump(ended: &str) -> String {
    let anchor: String = ended
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() })
        .collect();
    format!("[{}](#{anchor})", code(ended))
}

/// One table for each other launch, with the cells whose answer it changes.
fn launches(os: Os, chapters: &[Chapter<'_>]) -> String {
    let else_where = if os.is_unix() {
        "in a terminal for what needs one"
    } else {
        "has the console or job that its end needs"
    };
    let mut text = format!(
        "\n## Where the way of starting changes the answer\n\n\
         Only what differs from the tables above, where a program is an ordinary child, or {else_where}.\n"
    );
    let places: Vec<Place> = places(os, chapters)
        .into_iter()
        .filter(|(started, ended)| started != super::usual(os, ended))
        .collect();
    let mut started: Vec<&String> = places.iter().map(|(started, _)| started).collect();
    started.sort_by_key(|started| super::launch_rank(started));
    started.dedup();
    for started in started {
        let mut rows = Rows::new(&["runtime", "ended by", COLUMNS[0], COLUMNS[1]]);
        let mut same = 0;
        let mut different = 0;
        for chapter in chapters {
            for place in places.iter().filter(|(launch, _)| launch == started) {
                let usual = (super::usual(os, &place.1).to_owned(), place.1.clone());
                let mut changed = false;
                let answers = chapter.variants().map(|sheet| {
                    let answer = super::answer(sheet, place);
                    if answer == NOT_TESTED || answer == NOT_RECORDED {
                        return answer;
                    }
                    let as_usual = answer == super::answer(sheet, &usual);
                    changed |= !as_usual;
                    if as_usual {
                        same += 1;
                        "= as without".to_owned()
                    } else {
                        different += 1;
                        answer
                    }
                });
                if changed {
                    let [bare, handler] = answers;
                    rows.line(&[chapter.link(), code(&place.1), bare, handler]);
                }
            }
        }
        let _ = writeln!(text, "\n### {}\n\n{}\n", code(started), super::about_launch(started));
        if different == 0 {
            let _ = writeln!(text, "It changes none of {}.", count(same, "cell"));
            continue;
        }
        text.push_str(&rows.text());
        if same > 0 {
            let _ = writeln!(text, "\nAs without it: {}.", count(same, "other cell"));
        }
    }
    text
}

fn places(os: Os, chapters: &[Chapter<'_>]) -> Vec<Place> {
    super::all_places(os, chapters.iter().flat_map(|chapter| chapter.variants().into_iter().flatten()))
}
