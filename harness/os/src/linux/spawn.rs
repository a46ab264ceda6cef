//! Starting the target: clone(2) with the memory shared until exec, in namespaces where asked for.

use crate::unix::child::{self, last};
use crate::unix::order::{Failure, Plan, Stage};
use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::os::fd::RawFd;

/// The stack of a process until it executes; bytes. It makes about twenty calls, two deep.
const STACK: usize = 64 * 1024;

/// What the new process finds.
struct Birth<'a> {
    plan: Option<&'a Plan<'a>>,
    passed: &'a [RawFd],
    /// The lines for `uid_map` and `gid_map`, where a user namespace is made.
    maps: Option<[CString; 2]>,
    namespace: bool,
    failure: Cell<Option<Failure>>,
}

/// Starts the target: its id, or why not. The memory is shared and the caller stands still until then
/// (CLONE_VM and CLONE_VFORK), so that nothing is copied and a failure is seen without a pipe.
pub(crate) fn spawn(plan: &Plan<'_>, passed: &[RawFd]) -> Result<i32, Failure> {
    if plan.fixed.pid_namespace {
        return in_namespace(Some(plan), passed);
    }
    let birth = Birth { plan: Some(plan), passed, maps: None, namespace: false, failure: Cell::new(None) };
    clone(0, &birth)
}

/// Whether a PID namespace can be made, found out by making one.
pub(super) fn namespaces_work() -> bool {
    let Ok(pid) = in_namespace(None, &[]) else { return false };
    // SAFETY: it waits for the child that was just made, and writes nothing.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
    true
}

/// In PID and mount namespaces. Root makes them as it is; everybody else, and a root without
/// CAP_SYS_ADMIN, inside a user namespace in which the user is himself.
fn in_namespace(plan: Option<&Plan<'_>>, passed: &[RawFd]) -> Result<i32, Failure> {
    let spaces = libc::CLONE_NEWPID | libc::CLONE_NEWNS;
    let mut birth = Birth { plan, passed, maps: None, namespace: true, failure: Cell::new(None) };
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    if user.is_root() {
        match clone(spaces, &birth) {
            Err(Failure { errno: libc::EPERM, stage: Stage::Fork | Stage::Namespace }) => {}
            Err(failure) => return Err(in_stage(failure)),
            Ok(pid) => return Ok(pid),
        }
    }
    let line = |id: u32| CString::new(format!("{id} {id} 1\n")).unwrap_or_default();
    birth.maps = Some([line(user.as_raw()), line(group.as_raw())]);
    birth.failure = Cell::new(None);
    clone(spaces | libc::CLONE_NEWUSER, &birth).map_err(in_stage)
}

/// A clone that is refused with namespaces is refused because of them.
fn in_stage(failure: Failure) -> Failure {
    match failure.stage {
        Stage::Fork => Failure { stage: Stage::Namespace, errno: failure.errno },
        _ => failure,
    }
}

fn clone(flags: libc::c_int, birth: &Birth<'_>) -> Result<i32, Failure> {
    thread_local!(static SPACE: Cell<Vec<u128>> = const { Cell::new(Vec::new()) });
    // Kept from start to start: fresh pages would cost a fault each time.
    let mut stack = SPACE.take();
    stack.resize(STACK / size_of::<u128>(), 0);
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD | flags;
    // SAFETY: `born` runs on `stack`, which is aligned to 16 bytes and grows down from its end, and is
    // lent `birth`; both outlive it, since this process stands still until the new one has executed or
    // exited (CLONE_VFORK). It writes nothing but `birth.failure`, errno and its own stack.
    let pid = unsafe {
        let top = stack.as_mut_ptr_range().end;
        libc::clone(born, top.cast(), flags, std::ptr::from_ref(birth).cast_mut().cast())
    };
    let refused = last(Stage::Fork);
    SPACE.set(stack);
    if pid < 0 {
        return Err(refused);
    }
    if let Some(failure) = birth.failure.get() {
        // SAFETY: it waits for the child that was just made, which has exited, and writes nothing.
        unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
        return Err(failure);
    }
    Ok(pid)
}

/// The first function of the new process. What it returns is its exit status.
extern "C" fn born(birth: *mut libc::c_void) -> libc::c_int {
    // SAFETY: `clone` has passed a `Birth` that outlives this process's use of the memory.
    let birth = unsafe { &*birth.cast_const().cast::<Birth<'_>>() };
    let failure = match enter(birth) {
        Err(failure) => Some(failure),
        Ok(()) => birth.plan.map(|plan| child::become_target(plan, birth.passed)),
    };
    birth.failure.set(failure);
    0
}

/// Sets up the namespaces from inside (user_namespaces(7), pid_namespaces(7)).
fn enter(birth: &Birth<'_>) -> Result<(), Failure> {
    if !birth.namespace {
        return Ok(());
    }
    if let Some([users, groups]) = &birth.maps {
        // Without privileges in the outer namespace, gid_map can be written only after setgroups(2) was
        // given up. Where the file is missing (before Linux 3.19), there is no such rule.
        let _ = write(c"/proc/self/setgroups", c"deny");
        write(c"/proc/self/uid_map", users)?;
        write(c"/proc/self/gid_map", groups)?;
    }
    let none = std::ptr::null::<libc::c_char>();
    // SAFETY: C strings and null pointers, as mount(2) allows for these flags.
    unsafe {
        // No mount of ours shall reach the outside.
        if libc::mount(none, c"/".as_ptr(), none, libc::MS_REC | libc::MS_PRIVATE, none.cast()) != 0 {
            return Err(last(Stage::Namespace));
        }
        // A /proc of its own, so that the target finds itself as PID 1. A container that masks parts of
        // /proc refuses this one; the target is PID 1 all the same and merely sees the outer list.
        let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
        libc::mount(c"proc".as_ptr(), c"/proc".as_ptr(), c"proc".as_ptr(), flags, none.cast());
    }
    Ok(())
}

fn write(file: &CStr, text: &CStr) -> Result<(), Failure> {
    // SAFETY: C strings that outlive the calls; the descriptor is closed by the exec or the exit that
    // follows in any case.
    let written = unsafe {
        let fd = libc::open(file.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if fd < 0 { -1 } else { libc::write(fd, text.as_ptr().cast(), text.count_bytes()) }
    };
    if written < 0 { Err(last(Stage::Namespace)) } else { Ok(()) }
}
