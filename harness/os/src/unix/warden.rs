//! A warden: the process above one cell at a time.
//!
//! It is forked from the harness and is the reaper of everything below it (prctl(2)
//! PR_SET_CHILD_SUBREAPER, procctl(2) PROC_REAP_ACQUIRE), so that a descendant that double-forks or
//! leaves the session is still found below exactly this warden. It waits for orders on a socket; when
//! the harness is gone, however it went, the socket is at its end, and the warden kills what is below
//! it and exits. (PR_SET_PDEATHSIG for that was rejected: a signal has to be caught in time, and no
//! other system has it.)
//!
//! Nothing here may unwind or return into the harness, whose memory this process carries a copy of.

use super::adopt;
use super::child::{self, last};
use super::order::{self, Answer, Failure, Order, Plan, Stage};
use crate::sys;
use rustix::fs::{Mode, OFlags};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, SendFlags};
use rustix::process::{Resource, Rlimit};
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// The descriptor of the socket, after 0 to 2.
const SOCKET: RawFd = 3;

/// Bytes that the length of an order takes, before the order.
const LENGTH: usize = 4;

/// What is read at once of an order. One with the longest environment that is allowed is longer.
const MESSAGE: usize = 4096;

/// Descriptors that an order can carry.
const PASSED: usize = 3;

/// Forks: the child lives `life`, and never returns from it. The calling process must have one thread only.
pub(super) fn fork(socket: &OwnedFd, files: Rlimit, life: fn(&OwnedFd, Rlimit) -> !) -> std::io::Result<i32> {
    // SAFETY: fork(2) in a process of one thread; the child never returns from `life` and unwinds
    // nowhere. Signals are blocked around it, so that a handler of the harness never runs in the child.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        let pid = libc::fork();
        if pid == 0 {
            life(socket, files);
        }
        let failed = std::io::Error::last_os_error();
        libc::sigprocmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        if pid < 0 { Err(failed) } else { Ok(pid) }
    }
}

/// The life of a warden, in the process that fork(2) has just made. All signals are blocked. `files` is
/// what the harness had before it raised RLIMIT_NOFILE.
pub(super) fn live(socket: &OwnedFd, files: Rlimit) -> ! {
    and_exit(|| {
        if set_up(socket, files).is_ok() {
            serve();
        }
        let _ = end_all(&Cell::default());
    })
}

/// Does this, and ends the process: a child of a fork must not unwind or return into what it is a copy of.
pub(super) fn and_exit(life: impl FnOnce() + std::panic::UnwindSafe) -> ! {
    let lived = std::panic::catch_unwind(life);
    // SAFETY: it ends this process at once; what atexit and destructors would do is the harness's.
    unsafe { libc::_exit(i32::from(lived.is_err())) }
}

/// The life of a warden that the nursery has just made: it was set up as one, but for its own session and socket.
pub(super) fn take_over(socket: &OwnedFd) -> ! {
    and_exit(|| {
        // SAFETY: plain numbers and descriptors of this process. Those of the nursery are of no use here, and
        // neither `socket` nor any other above `SOCKET` is used or closed by Rust after it.
        unsafe {
            libc::setsid();
            libc::dup2(socket.as_raw_fd(), SOCKET);
            libc::fcntl(SOCKET, libc::F_SETFD, libc::FD_CLOEXEC);
            sys::close_from(SOCKET + 1);
        }
        sys::become_reaper();
        serve();
        let _ = end_all(&Cell::default());
    })
}

/// The socket to the harness, in a process that `set_up` has set up.
pub(super) fn socket() -> BorrowedFd<'static> {
    // SAFETY: `set_up` has put the socket there, and nothing closes it.
    unsafe { BorrowedFd::borrow_raw(SOCKET) }
}

pub(super) fn set_up(socket: &OwnedFd, files: Rlimit) -> rustix::io::Result<()> {
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    // SAFETY: plain numbers and descriptors of this process; `SOCKET` may be in use by something of the
    // harness, whose copy here is of no use. `socket` and `null` are copied before anything above `SOCKET`
    // is closed, and neither is used or closed by Rust after it.
    unsafe {
        libc::setsid();
        let null_copy = libc::fcntl(null.as_raw_fd(), libc::F_DUPFD, SOCKET + 1);
        libc::dup2(socket.as_raw_fd(), SOCKET);
        for standard in 0..SOCKET {
            libc::dup2(null_copy, standard);
        }
        libc::fcntl(SOCKET, libc::F_SETFD, libc::FD_CLOEXEC);
        std::mem::forget(null);
        sys::close_from(SOCKET + 1);
        libc::umask(0o022);
        libc::chdir(c"/".as_ptr());
    }
    catch_all();
    sys::become_warden();
    child::set_limit(Resource::Core, sys::NO_CORE, sys::NO_CORE)?;
    // Targets get what the harness had before it raised it.
    rustix::process::setrlimit(Resource::Nofile, files)?;
    Ok(())
}

