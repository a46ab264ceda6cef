//! The whole report as one Markdown page, for a job's summary or a pull request.

use super::group;
use super::sheet::{Mode, Sheet};
use super::text::{Rows, code, escape};
use super::{Format, Options, Report};
use lastrites_model::claims;
use lastrites_model::words::count;
use std::io::{self, Write};

/// `--format markdown`
#[derive(Debug)]
pub(super) struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn about(&self) -> &'static str {
        "one page of Markdown: each scenario's table, the claims, the summary last"
    }

    fn render(&self, reports: &[Report], _: &Options, out: &mut dyn Write) -> io::Result<()> {
        for (number, report) in reports.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            page(report, out)?;
        }
        Ok(())
    }
}

fn page(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n\n{}", report.header.platform.folder(), facts(report))?;
    for section in group::sections(report) {
        let sheet = match section.scenario {
            Some(scenario) => Sheet::after(&section, scenario, &report.header, None, Mode::Accept).0,
            None => Sheet::of_rows(&section, &report.header),
        };
        write!(out, "\n{}", sheet.within())?;
    }
    if !report.ledger.is_empty() {
        writeln!(out, "\n## All claims\n")?;
        let mut rows = Rows::new(&["claim", "sentence", "verdict", "cells for", "cells against"]);
        for entry in &report.ledger {
            rows.line(&[
                code(&entry.id),
                escape(&entry.says),
                super::sheet::write::verdict(&entry.verdict),
                (entry.deciding.len() - entry.against.len()).to_string(),
                entry.against.len().to_string(),
            ]);
        }
        write!(out, "{}", rows.text())?;
    }
    writeln!(out, "\n## Summary\n")?;
    if !report.ledger.is_empty() {
        let numbers: Vec<String> = claims::tally(&report.ledger)
            .into_iter()
            .map(|(word, number)| format!("{number} {word}"))
            .collect();
        writeln!(out, "- {}: {}", count(report.ledger.len(), "claim"), numbers.join(", "))?;
    }
    writeln!(out, "- {}: {}", count(report.rows.len(), "cell"), group::tally(report.rows.iter()))
}

/// The machine, as the header has it.
fn facts(report: &Report) -> String {
    let header = &report.header;
    let mut facts =
        vec![escape(&header.tool), escape(&format!("{} {}", header.platform.arch, header.platform.kernel))];
    facts.extend(header.platform.wine.as_ref().map(|wine| format!("Wine {}", escape(wine))));
    facts.extend(header.sh.as_ref().map(|sh| format!("/bin/sh is {}", escape(sh))));
    facts.extend(header.runtimes.iter().map(|(name, version)| escape(&format!("{name} {version}"))));
    if let Some(shard) = header.shard {
        facts.push(format!("shard {} of {}", shard.index, shard.of));
    }
    facts.join(", ")
}
