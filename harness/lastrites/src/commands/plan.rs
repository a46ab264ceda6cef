//! `lastrites plan`: the cells that a run would have.

use super::{Exit, Failure, here, print, run, scenarios};
use crate::cli::{self, Cli};
use lastrites_model::platform::Os;
use std::fmt::Write;

pub(super) fn plan(cli: &Cli, arguments: &cli::Plan) -> Result<Exit, Failure> {
    let mut platform = lastrites_os::facts().platform;
    if let Some(name) = &arguments.os {
        let os = Os::parse(name).ok_or_else(|| {
            let known = Os::ALL.map(Os::name).join(", ");
            Failure::Input(vec![format!("error: no system is called {name}; there are {known}")])
        })?;
        platform.os = os;
        platform.wine = None;
    }
    let scenarios = scenarios(cli, &here(), &arguments.selection.paths, &platform)?;
    let chosen = run::select(&scenarios, &arguments.selection)?;
    let mut text = String::new();
    for (scenario, cell) in &chosen {
        let cell = &scenarios[*scenario].cells[*cell];
        let _ = match &cell.skip {
            Some(reason) => writeln!(text, "{}  (skipped: {reason})", cell.id),
            None => writeln!(text, "{}", cell.id),
        };
    }
    print(&text)?;
    anstream::eprintln!("{} cells in {} scenarios", chosen.len(), scenarios.len());
    Ok(Exit::Expected)
}
