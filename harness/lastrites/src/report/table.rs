//! The table for a terminal. What matters most comes last, where the eye is.

use super::group::{self, Section, Seen, group};
use super::layout::{Columns, wrap};
use super::{Format, Options, Report};
use anstyle::{AnsiColor, Style};
use lastrites_model::claims::{self, ClaimVerdict, Entry};
use lastrites_model::observation::Verdict;
use lastrites_model::record::Row;
use lastrites_model::words::count;
use std::io::{self, Write};

/// `--format table`
#[derive(Debug)]
pub(super) struct Table;

/// The width where there is no terminal to ask.
const WIDTH: usize = 100;
/// More scenarios than this get a line each, and a table only where something is to be seen.
const MANY: usize = 10;

impl Format for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn about(&self) -> &'static str {
        "tables for the terminal, the summary last"
    }

    fn render(&self, reports: &[Report], options: &Options, out: &mut dyn Write) -> io::Result<()> {
        for report in reports {
            let mut page = Page { out, color: options.color, width: options.width.unwrap_or(WIDTH).max(40) };
            let sections = group::sections(report);
            let brief = !options.all && sections.len() > MANY;
            if brief {
                page.overview(&sections)?;
            }
            for section in &sections {
                if !brief || !section.is_quiet() {
                    page.section(section)?;
                }
            }
            page.skipped(report)?;
            page.claims(report, options.all)?;
            page.summary(report)?;
        }
        Ok(())
    }
}

struct Page<'a> {
    out: &'a mut dyn Write,
    color: bool,
    width: usize,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

fn style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::Fail | Verdict::Error => AnsiColor::Red,
        Verdict::Flaky => AnsiColor::Magenta,
        Verdict::Skip => AnsiColor::Yellow,
    };
    Style::new().fg_color(Some(color.into()))
}

