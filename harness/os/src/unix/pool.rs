//! The pool of wardens, and the start of a process.

use super::nursery::Nursery;
use super::order::{self, Answer, Fixed, Lead, Slot, Stage};
use super::program::{self, c_string};
use super::running::{Ends, Running};
use super::stream::{Kind, Source, Stream};
use super::{adopt, terminal, warden, watch};
use crate::spec::{Spec, StartError};
use crate::sys;
use lastrites_model::launch::{Session, Stdout};
use lastrites_model::signals::Signal;
use lastrites_model::termination::{Resource, Stdin};
use rustix::event::{PollFd, PollFlags};
use rustix::fs::{Mode, OFlags};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use rustix::process::{Resource as Limit, Rlimit};
use std::cell::{Cell, RefCell};
use std::ffi::CString;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Starts processes and keeps what is needed to end all of them.
#[derive(Debug)]
pub struct Pool(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    files: Rlimit,
    idle: RefCell<Vec<Post>>,
    /// Who makes wardens, where not the harness itself does.
    nursery: RefCell<Option<Nursery>>,
    /// No more wardens are wanted than are in use.
    winding_down: Cell<bool>,
    /// Wardens that were told to end everything and then themselves, and were not yet waited for.
    leaving: RefCell<Vec<i32>>,
}

/// A warden at its post: its id, and the socket to it.
#[derive(Debug)]
struct Post {
    pid: i32,
    socket: AsyncFd<OwnedFd>,
}

/// A warden in use. Dropped, it ends everything below it and itself.
#[derive(Debug)]
pub(super) struct Warden {
    post: Option<Post>,
    pool: Rc<Inner>,
    /// The line of the environment by which the processes of this cell can be known.
    marker: Option<String>,
}

impl Pool {
    /// A pool without processes. The calling process must have one thread only, for it forks; it
    /// becomes the reaper of what a warden leaves that is killed itself, and may hold as many
    /// descriptors as the system allows it.
    pub fn new() -> io::Result<Pool> {
        sys::become_reaper();
        Ok(Pool(Rc::new(Inner {
            files: raise_files(),
            idle: RefCell::default(),
            nursery: RefCell::default(),
            winding_down: Cell::new(false),
            leaving: RefCell::default(),
        })))
    }

    /// Has wardens made beforehand, and the process that makes them. Best early: a fork copies the page tables,
    /// and both sides then copy each page that they write to. What cannot be made now is tried again when it
    /// is needed.
    pub fn reserve(&self, wardens: usize) {
        if let Ok(mut nursery) = Nursery::new(self.0.files) {
            let _ = nursery.order(wardens);
            self.0.nursery.replace(Some(nursery));
            return;
        }
        let mut idle = self.0.idle.borrow_mut();
        while idle.len() < wardens {
            let Ok(post) = fork_warden(self.0.files) else { return };
            idle.push(post);
        }
    }

    /// From now on a warden that is no longer in use ends itself: the last ones end beside the last cells, and
    /// nobody waits for all of them at once afterwards. What is started all the same makes a warden anew.
    pub fn wind_down(&self) {
        self.0.winding_down.set(true);
    }

    /// Starts one process.
    pub async fn start(&self, spec: &Spec) -> Result<Running, StartError> {
        let harness = |error: io::Error| StartError::Harness(error.to_string());
        let cwd = std::path::absolute(&spec.cwd).map_err(harness)?;
        let program = program::resolve(spec, &cwd)?;
        let mut fixed = fixed_part(spec)?;
        let (ends, passed) = open_ends(spec, &mut fixed).map_err(harness)?;
        let env = spec
            .env
            .iter()
            .map(|(key, value)| c_string(&format!("{key}={value}")))
            .collect::<Result<Vec<_>, _>>()?;
        let folder = CString::new(cwd.as_os_str().as_bytes())
            .map_err(|_| StartError::Program("the folder's name has a NUL in it".to_owned()))?;
        let message = order::start(&fixed, &program.path, &folder, &program.argv, &env);
        let warden = self.take(spec).map_err(harness)?;
        warden.send(&message, &passed).map_err(harness)?;
        drop(passed);
        let answer = warden.answer().await.map_err(harness)?;
        if answer.stage != Stage::Nowhere {
            warden.release();
            let failure = order::Failure { stage: answer.stage, errno: answer.errno };
            return Err(program::explain(failure, &program, &cwd));
        }
        let exit = sys::Exit::of(answer.value).map_err(harness)?;
        Ok(Running::new(warden, ends, exit, answer, spec))
    }

    fn take(&self, spec: &Spec) -> io::Result<Warden> {
        let idle = self.0.idle.borrow_mut().pop();
        let post = match idle {
            Some(post) => post,
            None => self.0.new_post()?,
        };
        Ok(Warden { post: Some(post), pool: Rc::clone(&self.0), marker: adopt::marker(spec) })
    }
}

