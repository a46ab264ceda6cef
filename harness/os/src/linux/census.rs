//! Who is below whom, by /proc.

use super::proc::{self, Stat, Status};
use std::collections::HashSet;

/// Whether a process of one thread has one child, living or not.
pub(crate) fn has_one_child(pid: i32) -> bool {
    proc::children(pid, pid).is_some_and(|children| children.len() == 1)
}

/// Every process below this one.
pub(crate) fn descendants(root: i32) -> Vec<i32> {
    let Some(first) = proc::children(root, root) else { return scan(root) };
    let mut seen: HashSet<i32> = first.iter().copied().collect();
    let (mut found, mut rest) = (Vec::new(), first);
    while let Some(pid) = rest.pop() {
        found.push(pid);
        rest.extend(children(pid).into_iter().filter(|child| seen.insert(*child)));
    }
    found
}

/// The children of the calling process.
pub(crate) fn own_children() -> Vec<i32> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    if proc::children(own, own).is_some() { children(own) } else { scan(own) }
}

/// What may be orphaned: it falls to the calling process, which is a reaper.
pub(crate) fn orphans() -> Vec<i32> {
    own_children()
}

/// The children of all threads of a process: each has a list of its own.
fn children(pid: i32) -> Vec<i32> {
    if proc::has_one_thread(pid) {
        return proc::children(pid, pid).unwrap_or_default();
    }
    proc::threads(pid).into_iter().filter_map(|thread| proc::children(pid, thread)).flatten().collect()
}

/// The descendants on a kernel without CONFIG_PROC_CHILDREN: every process, by its parent.
fn scan(root: i32) -> Vec<i32> {
    let parents: Vec<(i32, i32)> =
        proc::all().into_iter().filter_map(|pid| Some((pid, Stat::of(pid)?.parent))).collect();
    crate::unix::below(root, &parents)
}

/// The arguments of a process, each ended by NUL; none for a zombie.
pub(crate) fn arguments(pid: i32) -> Vec<u8> {
    proc::read(&format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

/// The environment that a process was started with, each line ended by NUL.
pub(crate) fn environment(pid: i32) -> Vec<u8> {
    proc::read(&format!("/proc/{pid}/environ")).unwrap_or_default()
}

/// The id that a process has in its own PID namespace.
pub(crate) fn own_pid(pid: i32) -> u32 {
    Status::of(pid, None).map_or(pid.unsigned_abs(), |status| status.own_pid)
}
