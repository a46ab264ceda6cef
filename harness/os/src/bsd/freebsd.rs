//! What only FreeBSD knows: procctl(2), and sysctl(3) kern.proc.

use super::sysctl;
use lastrites_model::observation::Disposition;
use libc::{c_int, kinfo_proc};
use rustix::net::RecvFlags;
use std::ffi::CStr;
use std::io;
use std::os::fd::RawFd;

/// Whether orphans fall to a process of ours.
pub(crate) const HAS_REAPERS: bool = true;

/// Whether a process can ask for a signal at its parent's death.
pub(crate) const HAS_PARENT_DEATH: bool = true;

/// Descriptors beyond this are not asked for.
pub(crate) const MOST_FILES: u64 = 1 << 20;

pub(crate) const RECEIVE: RecvFlags = RecvFlags::CMSG_CLOEXEC;

/// Closes every descriptor from this one on.
///
/// # Safety
///
/// Nothing may use, or close by ownership, a descriptor that is closed by it.
pub(crate) unsafe fn close_from(first: RawFd) {
    // SAFETY: the caller has made sure that nobody uses them.
    unsafe { libc::closefrom(first) };
}

/// Makes this process the one that orphans below it fall to (procctl(2), PROC_REAP_ACQUIRE).
pub(crate) fn become_reaper() {
    // SAFETY: the command takes no data. It fails where the process is a reaper already.
    unsafe { libc::procctl(libc::P_PID, own(), libc::PROC_REAP_ACQUIRE, std::ptr::null_mut()) };
}

/// Asks for a signal when the parent dies (procctl(2), PROC_PDEATHSIG_CTL); an errno on failure.
pub(crate) fn die_with_parent(signal: i32) -> Result<(), i32> {
    let mut signal = signal;
    // SAFETY: the command reads an int, which is alive.
    let done =
        unsafe { libc::procctl(libc::P_PID, own(), libc::PROC_PDEATHSIG_CTL, (&raw mut signal).cast()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error().raw_os_error().unwrap_or(0)) }
}

fn own() -> libc::id_t {
    rustix::process::getpid().as_raw_nonzero().get().into()
}

/// What is known of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The short name.
    pub(crate) name: String,
    /// Its parent.
    pub(crate) parent: i32,
    /// Its session.
    pub(crate) session: i32,
    zombie: bool,
}

impl Stat {
    /// Of a process; `None` when it is gone.
    pub(crate) fn of(pid: i32) -> Option<Stat> {
        let entry = *table(libc::KERN_PROC_PID, pid).first()?;
        // SAFETY: the kernel ends the name with NUL within its array.
        let name = unsafe { CStr::from_ptr(entry.ki_comm.as_ptr()) };
        Some(Stat {
            name: name.to_string_lossy().into_owned(),
            parent: entry.ki_ppid,
            session: entry.ki_sid,
            zombie: entry.ki_stat == libc::SZOMB,
        })
    }

    /// Whether it has ended.
    pub(crate) fn is_zombie(&self) -> bool {
        self.zombie
    }
}

/// Every process with its parent.
pub(super) fn parents() -> Vec<(i32, i32)> {
    table(libc::KERN_PROC_PROC, 0).iter().map(|entry| (entry.ki_pid, entry.ki_ppid)).collect()
}

/// What may be orphaned: it falls to the calling process, which is a reaper.
pub(crate) fn orphans() -> Vec<i32> {
    super::own_children()
}

/// The arguments of a process, each ended by NUL; none for a zombie.
pub(crate) fn arguments(pid: i32) -> Vec<u8> {
    sysctl(&[libc::CTL_KERN, libc::KERN_PROC, libc::KERN_PROC_ARGS, pid], STRINGS).unwrap_or_default()
}

/// The environment that a process was started with, each line ended by NUL.
pub(crate) fn environment(pid: i32) -> Vec<u8> {
    sysctl(&[libc::CTL_KERN, libc::KERN_PROC, libc::KERN_PROC_ENV, pid], STRINGS).unwrap_or_default()
}

