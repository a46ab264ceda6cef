//! A started process and its tree.

use super::order::{self, Answer};
use super::pool::{Warden, number};
use super::quiet;
use super::stream::{Source, Stream};
use super::tree::Tree;
use crate::spec::{Process, Spec, StartError, StepError};
use crate::sys;
use lastrites_model::observation::{Disposition, Ended};
use lastrites_model::signals::Signal;
use lastrites_model::termination::{Action, Whom};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

/// A started process and its tree. Dropped, everything in it is ended.
#[derive(Debug)]
pub struct Running {
    // The order matters: what is dropped first is closed first, and the warden's end ends the tree.
    warden: Warden,
    tree: Tree,
    exit: sys::Exit,
    parent: i32,
    ends: Ends,
    stdout_taken: bool,
    /// What `quiet` saw last.
    asleep: RefCell<Vec<sys::Look>>,
}

/// The harness's side of a target's streams.
#[derive(Debug, Default)]
pub(super) struct Ends {
    pub(super) stdin: Option<Rc<Source>>,
    pub(super) stdout: Option<Rc<Source>>,
    pub(super) stderr: Option<Stream>,
    pub(super) terminal: Option<Rc<Source>>,
}

impl Running {
    pub(super) fn new(warden: Warden, ends: Ends, exit: sys::Exit, answer: Answer, spec: &Spec) -> Running {
        let tree = Tree::new(warden.pid(), answer.value, answer.parent, spec);
        Running {
            warden,
            tree,
            exit,
            parent: answer.parent,
            ends,
            stdout_taken: false,
            asleep: RefCell::default(),
        }
    }

    fn main(&self) -> i32 {
        self.tree.main()
    }

    /// The id of the process that was started.
    pub fn pid(&self) -> u32 {
        self.main().unsigned_abs()
    }

    /// Takes the reading end of its standard output; `None` where that is a file or closed, or the
    /// second time.
    pub fn take_stdout(&mut self) -> Option<Stream> {
        if std::mem::replace(&mut self.stdout_taken, true) {
            return None;
        }
        self.ends.stdout.clone().map(Stream)
    }

    /// Takes the reading end of its standard error. On a terminal launch, that is the terminal, and
    /// carries standard output as well unless that is something else.
    pub fn take_stderr(&mut self) -> Option<Stream> {
        self.ends.stderr.take()
    }

    /// Waits until the started process has ended. It is not reaped by it.
    pub async fn exited(&self) -> io::Result<()> {
        self.exit.wait().await
    }

    /// Whether it has ended, without waiting.
    pub fn has_exited(&self) -> bool {
        self.exit.now()
    }

    /// Waits until every thread of these processes sleeps in a system call with no deliverable signal
    /// pending, or until they have ended or are stopped. No pids stand for the whole tree. Returns
    /// whether a descendant among them may be a zombie.
    pub async fn quiet(&self, pids: &[u32]) -> bool {
        let alone = || if pids.is_empty() { self.tree.alone_at_rest() } else { None };
        let walk = || match pids {
            [] => self.tree.walk().into_iter().map(i32::unsigned_abs).collect(),
            pids => pids.to_vec(),
        };
        // What is known must not outlive a wait that is given up.
        self.asleep.take();
        let looks = quiet::quiet(alone, walk).await;
        let zombies = sys::has_zombies(&looks, self.main());
        self.asleep.replace(looks);
        zombies
    }

    /// Waits until all of these processes of the tree have ended (they may be zombies).
    pub async fn gone(&self, pids: &[u32]) {
        for &pid in pids {
            if let Ok(exit) = sys::Exit::of(pid.cast_signed()) {
                let _ = exit.wait().await;
            }
        }
    }

    /// What a process makes of a signal now; `None` where it has ended or the system does not say.
    pub fn disposition(&self, pid: u32, signal: Signal) -> Option<Disposition> {
        sys::disposition(pid, signal.number(super::OS)?)
    }

    /// What the started process made of a signal when `quiet` last returned, where that tells it, or else
    /// what it makes of it now. For a step right after it.
    pub fn disposition_at_rest(&self, signal: Signal) -> Option<Disposition> {
        let seen = sys::disposition_seen(&self.asleep.borrow(), self.main(), signal.number(super::OS)?);
        seen.or_else(|| self.disposition(self.pid(), signal))
    }

    /// Every process of the tree, the started one first, then by pid: also those that double-forked
    /// or left the session.
    pub fn processes(&self) -> Vec<Process> {
        self.tree.processes(self.has_exited())
    }

