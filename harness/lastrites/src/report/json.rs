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

    fn render(&self, reports: &[Report], _: &Options, out: &mut dyn Write) -> io::Result<()> {
        for report in reports {
            out.write_all(record_io::header_line(&report.header).as_bytes())?;
            for row in &report.rows {
                out.write_all(record_io::row_line(row).as_bytes())?;
            }
        }
        Ok(())
    }
}
