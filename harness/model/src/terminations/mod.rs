//! The terminations: one file for each, or for each family, and one line of [`ALL`] per entry.

use crate::platform::Os;
use crate::termination::{Ending, Termination};

mod http;
mod limits;
mod own;
mod parent_death;
mod profiles;
mod signal;
mod streams;
mod terminal;
mod windows;

/// Every termination, in the order in which documentation lists them: what the program does itself,
/// signals, the terminal, streams and requests, the parent, limits, and all of that by the names under which
/// people meet it.
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
    &terminal::CTRL_D,
    &terminal::HANGUP,
    &streams::STDIN_EOF,
    &streams::STDOUT_GONE,
    &streams::LINE,
    &http::HTTP,
    &parent_death::PARENT_DEATH,
    &limits::CPU_LIMIT,
    &limits::FILE_SIZE_LIMIT,
    &profiles::DOCKER_STOP,
    &profiles::PODMAN_STOP,
    &profiles::KUBERNETES,
    &profiles::KUBERNETES_PRESTOP,
    &profiles::SYSTEMD_CONTROL_GROUP,
    &profiles::SYSTEMD_MIXED,
    &profiles::SYSTEMD_PROCESS,
    &profiles::SYSTEMD_SEND_SIGHUP,
    &profiles::GITHUB_ACTIONS_CANCEL,
    &profiles::GITLAB_CANCEL,
    &profiles::HEROKU,
    &profiles::AWS_ECS,
    &profiles::SUPERVISORD,
    &profiles::SUPERVISORD_AS_GROUP,
    &profiles::TIMEOUT,
    &profiles::CTRL_C_TWICE,
    &profiles::SSH_DISCONNECT,
    &profiles::TERMINAL_CLOSED,
    &profiles::TMUX_KILL_SESSION,
    &profiles::LID_CLOSED,
    &windows::UNHANDLED_EXCEPTION,
    &windows::FAST_FAIL,
    &windows::CTRL_C,
    &windows::CTRL_C_GROUP,
    &windows::CTRL_C_ATTACHED,
    &windows::CTRL_C_NO_LEADER,
    &windows::CTRL_BREAK,
    &windows::CLOSE_PSEUDO_CONSOLE,
    &windows::CLOSE_CONSOLE_WINDOW,
    &windows::TASKKILL,
    &windows::TASKKILL_FORCE,
    &windows::TASKKILL_TREE,
    &windows::TASKKILL_FORCE_TREE,
    &windows::WM_CLOSE,
    &windows::END_SESSION,
    &windows::TERMINATE,
    &windows::CLOSE_JOB,
    &windows::TERMINATE_JOB,
    &windows::PARENT_DEATH,
    &windows::EMULATED_CTRL_BREAK,
    &windows::EMULATED_CTRL_CLOSE,
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
