//! One HTML page that needs nothing else: no script, no font, no image, no network.
//!
//! The template gets the header and the rows as the JSON has them, and beside them the words that the
//! other formats use, so that a page and a table never call the same thing by two names.

use super::group::{self, Group, Section, Seen, group};
use super::{Format, Options, Report};
use lastrites_model::claims::{self, ClaimVerdict, Entry};
use lastrites_model::observation::Verdict;
use lastrites_model::record::{Header, Row};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// `--format html`
#[derive(Debug)]
pub(super) struct Html;

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn about(&self) -> &'static str {
        "one self-contained HTML page: summary, claims, tables, the evidence of each cell"
    }

    fn render(&self, reports: &[Report], _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut templates = Environment::new();
        // A name that the page does not know is a defect of the template, not an empty place.
        templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        // A line that holds only a block leaves no line in the page.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        templates.set_syntax(syntax.map_err(io::Error::other)?);
        templates.add_filter("visible", visible);
        templates.add_template("page", include_str!("page.html")).map_err(io::Error::other)?;
        let mut anchors = Anchors::default();
        let page = Page { reports: reports.iter().map(|report| part(report, &mut anchors)).collect() };
        let template = templates.get_template("page").map_err(io::Error::other)?;
        template.render_captured_to(Serde(&page), out).map_err(io::Error::other)?;
        Ok(())
    }
}

/// Control characters as their pictures: a target may have said anything, and HTML has no way to write them.
fn visible(text: &str) -> String {
    let picture = |c: char| match u32::from(c) {
        code @ 0..=0x1F => char::from_u32(0x2400 + code).unwrap_or(c),
        0x7F => '\u{2421}',
        0x80..=0x9F => char::REPLACEMENT_CHARACTER,
        _ => c,
    };
    text.chars().map(picture).collect()
}

#[derive(Serialize)]
struct Page<'a> {
    reports: Vec<Part<'a>>,
}

/// One record on the page.
#[derive(Serialize)]
struct Part<'a> {
    anchor: String,
    platform: String,
    facts: Vec<(String, String)>,
    header: &'a Header,
    took: Option<String>,
    shard: Option<String>,
    tally: Vec<Tally>,
    claims: Vec<Tally>,
    ledger: Vec<Claim<'a>>,
    unexpected: Vec<Link<'a>>,
    scenarios: Vec<Scenario<'a>>,
}

/// How many have this verdict.
#[derive(Serialize)]
struct Tally {
    word: &'static str,
    number: usize,
}

#[derive(Serialize)]
struct Link<'a> {
    anchor: String,
    row: &'a Row,
}

#[derive(Serialize)]
struct Claim<'a> {
    id: &'a str,
    says: &'a str,
    verdict: &'static str,
    untested: Option<&'a str>,
    condition: Option<&'a str>,
    version: Option<&'a str>,
    source: &'a str,
    /// Cells and their anchors.
    agreeing: Vec<(&'a str, String)>,
    skipped: usize,
    against: Vec<(&'a str, String)>,
}

#[derive(Serialize)]
struct Scenario<'a> {
    anchor: String,
    name: &'a str,
    about: Option<&'a str>,
    tally: Vec<Tally>,
    /// Whether any cell had requests under way; most scenarios have none, and no such column.
    requests: bool,
    lines: Vec<Line>,
    skipped: Vec<NotRun>,
    cells: Vec<Cell<'a>>,
}

/// Cells that share one observation.
#[derive(Serialize)]
struct Line {
    verdict: &'static str,
    ended_by: Vec<String>,
    started: Vec<String>,
    cleanup: String,
    outcome: String,
    work: String,
    left: String,
}

#[derive(Serialize)]
struct NotRun {
    ended_by: Vec<String>,
    started: Vec<String>,
    why: String,
}

/// The evidence of one cell that ran.
#[derive(Serialize)]
struct Cell<'a> {
    anchor: String,
    place: String,
    cleanup: String,
    outcome: String,
    work: String,
    left: String,
    row: &'a Row,
}

/// Names within the page that are unique in it.
#[derive(Default)]
struct Anchors(BTreeSet<String>);

impl Anchors {
    /// What a browser can jump to: letters, digits and hyphens, the rest replaced.
    fn fresh(&mut self, name: &str) -> String {
        let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let free = free.unwrap_or(plain);
        self.0.insert(free.clone());
        free
    }
}

