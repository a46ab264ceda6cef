//! One completion port with one thread for all that the harness reads: pipes and the messages of jobs.
//!
//! A port hands out completions in the order in which they happened, which is what keeps lines of
//! evidence in order even where a program opens its evidence anew for each line. Waiting with events
//! (WaitForMultipleObjects) was rejected for that: it reports the lowest index first. tokio's named
//! pipes were rejected because they cannot be drained: nothing tells whether bytes that a dead process
//! has written are still on their way.

use super::sys::{check, clear_error, own};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak, mpsc};
use tokio::sync::Notify;
use windows_sys::Win32::Foundation::{
    ERROR_BAD_PIPE, ERROR_IO_PENDING, ERROR_NO_DATA, ERROR_OPERATION_ABORTED, ERROR_PIPE_CONNECTED,
    ERROR_PIPE_LISTENING, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Storage::FileSystem::{FILE_FLAG_OVERLAPPED, PIPE_ACCESS_INBOUND, ReadFile};
use windows_sys::Win32::System::IO::{
    CancelIoEx, CreateIoCompletionPort, GetOverlappedResult, GetQueuedCompletionStatus, OVERLAPPED,
    PostQueuedCompletionStatus,
};
use windows_sys::Win32::System::Pipes::{
    ConnectNamedPipe, CreateNamedPipeW, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES,
    PIPE_WAIT, PeekNamedPipe,
};
use windows_sys::Win32::System::SystemServices::JOB_OBJECT_MSG_NEW_PROCESS;
use windows_sys::Win32::System::Threading::{
    INFINITE, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
};

/// Completion keys below the first job's.
const PIPE: usize = 1;
const DRAIN: usize = 2;
const FIRST_JOB: usize = 16;

/// How many instances of an evidence pipe wait for a program to open it: as many may open it at once.
const LISTENING: usize = 4;

/// What a pipe's writers may be ahead of us before they block, in bytes.
const BUFFER: u32 = 64 * 1024;

struct Port {
    handle: OwnedHandle,
    jobs: Mutex<(usize, HashMap<usize, Weak<Pins>>)>,
}

/// Handles to every process that a job has seen: as long as they are open, no id among them is used again.
#[derive(Debug, Default)]
pub(super) struct Pins(Mutex<HashMap<u32, OwnedHandle>>);

/// The reading side of a pipe.
pub(super) struct Pipe {
    name: Vec<u16>,
    /// Whether programs open it by name, as often as they like; it then never ends.
    many: bool,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    ended: bool,
    closed: bool,
    /// Reads that are under way.
    reads: usize,
    instances: Vec<Weak<Instance>>,
    /// Reads that stand still until a drain is over.
    parked: VecDeque<Box<Operation>>,
    draining: Option<mpsc::Sender<()>>,
}

/// One end of the pipe, for one program that opens it.
struct Instance {
    handle: OwnedHandle,
    /// Whether the port has told that a program has opened it.
    connected: AtomicBool,
}

impl Instance {
    fn connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }
}

/// One read or connect that is under way. The kernel holds its address, so it stays in its box.
#[repr(C)]
struct Operation {
    overlapped: OVERLAPPED,
    instance: Arc<Instance>,
    pipe: Arc<Pipe>,
    buffer: [u8; 4096],
}

// SAFETY: the pointers inside OVERLAPPED are the kernel's business and null here (no event, no offset), so
// nothing in an operation is tied to a thread.
unsafe impl Send for Operation {}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves values of these kinds whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn port() -> io::Result<&'static Port> {
    static PORT: OnceLock<Result<Port, i32>> = OnceLock::new();
    let result = PORT.get_or_init(|| {
        // SAFETY: INVALID_HANDLE_VALUE and null ask for a new port that belongs to no file yet.
        let made = own(unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, std::ptr::null_mut(), 0, 1) });
        made.and_then(|handle| {
            std::thread::Builder::new().name("port".to_owned()).spawn(serve)?;
            Ok(Port { handle, jobs: Mutex::new((FIRST_JOB, HashMap::new())) })
        })
        .map_err(|error| error.raw_os_error().unwrap_or(0))
    });
    result.as_ref().map_err(|&code| io::Error::from_raw_os_error(code))
}

