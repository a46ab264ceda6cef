//! Results as people and programs read them: one trait, one file per format, one list.

mod book;
mod group;
mod html;
mod json;
mod junit;
pub(crate) mod layout;
mod markdown;
mod pages;
mod sheet;
pub mod snapshots;
mod table;
mod text;

#[cfg(test)]
mod tests;

use lastrites_model::claims::{self, Entry};
use lastrites_model::observation::Verdict;
use lastrites_model::record::{Header, Row};
use lastrites_model::scenario::Scenario;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

/// Everything that a format can show.
#[derive(Clone, Debug)]
pub struct Report {
    /// Where and with what it ran.
    pub header: Header,
    /// The scenarios, for their questions and claims. Empty where a record is shown alone.
    pub scenarios: Rc<Vec<Scenario>>,
    /// The cells, in the order of the plan.
    pub rows: Vec<Row>,
    /// What became of the claims.
    pub ledger: Vec<Entry>,
    /// How long the run took; `None` for a saved record.
    pub took: Option<Duration>,
}

impl Report {
    /// The report of these rows.
    pub fn new(
        header: Header,
        scenarios: Rc<Vec<Scenario>>,
        rows: Vec<Row>,
        took: Option<Duration>,
    ) -> Report {
        let ledger = claims::ledger(&scenarios, &rows);
        Report { header, scenarios, rows, ledger, took }
    }

    /// What it has of one scenario.
    #[must_use]
    pub fn only(&self, scenario: &str) -> Report {
        let rows = self.rows.iter().filter(|row| row.scenario == scenario).cloned().collect();
        Report::new(self.header.clone(), Rc::clone(&self.scenarios), rows, self.took)
    }

    /// Whether every cell that ran is as expected.
    pub fn as_expected(&self) -> bool {
        self.rows.iter().all(|row| matches!(row.verdict, Verdict::Pass | Verdict::Skip))
    }
}

/// How to show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether to use ANSI colour.
    pub color: bool,
    /// The width of the terminal, in columns; `None` where there is none.
    pub width: Option<usize>,
    /// Every table, not only those with something unexpected.
    pub all: bool,
}

/// One report format.
pub trait Format: Sync {
    /// What `--format` calls it.
    fn name(&self) -> &'static str;
    /// One sentence for `lastrites list`.
    fn about(&self) -> &'static str;
    /// Writes the reports, of one run or of several records, as one document.
    fn render(&self, reports: &[Report], options: &Options, out: &mut dyn Write) -> io::Result<()>;
}

/// Every format, the default first.
pub static ALL: &[&dyn Format] =
    &[&table::Table, &markdown::Markdown, &html::Html, &json::Json, &junit::Junit];

/// The format of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    ALL.iter().copied().find(|format| format.name() == name)
}
