//! The terminations: one file for each, or for each family, and one line of [`ALL`] per entry.

use crate::platform::Os;
use crate::termination::{Ending, Termination};

mod http;
mod limits;
mod own;
mod parent_death;
mod signal;
mod streams;
mod terminal;

/// Every termination, in the order in which documentation lists them: what the program does itself,
/// signals, the terminal, streams and requests, the parent, limits.
///
/// A name may stand here twice where two systems do it differently (`ctrl-c`); it then has one entry
/// per system. No two entries of one system take the same name.
pub static ALL: &[&Termination] = &[
    &own::RETURN,
    &own::EXIT,
    &own::HARD_EXIT,
    &own::UNCAUGHT,
    &own::UNCAUGHT_IN_THREAD,
    &own::ABORT,
    &own::SEGFAULT,
    &own::STACK_OVERFLOW,
    &own::EXEC,
    &signal::PROCESS,
    &signal::NUMBER,
    &signal::ROLE,
    &signal::GROUP,
    &signal::SESSION,
    &signal::TWICE,
    &signal::ESCALATE,
    &signal::STOPPED,
    &terminal::CTRL_C,
    &terminal::CTRL_BACKSLASH,
    &terminal::HANGUP,
    &streams::STDIN_EOF,
    &streams::STDOUT_GONE,
    &streams::LINE,
    &http::HTTP,
    &parent_death::PARENT_DEATH,
    &limits::CPU_LIMIT,
    &limits::FILE_SIZE_LIMIT,
];

/// The entry that a name belongs to on a system, and its ending.
pub fn find(name: &str, os: Os) -> Option<(&'static Termination, Ending)> {
    ALL.iter()
        .copied()
        .filter(|entry| entry.platforms.contains(&os))
        .find_map(|entry| (entry.parse)(name).map(|ending| (entry, ending)))
}

/// Whether some system has a termination of that name.
pub fn known(name: &str) -> bool {
    ALL.iter().any(|entry| (entry.parse)(name).is_some())
}
