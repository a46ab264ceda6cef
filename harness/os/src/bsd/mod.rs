//! What macOS and FreeBSD have in common: kqueue(2), fork(2), a table of all processes.
//!
//! Compiled and linted for both, run on neither: see docs/platforms.md.

mod exit;
#[cfg(target_os = "freebsd")]
mod freebsd;
#[cfg(target_os = "macos")]
mod macos;

pub(crate) use exit::{Exit, wait_for_end};
#[cfg(target_os = "freebsd")]
pub(crate) use freebsd::{
    HAS_PARENT_DEATH, HAS_REAPERS, Look, MOST_FILES, RECEIVE, Stat, alone_at_rest, arguments, become_reaper,
    close_from, die_with_parent, disposition, disposition_seen, environment, has_zombies, look, orphans,
};
#[cfg(target_os = "macos")]
pub(crate) use macos::{
    HAS_PARENT_DEATH, HAS_REAPERS, Look, MOST_FILES, RECEIVE, Stat, alone_at_rest, arguments, become_reaper,
    close_from, die_with_parent, disposition, disposition_seen, environment, has_zombies, look, orphans,
};

#[cfg(target_os = "freebsd")]
use freebsd::parents;
#[cfg(target_os = "macos")]
use macos::parents;

use crate::spec::Facts;
use crate::unix::child::{become_target, last};
use crate::unix::order::{Answer, Failure, Plan, Stage};
use lastrites_model::platform::Platform;
use rustix::io::{Errno, FdFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::ffi::{CStr, c_int};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::{OwnedFd, RawFd};

pub(crate) const HAS_PID_NAMESPACES: bool = false;

/// Whether a process can make another one that is no child of its own but of its parent.
pub(crate) const HAS_SIBLINGS: bool = false;

/// Nothing: only Linux has it.
pub(crate) fn clone_sibling(_socket: &OwnedFd, _life: fn(&OwnedFd) -> !) -> io::Result<i32> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The limit of RLIMIT_CORE with which nothing is dumped.
pub(crate) const NO_CORE: u64 = 0;

/// A pipe whose ends are closed on exec: the reading end, then the writing end. (pipe2(2) is not on
/// macOS; with one thread, nothing can come between.)
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let ends = rustix::pipe::pipe()?;
    rustix::io::fcntl_setfd(&ends.0, FdFlags::CLOEXEC)?;
    rustix::io::fcntl_setfd(&ends.1, FdFlags::CLOEXEC)?;
    Ok(ends)
}

/// Two connected stream sockets, closed on exec.
pub(crate) fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let ends = rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::empty(), None)?;
    rustix::io::fcntl_setfd(&ends.0, FdFlags::CLOEXEC)?;
    rustix::io::fcntl_setfd(&ends.1, FdFlags::CLOEXEC)?;
    Ok(ends)
}

/// Waits until keys that were typed have reached the terminal: here they have when the write returns.
pub(crate) fn typed(_master: &OwnedFd) {}

/// What a warden does once, first.
pub(crate) fn become_warden() {
    become_reaper();
}

/// Starts the target: its id, or why not. Why not comes through a pipe that a successful exec closes.
pub(crate) fn spawn(plan: &Plan<'_>, passed: &[RawFd]) -> Result<i32, Failure> {
    let (reader, writer) = pipe().map_err(|_| last(Stage::Fork))?;
    // SAFETY: this process has one thread; the child executes or leaves by `_exit`.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(last(Stage::Fork));
    }
    if pid == 0 {
        let answer = Answer::failed(become_target(plan, passed));
        let _ = rustix::io::write(&writer, &answer.write());
        // SAFETY: it ends this process at once.
        unsafe { libc::_exit(127) };
    }
    drop(writer);
    let mut bytes = [0; Answer::SIZE];
    // An answer is far shorter than what a pipe takes in one piece.
    let got = loop {
        match rustix::io::read(&reader, &mut bytes) {
            Err(Errno::INTR) => {}
            other => break other.unwrap_or(0),
        }
    };
    if got == 0 {
        return Ok(pid);
    }
    // SAFETY: it waits for the child that was just made, which exits, and writes nothing.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
    let answer = Answer::read(&bytes);
    Err(Failure { stage: answer.stage, errno: answer.errno })
}

/// Whether this is known to have one child only: here that is as dear to ask as everything else.
pub(crate) fn has_one_child(_pid: i32) -> bool {
    false
}

/// Every process below this one.
pub(crate) fn descendants(root: i32) -> Vec<i32> {
    crate::unix::below(root, &parents())
}

/// The children of the calling process.
pub(crate) fn own_children() -> Vec<i32> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    parents().into_iter().filter(|(_, parent)| *parent == own).map(|(pid, _)| pid).collect()
}

/// The id that a process has in its own PID namespace: there are none.
pub(crate) fn own_pid(pid: i32) -> u32 {
    pid.unsigned_abs()
}

/// What this machine is.
pub fn facts() -> Facts {
    let root = rustix::process::geteuid().is_root();
    Facts {
        platform: Platform {
            os: crate::unix::OS,
            arch: std::env::consts::ARCH.to_owned(),
            kernel: release(),
            wine: None,
        },
        sh: crate::unix::shell(),
        privileges: if root { vec!["root".to_owned()] } else { Vec::new() },
    }
}

fn release() -> String {
    // SAFETY: all-zero is a valid utsname; the call fills it with strings that end in NUL, and on failure
    // leaves the empty ones.
    unsafe {
        let mut name: libc::utsname = std::mem::zeroed();
        libc::uname(&raw mut name);
        CStr::from_ptr(name.release.as_ptr()).to_string_lossy().into_owned()
    }
}

/// Whether a TCP port of the loopback interface is listened on: then it cannot be bound once more, by
/// the address that the listener uses. (Connecting would answer too, but a server would see it.)
pub fn listening(port: u16) -> bool {
    let addresses: [SocketAddr; 4] = [
        (Ipv4Addr::LOCALHOST, port).into(),
        (Ipv4Addr::UNSPECIFIED, port).into(),
        (Ipv6Addr::LOCALHOST, port).into(),
        (Ipv6Addr::UNSPECIFIED, port).into(),
    ];
    let taken = |error: io::Error| error.kind() == io::ErrorKind::AddrInUse;
    addresses.into_iter().any(|address| TcpListener::bind(address).is_err_and(taken))
}

/// The TCP ports that these processes listen on. Not asked for here, so `probe` takes it that no port is fixed.
/// The kernels do tell: proc_pidfdinfo with PROC_PIDFDSOCKETINFO on macOS, kern.proc.filedesc on FreeBSD. But the
/// libc crate declares neither structure in full, and a layout of our own that never ran is worse than an answer
/// that is left out.
pub fn ports_of(_pids: &[u32]) -> Vec<u16> {
    Vec::new()
}

/// What sysctl(3) says, with room for at least so many bytes; `None` where it fails.
fn sysctl(name: &[c_int], room: usize) -> Option<Vec<u8>> {
    let mut content = vec![0_u8; room];
    let mut length = content.len();
    let parts = u32::try_from(name.len()).ok()?;
    // SAFETY: the name is read only, whatever macOS's declaration says; at most `length` bytes are written
    // to `content`, and `length` then says how many; nothing is set.
    let done = unsafe {
        let (at, none) = (name.as_ptr().cast_mut(), std::ptr::null_mut());
        libc::sysctl(at, parts, content.as_mut_ptr().cast(), &raw mut length, none, 0)
    };
    if done != 0 {
        return None;
    }
    content.truncate(length);
    Some(content)
}
