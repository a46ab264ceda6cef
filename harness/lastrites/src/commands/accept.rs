//! `lastrites accept RECORD`: a record, perhaps made on a machine that one does not have, becomes the
//! snapshots of its platform.

use super::{Exit, Failure, colored, here, record};
use crate::cli::{self, Cli};
use crate::report::{Report, snapshots};
use std::io::IsTerminal;
use std::rc::Rc;

pub(super) fn accept(cli: &Cli, arguments: &cli::Accept) -> Result<Exit, Failure> {
    let root = here();
    let record = record(&arguments.record)?;
    if record.cut || record.header.shard.is_some() {
        let what =
            if record.cut { "its last line is cut off" } else { "it is one shard: merge all of them first" };
        return Err(Failure::Input(vec![format!("error: {}: {what}", arguments.record.display())]));
    }
    let scenarios = super::scenarios(cli, &root, &arguments.scenarios, &record.header.platform)?;
    let everything = record.rows.len() == record.header.cells;
    let report = Report::new(record.header, Rc::new(scenarios), record.rows, None);
    let folder = arguments.reports.clone().unwrap_or_else(|| root.folder.join("reports"));
    let found = snapshots::check(&report, &folder, &root.folder, everything, true)
        .map_err(|error| Failure::Harness(error.to_string()))?;
    anstream::eprint!("{}", found.render(colored(cli.color, std::io::stderr().is_terminal())));
    Ok(Exit::Expected)
}