impl Page<'_> {
    fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// One line for each scenario, where there are too many for a table each.
    fn overview(&mut self, sections: &[Section]) -> io::Result<()> {
        let mut columns = Columns::new(&["scenario", "cells", "result"]);
        for section in sections {
            columns.line(vec![section.name.to_owned(), section.rows.len().to_string(), section.tally()]);
        }
        let (head, lines) = columns.lay(self.width);
        writeln!(self.out, "{}", self.paint(DIM, &head))?;
        for (section, line) in sections.iter().zip(lines) {
            for text in line {
                let worst =
                    section.rows.iter().map(|row| row.verdict).max_by_key(|verdict| severity(*verdict));
                let quiet = worst.is_none_or(|verdict| verdict == Verdict::Pass);
                let text =
                    if quiet { text } else { self.paint(style(worst.unwrap_or(Verdict::Pass)), &text) };
                writeln!(self.out, "{text}")?;
            }
        }
        writeln!(self.out)
    }

    fn section(&mut self, section: &Section) -> io::Result<()> {
        writeln!(self.out, "{}", self.paint(BOLD, section.name))?;
        if let Some(scenario) = section.scenario {
            for line in wrap(&scenario.about, self.width) {
                writeln!(self.out, "{line}")?;
            }
        }
        let shown: Vec<&&Row> = section.rows.iter().filter(|row| row.verdict != Verdict::Skip).collect();
        let cells: Vec<(String, String, (Seen, Verdict))> = shown
            .iter()
            .map(|row| {
                let seen = group::seen(section.cell(row), row);
                (group::started(row), row.terminate.clone(), (seen, row.verdict))
            })
            .collect();
        let groups = group(&cells);
        if !groups.is_empty() {
            // Most scenarios have no requests, and would have an empty column.
            let requests = groups.iter().any(|one| !one.key.0.work.is_empty());
            let mut heads = vec!["", "ended by", "started", "cleanup that ran", "outcome"];
            heads.extend(requests.then_some("requests"));
            heads.push("left behind");
            let mut columns = Columns::new(&heads);
            for one in &groups {
                let (seen, verdict) = &one.key;
                let word = if *verdict == Verdict::Pass { "" } else { verdict.word() };
                let mut line = vec![
                    word.to_owned(),
                    one.ended_by.join(", "),
                    one.started.join(", "),
                    seen.cleanup.clone(),
                    seen.outcome.clone(),
                ];
                line.extend(requests.then(|| seen.work.clone()));
                line.push(seen.left.clone());
                columns.line(line);
            }
            let (head, lines) = columns.lay(self.width);
            writeln!(self.out, "{}", self.paint(DIM, &head))?;
            for (one, line) in groups.iter().zip(lines) {
                for text in line {
                    let verdict = one.key.1;
                    let text =
                        if verdict == Verdict::Pass { text } else { self.paint(style(verdict), &text) };
                    writeln!(self.out, "{text}")?;
                }
            }
        }
        for row in shown {
            if row.verdict != Verdict::Pass {
                self.unexpected(row)?;
            }
        }
        writeln!(self.out)
    }

    /// A cell that did not pass, with the reason and what the target said.
    fn unexpected(&mut self, row: &Row) -> io::Result<()> {
        for (number, line) in wrap(&row.cell, self.width - 6).into_iter().enumerate() {
            let verdict = format!("{:<5}", if number == 0 { row.verdict.word() } else { "" });
            writeln!(self.out, "{} {line}", self.paint(style(row.verdict), &verdict))?;
        }
        self.indented(&row.why)?;
        for line in &row.after {
            self.indented(&format!("afterwards: {line}"))?;
        }
        for line in &row.stderr {
            self.indented(&format!("stderr: {line}"))?;
        }
        Ok(())
    }

    fn indented(&mut self, text: &str) -> io::Result<()> {
        for line in wrap(text, self.width - 6) {
            writeln!(self.out, "      {line}")?;
        }
        Ok(())
    }

    /// What was skipped, by reason: a reader acts on the reason and not on the cell.
    fn skipped(&mut self, report: &Report) -> io::Result<()> {
        let mut reasons: Vec<(&str, usize, Vec<&str>)> = Vec::new();
        for row in report.rows.iter().filter(|row| row.verdict == Verdict::Skip) {
            match reasons.iter_mut().find(|(why, ..)| *why == row.why) {
                Some((_, number, names)) => {
                    *number += 1;
                    if !names.contains(&row.scenario.as_str()) {
                        names.push(&row.scenario);
                    }
                }
                None => reasons.push((&row.why, 1, vec![&row.scenario])),
            }
        }
        for (why, number, names) in &reasons {
            let of = match names.as_slice() {
                [name] => (*name).to_owned(),
                [..] => count(names.len(), "scenario"),
            };
            let text = format!("{} of {of}: {why}", count(*number, "cell"));
            for (first, line) in wrap(&text, self.width - 6).into_iter().enumerate() {
                let word = if first == 0 { "skip " } else { "     " };
                writeln!(self.out, "{} {line}", self.paint(style(Verdict::Skip), word))?;
            }
        }
        if reasons.is_empty() { Ok(()) } else { writeln!(self.out) }
    }

    /// The claims that are not simply confirmed; all of them where everything is asked for.
    fn claims(&mut self, report: &Report, all: bool) -> io::Result<()> {
        let shown: Vec<&Entry> =
            report.ledger.iter().filter(|entry| all || entry.verdict != ClaimVerdict::Confirmed).collect();
        if shown.is_empty() {
            return Ok(());
        }
        let mut columns = Columns::new(&["claim", "verdict", "cells", "sentence"]);
        for entry in &shown {
            columns.line(vec![
                entry.id.clone(),
                entry.verdict.word().to_owned(),
                decided(entry),
                sentence(entry),
            ]);
        }
        let (head, lines) = columns.lay(self.width);
        writeln!(self.out, "{}", self.paint(DIM, &head))?;
        for (entry, line) in shown.iter().zip(lines) {
            for text in line {
                let text = match entry.verdict {
                    ClaimVerdict::Refuted => self.paint(style(Verdict::Fail), &text),
                    ClaimVerdict::Untested(_) => self.paint(DIM, &text),
                    ClaimVerdict::Confirmed | ClaimVerdict::Depends => text,
                };
                writeln!(self.out, "{text}")?;
            }
        }
        writeln!(self.out)
    }

    /// The last lines: how many claims, how many cells.
    fn summary(&mut self, report: &Report) -> io::Result<()> {
        if !report.ledger.is_empty() {
            let numbers: Vec<String> = claims::tally(&report.ledger)
                .into_iter()
                .map(|(word, number)| format!("{number} {word}"))
                .collect();
            let text = format!("{}: {}", count(report.ledger.len(), "claim"), numbers.join(", "));
            for line in wrap(&text, self.width) {
                writeln!(self.out, "{line}")?;
            }
        }
        let worst = report.rows.iter().map(|row| row.verdict).max_by_key(|verdict| severity(*verdict));
        let took = report.took.map(|took| format!(" in {:.1} s", took.as_secs_f64())).unwrap_or_default();
        let text =
            format!("{}: {}{took}", count(report.rows.len(), "cell"), group::tally(report.rows.iter()));
        for line in wrap(&text, self.width) {
            writeln!(self.out, "{}", self.paint(style(worst.unwrap_or(Verdict::Pass)), &line))?;
        }
        Ok(())
    }
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Skip => 1,
        Verdict::Flaky => 2,
        Verdict::Error => 3,
        Verdict::Fail => 4,
    }
}

/// `7 for`, `2 against`, or both.
fn decided(entry: &Entry) -> String {
    let against = entry.against.len();
    let agreeing = entry.deciding.len() - against;
    match (agreeing, against) {
        (0, 0) => "none".to_owned(),
        (_, 0) => format!("{agreeing} for"),
        (0, _) => format!("{against} against"),
        _ => format!("{agreeing} for, {against} against"),
    }
}

fn sentence(entry: &Entry) -> String {
    match (&entry.verdict, &entry.condition) {
        (ClaimVerdict::Untested(why), _) => format!("{} ({why})", entry.says),
        (ClaimVerdict::Depends, Some(condition)) => format!("{} (depends: {condition})", entry.says),
        _ => entry.says.clone(),
    }
}
