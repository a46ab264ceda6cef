//! Seeing that processes have nothing to do.
//!
//! The one place where lastrites looks again and again, because no kernel tells when a process goes to
//! sleep. Rejected: ptrace(2), which is told of each stop but changes how signals are delivered; the
//! scheduler's tracepoints, which need privileges; `/proc/PID/syscall`, which needs the right to trace
//! and says no more than the state does.

use crate::sys;
use std::time::Duration;

/// Waits until every thread of the processes that `walk` finds sleeps in a call with no deliverable signal pending, or
/// is stopped, or has ended, and returns what was seen of them.
///
/// It must be so in two looks in a row, with no thread having slept anew between them: then no thread
/// ran from the end of the first to the beginning of the second, and all of them slept at one moment. (A
/// single look could see each of two threads that wake each other asleep.) The processes are found anew
/// for each look, so that one that was started meanwhile counts.
///
/// One look is enough where there is one process of one thread, which is what `alone` looks for.
pub(super) async fn quiet(
    alone: impl Fn() -> Option<sys::Look>,
    walk: impl Fn() -> Vec<u32>,
) -> Vec<sys::Look> {
    let (mut before, mut looks) = (None, 0_u32);
    loop {
        if let Some(asleep) = alone() {
            return vec![asleep];
        }
        let now = sys::look(&walk());
        let quiet = now.is_some();
        if quiet && now == before {
            return now.unwrap_or_default();
        }
        before = now;
        // The first looks only let the other cells go on; then a pause of 1, 2, 4 ms, no longer. A first
        // quiet look needs no pause before the second.
        looks += 1;
        if quiet || looks <= 2 {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(Duration::from_millis(1 << (looks - 3).min(2))).await;
        }
    }
}
