//! The processes of one cell.

use super::adopt;
use crate::spec::{Process, Spec};
use crate::sys::{self, Stat};
use std::cell::RefCell;
use std::collections::HashSet;

/// What is needed to find all processes of a cell.
#[derive(Debug)]
pub(super) struct Tree {
    warden: i32,
    main: i32,
    /// The process between warden and target, which is no part of the cell; 0 is none.
    parent: i32,
    pid_namespace: bool,
    /// The started program's name, for when it has ended.
    name: String,
    marker: Option<String>,
    /// Zombies that were seen while their own parent lived, which had not waited for them.
    owed: RefCell<HashSet<i32>>,
}

impl Tree {
    pub(super) fn new(warden: i32, main: i32, parent: i32, spec: &Spec) -> Tree {
        let program = spec.argv.first().map_or("", String::as_str);
        let name = program.rsplit('/').next().unwrap_or(program).to_owned();
        let pid_namespace = spec.start.pid_namespace;
        let owed = RefCell::default();
        Tree { warden, main, parent, pid_namespace, name, marker: adopt::marker(spec), owed }
    }

    /// The started process.
    pub(super) fn main(&self) -> i32 {
        self.main
    }

    /// The started process, when it is the only one, has one thread, and has nothing to do.
    pub(super) fn alone_at_rest(&self) -> Option<sys::Look> {
        if self.parent == 0 { sys::alone_at_rest(self.warden, self.main) } else { None }
    }

    /// Every process, the started one first, then by pid.
    pub(super) fn processes(&self, main_has_ended: bool) -> Vec<Process> {
        // Nearly always the started process has ended and nothing else is there.
        if main_has_ended && self.parent == 0 && sys::has_one_child(self.warden) {
            return vec![self.ended_main()];
        }
        let mut found = self.descendants();
        found.sort_unstable_by_key(|&pid| (pid != self.main, pid));
        found.into_iter().filter_map(|pid| self.describe(pid)).collect()
    }

    /// The processes of the started process's session.
    pub(super) fn session(&self) -> Vec<i32> {
        let session_of = |pid| Stat::of(pid).filter(|stat| !stat.is_zombie()).map(|stat| stat.session);
        let Some(session) = Stat::of(self.main).map(|stat| stat.session) else { return Vec::new() };
        let mut members = self.descendants();
        members.retain(|&pid| session_of(pid) == Some(session));
        members
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
        let words = sys::arguments(pid);
        let words: Vec<_> = words.split(|byte| *byte == 0).filter(|word| !word.is_empty()).collect();
        let command = if words.is_empty() {
            format!("[{}]", stat.name)
        } else {
            String::from_utf8_lossy(&words.join(&b' ')).into_owned()
        };
        let outer = pid.unsigned_abs();
        let own_pid = if self.pid_namespace { sys::own_pid(pid) } else { outer };
        Some(Process { pid: outer, own_pid, parent: stat.parent.unsigned_abs(), command, zombie })
    }

    /// Everything of the cell but the warden and the process in between.
    ///
    /// A list of processes that is read while some of them end may leave others out (proc(5)), so two
    /// walks must agree; a target that never stops forking must not keep the harness here for ever.
    fn descendants(&self) -> Vec<i32> {
        let mut before = self.walk();
        for _ in 0..8 {
            let now = self.walk();
            if now == before {
                break;
            }
            before = now;
        }
        before
    }

    /// One walk, which may miss what is orphaned while it goes on.
    pub(super) fn walk(&self) -> Vec<i32> {
        let mut found = sys::descendants(self.warden);
        if !sys::HAS_REAPERS {
            for stray in adopt::strays(&[self.warden, self.main], self.marker.as_deref()) {
                found.push(stray);
                found.extend(sys::descendants(stray));
            }
        }
        found.retain(|&pid| pid != self.parent);
        found.sort_unstable();
        found.dedup();
        found
    }
}
