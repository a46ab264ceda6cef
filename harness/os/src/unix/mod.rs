//! What all unixes share: the wardens, their pool, streams, terminals and interrupts.
//!
//! What only one kernel knows (how a tree is found, how an end is noticed) is asked of `crate::sys`,
//! which is `linux` or `bsd`; both offer the same few items.

mod adopt;
pub(crate) mod child;
mod interrupts;
mod nursery;
pub(crate) mod order;
mod pool;
mod program;
mod quiet;
mod running;
mod stream;
mod terminal;
mod tree;
mod warden;

pub use interrupts::{Interrupts, die_of};
pub use pool::Pool;
pub use running::Running;
pub use stream::{Stream, evidence};

use lastrites_model::platform::Os;
use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Which of the systems this is.
pub(crate) const OS: Os = if cfg!(target_os = "linux") {
    Os::Linux
} else if cfg!(target_os = "macos") {
    Os::Macos
} else {
    Os::Freebsd
};

/// Hidden first arguments of the program: none on unix, where wardens are forked and need no program.
pub fn hidden_main(_arguments: &[String]) -> Option<i32> {
    None
}

/// What `/bin/sh` is, by the file that it leads to: `dash`, `bash`, `busybox`, `zsh`. A shell that is
/// no link (macOS, FreeBSD) is called `sh`.
pub(crate) fn shell() -> Option<String> {
    let target = std::fs::canonicalize("/bin/sh").ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}

/// Registers a descriptor, which must be non-blocking unless it is only waited for.
pub(crate) fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open, stays the same descriptor, and is closed only when it is dropped,
    // which the `AsyncFd` that now owns it does after its registration has ended.
    unsafe { AsyncFd::register_with_interest(fd, interest) }.map_err(io::Error::from)
}

/// Every process below `root`, of pairs of a process and its parent.
pub(crate) fn below(root: i32, parents: &[(i32, i32)]) -> Vec<i32> {
    let mut found = HashSet::from([root]);
    loop {
        let known = found.len();
        let more: Vec<i32> =
            parents.iter().filter(|(_, parent)| found.contains(parent)).map(|(pid, _)| *pid).collect();
        found.extend(more);
        if found.len() == known {
            break;
        }
    }
    found.remove(&root);
    found.into_iter().collect()
}
