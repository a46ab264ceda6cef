//! Reading what a target writes.

use super::watch;
use rustix::fs::{Mode, OFlags};
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A descriptor of the harness's side that a step of the termination may close while somebody reads it.
#[derive(Debug)]
pub(super) struct Source {
    fd: RefCell<Option<AsyncFd<OwnedFd>>>,
    reader: RefCell<Option<Waker>>,
    kind: Kind,
}

/// How much one short read says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A pipe: a read that does not fill the buffer has emptied it, and whatever comes later is a new
    /// event. That saves the read that only says EAGAIN.
    Pipe,
    /// A terminal may hand out what it holds in pieces.
    Terminal,
    /// The writing end of a target's standard input; it is not read.
    Input,
}

/// Room that each read finds; bytes. Lines of fixtures are short.
const ROOM: usize = 8192;

impl Source {
    pub(super) fn new(fd: OwnedFd, kind: Kind) -> io::Result<Rc<Source>> {
        let interest = match kind {
            Kind::Pipe => Interest::READABLE,
            Kind::Terminal => Interest::READABLE | Interest::WRITABLE,
            Kind::Input => Interest::WRITABLE,
        };
        let fd = watch(fd, interest)?;
        Ok(Rc::new(Source { fd: RefCell::new(Some(fd)), reader: RefCell::new(None), kind }))
    }

    /// Closes the descriptor; a reader that waits for it comes to the end.
    pub(super) fn close(&self) {
        drop(self.fd.borrow_mut().take());
        if let Some(reader) = self.reader.borrow_mut().take() {
            reader.wake();
        }
    }

    /// Does something with the descriptor, where it is still open.
    pub(super) fn with(&self, what: impl FnOnce(&OwnedFd)) {
        if let Some(fd) = self.fd.borrow().as_ref() {
            what(fd.get_ref());
        }
    }

    fn poll_read(&self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        let before = into.len();
        let fd = self.fd.borrow();
        let Some(fd) = fd.as_ref() else { return Poll::Ready(Ok(0)) };
        loop {
            let Poll::Ready(guard) = fd.poll_read_ready(context) else {
                let mut reader = self.reader.borrow_mut();
                if !reader.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                    *reader = Some(context.waker().clone());
                }
                return Poll::Pending;
            };
            let mut guard = guard?;
            let got = fill(fd.get_ref(), into, self.kind);
            if got != Got::Full {
                guard.clear_ready();
            }
            if into.len() > before || got == Got::End {
                return Poll::Ready(Ok(into.len() - before));
            }
        }
    }

    /// Writes all of it, waiting for room where there is none.
    pub(super) async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = poll_fn(|context| {
                let fd = self.fd.borrow();
                let Some(fd) = fd.as_ref() else {
                    return Poll::Ready(Err(io::Error::from(io::ErrorKind::BrokenPipe)));
                };
                loop {
                    let Poll::Ready(guard) = fd.poll_write_ready(context) else { return Poll::Pending };
                    match rustix::io::write(fd.get_ref(), bytes) {
                        Err(rustix::io::Errno::AGAIN) => guard?.clear_ready(),
                        done => return Poll::Ready(done.map_err(io::Error::from)),
                    }
                }
            })
            .await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }
}

/// What reading came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Got {
    /// There may be more.
    Full,
    /// Nothing is left for now.
    Empty,
    /// Nothing will come any more.
    End,
}

/// Reads until nothing is left or a good deal was read. An error is an end: the only one that a master
/// gives is EIO, once no process has the terminal open (ioctl_tty(2) is silent; see the tty layer's
/// `tty_hung_up_p`).
fn fill(fd: &OwnedFd, into: &mut Vec<u8>, kind: Kind) -> Got {
    // On the stack: room in `into` would be allocated for each stream of each cell, and torn out of a heap
    // that keeps small things between.
    let mut buffer = [MaybeUninit::uninit(); ROOM];
    for _ in 0..16 {
        let got = rustix::io::read(fd, &mut buffer).map(|(got, _)| {
            into.extend_from_slice(got);
            got.len()
        });
        match got {
            Ok(0) => return Got::End,
            Ok(count) if count < ROOM && kind == Kind::Pipe => return Got::Empty,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => return Got::Empty,
            Err(_) => return Got::End,
        }
    }
    Got::Full
}

/// The reading end of something that a target writes: its standard output or error, or its evidence.
#[derive(Debug)]
pub struct Stream(pub(super) Rc<Source>);

impl Stream {
    /// Waits until there is something, and appends all that is there: how many bytes, 0 at the end. The
    /// end of a terminal whose last process is gone is an end, not an error. Nothing is lost when the
    /// future is dropped.
    pub async fn read(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        poll_fn(|context| self.0.poll_read(context, into)).await
    }

    /// Appends what is there now, without waiting; true when the end was reached. A writer that is faster than
    /// we are must not keep us here: what a pipe holds at most (pipe(7), pipe-max-size) was there before.
    pub fn drain(&mut self, into: &mut Vec<u8>) -> bool {
        let fd = self.0.fd.borrow();
        let Some(fd) = fd.as_ref() else { return true };
        let enough = into.len() + (1 << 20);
        while into.len() < enough {
            match fill(fd.get_ref(), into, self.0.kind) {
                Got::Full => {}
                got => return got == Got::End,
            }
        }
        false
    }
}

/// Creates the FIFO to which fixtures append their evidence, and opens it for reading. It never ends: it
/// is opened for writing as well (fifo(7): that neither blocks nor fails on Linux; POSIX leaves it
/// undefined, the BSDs allow it), so that it outlives each writer and no writer waits for a reader.
pub fn evidence(path: &Path) -> io::Result<Stream> {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: `name` is a C string that outlives the call; the call reads nothing else.
    if unsafe { libc::mkfifo(name.as_ptr(), 0o600) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let fd = rustix::fs::open(path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
    Ok(Stream(Source::new(fd, Kind::Pipe)?))
}
