//! The tree below a warden, by /proc.

use super::proc::{self, Stat, Status};
use crate::spec::{Process, Spec};
use std::cell::RefCell;
use std::collections::HashSet;

/// What is needed to find all processes of a cell.
#[derive(Debug)]
pub(crate) struct Tree {
    warden: i32,
    main: i32,
    /// The process between warden and target, which is no part of the cell; 0 is none.
    parent: i32,
    pid_namespace: bool,
    /// The started program's name, for when it has ended.
    name: String,
    /// Zombies that were seen while their own parent lived, which had not waited for them.
    owed: RefCell<HashSet<i32>>,
}

impl Tree {
    pub(crate) fn new(warden: i32, main: i32, parent: i32, spec: &Spec) -> Tree {
        let program = spec.argv.first().map_or("", String::as_str);
        let name = program.rsplit('/').next().unwrap_or(program).to_owned();
        let owed = RefCell::default();
        Tree { warden, main, parent, pid_namespace: spec.start.pid_namespace, name, owed }
    }

    /// The started process.
    pub(crate) fn main(&self) -> i32 {
        self.main
    }

    /// Every process, the started one first, then by pid.
    pub(crate) fn processes(&self, main_has_ended: bool) -> Vec<Process> {
        // Nearly always the started process has ended and nothing else is there: one file says so.
        if main_has_ended && self.parent == 0 && self.below_warden() == Some(vec![self.main]) {
            return vec![self.ended_main()];
        }
        let mut found = self.descendants();
        found.sort_unstable_by_key(|&pid| (pid != self.main, pid));
        found.into_iter().filter_map(|pid| self.describe(pid)).collect()
    }

    /// The processes of the started process's session.
    pub(crate) fn session(&self) -> Vec<i32> {
        let session_of = |pid| Stat::of(pid).filter(|stat| !stat.is_zombie()).map(|stat| stat.session);
        let Some(session) = Stat::of(self.main).map(|stat| stat.session) else { return Vec::new() };
        let mut members = self.descendants();
        members.retain(|&pid| session_of(pid) == Some(session));
        members
    }

    fn below_warden(&self) -> Option<Vec<i32>> {
        proc::children(self.warden, self.warden)
    }

    fn ended_main(&self) -> Process {
        let pid = self.main.unsigned_abs();
        Process {
            pid,
            own_pid: if self.pid_namespace { 1 } else { pid },
            parent: self.warden.unsigned_abs(),
            command: format!("[{}]", self.name),
            zombie: true,
        }
    }

    fn describe(&self, pid: i32) -> Option<Process> {
        let stat = Stat::of(pid)?;
        let zombie = stat.is_zombie();
        // The warden is to the cell what init is to a system: a zombie of its own would be reaped there
        // at once, and says nothing about the target. Unless it was one before its parent ended.
        if zombie && pid != self.main {
            if stat.parent != self.warden {
                self.owed.borrow_mut().insert(pid);
            } else if !self.owed.borrow().contains(&pid) {
                return None;
            }
        }
        let words = proc::read(&format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<_> = words.split(|byte| *byte == 0).filter(|word| !word.is_empty()).collect();
        let command = if words.is_empty() {
            format!("[{}]", stat.name)
        } else {
            String::from_utf8_lossy(&words.join(&b' ')).into_owned()
        };
        let outer = pid.unsigned_abs();
        let own_pid = if self.pid_namespace {
            Status::of(pid, None).map_or(outer, |status| status.own_pid)
        } else {
            outer
        };
        Some(Process { pid: outer, own_pid, parent: stat.parent.unsigned_abs(), command, zombie })
    }

    /// Everything below the warden but the process in between. The kernel may leave out a child when
    /// another one ends while the list is read (proc(5)), so two walks must agree.
    fn descendants(&self) -> Vec<i32> {
        let mut before = self.walk();
        // A target that never stops forking must not keep the harness here for ever.
        for _ in 0..8 {
            let now = self.walk();
            if now == before {
                break;
            }
            before = now;
        }
        before
    }

    fn walk(&self) -> Vec<i32> {
        let Some(first) = self.below_warden() else { return self.scan() };
        let mut seen: HashSet<i32> = first.iter().copied().collect();
        let (mut found, mut rest) = (Vec::new(), first);
        while let Some(pid) = rest.pop() {
            if pid != self.parent {
                found.push(pid);
            }
            // Each thread has a list of its own.
            let threads = match proc::children(pid, pid) {
                Some(children) => {
                    rest.extend(children.into_iter().filter(|child| seen.insert(*child)));
                    proc::threads(pid)
                }
                None => Vec::new(),
            };
            for thread in threads.into_iter().filter(|thread| *thread != pid) {
                let children = proc::children(pid, thread).unwrap_or_default();
                rest.extend(children.into_iter().filter(|child| seen.insert(*child)));
            }
        }
        found.sort_unstable();
        found
    }

    /// The same on a kernel without CONFIG_PROC_CHILDREN: every process, by its parent.
    fn scan(&self) -> Vec<i32> {
        let parents: Vec<(i32, i32)> =
            proc::all().into_iter().filter_map(|pid| Some((pid, Stat::of(pid)?.parent))).collect();
        let mut found = HashSet::from([self.warden]);
        loop {
            let more: Vec<i32> = parents
                .iter()
                .filter(|(pid, parent)| found.contains(parent) && !found.contains(pid))
                .map(|(pid, _)| *pid)
                .collect();
            if more.is_empty() {
                break;
            }
            found.extend(more);
        }
        let mut found: Vec<i32> =
            found.into_iter().filter(|pid| *pid != self.warden && *pid != self.parent).collect();
        found.sort_unstable();
        found
    }
}
