//! The explicit fallback for a system that has no backend yet: everything compiles, `facts` works, and
//! every start is refused with a reason.

#![expect(clippy::unused_async, reason = "the backends wait here")]

use crate::spec::{Facts, Process, Spec, StartError, StepError};
use lastrites_model::observation::{Disposition, Ended};
use lastrites_model::platform::{Os, Platform};
use lastrites_model::signals::Signal;
use lastrites_model::termination::Action;
use std::io;
use std::path::Path;

/// What this machine is.
pub fn facts() -> Facts {
    Facts {
        platform: Platform {
            os: if cfg!(windows) { Os::Windows } else { Os::Freebsd },
            arch: std::env::consts::ARCH.to_owned(),
            kernel: "unknown".to_owned(),
            wine: None,
        },
        sh: None,
        privileges: Vec::new(),
    }
}

/// Whether a TCP port of the loopback interface is listened on.
pub fn listening(_port: u16) -> bool {
    false
}

/// The TCP ports that these processes listen on. Not asked for here: which process owns a socket is told by
/// interfaces that this backend does not use, so `probe` takes it that no port is fixed.
pub fn ports_of(_pids: &[u32]) -> Vec<u16> {
    Vec::new()
}

/// Hidden first arguments of the program that belong to this platform (an agent); `None` means that
/// the arguments are the user's.
pub fn hidden_main(_arguments: &[String]) -> Option<i32> {
    None
}

/// Signals that ask the harness itself to stop.
#[derive(Debug)]
pub struct Interrupts;

impl Interrupts {
    /// Starts to catch them.
    pub fn catch() -> io::Result<Interrupts> {
        Ok(Interrupts)
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        std::future::pending().await
    }
}

/// Ends the harness by this signal, so that its parent sees it die of it.
pub fn die_of(_signal: Signal) -> ! {
    std::process::exit(3)
}

/// Starts processes and keeps what is needed to end all of them.
#[derive(Debug)]
pub struct Pool;

impl Pool {
    /// A pool without processes.
    pub fn new() -> io::Result<Pool> {
        Ok(Pool)
    }

    /// Does what can be done beforehand for so many processes at once.
    pub fn reserve(&self, _processes: usize) {}

    /// Nothing: nothing is kept for the next process.
    pub fn wind_down(&self) {}

    /// Starts one process.
    pub async fn start(&self, _spec: &Spec) -> Result<Running, StartError> {
        Err(StartError::Unsupported("lastrites has no backend for this system yet".to_owned()))
    }
}

/// A started process and its tree. Dropped, everything in it is ended.
#[derive(Debug)]
pub struct Running;

/// The reading end of something that a target writes: its standard output or error, or its evidence.
#[derive(Debug)]
pub struct Stream;

impl Stream {
    /// Waits until there is something, and appends all that is there: how many bytes, 0 at the end. The
    /// end of a terminal whose last process is gone is an end, not an error. Nothing is lost when the
    /// future is dropped.
    pub async fn read(&mut self, _into: &mut Vec<u8>) -> io::Result<usize> {
        Ok(0)
    }

    /// Appends what is there now, without waiting; true when the end was reached.
    pub fn drain(&mut self, _into: &mut Vec<u8>) -> bool {
        true
    }
}

/// Creates the place to which fixtures append their evidence, and opens it for reading: a FIFO on unix
/// (it never ends: the harness holds a writing end itself), a plain file on Windows.
pub fn evidence(_path: &Path) -> io::Result<Stream> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

impl Running {
    /// The id of the process that was started.
    pub fn pid(&self) -> u32 {
        0
    }

    /// Takes the reading end of its standard output; `None` where that is a file or closed, or the
    /// second time.
    pub fn take_stdout(&mut self) -> Option<Stream> {
        None
    }

    /// Takes the reading end of its standard error. On a terminal launch, that is the terminal, and
    /// carries standard output as well unless that is something else.
    pub fn take_stderr(&mut self) -> Option<Stream> {
        None
    }

    /// Waits until the started process has ended. It is not reaped by it.
    pub async fn exited(&self) -> io::Result<()> {
        Ok(())
    }

    /// Whether it has ended, without waiting.
    pub fn has_exited(&self) -> bool {
        true
    }

    /// Waits until every thread of these processes sleeps in a system call with no deliverable signal
    /// pending, or until they have ended or are stopped. No pids stand for the whole tree. Returns whether
    /// a descendant among them may be a zombie.
    pub async fn quiet(&self, _pids: &[u32]) -> bool {
        true
    }

    /// Waits until all of these processes of the tree have ended (they may be zombies).
    pub async fn gone(&self, _pids: &[u32]) {}

    /// What a process makes of a signal now.
    pub fn disposition(&self, _pid: u32, _signal: Signal) -> Option<Disposition> {
        None
    }

    /// What the started process made of a signal when it was last seen at rest.
    pub fn disposition_at_rest(&self, _signal: Signal) -> Option<Disposition> {
        None
    }

    /// Every process of the tree, the started one first, then by pid: also those that double-forked
    /// or left the session.
    pub fn processes(&self) -> Vec<Process> {
        Vec::new()
    }

    /// Carries out one step. `role` finds the process of a role. `Http`, `Grace` and `Settle` are not
    /// for here.
    pub async fn perform(
        &mut self,
        _action: &Action,
        _role: &dyn Fn(&str) -> Option<u32>,
    ) -> Result<(), StepError> {
        Err(StepError::Unsupported("lastrites has no backend for this system yet".to_owned()))
    }

    /// Ends and reaps the whole tree, and says how the started process had ended by itself: `None` when
    /// it was alive until now.
    pub async fn finish(self) -> io::Result<Option<Ended>> {
        Ok(None)
    }
}