extern "C" fn nothing(_signal: libc::c_int) {}

/// Catches every signal that can be caught, so that none that a target sends to its own group ends the
/// warden. They are caught and not ignored, because execve(2) resets only caught signals: a target then
/// starts with default dispositions for free. SIGCHLD stays default: ignored, it would reap. So does
/// SIGCONT, which ends nobody: each cell's end sends it one, and a handler would cost a wake-up.
fn catch_all() {
    // SAFETY: all-zero values are valid for these types; the handler does nothing. What a signal of a
    // fault does must not repeat forever, so that one is caught once only.
    unsafe {
        for number in 1..=64 {
            if [libc::SIGCHLD, libc::SIGCONT, libc::SIGKILL, libc::SIGSTOP].contains(&number) {
                continue;
            }
            let fault = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP];
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as usize;
            action.sa_flags = libc::SA_RESTART | if fault.contains(&number) { libc::SA_RESETHAND } else { 0 };
            libc::sigaction(number, &raw const action, std::ptr::null_mut());
        }
        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        for number in [libc::SIGCHLD, libc::SIGCONT] {
            libc::sigaction(number, &raw const default, std::ptr::null_mut());
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Carries out orders until the harness is gone.
fn serve() {
    let socket = socket();
    let mut message = Vec::with_capacity(4096);
    let mut cell = Cell::default();
    while let Some(passed) = receive(socket, &mut message) {
        let answer = match order::read(&message) {
            None => Answer::failed(Failure { stage: Stage::Order, errno: 0 }),
            Some(Order::Finish) => {
                let (status, errno) = end_all(&cell);
                cell = Cell::default();
                Answer { stage: Stage::Nowhere, errno, value: status, parent: 0 }
            }
            Some(Order::Start(plan)) => {
                let numbers = passed.each_ref().map(|fd| fd.as_ref().map_or(-1, AsRawFd::as_raw_fd));
                let started = if plan.fixed.parent {
                    spawn_below(&plan, &numbers)
                } else {
                    sys::spawn(&plan, &numbers).map(|pid| (pid, 0))
                };
                match started {
                    Ok((pid, parent)) => {
                        cell = Cell::new(pid, &plan);
                        Answer { stage: Stage::Nowhere, errno: 0, value: pid, parent }
                    }
                    Err(failure) => Answer::failed(failure),
                }
            }
        };
        // The target holds its own copies by now; ours would keep its streams open.
        drop(passed);
        if write_all(socket, &answer.write()).is_err() {
            return;
        }
    }
}

/// Reads one order into `message` and returns the descriptors that came with it; `None` at the end.
fn receive(socket: BorrowedFd<'_>, message: &mut Vec<u8>) -> Option<[Option<OwnedFd>; PASSED]> {
    let mut passed = [const { None }; PASSED];
    // Room for any but the longest order: one call reads it whole. Nothing of the next one can follow, for
    // that is sent after the answer.
    message.clear();
    message.resize(MESSAGE, 0);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(PASSED))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        let buffer = &mut [IoSliceMut::new(message)];
        match rustix::net::recvmsg(socket, buffer, &mut control, sys::RECEIVE) {
            Err(rustix::io::Errno::INTR) => {}
            other => break other.ok()?.bytes,
        }
    };
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = part {
            for (place, fd) in passed.iter_mut().zip(fds) {
                if sys::RECEIVE.is_empty() {
                    // recvmsg cannot do it here; there is one thread, so nothing can come between.
                    let _ = rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC);
                }
                *place = Some(fd);
            }
        }
    }
    if got == 0 {
        return None;
    }
    if got < LENGTH {
        read_exact(socket, &mut message[got..LENGTH])?;
    }
    let length = u32::from_ne_bytes(*message.first_chunk::<LENGTH>()?);
    let whole = LENGTH + usize::try_from(length).ok()?;
    message.resize(whole, 0);
    if got < whole {
        read_exact(socket, &mut message[got.max(LENGTH)..])?;
    }
    message.drain(..LENGTH);
    Some(passed)
}

