//! Noticing the end of a process by kqueue(2), EVFILT_PROC with NOTE_EXIT.

use crate::unix::watch;
use rustix::event::kqueue::{Event, EventFilter, EventFlags, ProcessEvents, kevent, kqueue};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::Pid;
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A process that was started, and whether it has ended.
#[derive(Debug)]
pub(crate) struct Exit {
    pid: i32,
    /// A queue of its own, whose one event is never taken out, so that it stays readable; `None` where
    /// the process had ended before.
    queue: Option<AsyncFd<OwnedFd>>,
}

impl Exit {
    /// Watches a process, which need not be a child of ours. It must not have been waited for.
    pub(crate) fn of(pid: i32) -> io::Result<Exit> {
        let queue = match queue(pid) {
            Ok(queue) => Some(watch(queue, Interest::READABLE)?),
            // What macOS says of a zombie.
            Err(rustix::io::Errno::SRCH) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Exit { pid, queue })
    }

    /// Waits for its end.
    pub(crate) async fn wait(&self) -> io::Result<()> {
        match &self.queue {
            Some(queue) => queue.readable().await.map(|mut guard| guard.retain_ready()),
            None => Ok(()),
        }
    }

    /// Whether it has ended.
    pub(crate) fn now(&self) -> bool {
        let Some(queue) = &self.queue else { return true };
        let mut poll = [PollFd::new(queue.get_ref(), PollFlags::IN)];
        rustix::event::poll(&mut poll, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
    }

    /// Sends it a signal, by number.
    pub(crate) fn signal(&self, number: i32) -> io::Result<()> {
        // SAFETY: plain numbers; the process is not waited for while it is watched, so the id is its own.
        if unsafe { libc::kill(self.pid, number) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

/// Waits, blocking, for the end of a process that is no child.
pub(crate) fn wait_for_end(pid: i32) {
    if let Ok(queue) = queue(pid) {
        let _ = rustix::event::poll(&mut [PollFd::new(&queue, PollFlags::IN)], None);
    }
}

fn queue(pid: i32) -> rustix::io::Result<OwnedFd> {
    let pid = Pid::from_raw(pid).ok_or(rustix::io::Errno::SRCH)?;
    let queue = kqueue()?;
    let filter = EventFilter::Proc { pid, flags: ProcessEvents::EXIT };
    let event = Event::new(filter, EventFlags::ADD, std::ptr::null_mut());
    // SAFETY: the filter holds no descriptor that could be closed before the queue.
    unsafe { kevent(&queue, &[event], &mut [] as &mut [Event], None) }?;
    Ok(queue)
}