/// The port's handle and a key of its own for a job, whose new processes are pinned from now on.
pub(super) fn watch_job() -> io::Result<(&'static OwnedHandle, usize, Arc<Pins>)> {
    let port = port()?;
    let pins = Arc::new(Pins::default());
    let mut jobs = lock(&port.jobs);
    let key = jobs.0;
    jobs.0 += 1;
    jobs.1.retain(|_, pins| pins.strong_count() > 0);
    jobs.1.insert(key, Arc::downgrade(&pins));
    Ok((&port.handle, key, pins))
}

/// The port's thread.
fn serve() {
    // `port()` is being initialised by the thread that started us: wait for it.
    let Ok(port) = port() else { return };
    loop {
        let (mut bytes, mut key, mut overlapped) = (0_u32, 0_usize, std::ptr::null_mut());
        // SAFETY: the three places outlive the call; the port lives as long as the process.
        let done = unsafe {
            let port = port.handle.as_raw_handle();
            GetQueuedCompletionStatus(port, &raw mut bytes, &raw mut key, &raw mut overlapped, INFINITE)
        };
        if done == 0 && overlapped.is_null() {
            return; // the port itself is gone
        }
        match key {
            PIPE => {
                // SAFETY: with this key come only the boxes that `begin` gave away, each once.
                let operation = unsafe { Box::from_raw(overlapped.cast::<Operation>()) };
                completed(operation);
            }
            DRAIN => {
                // SAFETY: with this key comes only the box that `drain` gave away.
                let request = unsafe { Box::from_raw(overlapped.cast::<(Arc<Pipe>, mpsc::Sender<()>)>()) };
                start_drain(&request.0, request.1);
            }
            job => {
                // For a job the number of bytes is the message and the pointer is the process's id.
                let pid = u32::try_from(overlapped as usize).unwrap_or(0);
                let pins = lock(&port.jobs).1.get(&job).and_then(Weak::upgrade);
                if let (JOB_OBJECT_MSG_NEW_PROCESS, Some(pins)) = (bytes, pins) {
                    pins.pin(pid);
                }
            }
        }
    }
}

impl Pins {
    fn pin(&self, pid: u32) {
        // SAFETY: no pointers; a process that has ended already gives null, which `own` refuses.
        let process =
            own(unsafe { OpenProcess(PROCESS_SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) });
        if let Ok(process) = process {
            lock(&self.0).insert(pid, process);
        }
    }
}

impl Pipe {
    /// Creates a pipe of that name (`\\.\pipe\…`). One writer opens it once, and the end of all its
    /// handles is the end; with `many`, any number of programs open it by name and it never ends.
    pub(super) fn listen(name: &str, many: bool) -> io::Result<Arc<Pipe>> {
        let pipe = Arc::new(Pipe {
            name: super::sys::wide(name),
            many,
            state: Mutex::default(),
            wake: Notify::new(),
        });
        for _ in 0..if many { LISTENING } else { 1 } {
            let operation = pipe.instance()?;
            begin(operation);
        }
        Ok(pipe)
    }

    fn instance(self: &Arc<Pipe>) -> io::Result<Box<Operation>> {
        let port = port()?;
        let instances = if self.many { PIPE_UNLIMITED_INSTANCES } else { 1 };
        // SAFETY: the name ends in a zero; null attributes are the default ones: not inheritable, open
        // to this user alone.
        let handle = own(unsafe {
            CreateNamedPipeW(
                self.name.as_ptr(),
                PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED,
                PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                instances,
                0,
                BUFFER,
                0,
                std::ptr::null(),
            )
        })?;
        // SAFETY: both handles are open.
        own_port(unsafe {
            CreateIoCompletionPort(handle.as_raw_handle(), port.handle.as_raw_handle(), PIPE, 0)
        })?;
        let instance = Arc::new(Instance { handle, connected: AtomicBool::new(false) });
        let mut state = lock(&self.state);
        state.instances.retain(|instance| instance.strong_count() > 0);
        state.instances.push(Arc::downgrade(&instance));
        Ok(Box::new(Operation {
            overlapped: OVERLAPPED::default(),
            instance,
            pipe: self.clone(),
            buffer: [0; 4096],
        }))
    }