/// The anchors of the cells that ran: only they have evidence to jump to.
type Places<'a> = BTreeMap<&'a str, String>;

fn part<'a>(report: &'a Report, anchors: &mut Anchors) -> Part<'a> {
    let platform = report.header.platform.folder();
    let anchor = anchors.fresh(&platform);
    let mut places = Places::new();
    for row in report.rows.iter().filter(|row| row.verdict != Verdict::Skip) {
        places.insert(&row.cell, anchors.fresh(&format!("{anchor}-{}", row.cell)));
    }
    let sections = group::sections(report);
    let unexpected = sections.iter().flat_map(|section| &section.rows);
    let unexpected = unexpected.filter(|row| !matches!(row.verdict, Verdict::Pass | Verdict::Skip));
    Part {
        facts: report.header.facts(),
        shard: report.header.shard.map(|shard| format!("{} of {}", shard.index, shard.of)),
        header: &report.header,
        took: report.took.map(|took| format!("{:.1} s", took.as_secs_f64())),
        tally: tally(report.rows.iter()),
        claims: claims::tally(&report.ledger)
            .into_iter()
            .filter(|(_, number)| *number > 0)
            .map(|(word, number)| Tally { word, number })
            .collect(),
        ledger: report.ledger.iter().map(|entry| claim(entry, &places)).collect(),
        unexpected: unexpected.map(|row| Link { anchor: place(&places, &row.cell), row }).collect(),
        scenarios: sections
            .iter()
            .map(|section| scenario(section, anchors.fresh(&format!("{anchor}-{}", section.name)), &places))
            .collect(),
        platform,
        anchor,
    }
}

fn place(places: &Places, cell: &str) -> String {
    places.get(cell).cloned().unwrap_or_default()
}

fn tally<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<Tally> {
    group::numbers(rows).into_iter().map(|(verdict, number)| Tally { word: verdict.word(), number }).collect()
}

fn claim<'a>(entry: &'a Entry, places: &Places) -> Claim<'a> {
    let linked = |cell: &'a String| (cell.as_str(), place(places, cell));
    Claim {
        id: &entry.id,
        says: &entry.says,
        verdict: entry.verdict.word(),
        untested: match &entry.verdict {
            ClaimVerdict::Untested(why) => Some(why),
            _ => None,
        },
        condition: entry.condition.as_deref(),
        version: entry.version.as_deref(),
        source: &entry.source,
        agreeing: entry.agreeing().map(linked).collect(),
        skipped: entry.skipped,
        against: entry.against.iter().map(linked).collect(),
    }
}

fn scenario<'a>(section: &Section<'a>, anchor: String, places: &Places) -> Scenario<'a> {
    let mut seen_cells = Vec::new();
    let mut reasons = Vec::new();
    let mut cells = Vec::new();
    for &row in &section.rows {
        let started = group::started(row);
        if row.verdict == Verdict::Skip {
            reasons.push((started, row.terminate.clone(), row.why.clone()));
            continue;
        }
        let seen = group::seen(section.cell(row), row);
        cells.push(Cell {
            anchor: place(places, &row.cell),
            place: format!("{started}/{}", row.terminate),
            cleanup: seen.cleanup.clone(),
            outcome: seen.outcome.clone(),
            work: seen.work.clone(),
            left: seen.left.clone(),
            row,
        });
        seen_cells.push((started, row.terminate.clone(), (seen, row.verdict)));
    }
    Scenario {
        anchor,
        name: section.name,
        about: section.scenario.map(|scenario| scenario.about.as_str()),
        tally: tally(section.rows.iter().copied()),
        requests: cells.iter().any(|cell| !cell.work.is_empty()),
        lines: group(&seen_cells).into_iter().map(line).collect(),
        skipped: group(&reasons)
            .into_iter()
            .map(|one| NotRun { ended_by: one.ended_by, started: one.started, why: one.key })
            .collect(),
        cells,
    }
}

fn line(one: Group<(Seen, Verdict)>) -> Line {
    let (seen, verdict) = one.key;
    Line {
        verdict: verdict.word(),
        ended_by: one.ended_by,
        started: one.started,
        cleanup: seen.cleanup,
        outcome: seen.outcome,
        work: seen.work,
        left: seen.left,
    }
}
