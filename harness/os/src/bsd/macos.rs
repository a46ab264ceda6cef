//! What only macOS knows: libproc (libproc.h), and sysctl(3) KERN_PROCARGS2. It has no reapers: an
//! orphan falls to launchd, and is known by its session or by the line in its environment.

use super::sysctl;
use lastrites_model::observation::Disposition;
use libc::c_int;
use rustix::net::RecvFlags;
use std::os::fd::RawFd;

/// Whether orphans fall to a process of ours.
pub(crate) const HAS_REAPERS: bool = false;

/// Whether a process can ask for a signal at its parent's death.
pub(crate) const HAS_PARENT_DEATH: bool = false;

/// Descriptors beyond this are not asked for: OPEN_MAX, more than which setrlimit(2) refuses.
pub(crate) const MOST_FILES: u64 = 10_240;

pub(crate) const RECEIVE: RecvFlags = RecvFlags::empty();

/// launchd, to which orphans fall.
const LAUNCHD: i32 = 1;

/// Closes every descriptor from this one on.
///
/// # Safety
///
/// Nothing may use, or close by ownership, a descriptor that is closed by it.
pub(crate) unsafe fn close_from(first: RawFd) {
    for fd in first..c_int::try_from(MOST_FILES).unwrap_or(c_int::MAX) {
        // SAFETY: the caller has made sure that nobody uses it. Most are not open, which does no harm.
        unsafe { libc::close(fd) };
    }
}

/// Nothing can be done here.
pub(crate) fn become_reaper() {}

/// Not on this system; `HAS_PARENT_DEATH` says so before it comes to this.
pub(crate) fn die_with_parent(_signal: i32) -> Result<(), i32> {
    Err(libc::ENOTSUP)
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
        let entry = basic(pid)?;
        let name = entry.pbi_comm.iter().take_while(|byte| **byte != 0).map(|byte| byte.cast_unsigned());
        Some(Stat {
            name: String::from_utf8_lossy(&name.collect::<Vec<u8>>()).into_owned(),
            parent: entry.pbi_ppid.cast_signed(),
            // SAFETY: plain numbers; -1 where it fails, which is no session.
            session: unsafe { libc::getsid(pid) },
            zombie: entry.pbi_status == libc::SZOMB,
        })
    }

    /// Whether it has ended.
    pub(crate) fn is_zombie(&self) -> bool {
        self.zombie
    }
}

/// Every process with its parent.
pub(super) fn parents() -> Vec<(i32, i32)> {
    all().into_iter().filter_map(|pid| Some((pid, basic(pid)?.pbi_ppid.cast_signed()))).collect()
}

/// What may be orphaned: what launchd has, of this user.
pub(crate) fn orphans() -> Vec<i32> {
    let user = rustix::process::getuid().as_raw();
    let ours = |pid: &i32| {
        basic(*pid).is_some_and(|entry| entry.pbi_ppid.cast_signed() == LAUNCHD && entry.pbi_ruid == user)
    };
    all().into_iter().filter(ours).collect()
}

fn all() -> Vec<i32> {
    let mut room = 1024;
    loop {
        let mut pids = vec![0_i32; room];
        let size = c_int::try_from(size_of_val(&pids[..])).unwrap_or(c_int::MAX);
        // SAFETY: at most `size` bytes are written to `pids`.
        let count = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), size) };
        let Ok(count) = usize::try_from(count) else { return Vec::new() };
        if count < room {
            pids.truncate(count);
            return pids;
        }
        room *= 2;
    }
}

fn basic(pid: i32) -> Option<libc::proc_bsdinfo> {
    // The argument 1 asks for zombies as well.
    information(pid, libc::PROC_PIDTBSDINFO, 1)
}

/// proc_pidinfo of one kind, whose structure is `T`.
fn information<T>(pid: i32, kind: c_int, argument: u64) -> Option<T> {
    let mut entry = std::mem::MaybeUninit::<T>::zeroed();
    let size = c_int::try_from(size_of::<T>()).ok()?;
    // SAFETY: at most `size` bytes are written to `entry`. The structures that this is called for are of
    // numbers only, so that zeros and whatever the kernel writes are valid.
    unsafe {
        let got = libc::proc_pidinfo(pid, kind, argument, entry.as_mut_ptr().cast(), size);
        (got == size).then(|| entry.assume_init())
    }
}

/// The arguments of a process, each ended by NUL; none for a zombie.
pub(crate) fn arguments(pid: i32) -> Vec<u8> {
    strings(pid).map_or_else(Vec::new, |(arguments, _)| arguments)
}

/// The environment that a process was started with, each line ended by NUL.
pub(crate) fn environment(pid: i32) -> Vec<u8> {
    strings(pid).map_or_else(Vec::new, |(_, environment)| environment)
}

/// KERN_PROCARGS2: the number of arguments, the program's path, NULs, the arguments, the environment.
fn strings(pid: i32) -> Option<(Vec<u8>, Vec<u8>)> {
    // ARG_MAX is 1 MiB.
    let content = sysctl(&[libc::CTL_KERN, libc::KERN_PROCARGS2, pid], 1024 * 1024)?;
    split(&content)
}

fn split(content: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (count, rest) = content.split_first_chunk::<4>()?;
    let count = usize::try_from(i32::from_ne_bytes(*count)).ok()?;
    let path = rest.iter().position(|byte| *byte == 0)?;
    let start = path + rest[path..].iter().position(|byte| *byte != 0)?;
    let rest = &rest[start..];
    let ends = rest.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(index, _)| index + 1);
    let end = if count == 0 { 0 } else { ends.into_iter().nth(count - 1)? };
    Some((rest[..end].to_vec(), rest[end..].to_vec()))
}

/// What a process makes of a signal: the system does not say.
pub(crate) fn disposition(_pid: u32, _number: i32) -> Option<Disposition> {
    None
}

/// One process that has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pid: i32,
    stopped: bool,
    switches: i32,
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

/// These processes, when none has a running thread (or each is stopped). What has ended is left out. The
/// system says nothing of pending signals; one that wakes a thread shows as a switch.
pub(crate) fn look(pids: &[u32]) -> Option<Vec<Look>> {
    let mut looks = Vec::with_capacity(pids.len());
    for pid in pids.iter().map(|pid| pid.cast_signed()) {
        let Some(entry) = basic(pid).filter(|entry| entry.pbi_status != libc::SZOMB) else { continue };
        let Some(task) = information::<libc::proc_taskinfo>(pid, libc::PROC_PIDTASKINFO, 0) else { continue };
        let stopped = entry.pbi_status == libc::SSTOP;
        if task.pti_numrunning > 0 && !stopped {
            return None;
        }
        looks.push(Look { pid, stopped, switches: task.pti_csw });
    }
    Some(looks)
}

#[cfg(test)]
mod tests {
    #[test]
    fn arguments_and_environment_are_told_apart() {
        let content = [&2_i32.to_ne_bytes()[..], b"/bin/x\0\0\0x\0-a\0A=1\0B=2\0"].concat();
        let (arguments, environment) = super::split(&content).expect("well formed");
        assert_eq!((&arguments[..], &environment[..]), (&b"x\0-a\0"[..], &b"A=1\0B=2\0"[..]));
    }
}
