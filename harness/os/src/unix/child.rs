//! What a new process does between its creation and execve(2).
//!
//! Only async-signal-safe calls, no allocation: on Linux the process still shares its memory with the
//! warden (vfork(2) semantics).

use super::order::{Failure, Lead, Plan, Slot, Stage};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit};
use std::os::fd::{BorrowedFd, RawFd};

/// Turns the calling process into the target. It returns only when it failed.
///
/// The warden gives what needs no work here: an empty mask, handlers that execve(2) resets to the
/// default, `/dev/null` as descriptors 0 to 2, everything else close-on-exec, umask and common limits.
pub(crate) fn become_target(plan: &Plan<'_>, passed: &[RawFd]) -> Failure {
    if let Err(failure) = prepare(plan, passed) {
        return failure;
    }
    // SAFETY: the strings and the null-terminated lists lead into the order, which outlives this call; on
    // success nothing of this process is left.
    unsafe { libc::execve(plan.path.as_ptr(), plan.argv.as_ptr(), plan.env.as_ptr()) };
    last(Stage::Exec)
}

fn prepare(plan: &Plan<'_>, passed: &[RawFd]) -> Result<(), Failure> {
    let fixed = &plan.fixed;
    let descriptor =
        |index: u8| passed.get(usize::from(index)).copied().ok_or(Failure { stage: Stage::Stdio, errno: 0 });
    match fixed.lead {
        Lead::Nothing => {}
        Lead::Group => rustix::process::setpgid(None, None).map_err(at(Stage::Session))?,
        Lead::Session => rustix::process::setsid().map(drop).map_err(at(Stage::Session))?,
    }
    if let Some(index) = fixed.terminal {
        // The group of the session's leader is the foreground group from then on (TIOCSCTTY(2const)).
        // SAFETY: the warden holds the passed descriptors open until this process has executed.
        let terminal = unsafe { BorrowedFd::borrow_raw(descriptor(index)?) };
        rustix::process::ioctl_tiocsctty(terminal).map_err(at(Stage::Terminal))?;
    }
    for (target, slot) in (0..).zip(fixed.stdio) {
        let from = match slot {
            Slot::Null => continue,
            Slot::Closed => -1,
            Slot::Passed(index) => descriptor(index)?,
        };
        // No passed descriptor is below 3, so that none is overwritten before its turn.
        // SAFETY: plain numbers; nothing in this process owns descriptors 0 to 2.
        let done = unsafe { if from < 0 { libc::close(target) } else { libc::dup2(from, target) } };
        if done < 0 {
            return Err(last(Stage::Stdio));
        }
    }
    rustix::process::chdir(plan.cwd).map_err(at(Stage::Folder))?;
    if let Some(seconds) = fixed.cpu {
        // At the soft limit comes SIGXCPU, at the hard one SIGKILL (getrlimit(2)).
        set_limit(Resource::Cpu, seconds, seconds + 1).map_err(at(Stage::Limit))?;
    }
    if let Some(bytes) = fixed.file_size {
        set_limit(Resource::Fsize, bytes, bytes).map_err(at(Stage::Limit))?;
    }
    signals(fixed.ignored, fixed.blocked)?;
    if fixed.parent_death != 0 {
        crate::sys::die_with_parent(fixed.parent_death)
            .map_err(|errno| Failure { stage: Stage::Signals, errno })?;
    }
    Ok(())
}

fn at(stage: Stage) -> impl Fn(Errno) -> Failure {
    move |errno| Failure { stage, errno: errno.raw_os_error() }
}

/// setrlimit(2).
pub(crate) fn set_limit(resource: Resource, soft: u64, hard: u64) -> Result<(), Errno> {
    rustix::process::setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })
}

fn signals(ignored: u64, blocked: u64) -> Result<(), Failure> {
    if ignored | blocked == 0 {
        return Ok(());
    }
    let failed = || last(Stage::Signals);
    // SAFETY: an all-zero set is made a proper one by sigemptyset before it is used; the calls change
    // only this process.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for number in 1..=64 {
            let bit = 1 << (number - 1);
            if ignored & bit != 0 && libc::signal(number, libc::SIG_IGN) == libc::SIG_ERR {
                return Err(failed());
            }
            if blocked & bit != 0 && libc::sigaddset(&raw mut set, number) != 0 {
                return Err(failed());
            }
        }
        if blocked != 0 && libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut()) != 0 {
            return Err(failed());
        }
    }
    Ok(())
}

/// The failure that errno speaks of.
pub(crate) fn last(stage: Stage) -> Failure {
    Failure { stage, errno: std::io::Error::last_os_error().raw_os_error().unwrap_or(0) }
}
