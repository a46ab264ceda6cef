//! The Windows backend against real processes: under Wine by `ci/wine`, or on Windows by `cargo test` once
//! the fixtures are built.
//!
//! It has its own `main`, because the agent is the running program itself under a hidden first argument:
//! libtest would take that for a filter.

#[cfg(windows)]
mod cells;

fn main() {
    #[cfg(windows)]
    {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        if let Some(status) = lastrites_os::hidden_main(&arguments) {
            std::process::exit(status);
        }
        cells::main(&arguments);
    }
}
