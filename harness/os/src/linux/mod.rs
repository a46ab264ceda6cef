//! What only Linux knows: clone(2) with namespaces, pidfds, subreapers, /proc.

mod census;
mod exit;
mod look;
mod proc;
mod spawn;

pub(crate) use census::{arguments, descendants, environment, has_one_child, orphans, own_children, own_pid};
pub(crate) use exit::{Exit, wait_for_end};
pub(crate) use look::{Look, alone_at_rest, disposition_seen, has_zombies, look};
pub(crate) use proc::Stat;
pub(crate) use spawn::spawn;

use crate::spec::Facts;
use lastrites_model::observation::Disposition;
use lastrites_model::platform::{Os, Platform};
use proc::Status;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};
use rustix::pipe::PipeFlags;
use rustix::pty::OpenptFlags;
use std::io;
use std::os::fd::{OwnedFd, RawFd};

pub(crate) const HAS_PID_NAMESPACES: bool = true;

/// Whether orphans fall to a process of ours.
pub(crate) const HAS_REAPERS: bool = true;

/// Whether a process can make another one that is no child of its own but of its parent.
pub(crate) const HAS_SIBLINGS: bool = true;

/// Whether a process can ask for a signal at its parent's death.
pub(crate) const HAS_PARENT_DEATH: bool = true;

/// A limit of RLIMIT_CORE with which nothing is dumped. 0 would not keep the kernel from piping a core
/// to a handler (core(5)), which would set the core flag of an outcome on one machine and not on the
/// next; a limit of one byte does both (fs/coredump.c: 1 is the mark of a crashing handler, and no
/// dump to a file is as small).
pub(crate) const NO_CORE: u64 = 1;

/// Descriptors beyond this are not asked for.
pub(crate) const MOST_FILES: u64 = 1 << 20;

pub(crate) const RECEIVE: RecvFlags = RecvFlags::CMSG_CLOEXEC;

/// A pipe whose ends are closed on exec: the reading end, then the writing end.
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?)
}

/// Two connected stream sockets, closed on exec.
pub(crate) fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC;
    Ok(rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

/// Closes every descriptor from this one on.
///
/// # Safety
///
/// Nothing may use, or close by ownership, a descriptor that is closed by it.
pub(crate) unsafe fn close_from(first: RawFd) {
    // SAFETY: the caller has made sure that nobody uses them.
    unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
}

/// Makes this process the one that orphans below it fall to (prctl(2), PR_SET_CHILD_SUBREAPER).
pub(crate) fn become_reaper() {
    // SAFETY: plain numbers. It fails on no kernel since 3.4.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
}

/// Waits until keys that were typed have reached the terminal, and with them the signals that they make.
///
/// write(2) to a master only queues them for a thread of the kernel, and until that has run the target sleeps as if
/// nothing had been typed. Whoever asks the terminal whether there is input waits for that thread
/// (drivers/tty/n_tty.c, `n_tty_poll`: it flushes the queue).
pub(crate) fn typed(master: &OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    // A terminal that nobody has open any more has nothing to wait for.
    if let Ok(terminal) = rustix::pty::ioctl_tiocgptpeer(master, flags) {
        let mut asked = [PollFd::new(&terminal, PollFlags::IN)];
        let _ = rustix::event::poll(&mut asked, Some(&Timespec::default()));
    }
}

/// What a warden does once, first.
pub(crate) fn become_warden() {
    become_reaper();
    // SAFETY: the name is a C string of at most 15 bytes, copied by the call.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"lastrites:ward".as_ptr(), 0, 0, 0) };
    // Two signals that glibc keeps for itself and refuses to touch. Whoever was started by posix_spawn(3)
    // of a program with threads has inherited them ignored, and would pass that on to every target.
    let default = [0_u64; 4];
    for reserved in [32, 33] {
        // SAFETY: the kernel reads a sigaction of at most that size (rt_sigaction(2)), in which zeros mean
        // the default and no flags, and a mask of 8 bytes.
        unsafe {
            let none = std::ptr::null_mut::<u64>();
            libc::syscall(libc::SYS_rt_sigaction, reserved, default.as_ptr(), none, 8_usize);
        }
    }
}

/// Asks for a signal when the parent dies; an errno on failure.
pub(crate) fn die_with_parent(signal: i32) -> Result<(), i32> {
    // SAFETY: plain numbers. The parent cannot have died before: it waits until this process executes.
    match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal, 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error().raw_os_error().unwrap_or(0)),
    }
}

