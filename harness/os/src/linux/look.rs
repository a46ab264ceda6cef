//! One look at what threads do.

use super::proc::{self, Status};
use lastrites_model::observation::Disposition;

/// One thread that has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pid: i32,
    thread: Option<i32>,
    state: u8,
    sleeps: u64,
    blocked: u64,
    ignored: u64,
    caught: u64,
}

impl Look {
    fn of(pid: i32, thread: Option<i32>, status: &Status) -> Look {
        let Status { state, sleeps, blocked, ignored, caught, .. } = *status;
        Look { pid, thread, state, sleeps, blocked, ignored, caught }
    }
}

/// What a process of one thread makes of a signal, as far as these looks tell.
pub(crate) fn disposition_seen(looks: &[Look], pid: i32, number: i32) -> Option<Disposition> {
    let look = looks.iter().find(|look| look.pid == pid && look.thread.is_none())?;
    let ended = matches!(look.state, b'Z' | b'X');
    (!ended).then(|| by_masks(number, look.blocked, look.ignored, look.caught))
}

/// What the masks of /proc/PID/status say of a signal.
pub(super) fn by_masks(number: i32, blocked: u64, ignored: u64, caught: u64) -> Disposition {
    let bit = 1_u64 << (number - 1);
    if blocked & bit != 0 {
        Disposition::Blocked
    } else if ignored & bit != 0 {
        Disposition::Ignored
    } else if caught & bit != 0 {
        Disposition::Caught
    } else {
        Disposition::Default
    }
}

/// Whether a process other than `main` has ended and was not waited for.
pub(crate) fn has_zombies(looks: &[Look], main: i32) -> bool {
    looks.iter().any(|look| look.pid != main && matches!(look.state, b'Z' | b'X'))
}

/// A process, when it has one thread, has nothing to do, and is all that is below its warden.
///
/// The order of the three reads is what makes it true of the moment of the first. A process that was there then and
/// lives is a child of the main process, or below a child of the warden. In the first case it is in the list
/// that is read second, unless it has ended since, and with it, before it is waited for, its children become the
/// warden's; so whoever the second read misses is below a child of the warden at the third. There it is in the list, or
/// the one above it, or that one has ended and it has become a child of the warden itself.
pub(crate) fn alone_at_rest(warden: i32, main: i32) -> Option<Look> {
    let status = Status::of(main, None)?;
    let alone = || {
        proc::children(main, main).is_some_and(|children| children.is_empty())
            && proc::children(warden, warden).is_some_and(|children| children == [main])
    };
    (status.threads <= 1 && status.is_quiet() && alone()).then(|| Look::of(main, None, &status))
}

/// All threads of these processes, when all have nothing to do: asleep in a call without a signal that
/// would wake them, stopped, or ended. What is gone is left out.
pub(crate) fn look(pids: &[u32]) -> Option<Vec<Look>> {
    let mut looks = Vec::with_capacity(pids.len());
    for pid in pids.iter().map(|pid| pid.cast_signed()) {
        let Some(status) = Status::of(pid, None) else { continue };
        if status.threads <= 1 {
            if !status.is_quiet() {
                return None;
            }
            looks.push(Look::of(pid, None, &status));
            continue;
        }
        for thread in proc::threads(pid) {
            let Some(status) = Status::of(pid, Some(thread)) else { continue };
            if !status.is_quiet() {
                return None;
            }
            looks.push(Look::of(pid, Some(thread), &status));
        }
    }
    Some(looks)
}