    /// Carries out one step. `role` finds the process of a role. `Http`, `Grace` and `Settle` are not
    /// for here.
    pub async fn perform(
        &mut self,
        action: &Action,
        role: &dyn Fn(&str) -> Option<u32>,
    ) -> Result<(), StepError> {
        match action {
            Action::Signal { signal, to } => self.signal(*signal, to, role),
            Action::Type(keys) => {
                let terminal = self.terminal()?;
                type_in(terminal, keys).await?;
                terminal.with(sys::typed);
                Ok(())
            }
            Action::HangUp => {
                self.terminal()?.close();
                self.ends.terminal = None;
                Ok(())
            }
            Action::CloseStdin => match (self.ends.stdin.take(), &self.ends.terminal) {
                (Some(stdin), _) => {
                    stdin.close();
                    Ok(())
                }
                // What Ctrl+D does at the beginning of a line (termios(3), VEOF).
                (None, Some(terminal)) => type_in(terminal, b"\x04").await,
                (None, None) => Err(StepError::Failed("its standard input is not a pipe".to_owned())),
            },
            Action::Line(line) => {
                let bytes = format!("{line}\n");
                let input = self.ends.stdin.as_ref().or(self.ends.terminal.as_ref());
                let input =
                    input.ok_or_else(|| StepError::Failed("its standard input is not a pipe".to_owned()))?;
                type_in(input, bytes.as_bytes()).await
            }
            Action::CloseStdout => {
                let stdout = self.ends.stdout.take();
                stdout
                    .ok_or_else(|| StepError::Failed("its standard output is not a pipe".to_owned()))?
                    .close();
                self.stdout_taken = true;
                Ok(())
            }
            Action::Windows(_) => Err(StepError::Unsupported("only Windows has it".to_owned())),
            Action::Http { .. } | Action::Grace | Action::GraceOfAll | Action::Settle => {
                Err(StepError::Failed("no step for the system".to_owned()))
            }
        }
    }

    fn terminal(&self) -> Result<&Rc<Source>, StepError> {
        self.ends.terminal.as_ref().ok_or_else(|| StepError::Failed("there is no terminal".to_owned()))
    }

    fn signal(&self, signal: Signal, to: &Whom, role: &dyn Fn(&str) -> Option<u32>) -> Result<(), StepError> {
        let number = number(signal).map_err(|error| match error {
            StartError::Unsupported(why) => StepError::Unsupported(why),
            StartError::Program(why) | StartError::Harness(why) => StepError::Failed(why),
        })?;
        match to {
            // A zombie takes any signal without an error, so its end is asked for first.
            Whom::Main if self.has_exited() => Err(StepError::Gone),
            Whom::Main => self.exit.signal(number).map_err(|error| step_error(&error)),
            Whom::Role(name) => {
                let pid =
                    role(name).ok_or_else(|| StepError::Failed(format!("no process has the role {name}")))?;
                send(pid.cast_signed(), number)
            }
            Whom::Group => send(-self.main(), number),
            Whom::Session => {
                let members = self.tree.session();
                if members.is_empty() {
                    return Err(StepError::Gone);
                }
                for pid in members {
                    match send(pid, number) {
                        Ok(()) | Err(StepError::Gone) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(())
            }
            Whom::Tree => {
                let alive = |process: &Process| !process.zombie;
                let members: Vec<u32> =
                    self.processes().into_iter().filter(alive).map(|process| process.pid).collect();
                if members.is_empty() {
                    return Err(StepError::Gone);
                }
                for pid in members {
                    match send(pid.cast_signed(), number) {
                        Ok(()) | Err(StepError::Gone) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(())
            }
            Whom::Parent if self.parent == 0 => {
                Err(StepError::Failed("no process stands between harness and target".to_owned()))
            }
            Whom::Parent => send(self.parent, number),
        }
    }

    /// Ends and reaps the whole tree, and says how the started process had ended by itself: `None` when
    /// it was alive until now.
    pub async fn finish(self) -> io::Result<Option<Ended>> {
        let alive = !self.has_exited();
        let Running { warden, tree, .. } = self;
        // A target may have stopped its whole group, of which the warden can be one.
        let _ = send(warden.pid(), libc::SIGCONT);
        warden.send(&order::finish(), &[])?;
        let answer = warden.answer().await?;
        if answer.errno != 0 {
            let error = io::Error::from_raw_os_error(answer.errno);
            return Err(io::Error::other(format!("a process of this cell cannot be ended: {error}")));
        }
        warden.release();
        if alive {
            return Ok(None);
        }
        ended(answer.value)
            .map(Some)
            .ok_or_else(|| io::Error::other(format!("process {} has no end to speak of", tree.main())))
    }
}

async fn type_in(to: &Source, keys: &[u8]) -> Result<(), StepError> {
    to.write(keys).await.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => StepError::Gone,
        // What a master gives when no process has the terminal open any more.
        _ if error.raw_os_error() == Some(libc::EIO) => StepError::Gone,
        _ => StepError::Failed(error.to_string()),
    })
}

/// kill(2).
fn send(pid: i32, number: i32) -> Result<(), StepError> {
    // SAFETY: plain numbers. The started process and its group keep their ids until `finish`; the id of
    // another process of the tree was read just now.
    match unsafe { libc::kill(pid, number) } {
        0 => Ok(()),
        _ => Err(step_error(&io::Error::last_os_error())),
    }
}

fn step_error(error: &io::Error) -> StepError {
    match error.raw_os_error() {
        Some(libc::ESRCH) => StepError::Gone,
        _ => StepError::Failed(error.to_string()),
    }
}

/// A wait status (wait(2)) in words; `None` when it is none, or of a signal without a name.
fn ended(status: i32) -> Option<Ended> {
    if status < 0 {
        None
    } else if libc::WIFEXITED(status) {
        Some(Ended::Exited { code: libc::WEXITSTATUS(status).unsigned_abs() })
    } else {
        let signal = Signal::from_number(super::OS, libc::WTERMSIG(status))?;
        Some(Ended::Signaled { signal, core: libc::WCOREDUMP(status) })
    }
}
