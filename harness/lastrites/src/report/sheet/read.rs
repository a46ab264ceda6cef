//! A sheet from Markdown, and an observation from its words.

use super::write::{CHANGES, CLAIMS, HOOKS, MISSING, RECORDED, TAGS, UNEXPECTED};
use super::{Part, Place, Sheet, Told, Versions};
use crate::report::group::Seen;
use crate::report::text::{cells, names, plain};
use lastrites_model::observation::{Disposition, Ended, HookRun, Left, Observation};
use lastrites_model::scenario::Cell;
use lastrites_model::signals::Signal;
use lastrites_model::work::{Answer, Worked};
use std::fmt;

/// Why a snapshot cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct ReadError {
    /// The line, from 1.
    pub(in crate::report) line: usize,
    /// What is wrong there.
    pub(in crate::report) what: &'static str,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    Nothing,
    Title,
    About,
    Recorded,
    Missing,
    Unexpected,
    Claims,
    /// What follows from the rest.
    Derived,
}

impl Sheet {
    /// Reads what [`Sheet::file`] wrote.
    pub(in crate::report) fn read(text: &str) -> Result<Sheet, ReadError> {
        let mut sheet = Sheet::default();
        let mut at = At::Nothing;
        let mut in_table = 0;
        for (line, text) in (1..).zip(text.lines()) {
            let wrong = |what| ReadError { line, what };
            let text = text.trim_end();
            if text.is_empty() || text.starts_with("<!--") {
                in_table = 0;
            } else if let Some(versions) = text.strip_prefix(RECORDED) {
                sheet.parts.push(Part { with: Versions::read(versions), cells: Vec::new() });
                at = At::Recorded;
            } else if text.starts_with('#') {
                at = match (at, text) {
                    (_, MISSING) => At::Missing,
                    (_, UNEXPECTED) => At::Unexpected,
                    (_, CLAIMS) => At::Claims,
                    (_, CHANGES) => At::Derived,
                    (At::Nothing, title) => {
                        let name = title.strip_prefix("# ").ok_or(wrong("the title is missing"))?;
                        name.clone_into(&mut sheet.name);
                        At::Title
                    }
                    _ => return Err(wrong("this heading is not known")),
                };
            } else if at == At::Derived {
            } else if at == At::Title {
                sheet.about = plain(text);
                at = At::About;
            } else if at == At::About {
                if let Some(hooks) = text.strip_prefix(HOOKS) {
                    sheet.hooks = names(hooks);
                } else if let Some(tags) = text.strip_prefix(TAGS) {
                    sheet.tags = names(tags);
                } else {
                    text.clone_into(&mut sheet.origin);
                }
            } else {
                in_table += 1;
                // The headings and the line below them.
                if in_table > 2 {
                    let cells = cells(text).ok_or(wrong("this is no line of a table"))?;
                    sheet.line(at, &cells).map_err(wrong)?;
                }
            }
        }
        if sheet.name.is_empty() {
            return Err(ReadError { line: 1, what: "the title is missing" });
        }
        Ok(sheet)
    }

    fn line(&mut self, at: At, cells: &[&str]) -> Result<(), &'static str> {
        match (at, cells) {
            (At::Recorded, [ended, started, cleanup, outcome, left]) => {
                self.recorded(ended, started, [cleanup, outcome, "", left])?;
            }
            (At::Recorded, [ended, started, cleanup, outcome, work, left]) => {
                self.recorded(ended, started, [cleanup, outcome, work, left])?;
            }
            (At::Missing, [ended, started, why]) => {
                self.missing.extend(places(ended, started).into_iter().map(|place| (place, plain(why))));
            }
            (At::Unexpected, [ended, started, why]) => {
                self.unexpected.extend(places(ended, started).into_iter().map(|place| (place, plain(why))));
            }
            (At::Claims, [id, says, verdict, agreeing, against, skipped, condition, source]) => {
                self.claims.push(Told {
                    id: names(id).into_iter().next().ok_or("a claim without its id")?,
                    says: plain(says),
                    untested: verdict.strip_prefix("untested: ").map(plain),
                    agreeing: groups(agreeing),
                    against: groups(against),
                    skipped: skipped.parse().map_err(|_| "a number of cells was expected")?,
                    condition: plain(condition),
                    source: plain(source),
                });
            }
            _ => return Err("this table has another number of columns"),
        }
        Ok(())
    }

    /// Takes in what was seen of some cells: cleanup, outcome, requests, leftovers.
    fn recorded(&mut self, ended: &str, started: &str, seen: [&str; 4]) -> Result<(), &'static str> {
        let [cleanup, outcome, work, left] = seen.map(plain);
        let seen = Seen { cleanup, outcome, work, left };
        let part = self.parts.last_mut().ok_or("a table before its heading")?;
        part.cells.extend(places(ended, started).into_iter().map(|place| (place, seen.clone())));
        Ok(())
    }
}

