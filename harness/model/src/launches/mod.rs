//! The launches: one file and one line of [`ALL`] each.

use crate::launch::Launch;
use crate::platform::Os;

mod direct;
mod dumb_init;
mod new_group;
mod new_session;
mod nohup;
mod npm_start;
mod pdeathsig;
mod pid1;
mod pty;
mod sh_c;
mod sh_c_exec;
mod sighup_ignored;
mod sigint_ignored;
mod sigterm_blocked;
mod tini;
mod windows;

/// Every launch, in the order in which documentation lists them: the ordinary one first, then groups
/// and terminals, inherited signals, wrappers, containers.
///
/// A name may stand here twice where two systems do it differently; it then has one entry per system.
pub static ALL: &[&Launch] = &[
    &direct::DIRECT,
    &new_group::NEW_GROUP,
    &new_session::NEW_SESSION,
    &pty::PTY,
    &sigint_ignored::SIGINT_IGNORED,
    &sighup_ignored::SIGHUP_IGNORED,
    &nohup::NOHUP,
    &sigterm_blocked::SIGTERM_BLOCKED,
    &sh_c::SH_C,
    &sh_c_exec::SH_C_EXEC,
    &npm_start::NPM_START,
    &pid1::PID1,
    &dumb_init::DUMB_INIT,
    &tini::TINI,
    &pdeathsig::PDEATHSIG,
    &windows::NEW_CONSOLE,
    &windows::NO_WINDOW,
    &windows::DETACHED,
    &windows::PSEUDO_CONSOLE,
    &windows::START,
    &windows::CTRL_C_IGNORED,
    &windows::JOB,
    &windows::NESTED_JOB,
    &windows::BREAKAWAY,
];

/// The launch of that name on a system.
pub fn find(name: &str, os: Os) -> Option<&'static Launch> {
    ALL.iter().copied().find(|launch| launch.name == name && launch.platforms.contains(&os))
}

/// Whether some system has a launch of that name.
pub fn known(name: &str) -> bool {
    ALL.iter().any(|launch| launch.name == name)
}
