//! Requests that are under way when a target is ended: begins them, lets them go on, and says what became
//! of each.
//!
//! Each request is a task with a connection of its own. They move on together, by the phases of the cell.

mod talk;

use super::{From, Session, millis};
use lastrites_model::scenario::Scenario;
use lastrites_model::work::{Answer, Begun, Request, RequestKind, Worked};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Where a cell is, as far as a request is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// The end has not begun, or the target has not taken note of it.
    Before,
    /// The target has taken note: what was held back is sent, what is new is begun.
    Ending,
    /// The target has ended: what it wrote can be read by those who would not.
    Ended,
}

/// Between two attempts to connect, to see when a target stops listening: no event says so to a process
/// that does not own the socket. Long enough that it is no load.
const AGAIN: Duration = Duration::from_millis(25);

/// Something that happens once, and when.
type Once<T> = watch::Receiver<Option<(T, Instant)>>;

/// One request, and what is known of it so far.
#[derive(Debug)]
struct Item {
    name: String,
    answer: Once<Answer>,
    refused: Once<()>,
    task: JoinHandle<()>,
}

/// The requests of one cell.
#[derive(Debug)]
pub(super) struct Work {
    items: Vec<Item>,
    phase: watch::Sender<Phase>,
}

impl Drop for Work {
    fn drop(&mut self) {
        for item in &self.items {
            item.task.abort();
        }
    }
}

impl Work {
    pub(super) fn new() -> Work {
        Work { items: Vec::new(), phase: watch::Sender::new(Phase::Before) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn start(&mut self, request: &Request, port: u16, under_way: oneshot::Sender<()>) {
        let (tell, answer) = watch::channel(None);
        let (tell_refused, refused) = watch::channel(None);
        let (kind, path) = (request.kind, request.path.clone());
        let mut phase = self.phase.subscribe();
        let task = tokio::task::spawn_local(async move {
            if !kind.is_before() && phase.wait_for(|phase| *phase >= Phase::Ending).await.is_err() {
                return;
            }
            let came = talk::talk(kind, &path, port, under_way, phase).await;
            tell.send_replace(Some((came, Instant::now())));
            if kind == RequestKind::New {
                while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                    sleep(AGAIN).await;
                }
                tell_refused.send_replace(Some(((), Instant::now())));
            }
        });
        self.items.push(Item { name: request.name.clone(), answer, refused, task });
    }

    /// Of the requests that should be under way, one that is over already: it would be no test.
    pub(super) fn over_already(&self, scenario: &Scenario) -> Option<String> {
        self.items.iter().zip(&scenario.target.requests).find_map(|(item, request)| {
            let (answer, _) = (*item.answer.borrow()).filter(|_| request.kind.is_before())?;
            Some(format!("the request `{}` was over before the end began: {}", item.name, answer.word()))
        })
    }

    /// The target has taken note of its end.
    pub(super) fn go_on(&self) {
        self.phase.send_replace(Phase::Ending);
    }

    /// What became of each, with the time since `begin`. When a target has ended, so does every connection,
    /// unless a descendant holds it; one that lives on may still answer. Both are waited for, for as long as a
    /// survivor is watched.
    pub(super) async fn finish(&mut self, ended: bool, patience: Duration, begin: Instant) -> Vec<Worked> {
        self.phase.send_replace(if ended { Phase::Ended } else { Phase::Ending });
        let items = &mut self.items;
        let _ = timeout(patience, async {
            for item in items {
                // An error says that its task has ended: then nothing comes any more.
                let _ = item.answer.wait_for(Option::is_some).await;
                if ended {
                    let _ = item.refused.wait_for(Option::is_some).await;
                }
            }
        })
        .await;
        let since = |at: Instant| millis(at.saturating_duration_since(begin));
        self.items
            .iter()
            .map(|item| Worked {
                request: item.name.clone(),
                answer: item.answer.borrow().map_or(Answer::Open, |(answer, _)| answer),
                ms: item.answer.borrow().map(|(_, at)| since(at)),
                refused_ms: item.refused.borrow().map(|((), at)| since(at)),
            })
            .collect()
    }
}

/// Lets what the target has answered by now, and what lies in our sockets, become known. From the socket to the
/// answer it takes five tasks, one woken by the other; each waits for one pass over the tasks of the run
/// at most, 512 cells at 61 a turn of tokio's `LocalSet`. (No event says that nothing is on its way.)
pub(super) async fn hand_on() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

impl Session<'_> {
    /// Begins every request, one after another, each known to be under way before the next.
    pub(super) async fn begin_requests(&mut self) -> Result<(), String> {
        let scenario = self.scenario;
        for request in &scenario.target.requests {
            let port = self.port.ok_or("the scenario has no {port} to send requests to")?;
            let seen = self.watch.lines.len();
            let (tell, under_way) = oneshot::channel();
            self.work.start(request, port, tell);
            if request.kind.is_before() {
                self.until_under_way(request, under_way).await?;
            }
            if let Some(begun) = &request.begun {
                self.until_begun(&request.name, begun, seen).await?;
            }
        }
        Ok(())
    }

    async fn until_under_way(
        &mut self,
        request: &Request,
        mut under_way: oneshot::Receiver<()>,
    ) -> Result<(), String> {
        let name = &request.name;
        loop {
            tokio::select! {
                told = &mut under_way => {
                    return told.map_err(|_| format!("the request `{name}` ({}) could not begin", request.path));
                }
                () = self.watch.next(), if !self.watch.exited => {}
            }
            if self.watch.exited {
                return Err(format!("it ended before the request `{name}` had begun"));
            }
        }
    }

    /// Until the target says, in a line that was not there before, that it works on a request.
    async fn until_begun(&mut self, name: &str, begun: &Begun, seen: usize) -> Result<(), String> {
        let (from, pattern) = match begun {
            Begun::Stdout(pattern) => (From::Stdout, pattern),
            Begun::Stderr(pattern) => (From::Stderr, pattern),
            Begun::Evidence(pattern) => (From::Evidence, pattern),
        };
        loop {
            self.watch.gather();
            let lines = self.watch.lines.get(seen..).unwrap_or(&self.watch.lines);
            if lines.iter().any(|line| line.from == from && pattern.is_match(&line.text)) {
                return Ok(());
            }
            if self.watch.exited {
                return Err(format!("it ended before it said that it works on the request `{name}`"));
            }
            self.watch.next().await;
        }
    }
}
