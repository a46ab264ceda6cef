//! Noticing the end of a process by a pidfd (pidfd_open(2)).

use crate::unix::watch;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags};
use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A process that was started, and whether it has ended.
#[derive(Debug)]
pub(crate) struct Exit {
    fd: AsyncFd<OwnedFd>,
    /// It was seen to have ended, which stays so: nobody need ask again.
    ended: Cell<bool>,
}

impl Exit {
    /// Watches a process, which need not be a child of ours. It must not have been waited for.
    pub(crate) fn of(pid: i32) -> io::Result<Exit> {
        let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let fd = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
        Ok(Exit { fd: watch(fd, Interest::READABLE)?, ended: Cell::new(false) })
    }

    /// Waits for its end.
    pub(crate) async fn wait(&self) -> io::Result<()> {
        // A pidfd stays readable, so that the readiness is kept: every later call returns at once.
        self.fd.readable().await.map(|mut guard| guard.retain_ready())?;
        self.ended.set(true);
        Ok(())
    }

    /// Whether it has ended.
    pub(crate) fn now(&self) -> bool {
        if !self.ended.get() {
            let mut poll = [PollFd::new(self.fd.get_ref(), PollFlags::IN)];
            let ready = rustix::event::poll(&mut poll, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
            self.ended.set(ready.is_ok_and(|ready| ready > 0));
        }
        self.ended.get()
    }

    /// Sends it a signal, by number: all 64 are allowed.
    pub(crate) fn signal(&self, number: i32) -> io::Result<()> {
        let fd = self.fd.get_ref().as_raw_fd();
        // SAFETY: an open pidfd, a number, and no siginfo (pidfd_send_signal(2)).
        let sent = unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, fd, number, std::ptr::null::<libc::siginfo_t>(), 0)
        };
        if sent == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

/// Waits, blocking, for the end of a process that is no child.
pub(crate) fn wait_for_end(pid: i32) {
    let Some(pid) = Pid::from_raw(pid) else { return };
    if let Ok(fd) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
        let _ = rustix::event::poll(&mut [PollFd::new(&fd, PollFlags::IN)], None);
    }
}
