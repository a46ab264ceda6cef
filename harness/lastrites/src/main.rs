//! The command `lastrites`: a table of contents. Each stage has a module of its own.

use clap::Parser;
use lastrites::cli::Cli;
use lastrites::commands::{Exit, dispatch};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(code) = lastrites_os::hidden_main(&arguments) {
        return ExitCode::from(u8::try_from(code).unwrap_or(1));
    }
    let cli = Cli::parse();
    // One thread: the harness forks, and only what a single thread forks is whole.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no event loop: {error}");
            return ExitCode::from(Exit::Harness as u8);
        }
    };
    let exit = tokio::task::LocalSet::new().block_on(&runtime, dispatch(&cli));
    ExitCode::from(exit as u8)
}