fn read_exact(fd: BorrowedFd<'_>, mut into: &mut [u8]) -> Option<()> {
    while !into.is_empty() {
        match rustix::io::read(fd, &mut *into) {
            Ok(0) => return None,
            Ok(count) => into = &mut into[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    Some(())
}

fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::net::send(fd, bytes, SendFlags::empty()) {
            Ok(count) => bytes = &bytes[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Starts the target below a process of its own, which does nothing but be a parent.
fn spawn_below(plan: &Plan<'_>, passed: &[RawFd]) -> Result<(i32, i32), Failure> {
    let (reader, writer) = sys::pipe().map_err(|_| last(Stage::Fork))?;
    // SAFETY: this process has one thread; the child leaves by `_exit` or not at all.
    let parent = unsafe { libc::fork() };
    if parent < 0 {
        return Err(last(Stage::Fork));
    }
    if parent == 0 {
        let answer = match sys::spawn(plan, passed) {
            Ok(pid) => Answer { stage: Stage::Nowhere, errno: 0, value: pid, parent: 0 },
            Err(failure) => Answer::failed(failure),
        };
        let _ = rustix::io::write(&writer, &answer.write());
        // SAFETY: nothing of this process uses a descriptor any more; it now only waits, woken by
        // signals that are caught and mean nothing to it, until the warden or a step kills it.
        unsafe {
            sys::close_from(SOCKET);
            if answer.stage != Stage::Nowhere {
                libc::_exit(1);
            }
            loop {
                libc::pause();
            }
        }
    }
    drop(writer);
    let mut bytes = [0; Answer::SIZE];
    let read = read_exact(std::os::fd::AsFd::as_fd(&reader), &mut bytes);
    let answer = Answer::read(&bytes);
    match (read, answer.stage) {
        (Some(()), Stage::Nowhere) => Ok((answer.value, parent)),
        (Some(()), stage) => Err(Failure { stage, errno: answer.errno }),
        (None, _) => Err(Failure { stage: Stage::Fork, errno: 0 }),
    }
}

/// What a warden remembers of its cell.
#[derive(Debug, Default)]
struct Cell {
    main: i32,
    /// For a system without reapers: the line that marks the environment of the cell's processes.
    marker: Option<String>,
}

impl Cell {
    fn new(main: i32, plan: &Plan<'_>) -> Cell {
        let marker = if sys::HAS_REAPERS { None } else { plan.variable(adopt::MARKER) };
        Cell { main, marker }
    }
}

/// Kills and reaps everything of the cell: the wait status of its main process, or -1, and an errno when
/// something cannot be killed.
///
/// Children of a killed process become children of the warden before the killed one can be waited for,
/// so that each round finds what the last one orphaned, until nothing is left.
fn end_all(cell: &Cell) -> (i32, i32) {
    let mut status = -1;
    loop {
        let mut now = 0;
        // SAFETY: it writes to `now`, which is alive.
        let gone = unsafe { libc::waitpid(-1, &raw mut now, libc::WNOHANG) };
        if gone > 0 {
            if gone == cell.main {
                status = now;
            }
            continue;
        }
        if gone < 0 {
            match std::io::Error::last_os_error().raw_os_error() {
                Some(libc::EINTR) => continue,
                _ if sys::HAS_REAPERS => return (status, 0),
                _ => return (status, end_strays(cell)),
            }
        }
        let children = sys::own_children();
        let mut refused = 0;
        for &child in &children {
            // SAFETY: plain numbers; a child of ours that was not waited for still has its id.
            if unsafe { libc::kill(child, libc::SIGKILL) } != 0 {
                refused += 1;
            }
        }
        if refused == children.len() && refused > 0 {
            return (status, libc::EPERM);
        }
        // SAFETY: all-zero is a valid siginfo_t, which the call fills in. It waits for an end and leaves
        // it to the loop to reap.
        unsafe {
            let mut information: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_ALL, 0, &raw mut information, libc::WEXITED | libc::WNOWAIT);
        }
    }
}

/// The same for what a system without reapers gave to init.
fn end_strays(cell: &Cell) -> i32 {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    // 0 is no cell, and the id of no session of ours.
    adopt::end_strays(&[own, cell.main], cell.marker.as_deref())
}
