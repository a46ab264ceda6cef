//! Being asked to stop.

use super::watch;
use lastrites_model::signals::Signal;
use rustix::fs::OFlags;
use std::io;
use std::os::fd::{IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The signals that ask the harness itself to stop. SIGQUIT is left alone: it is the way to end a
/// harness that does not react.
const ASKED: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// The writing end of the pipe that the handler writes to. It stays open as long as the process lives:
/// a handler may run at any time.
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// Signals that ask the harness itself to stop: SIGINT, SIGTERM, SIGHUP.
///
/// A pipe that a handler writes to, on every unix alike. (signalfd(2) exists on Linux only, and would
/// need the signals blocked, which children inherit.)
#[derive(Debug)]
pub struct Interrupts(AsyncFd<OwnedFd>);

extern "C" fn note(signal: libc::c_int) {
    let byte = signal.to_ne_bytes();
    // SAFETY: write(2) may be called in a handler (signal-safety(7)); the buffer is alive. `errno` is
    // put back, because the interrupted code may be about to read it. A full pipe loses a signal that
    // repeats earlier ones.
    unsafe {
        let errno = errno();
        let kept = *errno;
        libc::write(PIPE.load(Ordering::Relaxed), byte.as_ptr().cast(), byte.len());
        *errno = kept;
    }
}

#[cfg(target_os = "linux")]
fn errno() -> *mut libc::c_int {
    // SAFETY: it returns the address of this thread's errno, always valid.
    unsafe { libc::__errno_location() }
}

#[cfg(not(target_os = "linux"))]
fn errno() -> *mut libc::c_int {
    // SAFETY: it returns the address of this thread's errno, always valid.
    unsafe { libc::__error() }
}

impl Interrupts {
    /// Starts to catch them, for the rest of the process's life. A signal that was ignored from the start
    /// (`nohup`, a background job of a shell) stays ignored.
    pub fn catch() -> io::Result<Interrupts> {
        let (reader, writer) = crate::sys::pipe()?;
        for end in [&reader, &writer] {
            rustix::fs::fcntl_setfl(end, OFlags::NONBLOCK)?;
        }
        PIPE.store(writer.into_raw_fd(), Ordering::Relaxed);
        for signal in ASKED {
            // SAFETY: all-zero is a valid sigaction; the handler is async-signal-safe and reads an atomic
            // that is set already.
            unsafe {
                let mut old: libc::sigaction = std::mem::zeroed();
                libc::sigaction(signal, std::ptr::null(), &raw mut old);
                if old.sa_sigaction == libc::SIG_IGN {
                    continue;
                }
                let mut new: libc::sigaction = std::mem::zeroed();
                new.sa_sigaction = note as extern "C" fn(libc::c_int) as usize;
                new.sa_flags = libc::SA_RESTART;
                if libc::sigaction(signal, &raw const new, std::ptr::null_mut()) != 0 {
                    return Err(io::Error::last_os_error());
                }
            }
        }
        Ok(Interrupts(watch(reader, Interest::READABLE)?))
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        loop {
            let mut number = [0_u8; 4];
            let got = self.0.async_io(Interest::READABLE, |fd| Ok(rustix::io::read(fd, &mut number)?)).await;
            let signal = Signal::from_number(super::OS, i32::from_ne_bytes(number));
            match (got, signal) {
                (Ok(4), Some(signal)) => return signal,
                // Four bytes to a pipe are written and read whole (pipe(7), PIPE_BUF).
                (Ok(_), _) => {}
                (Err(_), _) => return std::future::pending().await,
            }
        }
    }
}

/// Ends the harness by this signal, so that its parent sees it die of it: a shell that runs it in a loop
/// stops the loop only then. 128 + N is what is left where the signal does not end it.
pub fn die_of(signal: Signal) -> ! {
    let number = signal.number(super::OS).unwrap_or(libc::SIGTERM);
    // SAFETY: these calls only change what this process does on a signal; the values are valid.
    unsafe {
        libc::signal(number, libc::SIG_DFL);
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, number);
        libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut());
        libc::raise(number);
    }
    std::process::exit(128 + number)
}
