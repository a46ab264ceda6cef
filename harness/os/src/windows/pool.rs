//! The harness's side: it starts an agent for each target and talks with it.

use super::agent::TERMINATED;
use super::job::Job;
use super::process::{self, Creation, Suspended};
use super::protocol::{AGENT, Order, Output, Reply, Start};
use super::stream::{Stream, evidence_pipe};
use super::sys::{check, inheritable, is_signaled, open_inheritable};
use crate::spec::{Process, Spec, StartError, StepError};
use lastrites_model::launch::Stdout;
use lastrites_model::observation::{Disposition, Ended};
use lastrites_model::signals::Signal;
use lastrites_model::termination::{Action, Stdin, Whom, WindowsAction};
use std::ffi::c_void;
use std::fs::File;
use std::io::{self, Write};
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::path::PathBuf;
use tokio::sync::oneshot;
use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::OPEN_EXISTING;
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, INFINITE, PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_SYNCHRONIZE, RegisterWaitForSingleObject, UnregisterWaitEx, WT_EXECUTEONLYONCE,
};

/// Room for a whole start order, in bytes: the harness must not block until the agent reads.
const ORDERS: u32 = 256 * 1024;

/// Programs that belong to a console and not to the target.
const CONSOLE_HOSTS: [&str; 2] = ["conhost.exe", "openconsole.exe"];

/// Starts processes and keeps what is needed to end all of them: each is in a job of its own, whose last
/// handle closes with the `Running`, or with the harness.
#[derive(Debug)]
pub struct Pool;

/// A started process and its tree. Dropped, everything in it is ended.
#[derive(Debug)]
pub struct Running {
    agent: Agent,
    process: OwnedHandle,
    pid: u32,
    ours: Vec<u32>,
    stdout: Option<Stream>,
    stderr: Option<Stream>,
}

#[derive(Debug)]
struct Agent {
    /// Around the agent and everything that comes from it.
    job: Job,
    pid: u32,
    orders: File,
    replies: Stream,
    /// What was read of the next reply.
    text: Vec<u8>,
}

impl Pool {
    /// A pool without processes.
    pub fn new() -> io::Result<Pool> {
        // Wine starts the process that owns the desktop when the first window is asked for: it must not be
        // born in the job of a cell, which would end it.
        super::console::desktop();
        Ok(Pool)
    }

    /// Nothing: an agent is of one cell, and must not be there before it.
    pub fn reserve(&self, _processes: usize) {}

    /// Nothing: nothing is kept for the next process.
    pub fn wind_down(&self) {}

    /// Starts one process.
    pub async fn start(&self, spec: &Spec) -> Result<Running, StartError> {
        let harness = |error: io::Error| StartError::Harness(error.to_string());
        // CreateProcess takes milliseconds, which other cells need not wait for.
        let created = tokio::task::spawn_blocking(Agent::start).await;
        let mut agent = created.map_err(io::Error::other).flatten().map_err(harness)?;
        let (stderr_name, stderr) = Stream::private().map_err(harness)?;
        let (output, stdout) = match spec.stdout {
            Stdout::Pipe => {
                let (name, stream) = Stream::private().map_err(harness)?;
                (Output::Pipe(name), Some(stream))
            }
            Stdout::File => (Output::File(spec.stdout_file.clone()), None),
            Stdout::Pty => (Output::Console, None),
            Stdout::Closed => (Output::Closed, None),
        };
        let order = Order::Start(Box::new(order(spec, output, stderr_name)));
        match agent.ask(&order).await.map_err(harness)? {
            Reply::Started { pid, ours } => {
                let access = PROCESS_SYNCHRONIZE | PROCESS_QUERY_INFORMATION;
                let process = process::open(pid, access).map_err(harness)?;
                Ok(Running { agent, process, pid, ours, stdout, stderr: Some(stderr) })
            }
            Reply::Program(why) => Err(StartError::Program(why)),
            Reply::Unsupported(why) => Err(StartError::Unsupported(why)),
            Reply::Failed(why) => Err(StartError::Harness(why)),
            reply @ (Reply::Done | Reply::Gone) => Err(StartError::Harness(format!("agent: {reply:?}"))),
        }
    }
}

