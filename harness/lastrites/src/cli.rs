//! The command line, as clap sees it. Nothing is resolved here.

use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Which cleanup runs, by how a program was started and how it was ended.
#[derive(Debug, Parser)]
#[command(
    name = "lastrites",
    version,
    about,
    after_help = "Exit status: 0 all as expected; 1 some cell differs, or a snapshot is out of date; \
                  2 the input or the command line is wrong; 3 the harness could not do its work. \
                  Interrupted, it ends every target, closes the record and dies of the same signal."
)]
pub struct Cli {
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    #[command(subcommand)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub command: Command,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// One subcommand.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios, judge every cell, and compare with the snapshots
    Run(Run),
    /// End any program in every way, and show what it does; no scenario is needed
    Probe(Probe),
    /// Write a scenario from what a probe of a program saw
    Init(Init),
    /// Show the cells that a run would have, without running any
    Plan(Plan),
    /// Say everything about one cell: what is started, what is done to it, what is expected and why
    Explain(Explain),
    /// List what scenarios can name: launches, terminations, signals, runtimes, formats
    List(List),
    /// Print the JSON schema of scenario files
    Schema,
    /// Say what this machine has and lacks
    Doctor,
    /// Render a record, or several, without running anything
    Report(Report),
    /// Join the shards of one run into one record; refuse a set with a gap
    Merge(Merge),
    /// Compare two records: what changed, worst first; exit 1 on a loss
    Diff(Diff),
    /// Go through what a record would change in the snapshots, and accept or skip it, scenario by scenario
    Review(Accept),
    /// Take a record over as the snapshots of its platform
    Accept(Accept),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page, or that of a subcommand
    Man(Man),
}

/// Which scenarios and cells.
#[derive(Debug, clap::Args)]
pub struct Selection {
    /// Scenario files, or folders of them [default: scenarios/]
    pub paths: Vec<PathBuf>,
    /// Only cells that match: `scenario=rust-* and not launch=pty`
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Only part I of N
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<(usize, usize)>,
}

/// `lastrites run`
#[derive(Debug, clap::Args)]
pub struct Run {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub selection: Selection,
    /// Cells in flight at once; waiting ones cost nothing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Run every cell N times; one that differs from itself is flaky
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub repeat: u16,
    /// Update the snapshots instead of comparing with them
    #[arg(long)]
    pub accept: bool,
    /// Write the record, a line for each cell as it finishes
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// How to show the results
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = format_names())]
    pub format: String,
    /// Write the results there in that format; the terminal gets the table
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Where the snapshots are [default: reports/ beside the scenarios]
    #[arg(long, value_name = "DIR")]
    pub reports: Option<PathBuf>,
    /// Show every table, not only those with something unexpected
    #[arg(long)]
    pub all: bool,
}

/// `lastrites probe`
#[derive(Debug, clap::Args)]
pub struct Probe {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub program: Probed,
    /// Write the record
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// How to show the results
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = format_names())]
    pub format: String,
}

/// What is probed.
#[derive(Debug, clap::Args)]
pub struct Probed {
    /// It is ready when it prints a line that this pattern is found in
    #[arg(long, value_name = "REGEX")]
    pub ready: Option<String>,
    /// It is ready when GET PATH on {port} is answered
    #[arg(long, value_name = "PATH", conflicts_with = "ready")]
    pub http: Option<String>,
    /// The one port that it always has, where that is not found out: macOS and the BSDs
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["ready", "http"], value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Work here rather than in an empty temporary folder
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
    /// A path of the server that answers slowly: whether that answer still comes is shown
    #[arg(long, value_name = "PATH")]
    pub request: Option<String>,
    /// How long a program that takes note of a signal may take to end, in seconds [default: 3; 1 where one
    /// runs after another]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..))]
    pub patience: Option<u16>,
    /// How long it may take until it is ready, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub ready_within: u16,
    /// The program and its arguments; {port} stands for a free port, {dir} for its private folder
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    pub command: Vec<String>,
}

/// `lastrites init`
#[derive(Debug, clap::Args)]
pub struct Init {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub program: Probed,
    /// Where to write to [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `lastrites plan`
#[derive(Debug, clap::Args)]
pub struct Plan {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub selection: Selection,
    /// Plan for another system
    #[arg(long, value_name = "OS")]
    pub os: Option<String>,
}

/// `lastrites explain`
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The cell's id: SCENARIO/LAUNCH/TERMINATION, with >STDOUT and @VERSION after the launch where these are axes
    pub cell: String,
    /// Scenario files, or folders of them [default: scenarios/]
    pub paths: Vec<PathBuf>,
}

/// `lastrites list`
#[derive(Debug, clap::Args)]
pub struct List {
    /// What to list; everything if absent
    #[arg(value_enum)]
    pub what: Option<Listed>,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Listed {
    /// How a target can be started.
    Launches,
    /// How it can be ended.
    Terminations,
    /// Signals and their numbers.
    Signals,
    /// Languages that fixtures are written in.
    Runtimes,
    /// Report formats.
    Formats,
}

/// `lastrites report`
#[derive(Debug, clap::Args)]
pub struct Report {
    /// Records; without any, the pages of the snapshots are made anew, and nothing is run
    pub records: Vec<PathBuf>,
    /// Scenario files, or folders of them, for the questions and claims [default: scenarios/]
    #[arg(long, value_name = "PATH")]
    pub scenarios: Vec<PathBuf>,
    /// How to show them
    #[arg(long, value_name = "FORMAT", default_value = "markdown", value_parser = format_names())]
    pub format: String,
    /// Where to write to [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Where the snapshots are [default: reports/ beside the scenarios]
    #[arg(long, value_name = "DIR", conflicts_with = "records")]
    pub reports: Option<PathBuf>,
}

/// `lastrites merge`
#[derive(Debug, clap::Args)]
pub struct Merge {
    /// The shards' records
    #[arg(required = true)]
    pub records: Vec<PathBuf>,
    /// Where to write to [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `lastrites diff`
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The record before
    pub old: PathBuf,
    /// The record after
    pub new: PathBuf,
}

/// `lastrites accept` and `lastrites review`
#[derive(Debug, clap::Args)]
pub struct Accept {
    /// A record, perhaps made on another machine
    pub record: PathBuf,
    /// Scenario files, or folders of them [default: scenarios/]
    #[arg(long, value_name = "PATH")]
    pub scenarios: Vec<PathBuf>,
    /// Where the snapshots are [default: reports/ beside the scenarios]
    #[arg(long, value_name = "DIR")]
    pub reports: Option<PathBuf>,
}

/// `lastrites completions`
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `lastrites man`
#[derive(Debug, clap::Args)]
pub struct Man {
    /// A subcommand; the page of the whole command if absent
    pub command: Option<String>,
    /// Write all the pages into this folder: `lastrites.1`, `lastrites-run.1` and so on
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub folder: Option<PathBuf>,
}

fn format_names() -> clap::builder::PossibleValuesParser {
    crate::report::ALL.iter().map(|format| format.name()).collect::<Vec<_>>().into()
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let (index, of) = text.split_once('/').ok_or("a shard is written I/N, as in 1/4")?;
    let number = |text: &str| text.parse::<usize>().map_err(|_| format!("{text} is no number"));
    let (index, of) = (number(index)?, number(of)?);
    if index == 0 || index > of {
        return Err(format!("{index} is not between 1 and {of}"));
    }
    Ok((index, of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_shard_is_a_part_of_a_whole() {
        assert_eq!(shard("2/4"), Ok((2, 4)));
        for wrong in ["0/4", "5/4", "2", "a/b", "1/0"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }
}
