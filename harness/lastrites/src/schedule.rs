//! Which cell runs when: the slow starts first, as many waiting at once as there are, as many starting
//! at once as the cores can take.
//!
//! The schedule knows nothing of processes; its tests run it with an executor that does nothing.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

/// The right to keep a core busy. Dropped, the next cell starts.
#[derive(Debug)]
pub struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
}

/// How much goes on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Cells in flight, waiting ones included.
    pub jobs: usize,
    /// Cells that start, or are being ended, at the same time.
    pub starting: usize,
}

impl Bounds {
    /// For so many cores: a start waits for the disk, for its warden and for the harness in between, so three
    /// per core keep it busy. (With two cores and a target that does next to nothing, six at once took 2 % less
    /// time than four, and eight as much as six.)
    pub fn for_cores(cores: usize) -> Bounds {
        Bounds { jobs: 512, starting: (3 * cores).max(4) }
    }
}

/// The order in which to run: heavy first, so that no core is idle at the end while a slow one is left;
/// equal weights stay in the order of the plan.
pub fn order(weights: &[u32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(weights[*index]));
    order
}

/// Runs everything in `order`. `done` hears of each as it finishes.
///
/// Each cell in flight is the turn of a worker, which takes the next one from the order as soon as it may use
/// a core. (Rejected: a task for each cell. Tens of thousands of allocations of some kilobytes, each with the
/// small ones between that a run keeps of a cell, tear the heap to pieces: the memory of a run of 20,000
/// cells was half as large again.)
///
/// Must be called within a `LocalSet`: what runs need not be `Send`.
pub async fn run<T: 'static, F>(
    order: Vec<usize>,
    bounds: Bounds,
    execute: impl Fn(usize, Slot) -> F + 'static,
    mut done: impl FnMut(usize, T),
) where
    F: Future<Output = T> + 'static,
{
    let cells = order.len();
    let (results, mut finished) = mpsc::unbounded_channel();
    let shared = Rc::new(Shared {
        rest: RefCell::new(order.into_iter()),
        starting: Arc::new(Semaphore::new(bounds.starting.max(1))),
        execute,
    });
    let mut workers = JoinSet::new();
    for _ in 0..bounds.jobs.max(1).min(cells) {
        workers.spawn_local(work(Rc::clone(&shared), results.clone()));
    }
    drop(results);
    loop {
        tokio::select! {
            biased;
            Some(ended) = workers.join_next() => panic_if_it_did(ended),
            result = finished.recv() => match result {
                Some((index, result)) => done(index, result),
                None => break,
            },
        }
    }
}

/// What the workers share.
struct Shared<E> {
    rest: RefCell<std::vec::IntoIter<usize>>,
    starting: Arc<Semaphore>,
    execute: E,
}

/// One worker: a cell after the other, until none is left.
async fn work<T, F: Future<Output = T>>(
    shared: Rc<Shared<impl Fn(usize, Slot) -> F>>,
    results: mpsc::UnboundedSender<(usize, T)>,
) {
    loop {
        // The semaphore is fair, and whoever gets a place takes the next cell: they start in order.
        let permit = Arc::clone(&shared.starting).acquire_owned().await.ok();
        let next = shared.rest.borrow_mut().next();
        let Some(index) = next else { return };
        let result = (shared.execute)(index, Slot { _permit: permit }).await;
        // Nobody listens only where the run was dropped, and with it this worker.
        let _ = results.send((index, result));
    }
}

/// A worker that panicked ends the run with its panic: a harness in an unknown state must not report.
fn panic_if_it_did(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;
    use tokio::sync::Notify;
    use tokio::task::LocalSet;

    fn block_on(work: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        LocalSet::new().block_on(&runtime, work);
    }

    #[test]
    fn heavy_ones_start_first_and_equals_keep_their_order() {
        assert_eq!(order(&[1, 9, 1, 50, 9]), [3, 1, 4, 0, 2]);
    }

    #[test]
    fn waiting_cells_do_not_hold_back_the_start_of_others() {
        block_on(async {
            let gate = Rc::new(Notify::new());
            let waiting = Rc::new(Cell::new(0));
            let finished = Rc::new(Cell::new(0));
            let order: Vec<usize> = (0..100).collect();
            let execute = move |_: usize, slot: Slot| {
                let (gate, waiting) = (Rc::clone(&gate), Rc::clone(&waiting));
                async move {
                    drop(slot);
                    waiting.set(waiting.get() + 1);
                    if waiting.get() == 100 {
                        gate.notify_waiters();
                    } else {
                        gate.notified().await;
                    }
                }
            };
            // All hundred must be in flight before the first may end: with one of them held back, this
            // would never return.
            run(order, Bounds { jobs: 100, starting: 1 }, execute, |_, ()| finished.set(finished.get() + 1))
                .await;
            assert_eq!(finished.get(), 100);
        });
    }

    #[test]
    fn results_are_told_as_they_come() {
        block_on(async {
            let told = RefCell::new(Vec::new());
            run(
                vec![2, 0, 1],
                Bounds { jobs: 1, starting: 1 },
                |index, _slot| async move { index * 10 },
                |index, result| told.borrow_mut().push((index, result)),
            )
            .await;
            assert_eq!(*told.borrow(), [(2, 20), (0, 0), (1, 10)]);
        });
    }

    proptest! {
        #[test]
        fn every_cell_runs_once_and_never_more_than_allowed(
            count in 0usize..60, jobs in 1usize..8, starting in 1usize..8,
        ) {
            block_on(async {
                let (now, most, starts) = (Rc::new(Cell::new(0usize)), Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
                let order: Vec<usize> = (0..count).collect();
                let mut seen = Vec::new();
                let highest = Rc::clone(&most);
                run(order.clone(), Bounds { jobs, starting }, move |index, slot| {
                    let (now, most, starts) = (Rc::clone(&now), Rc::clone(&highest), Rc::clone(&starts));
                    async move {
                        now.set(now.get() + 1);
                        most.set(most.get().max(now.get()));
                        starts.set(starts.get() + 1);
                        tokio::task::yield_now().await;
                        drop(slot);
                        tokio::task::yield_now().await;
                        now.set(now.get() - 1);
                        index
                    }
                }, |index, result| {
                    assert_eq!(index, result);
                    seen.push(index);
                }).await;
                seen.sort_unstable();
                assert_eq!(seen, order);
                assert!(most.get() <= jobs);
            });
        }
    }
}
