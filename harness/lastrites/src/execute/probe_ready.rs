//! The readiness handshake.

use super::watch::Line;
use super::{From, Session};
use lastrites_model::observation::Survey;
use lastrites_model::scenario::Ready;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Between two looks at something that no event announces. A port that begins to listen is none that
/// a process which does not own it can wait for (rejected: ptrace and eBPF, which change the target or
/// need privileges), so it is tried again, less and less often.
const FIRST_LOOK: Duration = Duration::from_millis(2);
const LAST_LOOK: Duration = Duration::from_millis(100);

/// For `settled`: so long has it written nothing, and so long is that waited for. Nothing announces that a
/// program has nothing more to say; one that never stops is taken for ready, for it can be ended too.
const CALM: Duration = Duration::from_millis(250);
const BUSY: Duration = Duration::from_secs(3);

impl Session<'_> {
    /// Waits until the target is ready.
    pub(super) async fn ready(&mut self) -> Result<(), String> {
        let scenario = self.scenario;
        match &scenario.target.ready {
            Ready::Stdout(pattern) => self.line(From::Stdout, pattern).await,
            Ready::Stderr(pattern) => self.line(From::Stderr, pattern).await,
            Ready::Evidence(pattern) => self.line(From::Evidence, pattern).await,
            Ready::Started => {
                self.watch.until_quiet().await;
                if self.watch.exited && self.cell.ending.own.is_none() {
                    return Err("it ended by itself".to_owned());
                }
                Ok(())
            }
            Ready::Settled => {
                let patience = BUSY.min(scenario.limits.ready / 2);
                self.busy = timeout(patience, self.calm()).await.is_err();
                if self.watch.exited && self.cell.ending.own.is_none() {
                    return Err("it ended by itself".to_owned());
                }
                Ok(())
            }
            Ready::File(name) => {
                let path = self.place.folder.join(name);
                self.again_and_again(async || path.exists()).await
            }
            Ready::Tcp => {
                let port = self.port.ok_or("the scenario has no {port}")?;
                self.again_and_again(async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await
            }
            Ready::Http(path) => {
                let port = self.port.ok_or("the scenario has no {port}")?;
                self.again_and_again(async || answers(port, path).await).await
            }
        }
    }

    async fn line(&mut self, from: From, pattern: &regex::Regex) -> Result<(), String> {
        let mut seen = 0_usize;
        // On a terminal launch, the terminal carries what is written to standard output as well.
        let terminal = self.cell.start.session == lastrites_model::launch::Session::Terminal;
        let source = |line: From| line == from || terminal && from == From::Stdout && line == From::Stderr;
        loop {
            let says = |line: &Line| source(line.from) && pattern.is_match(&line.text);
            if self.watch.lines[seen..].iter().any(says) {
                if self.cell.ending.own.is_some() {
                    self.watch.mark_late_after_ready(says);
                }
                return Ok(());
            }
            // In a flood lines are forgotten, and those that are left are looked at again.
            let before = self.watch.lines.len();
            seen = before;
            if self.watch.exited {
                return Err("it ended before it was ready".to_owned());
            }
            self.watch.next().await;
            if self.watch.lines.len() < before {
                seen = 0;
            }
        }
    }

    /// Until the whole tree sleeps and has written nothing for a moment, or has ended.
    async fn calm(&mut self) {
        loop {
            self.watch.until_quiet().await;
            if self.watch.exited || timeout(CALM, self.watch.next()).await.is_err() {
                return;
            }
        }
    }

    /// What a ready target is like: where it listens, and whether it speaks HTTP there.
    pub(super) async fn survey(&mut self) -> Survey {
        let pids: Vec<u32> = self.watch.look().iter().map(|process| process.pid).collect();
        let listens = lastrites_os::ports_of(&pids);
        let port = self.port.or(listens.first().copied());
        let http = match port {
            Some(port) => status(port, "/").await,
            None => None,
        };
        Survey { listens, http, busy: self.busy }
    }

    async fn again_and_again(&mut self, mut look: impl AsyncFnMut() -> bool) -> Result<(), String> {
        let mut pause = FIRST_LOOK;
        loop {
            if look().await {
                if self.cell.ending.own.is_some() {
                    self.watch.mark_late_after_ready(|_| false);
                }
                return Ok(());
            }
            let wait = sleep(pause);
            tokio::pin!(wait);
            loop {
                tokio::select! {
                    () = &mut wait => break,
                    () = self.watch.next() => {}
                }
                if self.watch.exited {
                    return Err("it ended before it was ready".to_owned());
                }
            }
            pause = (pause * 2).min(LAST_LOOK);
        }
    }
}

/// Whether a GET is answered with a status below 500.
async fn answers(port: u16, path: &str) -> bool {
    status(port, path).await.is_some_and(|status| status < 500)
}

/// The status of the answer to a GET; `None` where it is none of HTTP, or does not come.
async fn status(port: u16, path: &str) -> Option<u16> {
    let ask = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).await.ok()?;
        let answer = std::str::from_utf8(&answer).ok()?;
        answer.strip_prefix("HTTP/1.")?.get(2..)?.parse::<u16>().ok()
    };
    timeout(Duration::from_secs(5), ask).await.ok().flatten()
}
