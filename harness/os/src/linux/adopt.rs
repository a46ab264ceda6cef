//! What is left of a cell whose warden was killed: the harness, as the next reaper above, inherits it.

use super::proc::{self, Stat};

/// Ends and reaps the processes of that warden's cell that are now children of this process: those in
/// the warden's session, and those whose environment holds the line that marks the cell.
pub(crate) fn end_adopted(warden: i32, marker: Option<&str>) {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let belongs = |pid: i32| {
        Stat::of(pid).is_some_and(|stat| stat.session == warden)
            || marker.is_some_and(|marker| {
                let environment = proc::read(&format!("/proc/{pid}/environ")).unwrap_or_default();
                environment.split(|byte| *byte == 0).any(|line| line == marker.as_bytes())
            })
    };
    loop {
        // Any thread can have become the new parent, though a harness has only one.
        let children = proc::threads(own).into_iter().filter_map(|thread| proc::children(own, thread));
        let found: Vec<i32> = children.flatten().filter(|&pid| belongs(pid)).collect();
        if found.is_empty() {
            return;
        }
        for pid in found {
            // SAFETY: children of this process that were not waited for keep their ids; both calls take
            // plain numbers, and the second writes nothing.
            let refused = unsafe {
                let refused = libc::kill(pid, libc::SIGKILL) != 0;
                if !refused {
                    libc::waitpid(pid, std::ptr::null_mut(), 0);
                }
                refused
            };
            if refused {
                return;
            }
        }
    }
}
