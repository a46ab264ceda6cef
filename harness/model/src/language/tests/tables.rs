//! The tables of docs/scenarios.md, from the declarations and the registries.

use super::*;
use crate::language::decode::Key;
use crate::language::shape;
use crate::{launches, terminations};
use std::fmt::Write as _;

/// The text with each part between `<!-- table: NAME -->` and `<!-- end -->` made anew.
pub(super) fn fill(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- table: ") {
        let (name, after) = after.split_once(" -->\n").unwrap_or((after, ""));
        let (_, after) = after.split_once("<!-- end -->").unwrap_or(("", after));
        let _ = write!(filled, "{before}<!-- table: {name} -->\n\n{}\n<!-- end -->", table(name));
        rest = after;
    }
    filled + rest
}

fn table(name: &str) -> String {
    match name {
        "launches" => launches(),
        "terminations" => terminations(),
        "scenario" => keys(shape::File::keys()),
        "target" => keys(shape::Target::keys()),
        "limits" => keys(shape::Limits::keys()),
        "matrix" => keys(shape::Matrix::keys()),
        "selection" => keys(shape::Selection::keys()),
        "rule" => keys(shape::Rule::keys()),
        "claim" => keys(shape::Claim::keys()),
        "leftovers" => keys(shape::Left::keys()),
        "requests" => keys(shape::RequestSpec::keys()),
        "answers" => answers(),
        "control" => keys(shape::Control::keys()),
        other => panic!("docs/scenarios.md asks for an unknown table {other}"),
    }
}

fn keys(keys: Vec<Key>) -> String {
    let mut table = "| key | |\n|---|---|\n".to_owned();
    for key in keys {
        let required = if key.required { " Required." } else { "" };
        let _ = writeln!(table, "| `{}` | {}{required} |", key.name, cell(key.about));
    }
    table
}

fn answers() -> String {
    let mut table = "| written | what became of it |\n|---|---|\n".to_owned();
    for answer in crate::work::Answer::ALL {
        let _ = writeln!(table, "| `{}` | {} |", answer.word(), answer.about());
    }
    table
}

fn launches() -> String {
    let mut table = "| launch | what it is | on | source |\n|---|---|---|---|\n".to_owned();
    for launch in launches::ALL {
        let (about, source) = (cell(launch.about), cell(launch.source));
        let _ = writeln!(table, "| `{}` | {about} | {} | {source} |", launch.name, on(launch.platforms));
    }
    table
}

fn terminations() -> String {
    let mut table = "| termination | what it is | on | source |\n|---|---|---|---|\n".to_owned();
    for entry in terminations::ALL {
        let (about, source) = (cell(entry.about), cell(entry.source));
        let examples = match entry.examples {
            [one] if *one == entry.name => String::new(),
            examples => {
                let examples: Vec<String> = examples.iter().map(|example| format!("`{example}`")).collect();
                format!(" For example {}.", examples.join(", "))
            }
        };
        let _ =
            writeln!(table, "| `{}` | {about}{examples} | {} | {source} |", entry.name, on(entry.platforms));
    }
    table
}

fn on(platforms: &[Os]) -> String {
    if platforms.len() == Os::ALL.len() {
        return "all".to_owned();
    }
    if platforms == Os::UNIX {
        return "POSIX".to_owned();
    }
    platforms.iter().map(|os| os.name()).collect::<Vec<_>>().join(", ")
}

/// What a cell of a Markdown table can hold.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
