//! Processes of a cell that are not below its warden: the warden was killed, or the system knows no
//! reapers.

use crate::spec::Spec;
use crate::sys::{self, Stat};

/// The line of a target's environment that no other cell's target has.
pub(super) fn marker(spec: &Spec) -> Option<String> {
    let (key, value) = spec.env.iter().find(|(key, _)| key == MARKER)?;
    Some(format!("{key}={value}"))
}

/// The name in that line.
pub(super) const MARKER: &str = "LASTRITES_CELL";

/// Orphans that belong to a cell: those in one of its sessions, and those whose environment holds its
/// line.
pub(super) fn strays(sessions: &[i32], marker: Option<&str>) -> Vec<i32> {
    let mut found = sys::orphans();
    found.retain(|&pid| {
        Stat::of(pid).is_some_and(|stat| !stat.is_zombie() && sessions.contains(&stat.session))
            || marker.is_some_and(|marker| {
                sys::environment(pid).split(|byte| *byte == 0).any(|line| line == marker.as_bytes())
            })
    });
    found
}

/// Ends them, and what they leave in turn: 0, or an errno.
pub(super) fn end_strays(sessions: &[i32], marker: Option<&str>) -> i32 {
    loop {
        let found = strays(sessions, marker);
        if found.is_empty() {
            return 0;
        }
        for pid in found {
            // SAFETY: plain numbers; the process was alive just now. waitpid writes nothing to a null
            // pointer, and fails for what is not a child.
            unsafe {
                if libc::kill(pid, libc::SIGKILL) != 0 {
                    let error = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
                    if error != libc::ESRCH {
                        return error;
                    }
                }
                if libc::waitpid(pid, std::ptr::null_mut(), 0) < 0 {
                    sys::wait_for_end(pid);
                }
            }
        }
    }
}
