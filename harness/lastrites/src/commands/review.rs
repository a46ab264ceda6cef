//! `lastrites review RECORD`: goes through what a record would change in the snapshots, scenario by scenario,
//! the worst first. What is accepted is written at once, so that nothing is lost when it is left half-way.

use super::accept::{Taken, taken};
use super::{Exit, Failure, colored, print};
use crate::cli::{self, Cli};
use crate::report::snapshots::{self, Pending, What};
use console::{Key, Term};
use lastrites_model::words::count;
use std::fmt::Write;
use std::io::IsTerminal;

pub(super) fn review(cli: &Cli, arguments: &cli::Accept) -> Result<Exit, Failure> {
    let taken = taken(cli, arguments)?;
    let harness = |error: std::io::Error| Failure::Harness(error.to_string());
    let all =
        snapshots::pending(&taken.report, &taken.folder, &taken.root, taken.everything).map_err(harness)?;
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let color = colored(cli.color, std::io::stdout().is_terminal());
    if all.is_empty() {
        return print("nothing is pending: the snapshots are as this record has them\n");
    }
    if terminal {
        return walk(&taken, &all, color);
    }
    for one in &all {
        print(&told(one, color))?;
    }
    print(&format!(
        "{} pending; `lastrites review` on a terminal goes through them, `lastrites accept` takes all over\n",
        are(all.len())
    ))?;
    Ok(Exit::Differs)
}

/// One after the other, with a key for each.
fn walk(taken: &Taken, all: &[Pending], color: bool) -> Result<Exit, Failure> {
    let terminal = Term::stdout();
    let mut left = all.len();
    for (number, one) in (1..).zip(all) {
        print(&format!("\n{number} of {}: {}", all.len(), told(one, color)))?;
        if matches!(one.what, What::Broken(_)) {
            continue;
        }
        print("a accept   s skip   q quit\n")?;
        match answer(&terminal)? {
            Answer::Accept => {
                let written = snapshots::take(&taken.report, &taken.folder, &taken.root, one)
                    .map_err(|error| Failure::Harness(error.to_string()))?;
                left -= 1;
                print(&written.iter().fold(String::new(), |text, line| text + line + "\n"))?;
            }
            Answer::Skip => {}
            Answer::Quit => break,
        }
    }
    print(&format!("{} accepted, {} pending\n", count(all.len() - left, "snapshot"), are(left)))?;
    Ok(if left == 0 { Exit::Expected } else { Exit::Differs })
}

enum Answer {
    Accept,
    Skip,
    Quit,
}

/// Waits for one of the keys. Ctrl+C is a signal as ever: what was accepted until then is written.
fn answer(terminal: &Term) -> Result<Answer, Failure> {
    loop {
        match terminal.read_key() {
            Ok(Key::Char('a' | 'A' | 'y')) => return Ok(Answer::Accept),
            Ok(Key::Char('s' | 'S' | 'n')) => return Ok(Answer::Skip),
            Ok(Key::Char('q' | 'Q' | '\u{4}') | Key::Escape) => return Ok(Answer::Quit),
            Ok(_) => {}
            // The terminal is gone, and with it whoever could answer.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(Answer::Quit),
            Err(error) => return Err(Failure::Harness(format!("the terminal: {error}"))),
        }
    }
}

fn are(number: usize) -> String {
    format!("{} {}", number, if number == 1 { "is" } else { "are" })
}

/// One of them, in full.
fn told(one: &Pending, color: bool) -> String {
    let mut text = one.title();
    for change in &one.changes {
        let _ = write!(text, "\n{change}");
    }
    if !one.unexpected.is_empty() {
        let _ = write!(text, "\nnot as expected, whether it is accepted or not:");
    }
    for (cell, why) in &one.unexpected {
        let _ = write!(text, "\n  {cell}: {why}");
    }
    if !one.diff.is_empty() {
        let _ = write!(text, "\n{}", one.diff.trim_end());
    }
    snapshots::painted(&text, color).join("\n") + "\n\n"
}