impl Versions {
    fn read(text: &str) -> Versions {
        let mut all = text.split(", ");
        let mut versions =
            Versions { family: all.next().unwrap_or_default().to_owned(), ..Versions::default() };
        for one in all {
            match one.rsplit_once(' ') {
                Some(("/bin/sh", sh)) => versions.sh = Some(sh.to_owned()),
                Some((name, version)) => drop(versions.runtimes.insert(name.to_owned(), version.to_owned())),
                None => {}
            }
        }
        versions
    }
}

/// Every combination, in the order of the plan as far as a table has it: by termination.
fn places(ended: &str, started: &str) -> Vec<Place> {
    let started = names(started);
    let of = |ended: String| started.clone().into_iter().map(move |started| (started, ended.clone()));
    names(ended).into_iter().flat_map(of).collect()
}

fn groups(text: &str) -> Vec<Place> {
    let Some((_, groups)) = text.split_once(": ") else { return Vec::new() };
    groups
        .split("; ")
        .filter_map(|one| one.split_once(" started "))
        .flat_map(|(ended, started)| places(ended, started))
        .collect()
}

/// The observation that was told in these words, as far as claims look at it; `None` where the words
/// do not say it, because the scenario admits several.
pub(super) fn observation(cell: &Cell, seen: &Seen) -> Option<Observation> {
    let (outcome, disposition) = ended(&seen.outcome, cell.ending.signal)?;
    Some(Observation {
        outcome: Some(outcome),
        disposition,
        cleanup: cleanup(&seen.cleanup)?,
        leftovers: left(&seen.left)?,
        work: work(&seen.work)?,
        ..Observation::default()
    })
}

fn ended(text: &str, sent: Option<Signal>) -> Option<(Ended, Option<Disposition>)> {
    let signal = |signal| Ended::Signaled { signal, core: false };
    if text == "dies of it" {
        return Some((signal(sent?), None));
    }
    match text.split_once(' ').unwrap_or((text, "")) {
        ("exit", code) => {
            let number = code.split(' ').next()?;
            let code = match number.strip_prefix("0x") {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            Some((Ended::Exited { code }, None))
        }
        ("signal", name) => Some((signal(Signal::parse(name)?), None)),
        ("survives", what) => {
            let disposition = match what {
                "(default)" => Some(Disposition::Default),
                "(ignored)" => Some(Disposition::Ignored),
                "(caught)" => Some(Disposition::Caught),
                "(blocked)" => Some(Disposition::Blocked),
                _ => None,
            };
            Some((Ended::Survived, disposition))
        }
        _ => None,
    }
}

/// The hooks of a cell's words, in their order; `None` where the words do not say it.
pub(in crate::report) fn cleanup(text: &str) -> Option<Vec<HookRun>> {
    match text {
        "none" => return Some(Vec::new()),
        super::NOT_JUDGED => return None,
        _ => {}
    }
    let mut runs = Vec::new();
    for one in text.split("; ") {
        let (role, hooks) = one.split_once(": ").unwrap_or(("main", one));
        let hooks = hooks.split(", ");
        runs.extend(hooks.map(|hook| HookRun { role: role.to_owned(), hook: hook.to_owned() }));
    }
    Some(runs)
}

/// `slow answered, idle closed`; a list of what is acceptable is no observation.
fn work(text: &str) -> Option<Vec<Worked>> {
    let mut all = Vec::new();
    for one in text.split(", ").filter(|one| !one.is_empty()) {
        let (request, answer) = one.split_once(' ')?;
        let answer = Answer::parse(answer)?;
        all.push(Worked { request: request.to_owned(), answer, ms: None, refused_ms: None });
    }
    Some(all)
}

fn left(text: &str) -> Option<Left> {
    let mut left = Left::default();
    match text {
        "nothing" => return Some(left),
        super::NOT_JUDGED => return None,
        _ => {}
    }
    for item in text.split(", ") {
        let (kind, name) = item.split_once(' ').unwrap_or(("", item));
        let list = match kind {
            "process" => &mut left.processes,
            "zombie" => &mut left.zombies,
            "file" => &mut left.files,
            "port" => &mut left.ports,
            // A comma within a command line: the claim only asks whether something stayed behind.
            _ => continue,
        };
        list.push(name.to_owned());
    }
    Some(left)
}