/// The agent's order from what the harness says.
fn order(spec: &Spec, stdout: Output, stderr: String) -> Start {
    let windows = spec.start.windows;
    Start {
        argv: spec.argv.clone(),
        env: environment(&spec.env),
        cwd: std::path::absolute(&spec.cwd).unwrap_or_else(|_| spec.cwd.clone()),
        new_group: windows.new_group,
        console: windows.console.into(),
        ignore_ctrl_c: windows.ignore_ctrl_c,
        job: windows.job.into(),
        through_cmd: windows.start_command,
        parent: spec.parent,
        stdin: spec.stdin == Stdin::Pipe,
        stdout,
        stderr,
    }
}

/// The environment, with what no program of Windows can do without (the loader and sockets need
/// `SystemRoot`) unless the caller has it.
fn environment(env: &[(String, String)]) -> Vec<(String, String)> {
    let mut env = env.to_vec();
    for name in ["SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "TEMP", "TMP"] {
        let given = env.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        if let (false, Ok(value)) = (given, std::env::var(name)) {
            env.push((name.to_owned(), value));
        }
    }
    for (name, value) in &mut env {
        if name == "LASTRITES_EVIDENCE" {
            *value = evidence_pipe(value);
        }
    }
    env
}

impl Agent {
    fn start() -> io::Result<Agent> {
        let job = Job::watched()?;
        let (read, write) = super::console::pipe(ORDERS)?;
        let input = inheritable(&read)?;
        let (name, replies) = Stream::private()?;
        let output = open_inheritable(&name, GENERIC_WRITE, OPEN_EXISTING)?;
        let nothing = open_inheritable("NUL", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING)?;
        let agent: Suspended = process::create(&Creation {
            program: program()?,
            arguments: &[AGENT.to_owned()],
            flags: CREATE_NO_WINDOW,
            stdio: Some([Some(&input), Some(&output), Some(&nothing)]),
            ..Creation::default()
        })?;
        // Before it runs, so that nothing of what it does can be outside of the job.
        job.assign(&agent.process)?;
        let (_, pid) = agent.resume()?;
        Ok(Agent { job, pid, orders: File::from(write), replies, text: Vec::new() })
    }

    async fn ask(&mut self, order: &Order) -> io::Result<Reply> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.orders.write_all(&line)?;
        loop {
            if let Some(end) = self.text.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.text.drain(..=end).collect();
                return Ok(serde_json::from_slice(&line)?);
            }
            if self.replies.read(&mut self.text).await? == 0 {
                return Err(io::Error::other("the agent has ended"));
            }
        }
    }
}

fn program() -> io::Result<PathBuf> {
    std::env::current_exe()
}

impl Running {
    /// The id of the process that was started.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Takes the reading end of its standard output; `None` where that is a file, a console or closed, or
    /// the second time.
    pub fn take_stdout(&mut self) -> Option<Stream> {
        self.stdout.take()
    }

    /// Takes the reading end of its standard error. On a pseudo-console that is also standard output, it
    /// is what the console shows.
    pub fn take_stderr(&mut self) -> Option<Stream> {
        self.stderr.take()
    }

    /// Waits until the started process has ended.
    pub async fn exited(&self) -> io::Result<()> {
        ended(&self.process).await
    }

    /// Whether it has ended, without waiting.
    pub fn has_exited(&self) -> bool {
        is_signaled(&self.process)
    }

    /// Nothing here tells what a thread waits for, so there is nothing to wait for either: whether a
    /// target survives is seen by watching it.
    #[expect(clippy::unused_async, reason = "the other backends wait here")]
    pub async fn quiet(&self, _pids: &[u32]) -> bool {
        true
    }

