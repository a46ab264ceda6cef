//! Pseudo-terminals.

use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::{LocalModes, OptionalActions, OutputModes, Winsize};
use std::io;
use std::os::fd::OwnedFd;

/// A new pty: the master, non-blocking, and the terminal for the target.
///
/// It is as a login gives it (signals for Ctrl+C and Ctrl+\, lines edited) with two exceptions: it does
/// not echo, and it does not turn LF into CR LF. Both only spoil what the harness reads; neither has to
/// do with how a process ends.
pub(super) fn open() -> io::Result<(OwnedFd, OwnedFd)> {
    let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    // Not by a flag of the call: macOS knows none.
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
    rustix::pty::grantpt(&master)?;
    rustix::pty::unlockpt(&master)?;
    let name = rustix::pty::ptsname(&master, Vec::new())?;
    let terminal = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let mut modes = rustix::termios::tcgetattr(&terminal)?;
    modes.local_modes -= LocalModes::ECHO | LocalModes::ECHOE | LocalModes::ECHOK | LocalModes::ECHONL;
    modes.output_modes -= OutputModes::OPOST;
    rustix::termios::tcsetattr(&terminal, OptionalActions::Now, &modes)?;
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&terminal, size)?;
    rustix::fs::fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
    Ok((master, terminal))
}