    /// Waits for bytes and appends them: how many, 0 at the end.
    pub(super) async fn read(&self, into: &mut Vec<u8>) -> usize {
        loop {
            {
                let mut state = lock(&self.state);
                if !state.bytes.is_empty() {
                    let count = state.bytes.len();
                    into.append(&mut state.bytes);
                    return count;
                }
                if state.ended {
                    return 0;
                }
            }
            self.wake.notified().await;
        }
    }

    /// Appends everything that was written before this call; true at the end. It blocks for as long as
    /// the kernel needs to take back a pending read.
    pub(super) fn drain(self: &Arc<Pipe>, into: &mut Vec<u8>) -> bool {
        let (reply, done) = mpsc::channel::<()>();
        let request = Box::into_raw(Box::new((self.clone(), reply)));
        // SAFETY: the port lives as long as the process; its thread takes the box back.
        let posted = port().is_ok_and(|port| unsafe {
            PostQueuedCompletionStatus(port.handle.as_raw_handle(), 0, DRAIN, request.cast()) != 0
        });
        if posted {
            let _ = done.recv(); // an error means that the thread is gone, and nothing more will come
        }
        let mut state = lock(&self.state);
        into.append(&mut state.bytes);
        state.ended
    }

    /// Ends all reading; what is still written fails.
    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        cancel(&state, |_| true);
        let parked = std::mem::take(&mut state.parked);
        drop(state);
        drop(parked);
    }
}

/// CreateIoCompletionPort returns the port itself, which somebody else owns.
fn own_port(handle: windows_sys::Win32::Foundation::HANDLE) -> io::Result<()> {
    check(i32::from(!handle.is_null()))
}

/// Takes back what is under way on these instances.
fn cancel(state: &State, which: impl Fn(&Instance) -> bool) {
    for instance in state.instances.iter().filter_map(Weak::upgrade).filter(|instance| which(instance)) {
        // SAFETY: the handle is open; null means every operation on it. Failure means there is none.
        unsafe { CancelIoEx(instance.handle.as_raw_handle(), std::ptr::null()) };
    }
}

/// Starts the operation's connect or read. Its end comes through the port, also where it ends at once.
fn begin(mut operation: Box<Operation>) {
    operation.overlapped = OVERLAPPED::default();
    let handle = operation.instance.handle.as_raw_handle();
    let (pipe, connected) = (operation.pipe.clone(), operation.instance.connected());
    {
        let mut state = lock(&pipe.state);
        if state.closed {
            return;
        }
        state.reads += usize::from(connected);
    }
    let length = u32::try_from(operation.buffer.len()).unwrap_or(0);
    let raw = Box::into_raw(operation);
    clear_error();
    // SAFETY: `raw` is a live box that stays where it is until the port gives it back; its first field is
    // the OVERLAPPED (repr(C)), and its buffer has `length` bytes.
    let result = unsafe {
        if connected {
            ReadFile(handle, (&raw mut (*raw).buffer).cast(), length, std::ptr::null_mut(), raw.cast())
        } else {
            ConnectNamedPipe(handle, raw.cast())
        }
    };
    let error = io::Error::last_os_error().raw_os_error().unwrap_or(0).cast_unsigned();
    if result != 0 || error == ERROR_IO_PENDING {
        return;
    }
    // It failed at once, so no completion comes.
    // SAFETY: the kernel does not know the operation, so the box is ours alone again.
    let operation = unsafe { Box::from_raw(raw) };
    lock(&pipe.state).reads -= usize::from(connected);
    // A program that opened the pipe before we listened, or has even closed it again: it is connected,
    // and what it wrote can be read.
    if !connected && matches!(error, ERROR_PIPE_CONNECTED | ERROR_NO_DATA) {
        operation.instance.connected.store(true, Ordering::Relaxed);
        replenish(&pipe);
        begin(operation);
    } else {
        broken(&pipe, operation);
    }
}

