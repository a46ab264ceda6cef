//! Carries out the steps of a termination.

use super::{From, Session};
use lastrites_model::observation::Disposition;
use lastrites_model::scenario::RoleBy;
use lastrites_model::signals::DefaultAction;
use lastrites_model::termination::{Action, Whom};
use lastrites_os::spec::StepError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Why a termination was not delivered.
pub(super) enum Undelivered {
    /// This machine cannot do it.
    Skip(String),
    /// It failed.
    Failed(String),
}

impl Session<'_> {
    /// Every step in its order. A target that is gone already fails the first step only: what a later
    /// step finds gone, an earlier one ended.
    pub(super) async fn deliver(&mut self) -> Result<(), Undelivered> {
        let steps = &self.cell.ending.steps;
        let mut gone_on = false;
        for (index, step) in steps.iter().enumerate() {
            if let Action::Signal { signal, to: Whom::Main } = step
                && self.disposition.is_none()
            {
                self.disposition = if index == 0 {
                    self.watch.running.disposition_at_rest(*signal)
                } else {
                    self.watch.running.disposition(self.watch.running.pid(), *signal)
                };
            }
            match step {
                Action::Http { method, path } => {
                    self.http(method, path).await.map_err(Undelivered::Failed)?;
                }
                Action::Grace => {
                    let _ = timeout(self.scenario.limits.grace, self.watch.until_exit()).await;
                }
                Action::GraceOfAll => {
                    let _ = timeout(self.scenario.limits.grace, self.until_all_gone()).await;
                }
                Action::Settle => {
                    let _ = timeout(self.scenario.limits.grace, self.watch.until_quiet()).await;
                }
                _ => self.step(step, index == 0).await?,
            }
            // Requests go on when the target knows that it is to end, and not when it will be told.
            if !gone_on && !self.work.is_empty() && step.is_told() {
                gone_on = true;
                let _ = timeout(self.scenario.limits.grace, self.watch.until_quiet()).await;
                self.work.go_on();
            }
        }
        self.settled = self.nothing_can_come();
        Ok(())
    }

    async fn until_all_gone(&mut self) {
        self.watch.until_exit().await;
        let alive = self.watch.descendants(&self.watch.running.processes());
        self.watch.until_gone(&alive).await;
    }

    async fn step(&mut self, step: &Action, first: bool) -> Result<(), Undelivered> {
        let role = self.find_role(step);
        let done = self.watch.running.perform(step, &|_| role).await;
        match done {
            Ok(()) => Ok(()),
            Err(StepError::Gone) if !first || self.watch.exited => {
                if first {
                    return Err(Undelivered::Failed(
                        "the target had ended before its end was delivered".into(),
                    ));
                }
                Ok(())
            }
            Err(StepError::Gone) => Err(Undelivered::Failed(match step {
                Action::Signal { to: Whom::Role(name), .. } => format!("no process has the role {name}"),
                _ => "the target had ended before its end was delivered".to_owned(),
            })),
            Err(StepError::Failed(why)) => Err(Undelivered::Failed(why)),
            Err(StepError::Unsupported(why)) => Err(Undelivered::Skip(why)),
        }
    }

    /// The pid of the role that a step speaks of, as the harness sees it.
    fn find_role(&mut self, step: &Action) -> Option<u32> {
        let Action::Signal { to: Whom::Role(name), .. } = step else { return None };
        if name == "main" {
            return Some(self.watch.running.pid());
        }
        let role = self.scenario.target.roles.iter().find(|role| role.name == *name)?;
        let announced = match &role.by {
            RoleBy::Announces(pattern) => {
                let line =
                    |line: &&super::watch::Line| line.from == From::Evidence && pattern.is_match(&line.text);
                self.watch.lines.iter().rev().find(line).and_then(|line| line.pid)
            }
            RoleBy::Command(_) => None,
        };
        let processes = self.watch.look();
        match &role.by {
            RoleBy::Announces(_) => processes.iter().find(|process| Some(process.own_pid) == announced),
            RoleBy::Command(pattern) => {
                processes.iter().find(|process| !process.zombie && pattern.is_match(&process.command))
            }
        }
        .map(|process| process.pid)
    }

    /// Whether the one signal of this ending cannot have had any effect on the target, by what the
    /// kernel said of its disposition: then nothing needs to be waited for.
    fn nothing_can_come(&self) -> bool {
        let signals: Vec<_> = self
            .cell
            .ending
            .steps
            .iter()
            .filter_map(|step| match step {
                Action::Signal { signal, to: Whom::Main } => Some(Some(*signal)),
                Action::Settle => None,
                _ => Some(None),
            })
            .collect();
        let [Some(signal)] = signals[..] else { return false };
        match self.disposition {
            Some(Disposition::Ignored | Disposition::Blocked) => true,
            Some(Disposition::Default) => signal.default_action() == DefaultAction::Ignore,
            _ => false,
        }
    }

    /// Sends one request and takes any answer, or none, for delivered: the target may well end before
    /// it answers.
    async fn http(&mut self, method: &str, path: &str) -> Result<(), String> {
        let port = self.port.ok_or("the scenario has no {port} to send a request to")?;
        let mut stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .map_err(|error| format!("no connection to port {port}: {error}"))?;
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.map_err(|error| format!("no request: {error}"))?;
        let mut answer = Vec::new();
        let read = timeout(self.scenario.limits.end, stream.read_to_end(&mut answer));
        tokio::pin!(read);
        loop {
            tokio::select! {
                _ = &mut read => return Ok(()),
                () = self.watch.next() => if self.watch.exited { return Ok(()) },
            }
        }
    }
}
