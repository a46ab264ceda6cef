//! `lastrites man`: the manual pages, one for each subcommand.

use super::{Exit, Failure, print};
use crate::cli::{self, Cli};
use clap::{Command, CommandFactory};
use clap_mangen::Man;

pub(super) fn man(arguments: &cli::Man) -> Result<Exit, Failure> {
    let mut whole = Cli::command();
    // Without it, subcommands do not know what they are called as a whole.
    whole.build();
    if let Some(folder) = &arguments.folder {
        for page in std::iter::once(&whole).chain(whole.get_subcommands().filter(|one| !one.is_hide_set())) {
            let path = folder.join(format!("{}.1", name(page)));
            std::fs::write(&path, text(page)?).map_err(|error| super::unwritable(&path, &error))?;
        }
        return Ok(Exit::Expected);
    }
    let page = match &arguments.command {
        Some(name) => whole.find_subcommand(name).ok_or_else(|| {
            let known: Vec<&str> = whole.get_subcommands().map(Command::get_name).collect();
            let nearest = lastrites_model::language::nearest(name, known.iter().copied());
            let hint = nearest.map_or_else(|| known.join(", "), |name| format!("did you mean `{name}`?"));
            Failure::Input(vec![format!("error: there is no subcommand `{name}`: {hint}")])
        })?,
        None => &whole,
    };
    print(&text(page)?)
}

/// `lastrites` or `lastrites-probe`.
fn name(page: &Command) -> &str {
    page.get_display_name().unwrap_or_else(|| page.get_name())
}

fn text(page: &Command) -> Result<String, Failure> {
    let mut text = Vec::new();
    let page = Man::new(page.clone().version(env!("CARGO_PKG_VERSION")));
    page.render(&mut text).map_err(|error| Failure::Harness(error.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
