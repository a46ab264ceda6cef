//! One look at what threads do.

use super::proc::{self, Status};

/// One thread that has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pid: i32,
    thread: Option<i32>,
    state: u8,
    sleeps: u64,
}

/// Whether a process other than `main` has ended and was not waited for.
pub(crate) fn has_zombies(looks: &[Look], main: i32) -> bool {
    looks.iter().any(|look| look.pid != main && matches!(look.state, b'Z' | b'X'))
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
            looks.push(Look { pid, thread: None, state: status.state, sleeps: status.sleeps });
            continue;
        }
        for thread in proc::threads(pid) {
            let Some(status) = Status::of(pid, Some(thread)) else { continue };
            if !status.is_quiet() {
                return None;
            }
            looks.push(Look { pid, thread: Some(thread), state: status.state, sleeps: status.sleeps });
        }
    }
    Some(looks)
}
