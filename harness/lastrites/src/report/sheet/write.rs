//! A sheet as Markdown.

use super::{Part, Place, Sheet, Told, Versions, changes};
use crate::report::group::group;
use crate::report::text::{Rows, code, codes, escape};
use lastrites_model::claims::ClaimVerdict;
use lastrites_model::scenario::{Program, Scenario};
use lastrites_model::words::count;
use std::fmt::Write as _;

/// The first line of every file that is written here.
pub(in crate::report) const NOTE: &str =
    "<!-- Observed by lastrites, and compared by each run; written by `lastrites run --accept`. -->\n";

/// The lines of the head, and the headings of the sections, by which they are read back.
pub(super) const HOOKS: &str = "Hooks: ";
pub(super) const TAGS: &str = "Tags: ";
pub(super) const RECORDED: &str = "## Recorded on ";
pub(super) const MISSING: &str = "## Not recorded";
pub(super) const UNEXPECTED: &str = "## Not as expected";
pub(super) const CHANGES: &str = "## What changed between versions";
pub(super) const CLAIMS: &str = "## Claims";

impl Sheet {
    /// The whole file.
    pub(in crate::report) fn file(&self) -> String {
        let mut text = format!("{NOTE}\n# {}\n\n{}\n\n{}\n", self.name, escape(&self.about), self.origin);
        for (title, names) in [(HOOKS, &self.hooks), (TAGS, &self.tags)] {
            if !names.is_empty() {
                let _ = writeln!(text, "{title}{}.", codes(names));
            }
        }
        text + &self.tables("")
    }

    /// The text within a longer page, whose links would not be those of a file of its own.
    pub(in crate::report) fn within(&self) -> String {
        let about =
            if self.about.is_empty() { String::new() } else { format!("\n{}\n", escape(&self.about)) };
        format!("## {}\n{about}{}", self.name, self.tables("#"))
    }

    fn tables(&self, deeper: &str) -> String {
        let mut blocks = Vec::new();
        for part in &self.parts {
            blocks.push(format!("\n{deeper}{RECORDED}{}\n\n{}", part.with.told(), recorded(part)));
        }
        if let Some(changes) = changes::table(self) {
            blocks.push(format!("\n{deeper}{CHANGES}\n\n{changes}"));
        }
        for (title, list) in [(UNEXPECTED, &self.unexpected), (MISSING, &self.missing)] {
            if !list.is_empty() {
                blocks.push(format!("\n{deeper}{title}\n\n{}", reasons(list)));
            }
        }
        if !self.claims.is_empty() {
            blocks.push(format!("\n{deeper}{CLAIMS}\n\n{}", claims(&self.claims)));
        }
        blocks.concat()
    }
}

impl Versions {
    /// `Linux, /bin/sh dash, python 3.11`.
    pub(in crate::report) fn told(&self) -> String {
        let mut all = vec![self.machine_told()];
        all.extend(self.runtimes.iter().map(|(name, version)| format!("{name} {version}")));
        all.join(", ")
    }

    /// `Linux, /bin/sh dash`.
    pub(in crate::report) fn machine_told(&self) -> String {
        let sh = self.sh.as_ref().map(|sh| format!(", /bin/sh {sh}")).unwrap_or_default();
        format!("{}{sh}", self.family)
    }
}

/// What is run, and where the scenario is. The path is told from `scenarios` on, so that it is the
/// same wherever the repository lies.
pub(super) fn origin(scenario: &Scenario) -> String {
    let (kind, target) = match &scenario.target.program {
        Program::Fixture(fixture) => ("Fixture", fixture),
        Program::Path(program) => ("Program", program),
    };
    let parts: Vec<String> =
        scenario.file.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let start = parts.iter().rposition(|part| part == "scenarios");
    let place = match start {
        Some(start) => {
            let path = parts[start..].join("/");
            format!("[{path}](../../{path})")
        }
        None => code(parts.last().map_or("", String::as_str)),
    };
    let control = match &scenario.control {
        Some(control) => {
            format!(" A negative control: each cell must be caught as {}.", code(&control.verdict))
        }
        None => String::new(),
    };
    format!("{kind} {}, scenario {place}.{control}", code(target))
}

fn recorded(part: &Part) -> String {
    let work = part.cells.iter().any(|(_, seen)| !seen.work.is_empty());
    let mut heads = vec!["ended by", "started", "cleanup that ran", "outcome"];
    heads.extend(work.then_some("requests"));
    heads.push("left behind");
    let mut rows = Rows::new(&heads);
    for one in group(&keyed(part.cells.iter())) {
        let seen = &one.key;
        let mut line =
            vec![codes(&one.ended_by), codes(&one.started), escape(&seen.cleanup), escape(&seen.outcome)];
        line.extend(work.then(|| escape(&seen.work)));
        line.push(escape(&seen.left));
        rows.line(&line);
    }
    rows.text()
}

fn reasons(list: &[(Place, String)]) -> String {
    let mut rows = Rows::new(&["ended by", "started", "why"]);
    for one in group(&keyed(list.iter())) {
        rows.line(&[codes(&one.ended_by), codes(&one.started), escape(&one.key)]);
    }
    rows.text()
}

fn claims(all: &[Told]) -> String {
    let mut rows = Rows::new(&[
        "claim",
        "sentence",
        "verdict",
        "cells for",
        "cells against",
        "not run",
        "depends on",
        "source",
    ]);
    for claim in all {
        rows.line(&[
            code(&claim.id),
            escape(&claim.says),
            verdict(&claim.verdict()),
            cells(&claim.agreeing),
            cells(&claim.against),
            claim.skipped.to_string(),
            escape(&claim.condition),
            escape(&claim.source),
        ]);
    }
    rows.text()
}

/// `confirmed`, `untested: no database is installed`.
pub(in crate::report) fn verdict(verdict: &ClaimVerdict) -> String {
    match verdict {
        ClaimVerdict::Untested(why) => format!("untested: {}", escape(why)),
        other => other.word().to_owned(),
    }
}

/// The cells of a claim: their number, then for each group what ended them and how they were started.
fn cells(places: &[Place]) -> String {
    let keyed: Vec<_> = places.iter().map(|(started, ended)| (started.clone(), ended.clone(), ())).collect();
    let groups: Vec<String> = group(&keyed)
        .iter()
        .map(|one| format!("{} started {}", codes(&one.ended_by), codes(&one.started)))
        .collect();
    if groups.is_empty() {
        "none".to_owned()
    } else {
        format!("{}: {}", count(places.len(), "cell"), groups.join("; "))
    }
}

fn keyed<'a, K: Clone + 'a>(cells: impl Iterator<Item = &'a (Place, K)>) -> Vec<(String, String, K)> {
    cells.map(|((started, ended), key)| (started.clone(), ended.clone(), key.clone())).collect()
}