/// Room for arguments or an environment; bytes (ARG_MAX is 512 KiB).
const STRINGS: usize = 512 * 1024;

/// What a process makes of a signal.
pub(crate) fn disposition(pid: u32, number: i32) -> Option<Disposition> {
    let threads = table(libc::KERN_PROC_PID | libc::KERN_PROC_INC_THREAD, pid.cast_signed());
    let first = threads.first().filter(|first| first.ki_stat != libc::SZOMB)?;
    // A process is given a signal by any thread that does not block it.
    Some(if threads.iter().all(|thread| has(&thread.ki_sigmask, number)) {
        Disposition::Blocked
    } else if has(&first.ki_sigignore, number) {
        Disposition::Ignored
    } else if has(&first.ki_sigcatch, number) {
        Disposition::Caught
    } else {
        Disposition::Default
    })
}

/// One thread that has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pid: i32,
    thread: i32,
    state: i8,
    sleeps: i64,
}

/// Whether a process other than `main` has ended and was not waited for: it may be, always.
pub(crate) fn has_zombies(_looks: &[Look], _main: i32) -> bool {
    true
}

/// What a process makes of a signal: a look does not tell.
pub(crate) fn disposition_seen(_looks: &[Look], _pid: i32, _number: i32) -> Option<Disposition> {
    None
}

/// The main process, when it is alone and at rest: not looked for here, so that two looks at all are needed.
pub(crate) fn alone_at_rest(_warden: i32, _main: i32) -> Option<Look> {
    None
}

/// All threads of these processes, when all have nothing to do: asleep without a signal that would wake
/// them, stopped, or ended. What is gone is left out.
pub(crate) fn look(pids: &[u32]) -> Option<Vec<Look>> {
    let mut looks = Vec::with_capacity(pids.len());
    for pid in pids.iter().map(|pid| pid.cast_signed()) {
        let whole = table(libc::KERN_PROC_PID, pid);
        for thread in table(libc::KERN_PROC_PID | libc::KERN_PROC_INC_THREAD, pid) {
            let on_its_way = |number| {
                let pending = has(&thread.ki_siglist, number)
                    || whole.first().is_some_and(|process| has(&process.ki_siglist, number));
                pending && !has(&thread.ki_sigmask, number)
            };
            let quiet = match thread.ki_stat {
                libc::SSTOP | libc::SZOMB => true,
                libc::SSLEEP => !(1..=128).any(on_its_way),
                _ => false,
            };
            if !quiet {
                return None;
            }
            looks.push(Look {
                pid,
                thread: thread.ki_tid,
                state: thread.ki_stat,
                sleeps: thread.ki_rusage.ru_nvcsw,
            });
        }
    }
    Some(looks)
}

fn has(set: &libc::sigset_t, number: c_int) -> bool {
    // SAFETY: it reads the set, which is alive.
    unsafe { libc::sigismember(std::ptr::from_ref(set), number) == 1 }
}

/// kern.proc of one kind: processes or threads.
fn table(kind: c_int, argument: c_int) -> Vec<kinfo_proc> {
    let name = [libc::CTL_KERN, libc::KERN_PROC, kind, argument];
    // KERN_PROC_PROC takes no argument.
    let name = if kind == libc::KERN_PROC_PROC { &name[..3] } else { &name[..] };
    let size = size_of::<kinfo_proc>();
    let mut room = 64 * size;
    let content = loop {
        match sysctl(name, room) {
            Some(content) => break content,
            None if io::Error::last_os_error().raw_os_error() == Some(libc::ENOMEM) => room *= 2,
            None => return Vec::new(),
        }
    };
    // SAFETY: each whole piece is a kinfo_proc that the kernel wrote; it may lie at any address.
    content
        .chunks_exact(size)
        .map(|entry| unsafe { entry.as_ptr().cast::<kinfo_proc>().read_unaligned() })
        .collect()
}