impl Inner {
    /// A new warden.
    fn new_post(&self) -> io::Result<Post> {
        if let Some(nursery) = self.nursery.borrow_mut().as_mut()
            && let Ok((pid, socket)) = nursery.next()
        {
            return post(pid, socket);
        }
        fork_warden(self.files)
    }

    /// The ids of wardens that nobody uses, which have been told to end.
    fn dismiss_idle(&self) -> Vec<i32> {
        let mut dismissed: Vec<i32> = self.idle.take().into_iter().map(|post| post.pid).collect();
        if let Some(nursery) = self.nursery.borrow_mut().as_mut() {
            dismissed.extend(nursery.rest().into_iter().map(|(pid, _)| pid));
        }
        dismissed
    }
}

impl Drop for Inner {
    /// Ends the wardens and waits for them, so that a harness that ends in order leaves nothing.
    fn drop(&mut self) {
        let mut leaving = self.leaving.take();
        leaving.extend(self.dismiss_idle());
        for pid in leaving {
            // SAFETY: it waits for a child of this process, by its id, and writes nothing.
            unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
        }
    }
}

impl Warden {
    fn post(&self) -> io::Result<&Post> {
        self.post.as_ref().ok_or_else(|| io::Error::other("the warden is gone"))
    }

    pub(super) fn pid(&self) -> i32 {
        self.post.as_ref().map_or(0, |post| post.pid)
    }

