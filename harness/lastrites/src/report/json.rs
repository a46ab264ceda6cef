//! The record itself: JSON Lines.

use super::{Format, Options, Report};
use lastrites_model::record_io;
use std::io::{self, Write};

/// `--format json`
#[derive(Debug)]
pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "the record: JSON Lines, a header and then one line per cell"
    }

    fn render(&self, report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", record_io::header_line(&report.header).trim_end())?;
        for row in &report.rows {
            writeln!(out, "{}", record_io::row_line(row).trim_end())?;
        }
        Ok(())
    }
}