    /// Waits until all of these processes of the tree have ended.
    pub async fn gone(&self, pids: &[u32]) {
        for &pid in pids {
            // One that cannot be opened has ended: the job keeps ids from being used again.
            if let Ok(process) = process::open(pid, PROCESS_SYNCHRONIZE) {
                let _ = ended(&process).await; // an error of the wait itself: nothing more can be done
            }
        }
    }

    /// Windows has no dispositions that another process could see.
    pub fn disposition(&self, _pid: u32, _signal: Signal) -> Option<Disposition> {
        None
    }

    /// Nor ones that it could have seen.
    pub fn disposition_at_rest(&self, _signal: Signal) -> Option<Disposition> {
        None
    }

    /// Every process of the tree that has not ended, the started one first, then by pid. The job knows
    /// them, whoever their parent is.
    pub fn processes(&self) -> Vec<Process> {
        let mut pids = self.agent.job.processes().unwrap_or_default();
        pids.sort_unstable_by_key(|&pid| (pid != self.pid, pid));
        let ours = |pid: &u32| *pid == self.agent.pid || self.ours.contains(pid);
        pids.into_iter().filter(|pid| !ours(pid)).filter_map(seen).collect()
    }

    /// Carries out one step. `role` finds the process of a role. `Http`, `Grace` and `Settle` are not
    /// for here.
    pub async fn perform(
        &mut self,
        action: &Action,
        _role: &dyn Fn(&str) -> Option<u32>,
    ) -> Result<(), StepError> {
        let order = match action {
            Action::CloseStdin => Order::CloseStdin,
            Action::Line(line) => Order::Line(line.clone()),
            Action::Windows(action) => windows_order(action),
            Action::CloseStdout => {
                self.stdout = None;
                return Ok(());
            }
            Action::Signal { to: Whom::Parent, .. } => Order::KillParent,
            other => return Err(StepError::Unsupported(format!("Windows has no {other:?}"))),
        };
        match self.agent.ask(&order).await {
            Ok(Reply::Done) => Ok(()),
            Ok(Reply::Gone) => Err(StepError::Gone),
            Ok(Reply::Unsupported(why)) => Err(StepError::Unsupported(why)),
            Ok(Reply::Failed(why) | Reply::Program(why)) => Err(StepError::Failed(why)),
            Ok(reply @ Reply::Started { .. }) => Err(StepError::Failed(format!("agent: {reply:?}"))),
            Err(error) => Err(StepError::Failed(error.to_string())),
        }
    }

    /// Ends the whole tree and waits for that, and says how the started process had ended by itself:
    /// `None` when it was alive until now.
    pub async fn finish(self) -> io::Result<Option<Ended>> {
        let own = if self.has_exited() {
            Some(Ended::Exited { code: process::exit_code(&self.process)? })
        } else {
            None
        };
        loop {
            let pids = self.agent.job.processes()?;
            if pids.is_empty() {
                return Ok(own);
            }
            // Opened before the end, so that each is the process that was counted.
            let processes: Vec<OwnedHandle> =
                pids.iter().filter_map(|&pid| process::open(pid, PROCESS_SYNCHRONIZE).ok()).collect();
            self.agent.job.terminate(TERMINATED)?;
            for process in &processes {
                ended(process).await?;
            }
            if processes.is_empty() {
                return Ok(own); // each was ending already
            }
        }
    }
}