/// What a process makes of a signal (proc(5), SigBlk, SigIgn and SigCgt).
pub(crate) fn disposition(pid: u32, number: i32) -> Option<Disposition> {
    let pid = pid.cast_signed();
    let bit = 1_u64 << (number - 1);
    let status = Status::of(pid, None)?;
    if status.is_dead() {
        return None;
    }
    // A process is given a signal by any thread that does not block it.
    let blocked = status.blocked & bit != 0
        && (status.threads <= 1
            || proc::threads(pid)
                .into_iter()
                .filter_map(|thread| Status::of(pid, Some(thread)))
                .all(|thread| thread.blocked & bit != 0));
    Some(look::by_masks(number, if blocked { bit } else { 0 }, status.ignored, status.caught))
}

/// Makes a process, which lives `life`, and whose parent is the parent of the calling one (clone(2), CLONE_PARENT).
/// The calling process must have one thread only.
pub(crate) fn clone_sibling(socket: &OwnedFd, life: fn(&OwnedFd) -> !) -> io::Result<i32> {
    let flags = libc::c_long::from(libc::CLONE_PARENT | libc::SIGCHLD);
    // SAFETY: without CLONE_VM and with no stack it is fork(2), but for the parent; glibc's own fork would
    // run handlers besides, of which this program has none. There is one thread, so no lock is held by another
    // one that the child lacks, and the child never returns from `life`.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize) };
    match pid {
        0 => life(socket),
        1.. => Ok(i32::try_from(pid).unwrap_or(0)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// What this machine is.
pub fn facts() -> Facts {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut privileges = Vec::new();
    if rustix::process::geteuid().is_root() {
        privileges.push("root".to_owned());
    }
    if spawn::namespaces_work() {
        privileges.push("user-namespaces".to_owned());
    }
    Facts {
        platform: Platform {
            os: Os::Linux,
            arch: std::env::consts::ARCH.to_owned(),
            kernel: kernel.trim_end().to_owned(),
            wine: None,
        },
        sh: crate::unix::shell(),
        privileges,
    }
}

/// Whether a TCP port of the loopback interface is listened on (proc_net(5): state 0A is TCP_LISTEN).
pub fn listening(port: u16) -> bool {
    let wanted = format!("{port:04X}");
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().any(|table| {
        std::fs::read_to_string(table).unwrap_or_default().lines().skip(1).any(|line| {
            let mut words = line.split_ascii_whitespace().skip(1);
            let local = words.next().and_then(|address| address.rsplit_once(':'));
            local.is_some_and(|(_, port)| port == wanted) && words.nth(1) == Some("0A")
        })
    })
}

/// The TCP ports that these processes listen on, sorted: sockets of theirs (proc(5), /proc/PID/fd) that
/// the kernel's tables have in the state LISTEN, in the network namespace of each.
pub fn ports_of(pids: &[u32]) -> Vec<u16> {
    let mut ports = std::collections::BTreeSet::new();
    for pid in pids {
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let sockets: Vec<String> = descriptors
            .filter_map(|entry| std::fs::read_link(entry.path()).ok())
            .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
            .collect();
        if sockets.is_empty() {
            continue;
        }
        for table in ["tcp", "tcp6"] {
            let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
            for line in text.lines().skip(1) {
                let words: Vec<&str> = line.split_ascii_whitespace().collect();
                let (Some(local), Some(state), Some(inode)) = (words.get(1), words.get(3), words.get(9))
                else {
                    continue;
                };
                if *state == "0A" && sockets.iter().any(|socket| socket == inode) {
                    let port =
                        local.rsplit_once(':').and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
                    ports.extend(port);
                }
            }
        }
    }
    ports.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test, because a probe for namespaces copies, for a moment, every descriptor of the process.
    #[test]
    fn the_machine_is_described_and_a_listener_is_seen_until_it_is_closed() {
        let facts = facts();
        assert_eq!(facts.platform.os, Os::Linux);
        assert!(!facts.platform.kernel.is_empty());
        assert!(facts.sh.is_some());

        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port();
        assert!(listening(port));
        assert!(ports_of(&[std::process::id()]).contains(&port));
        drop(listener);
        assert!(!listening(port));
    }
}