/// Keeps the number of listening instances.
fn replenish(pipe: &Arc<Pipe>) {
    if pipe.many
        && let Ok(operation) = pipe.instance()
    {
        begin(operation);
    }
}

/// An instance is at its end: every handle of the writer is closed and all is read.
fn broken(pipe: &Arc<Pipe>, operation: Box<Operation>) {
    drop(operation);
    if !pipe.many {
        lock(&pipe.state).ended = true;
        pipe.wake.notify_one();
    }
    settle_drain(pipe);
}

fn completed(operation: Box<Operation>) {
    let (pipe, connected) = (operation.pipe.clone(), operation.instance.connected());
    let mut bytes = 0;
    // SAFETY: the handle is open and the operation is over, so this only reads its result.
    let result = check(unsafe {
        let handle = operation.instance.handle.as_raw_handle();
        GetOverlappedResult(handle, &raw const operation.overlapped, &raw mut bytes, 0)
    });
    lock(&pipe.state).reads -= usize::from(connected);
    let aborted = ERROR_OPERATION_ABORTED.cast_signed();
    match result {
        Ok(()) if connected => {
            let bytes = usize::try_from(bytes).unwrap_or(0);
            lock(&pipe.state).bytes.extend_from_slice(&operation.buffer[..bytes]);
            pipe.wake.notify_one();
        }
        Ok(()) => {
            operation.instance.connected.store(true, Ordering::Relaxed);
            replenish(&pipe);
        }
        Err(error) if error.raw_os_error() == Some(aborted) => {}
        Err(_) => return broken(&pipe, operation),
    }
    let draining = lock(&pipe.state).draining.is_some();
    if draining && look(&operation.instance) == Look::Empty {
        lock(&pipe.state).parked.push_back(operation);
        settle_drain(&pipe);
    } else {
        begin(operation);
    }
}

/// What an instance's end of the pipe is now.
#[derive(PartialEq)]
enum Look {
    /// No program has opened it.
    Listening,
    /// A read would have to wait.
    Empty,
    /// A read would end at once: there are bytes, or the writer is gone.
    Readable,
}

fn look(instance: &Instance) -> Look {
    let mut available = 0;
    // SAFETY: the handle is open; the only result that is asked for has a place.
    let result = check(unsafe {
        PeekNamedPipe(
            instance.handle.as_raw_handle(),
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
            &raw mut available,
            std::ptr::null_mut(),
        )
    });
    let listening = [ERROR_BAD_PIPE, ERROR_PIPE_LISTENING].map(u32::cast_signed);
    match result {
        Ok(()) if available == 0 => Look::Empty,
        Err(error) if error.raw_os_error().is_some_and(|code| listening.contains(&code)) => Look::Listening,
        _ => Look::Readable,
    }
}

/// Takes back the reads that are under way; each comes through the port, finished or aborted, and is
/// followed by another only while there are bytes. The instances that listen go on listening: whoever
/// opens one meanwhile must not be refused.
fn start_drain(pipe: &Arc<Pipe>, reply: mpsc::Sender<()>) {
    {
        let mut state = lock(&pipe.state);
        state.draining = Some(reply);
        cancel(&state, Instance::connected);
    }
    settle_drain(pipe);
}

/// Ends a drain when nothing is under way any more, and lets all go on.
fn settle_drain(pipe: &Arc<Pipe>) {
    let mut state = lock(&pipe.state);
    // A program has opened one, but the port has not told us yet: that is still to come.
    let opened = |instance: &Arc<Instance>| !instance.connected() && look(instance) != Look::Listening;
    if state.reads > 0 || state.instances.iter().filter_map(Weak::upgrade).any(|instance| opened(&instance)) {
        return;
    }
    let Some(reply) = state.draining.take() else { return };
    let parked = std::mem::take(&mut state.parked);
    drop(state);
    let _ = reply.send(()); // nobody waits any more: no harm
    for operation in parked {
        begin(operation);
    }
}
