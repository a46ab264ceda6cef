//! `lastrites diff OLD NEW`: what changed between two records, worst first.

use super::{Exit, Failure, print, record};
use crate::cli;
use lastrites_model::compare;
use lastrites_model::words::count;
use std::fmt::Write;

pub(super) fn diff(arguments: &cli::Diff) -> Result<Exit, Failure> {
    let (old, new) = (record(&arguments.old)?, record(&arguments.new)?);
    let changes = compare::compare(&old, &new);
    let mut text = String::new();
    for change in &changes {
        let _ = writeln!(text, "{change}");
    }
    let losses = changes.iter().filter(|change| change.is_loss()).count();
    let machines = compare::machines(&old.header, &new.header);
    if !machines.is_empty() {
        let _ = writeln!(text, "not recorded with the same versions: {}", machines.join(", "));
    }
    let _ = writeln!(text, "{}, {losses} for the worse", count(changes.len(), "change"));
    print(&text)?;
    Ok(if losses > 0 { Exit::Differs } else { Exit::Expected })
}