fn windows_order(action: &WindowsAction) -> Order {
    match action {
        WindowsAction::CtrlC => Order::CtrlC,
        WindowsAction::CtrlCGroup => Order::CtrlCId { may_fail: false },
        WindowsAction::CtrlCNoLeader => Order::CtrlCId { may_fail: true },
        WindowsAction::CtrlCAttached => Order::CtrlCAttached,
        WindowsAction::CtrlBreak => Order::CtrlBreak,
        WindowsAction::ClosePseudoConsole => Order::ClosePseudoConsole,
        WindowsAction::CloseConsoleWindow => Order::CloseConsoleWindow,
        WindowsAction::TaskKill(options) => {
            Order::TaskKill(options.iter().map(|&option| option.to_owned()).collect())
        }
        WindowsAction::WmClose => Order::WmClose,
        WindowsAction::EndSession => Order::EndSession,
        WindowsAction::Terminate => Order::Terminate,
        WindowsAction::CloseJob => Order::CloseJob,
        WindowsAction::TerminateJob => Order::TerminateJob,
        WindowsAction::KillParent => Order::KillParent,
        WindowsAction::Emulated(event) => Order::Emulated(*event),
    }
}

/// A live process as a census shows it; `None` for a console's host and for one that has just ended.
fn seen(pid: u32) -> Option<Process> {
    let process = process::open(pid, PROCESS_QUERY_INFORMATION | PROCESS_SYNCHRONIZE)
        .or_else(|_| process::open(pid, PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE))
        .ok()?;
    if is_signaled(&process) {
        return None;
    }
    let image = process::image(&process);
    let name = image.as_ref().and_then(|image| image.file_name()).map(|name| name.to_string_lossy());
    let name = name.map(std::borrow::Cow::into_owned).unwrap_or_default();
    if CONSOLE_HOSTS.contains(&name.to_lowercase().as_str()) {
        return None;
    }
    let command = process::command(&process).map(|line| line.replace('"', "").trim_end().to_owned());
    Some(Process {
        pid,
        own_pid: pid,
        parent: process::parent(&process).unwrap_or(0),
        command: command.filter(|line| !line.is_empty()).unwrap_or_else(|| format!("[{name}]")),
        zombie: false,
    })
}

/// Waits until a process has ended, on the system's pool of waiting threads.
async fn ended(process: &OwnedHandle) -> io::Result<()> {
    if is_signaled(process) {
        return Ok(());
    }
    let (sender, receiver) = oneshot::channel();
    let _wait = Wait::new(process, sender)?;
    receiver.await.map_err(io::Error::other)
}

/// A registered wait.
struct Wait {
    handle: SendHandle,
    sender: *mut Option<oneshot::Sender<()>>,
}

struct SendHandle(HANDLE);

// SAFETY: a wait's handle may be used on any thread, and the sender behind the pointer is touched by the
// callback alone until the wait is unregistered.
unsafe impl Send for Wait {}

impl Wait {
    fn new(process: &OwnedHandle, sender: oneshot::Sender<()>) -> io::Result<Wait> {
        let sender = Box::into_raw(Box::new(Some(sender)));
        let mut wait = Wait { handle: SendHandle(std::ptr::null_mut()), sender };
        // SAFETY: `drop` unregisters the wait before it frees what `sender` points to; the caller keeps the
        // process's handle open for longer than this value.
        check(unsafe {
            RegisterWaitForSingleObject(
                &raw mut wait.handle.0,
                process.as_raw_handle(),
                Some(signaled),
                sender.cast(),
                INFINITE,
                WT_EXECUTEONLYONCE,
            )
        })?;
        Ok(wait)
    }
}

extern "system" fn signaled(sender: *mut c_void, _timed_out: bool) {
    // SAFETY: `new` passes this pointer, and `drop` waits for this function before it frees it.
    if let Some(sender) = unsafe { (*sender.cast::<Option<oneshot::Sender<()>>>()).take() } {
        let _ = sender.send(()); // nobody waits any more: no harm
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        // SAFETY: INVALID_HANDLE_VALUE asks to wait for a callback that runs just now; afterwards nothing
        // uses the box any more.
        unsafe {
            if !self.handle.0.is_null() {
                UnregisterWaitEx(self.handle.0, INVALID_HANDLE_VALUE);
            }
            drop(Box::from_raw(self.sender));
        }
    }
}
