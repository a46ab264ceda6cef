//! A nursery: the process that makes the wardens.
//!
//! It is forked from the harness once, while that is small, and makes wardens for as long as the harness runs: each
//! is a copy of the nursery and not of the harness, which by then has read the scenarios and keeps what came of
//! thousands of cells. A fork copies page tables, and whoever writes to a page first copies that as well; and while the
//! nursery makes the first wardens on one core, the harness reads the scenarios on another.
//!
//! The wardens are children of the harness all the same (clone(2), CLONE_PARENT), which knows their end. Only Linux
//! has that; elsewhere, and where a nursery cannot be made, the harness forks them itself.
//!
//! On the socket to the nursery, each byte from the harness asks for a warden; each answer is the pid of one, or a
//! negative errno, and the socket to it.

use super::warden;
use crate::sys;
use rustix::fs::OFlags;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};
use rustix::process::Rlimit;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The nursery, as the harness sees it. Dropped, it ends and is waited for.
#[derive(Debug)]
pub(super) struct Nursery {
    pid: i32,
    /// `None` only while it is dropped.
    socket: Option<OwnedFd>,
    /// Wardens that were asked for and have not been taken.
    ordered: usize,
}

impl Nursery {
    /// Makes the nursery. The calling process must have one thread only.
    pub(super) fn new(files: Rlimit) -> io::Result<Nursery> {
        if !sys::HAS_SIBLINGS {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let (ours, theirs) = sys::socket_pair()?;
        let pid = warden::fork(&theirs, files, live)?;
        Ok(Nursery { pid, socket: Some(ours), ordered: 0 })
    }

    fn socket(&self) -> io::Result<&OwnedFd> {
        self.socket.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Asks for so many wardens, without waiting for them.
    pub(super) fn order(&mut self, wardens: usize) -> io::Result<()> {
        let bytes = vec![0; wardens];
        self.ordered += rustix::net::send(self.socket()?, &bytes, SendFlags::empty())?;
        Ok(())
    }

    /// One warden, its pid and the socket to it: one that was asked for, or else a new one. It waits for the
    /// nursery, which has nothing else to do: a tenth of a millisecond when the warden is not there yet.
    pub(super) fn next(&mut self) -> io::Result<(i32, OwnedFd)> {
        if self.ordered == 0 {
            self.order(1)?;
        }
        let mut answer = [0; size_of::<i32>()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let got = loop {
            let buffer = &mut [IoSliceMut::new(&mut answer)];
            match rustix::net::recvmsg(self.socket()?, buffer, &mut control, sys::RECEIVE) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other?.bytes,
            }
        };
        if got < answer.len() {
            return Err(io::Error::other("the process that makes the wardens is gone"));
        }
        self.ordered -= 1;
        let pid = i32::from_ne_bytes(answer);
        let mut socket = None;
        for part in control.drain() {
            if let RecvAncillaryMessage::ScmRights(mut fds) = part {
                socket = fds.next();
            }
        }
        match socket {
            Some(socket) if pid > 0 => Ok((pid, socket)),
            _ => Err(io::Error::from_raw_os_error(-pid)),
        }
    }

    /// Takes what was asked for and is not wanted any more.
    pub(super) fn rest(&mut self) -> Vec<(i32, OwnedFd)> {
        let mut rest = Vec::new();
        while self.ordered > 0 {
            let Ok(post) = self.next() else { break };
            rest.push(post);
        }
        rest
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        self.socket = None;
        // SAFETY: it waits for a child of this process, by its id, and writes nothing.
        unsafe { libc::waitpid(self.pid, std::ptr::null_mut(), 0) };
    }
}

/// The life of the nursery, in the process that fork(2) has just made. All signals are blocked.
fn live(socket: &OwnedFd, files: Rlimit) -> ! {
    warden::and_exit(|| {
        if warden::set_up(socket, files).is_ok() {
            serve();
        }
    })
}

/// Makes wardens until the harness is gone.
fn serve() {
    let socket = warden::socket();
    let mut orders = [0; 64];
    loop {
        let count = match rustix::io::read(socket, &mut orders) {
            Err(rustix::io::Errno::INTR) => continue,
            Ok(0) | Err(_) => return,
            Ok(count) => count,
        };
        for _ in 0..count {
            if answer(socket).is_err() {
                return;
            }
        }
    }
}

/// Makes one warden and hands it over.
fn answer(socket: BorrowedFd<'_>) -> io::Result<()> {
    let (pid, post) = match make() {
        Ok((pid, post)) => (pid, Some(post)),
        Err(error) => (-error.raw_os_error().unwrap_or(libc::EAGAIN), None),
    };
    let fds: Vec<BorrowedFd<'_>> = post.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        let _ = control.push(SendAncillaryMessage::ScmRights(&fds));
    }
    let pid = pid.to_ne_bytes();
    rustix::net::sendmsg(socket, &[IoSlice::new(&pid)], &mut control, SendFlags::empty())?;
    Ok(())
}

fn make() -> io::Result<(i32, OwnedFd)> {
    let (ours, theirs) = sys::socket_pair()?;
    rustix::fs::fcntl_setfl(&ours, OFlags::RDWR | OFlags::NONBLOCK)?;
    let pid = sys::clone_sibling(&theirs, warden::take_over)?;
    Ok((pid, ours))
}
