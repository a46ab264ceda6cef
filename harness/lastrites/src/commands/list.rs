//! `lastrites list`: what scenarios can name.

use super::{Exit, Failure, print};
use crate::cli::{List, Listed};
use crate::{report, runtimes};
use lastrites_model::platform::Os;
use lastrites_model::signals::Signal;
use lastrites_model::{launches, terminations};
use std::fmt::Write;

pub(super) fn list(arguments: &List) -> Result<Exit, Failure> {
    let all = [Listed::Launches, Listed::Terminations, Listed::Signals, Listed::Runtimes, Listed::Formats];
    let mut text = String::new();
    for what in all.into_iter().filter(|what| arguments.what.is_none_or(|wanted| wanted == *what)) {
        let rows = rows(what);
        if arguments.what.is_none() {
            let _ = writeln!(
                text,
                "{}{}",
                if text.is_empty() { "" } else { "\n" },
                format!("{what:?}").to_lowercase()
            );
        }
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, about) in rows {
            let _ = writeln!(text, "  {name:<width$}  {about}");
        }
    }
    print(&text)
}

fn rows(what: Listed) -> Vec<(String, String)> {
    let systems = |platforms: &[Os]| {
        let names: Vec<&str> = platforms.iter().map(|os| os.name()).collect();
        if platforms.len() == Os::ALL.len() { String::new() } else { format!(" ({})", names.join(", ")) }
    };
    match what {
        Listed::Launches => launches::ALL
            .iter()
            .map(|entry| (entry.name.to_owned(), format!("{}{}", entry.about, systems(entry.platforms))))
            .collect(),
        Listed::Terminations => terminations::ALL
            .iter()
            .map(|entry| {
                let steps = entry.examples.first().and_then(|example| (entry.parse)(example));
                let steps = steps.filter(|ending| ending.steps.len() > 1).map(|ending| ending.told());
                let steps = steps.map_or_else(String::new, |steps| format!(" [{steps}]"));
                (entry.name.to_owned(), format!("{}{steps}{}", entry.about, systems(entry.platforms)))
            })
            .collect(),
        Listed::Signals => Signal::all()
            .map(|signal| {
                let number =
                    |os| signal.number(os).map_or_else(|| "-".to_owned(), |number| number.to_string());
                let about = format!(
                    "{} on Linux, {} on macOS and FreeBSD; by default: {:?}",
                    number(Os::Linux),
                    number(Os::Macos),
                    signal.default_action()
                );
                (signal.name().to_owned(), about)
            })
            .collect(),
        Listed::Runtimes => runtimes::ALL
            .iter()
            .map(|entry| {
                (entry.name.to_owned(), format!("fixtures/{}; install: {}", entry.folder, entry.hint))
            })
            .collect(),
        Listed::Formats => {
            report::ALL.iter().map(|format| (format.name().to_owned(), format.about().to_owned())).collect()
        }
    }
}