    /// Sends a message, with descriptors.
    pub(super) fn send(&self, message: &[u8], passed: &[OwnedFd]) -> io::Result<()> {
        let socket = self.post()?.socket.get_ref();
        let fds: Vec<BorrowedFd<'_>> = passed.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&fds)) {
            return Err(io::Error::other("more descriptors than an order can carry"));
        }
        let mut sent =
            rustix::net::sendmsg(socket, &[IoSlice::new(message)], &mut control, SendFlags::empty())
                .map_err(|error| if error == rustix::io::Errno::PIPE { killed() } else { error.into() })?;
        // A message longer than the socket's buffer: the warden reads it right now, so that waiting
        // here is short. (Waiting in the event loop would need a second registration for each warden.)
        while sent < message.len() {
            match rustix::net::send(socket, &message[sent..], SendFlags::empty()) {
                Ok(count) => sent += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => {
                    rustix::event::poll(&mut [PollFd::new(socket, PollFlags::OUT)], None)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits for the answer.
    pub(super) async fn answer(&self) -> io::Result<Answer> {
        let socket = &self.post()?.socket;
        let mut bytes = [0; Answer::SIZE];
        let mut have = 0;
        while have < bytes.len() {
            let mut ready = socket.readable().await?;
            let got = ready.try_io(|fd| match rustix::io::read(fd.get_ref(), &mut bytes[have..]) {
                // The other end went with an order unread.
                Err(rustix::io::Errno::CONNRESET) => Ok(0),
                other => Ok(other?),
            });
            // Taken back by `try_io`: there was nothing to read after all.
            let Ok(got) = got else { continue };
            let got = got?;
            if got == 0 {
                return Err(killed());
            }
            have += got;
            if have == bytes.len() {
                // One answer to one order: nothing more can be there, and the next wait need not try. (What
                // the kernel tells from now on, an end too, is an event of its own.)
                ready.clear_ready();
            }
        }
        Ok(Answer::read(&bytes))
    }

    /// Puts the warden back, below which nothing is left.
    pub(super) fn release(mut self) {
        if self.pool.winding_down.get() {
            let dismissed = self.pool.dismiss_idle();
            self.pool.leaving.borrow_mut().extend(dismissed);
            return;
        }
        if let Some(post) = self.post.take() {
            self.pool.idle.borrow_mut().push(post);
        }
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        // The socket closes here, which is what the warden ends at.
        let Some(Post { pid, socket }) = self.post.take() else { return };
        drop(socket);
        // SAFETY: a signal to a child that was not waited for, so that the id is still its own: a target
        // may have stopped its whole group, of which the warden can be one.
        unsafe { libc::kill(pid, libc::SIGCONT) };
        self.pool.leaving.borrow_mut().push(pid);
        self.pool.leaving.borrow_mut().retain(|&other| {
            let mut status = 0;
            // SAFETY: it looks after children of this process by their id, and writes to `status`.
            let gone = unsafe { libc::waitpid(other, &raw mut status, libc::WNOHANG) } != 0;
            if gone && other == pid && libc::WIFSIGNALED(status) {
                // It was killed, by its target or by somebody who did not know it, and ended nothing.
                adopt::end_strays(&[pid], self.marker.as_deref());
            }
            !gone
        });
    }
}

fn killed() -> io::Error {
    io::Error::other("the warden of this cell was killed")
}

/// Makes a warden.
fn fork_warden(files: Rlimit) -> io::Result<Post> {
    let (ours, theirs) = sys::socket_pair()?;
    let pid = warden::fork(&theirs, files, warden::live)?;
    drop(theirs);
    rustix::fs::fcntl_setfl(&ours, OFlags::RDWR | OFlags::NONBLOCK)?;
    post(pid, ours)
}

fn post(pid: i32, socket: OwnedFd) -> io::Result<Post> {
    Ok(Post { pid, socket: watch(socket, Interest::READABLE)? })
}

/// Raises the limit of open descriptors to what is allowed: hundreds of cells in flight hold five each.
fn raise_files() -> Rlimit {
    let before = rustix::process::getrlimit(Limit::Nofile);
    let most = before.maximum.unwrap_or(u64::MAX).min(sys::MOST_FILES);
    let raised = Rlimit { current: Some(most), maximum: before.maximum };
    // Refused, it stays as it is; a run with many cells at once then says which start failed.
    let _ = rustix::process::setrlimit(Limit::Nofile, raised);
    before
}

fn fixed_part(spec: &Spec) -> Result<Fixed, StartError> {
    let start = &spec.start;
    let bits = |signals: &[Signal]| {
        signals.iter().try_fold(0_u64, |bits, signal| Ok(bits | 1 << (number(*signal)? - 1)))
    };
    let limit = |wanted: Resource| {
        spec.limits.iter().find(|(resource, _)| *resource == wanted).map(|(_, value)| *value)
    };
    if start.pid_namespace && !sys::HAS_PID_NAMESPACES {
        return Err(StartError::Unsupported("this system has no PID namespaces; Linux has".to_owned()));
    }
    if start.parent_death.is_some() && !sys::HAS_PARENT_DEATH {
        let why = "this system tells no process of its parent's death; Linux and FreeBSD do";
        return Err(StartError::Unsupported(why.to_owned()));
    }
    Ok(Fixed {
        lead: match start.session {
            Session::Inherited => Lead::Nothing,
            Session::NewGroup => Lead::Group,
            Session::NewSession | Session::Terminal => Lead::Session,
        },
        terminal: None,
        ignored: bits(&start.ignored)?,
        blocked: bits(&start.blocked)?,
        parent_death: start.parent_death.map_or(Ok(0), number)?,
        pid_namespace: start.pid_namespace,
        parent: spec.parent,
        stdio: [Slot::Null; 3],
        cpu: limit(Resource::Cpu),
        file_size: limit(Resource::FileSize),
    })
}

/// The number of a signal here.
pub(super) fn number(signal: Signal) -> Result<i32, StartError> {
    signal
        .number(super::OS)
        .ok_or_else(|| StartError::Unsupported(format!("{} has no {signal}", super::OS.name())))
}

/// Opens both sides of a target's streams: ours, and the descriptors that go to it.
fn open_ends(spec: &Spec, fixed: &mut Fixed) -> io::Result<(Ends, Vec<OwnedFd>)> {
    let mut ends = Ends::default();
    let mut passed = Vec::with_capacity(3);
    let mut pass = |fd: OwnedFd| {
        passed.push(fd);
        Slot::Passed(u8::try_from(passed.len() - 1).unwrap_or(u8::MAX))
    };
    let reading = |fd: OwnedFd| {
        rustix::fs::fcntl_setfl(&fd, OFlags::NONBLOCK)?;
        Source::new(fd, Kind::Pipe)
    };
    let mut terminal_slot = None;
    if spec.start.session == Session::Terminal {
        let (master, terminal) = terminal::open()?;
        let source = Source::new(master, Kind::Terminal)?;
        ends.stderr = Some(Stream(Rc::clone(&source)));
        ends.terminal = Some(source);
        let slot = pass(terminal);
        fixed.terminal = Some(0);
        fixed.stdio = [slot, Slot::Closed, slot];
        terminal_slot = Some(slot);
    } else {
        let (reader, writer) = sys::pipe()?;
        ends.stderr = Some(Stream(reading(reader)?));
        fixed.stdio[2] = pass(writer);
        if spec.stdin == Stdin::Pipe {
            let (reader, writer) = sys::pipe()?;
            rustix::fs::fcntl_setfl(&writer, OFlags::WRONLY | OFlags::NONBLOCK)?;
            ends.stdin = Some(Source::new(writer, Kind::Input)?);
            fixed.stdio[0] = pass(reader);
        }
    }
    fixed.stdio[1] = match (spec.stdout, terminal_slot) {
        (Stdout::Closed, _) => Slot::Closed,
        (Stdout::Pty, Some(slot)) => slot,
        (Stdout::Pty, None) => {
            let (master, terminal) = terminal::open()?;
            ends.stdout = Some(Source::new(master, Kind::Terminal)?);
            pass(terminal)
        }
        (Stdout::Pipe, _) => {
            let (reader, writer) = sys::pipe()?;
            ends.stdout = Some(reading(reader)?);
            pass(writer)
        }
        (Stdout::File, _) => {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
            pass(rustix::fs::open(&spec.stdout_file, flags, Mode::from_raw_mode(0o644))?)
        }
    };
    Ok((ends, passed))
}
