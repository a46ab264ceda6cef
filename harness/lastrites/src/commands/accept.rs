//! `lastrites accept RECORD`: a record, perhaps made on a machine that one does not have, becomes the
//! snapshots of its platform.

use super::{Exit, Failure, colored, here, record};
use crate::cli::{self, Cli};
use crate::report::{Report, snapshots};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::rc::Rc;

/// A record that is to become snapshots.
pub(super) struct Taken {
    pub(super) report: Report,
    /// The folder of the snapshots.
    pub(super) folder: PathBuf,
    pub(super) root: PathBuf,
    /// Whether it has every cell of its plan.
    pub(super) everything: bool,
}

pub(super) fn taken(cli: &Cli, arguments: &cli::Accept) -> Result<Taken, Failure> {
    let root = here();
    let record = record(&arguments.record)?;
    if record.cut || record.header.shard.is_some() {
        let what =
            if record.cut { "its last line is cut off" } else { "it is one shard: merge all of them first" };
        return Err(Failure::Input(vec![format!("error: {}: {what}", arguments.record.display())]));
    }
    let scenarios = super::scenarios(cli, &root, &arguments.scenarios, &record.header.platform)?;
    let everything = record.rows.len() == record.header.cells && arguments.scenarios.is_empty();
    let report = Report::new(record.header, Rc::new(scenarios), record.rows, None);
    let folder = arguments.reports.clone().unwrap_or_else(|| root.folder.join("reports"));
    Ok(Taken { report, folder, root: root.folder, everything })
}

pub(super) fn accept(cli: &Cli, arguments: &cli::Accept) -> Result<Exit, Failure> {
    let Taken { report, folder, root, everything } = taken(cli, arguments)?;
    let found = snapshots::check(&report, &folder, &root, everything, true)
        .map_err(|error| Failure::Harness(error.to_string()))?;
    anstream::eprint!("{}", found.render(colored(cli.color, std::io::stderr().is_terminal())));
    Ok(Exit::Expected)
}
