//! Where the version is an axis: in which of them an answer changed.

use super::{Place, Sheet};
use crate::report::group::{Seen, group};
use crate::report::text::{Rows, codes, escape};
use lastrites_model::words;
use std::fmt::Write as _;

/// The answers that are not the same in all versions; `None` where versions are no axis, or only one was
/// recorded.
pub(in crate::report) fn table(sheet: &Sheet) -> Option<String> {
    let versions = versions(sheet);
    if versions.len() < 2 {
        return None;
    }
    let mut places: Vec<Place> = Vec::new();
    for (place, _) in sheet.parts.iter().flat_map(|part| &part.cells) {
        let Some((started, _)) = place.0.split_once('@') else { continue };
        let place = (started.to_owned(), place.1.clone());
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let mut cells = Vec::new();
    for (started, ended) in places {
        let answers: Vec<String> = versions
            .iter()
            .map(|(version, _)| {
                let place = (format!("{started}@{version}"), ended.clone());
                sheet.seen(&place).map_or_else(|| "– not recorded".to_owned(), answer)
            })
            .collect();
        if answers.iter().any(|answer| answer != &answers[0]) {
            cells.push((started, ended, answers));
        }
    }
    if cells.is_empty() {
        return Some("No answer differs between them.\n".to_owned());
    }
    let heads: Vec<String> = ["ended by".to_owned(), "started".to_owned()]
        .into_iter()
        .chain(versions.iter().map(|(version, number)| format!("{version} {number}")))
        .map(|head| escape(head.trim()))
        .collect();
    let mut rows = Rows::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for one in group(&cells) {
        let ends = [codes(&one.ended_by), codes(&one.started)];
        rows.line(&ends.into_iter().chain(one.key).collect::<Vec<_>>());
    }
    Some(rows.text())
}

/// The versions by name, with their numbers, the oldest first.
fn versions(sheet: &Sheet) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for part in &sheet.parts {
        for ((started, _), _) in &part.cells {
            let Some((_, version)) = started.split_once('@') else { continue };
            if !all.iter().any(|(known, _)| known == version) {
                let number = part.with.runtimes.get(version).cloned().unwrap_or_default();
                all.push((version.to_owned(), number));
            }
        }
    }
    all.sort_by(|a, b| words::natural(&a.1, &b.1).then_with(|| words::natural(&a.0, &b.0)));
    all
}

fn answer(seen: &Seen) -> String {
    let mut answer = format!("{}; {}", escape(&seen.cleanup), escape(&seen.outcome));
    if seen.left != "nothing" && seen.left != "not judged" {
        let _ = write!(answer, "; stays behind: {}", escape(&seen.left));
    }
    answer
}
