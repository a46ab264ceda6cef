//! The subcommands. Each is one file that begins with what it does.

mod accept;
mod diff;
mod doctor;
mod explain;
mod list;
mod man;
mod plan;
mod probe;
mod report;
mod review;
mod run;

use crate::cli::{Cli, Color, Command};
use crate::load::{InputError, Root, load};
use lastrites_model::filter::Filter;
use lastrites_model::platform::Platform;
use lastrites_model::scenario::Scenario;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// How a command ended. The numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All as expected.
    Expected = 0,
    /// Some cell differs, or a snapshot is out of date.
    Differs = 1,
    /// The input or the command line is wrong.
    Input = 2,
    /// The harness could not do its work.
    Harness = 3,
}

/// Why a command ended before its work was done.
#[derive(Debug)]
pub enum Failure {
    /// The input is wrong.
    Input(Vec<String>),
    /// The harness could not do its work.
    Harness(String),
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Failure {
        Failure::Input(error.errors)
    }
}

/// Carries out a command line.
pub async fn dispatch(cli: &Cli) -> Exit {
    let done = match &cli.command {
        Command::Run(arguments) => run::run(cli, arguments).await,
        Command::Probe(arguments) => probe::probe(arguments).await,
        Command::Init(arguments) => probe::init(arguments).await,
        Command::Plan(arguments) => plan::plan(cli, arguments),
        Command::Explain(arguments) => explain::explain(cli, arguments),
        Command::List(arguments) => list::list(arguments),
        Command::Schema => print(&lastrites_model::language::schema()),
        Command::Doctor => doctor::doctor().await,
        Command::Report(arguments) => report::report(cli, arguments),
        Command::Merge(arguments) => report::merge(arguments),
        Command::Diff(arguments) => diff::diff(arguments),
        Command::Review(arguments) => review::review(cli, arguments),
        Command::Accept(arguments) => accept::accept(cli, arguments),
        Command::Completions(arguments) => {
            let mut command = <Cli as clap::CommandFactory>::command();
            let mut text = Vec::new();
            clap_complete::generate(arguments.shell, &mut command, "lastrites", &mut text);
            print(&String::from_utf8_lossy(&text))
        }
        Command::Man(arguments) => man::man(arguments),
    };
    match done {
        Ok(exit) => exit,
        Err(Failure::Input(errors)) => {
            for error in &errors {
                anstream::eprintln!("{}", error.trim_end());
            }
            if errors.len() > 1 {
                anstream::eprintln!("{} errors; nothing was run", errors.len());
            }
            Exit::Input
        }
        Err(Failure::Harness(why)) => {
            anstream::eprintln!("error: {why}");
            Exit::Harness
        }
    }
}

/// Prints to standard output. A reader that went away ends the output, not the harness.
fn print(text: &str) -> Result<Exit, Failure> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Harness(format!("standard output: {error}")))
        }
        _ => Ok(Exit::Expected),
    }
}

/// Whether to colour what goes to a stream.
fn colored(color: Color, terminal: bool) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

fn here() -> Root {
    Root::find(&std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")))
}

/// The scenarios of these paths.
fn scenarios(
    cli: &Cli,
    root: &Root,
    paths: &[PathBuf],
    platform: &Platform,
) -> Result<Vec<Scenario>, Failure> {
    let color = colored(cli.color, std::io::stderr().is_terminal());
    Ok(load(root, paths, platform, color)?)
}

fn filter(text: Option<&String>) -> Result<Option<Filter>, Failure> {
    text.map(|text| Filter::parse(text).map_err(|error| Failure::Input(vec![error.to_string()]))).transpose()
}

/// Reads a record.
fn record(path: &Path) -> Result<lastrites_model::record::Record, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::Input(vec![format!("error: {}: {error}", path.display())]))?;
    lastrites_model::record_io::read_bytes(&bytes)
        .map_err(|error| Failure::Input(vec![format!("error: {}: {error}", path.display())]))
}

/// Where a text will go: a file, which is opened before the work begins so that one that cannot be written is
/// told at once, or standard output.
#[derive(Debug)]
struct Output {
    file: Option<(PathBuf, File)>,
    /// It was made here, and nothing was written yet.
    empty: bool,
}

impl Output {
    /// What is in the file stays until the text is there.
    fn open(path: Option<&Path>) -> Result<Output, Failure> {
        let Some(path) = path else { return Ok(Output { file: None, empty: false }) };
        let empty = !path.exists();
        let opened = File::options().write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|error| unwritable(path, &error))?;
        Ok(Output { file: Some((path.to_owned(), file)), empty })
    }

    fn write(mut self, text: &str) -> Result<Exit, Failure> {
        let Some((path, file)) = &mut self.file else { return print(text) };
        self.empty = false;
        // A pipe or a terminal has no length.
        let cut = if file.metadata().is_ok_and(|data| data.is_file()) { file.set_len(0) } else { Ok(()) };
        cut.and_then(|()| file.write_all(text.as_bytes()))
            .map_err(|error| Failure::Harness(format!("{}: {error}", path.display())))?;
        Ok(Exit::Expected)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some((path, _)) = self.file.as_ref().filter(|_| self.empty) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A file that was named on the command line and cannot be written.
fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Input(vec![format!("error: {} cannot be written: {error}", path.display())])
}
