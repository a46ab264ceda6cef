//! The agent: one process per cell, started by the harness without window and so on a console of its
//! own, which the target shares. It starts the target, and does to it what must be done from inside.
//!
//! It is in a job of the harness before it runs, and everything that it starts is born into that job: so
//! nothing outlives the harness, however that ends.

use super::console::{self, Pseudo};
use super::job::Job;
use super::process::{self, Creation, quoted};
use super::protocol::{AGENT, ATTACH, Console, JobKind, Order, Output, Reply, Start};
use super::sys::{inheritable, is_signaled, open_inheritable, wait};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::windows::io::OwnedHandle;
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_BAD_EXE_FORMAT, ERROR_FILE_NOT_FOUND, GENERIC_READ, GENERIC_WRITE,
};
use windows_sys::Win32::Storage::FileSystem::{CREATE_ALWAYS, OPEN_EXISTING};
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_CONSOLE, CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW, DETACHED_PROCESS, PROCESS_ALL_ACCESS,
    TerminateProcess,
};

/// The code that TerminateProcess and TerminateJobObject give, as the Task Manager does.
pub(super) const TERMINATED: u32 = 1;

/// What the agent has started.
struct Target {
    process: OwnedHandle,
    pid: u32,
    /// Outermost first.
    jobs: Vec<Job>,
    stdin: Option<File>,
    pseudo: Option<Pseudo>,
    leads_group: bool,
}

/// An agent between this one and the target: its death is the death of the target's parent.
struct Parent {
    child: Child,
    orders: ChildStdin,
    replies: BufReader<ChildStdout>,
}

/// The hidden subcommand: serves until its standard input ends.
pub(super) fn main() -> i32 {
    console::guard();
    let (mut target, mut parent): (Option<Target>, Option<Parent>) = (None, None);
    for line in io::stdin().lines() {
        let Ok(line) = line else { break };
        let reply = match serde_json::from_str::<Order>(&line) {
            Err(error) => Reply::Failed(format!("the agent was told nonsense: {error}")),
            Ok(Order::Start(start)) if start.parent => match Parent::start(&line_without_parent(&start)) {
                Ok((process, reply)) => {
                    parent = Some(process);
                    reply
                }
                Err(error) => Reply::Failed(format!("the parent: {error}")),
            },
            Ok(Order::Start(start)) => match start_target(&start) {
                Ok((started, reply)) => {
                    target = Some(started);
                    reply
                }
                Err(reply) => reply,
            },
            Ok(order) => match (&mut parent, &mut target) {
                (Some(process), _) => process.pass_on(&order, &line),
                (None, Some(target)) => {
                    target.perform(order).unwrap_or_else(|error| Reply::Failed(error.to_string()))
                }
                (None, None) => Reply::Failed("there is no target".to_owned()),
            },
        };
        let mut text = serde_json::to_string(&reply).unwrap_or_default();
        text.push('\n');
        if io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()).is_err() {
            break;
        }
    }
    0
}

fn line_without_parent(start: &Start) -> String {
    let start = Start { parent: false, ..start.clone() };
    serde_json::to_string(&Order::Start(Box::new(start))).unwrap_or_default()
}

impl Parent {
    fn start(order: &str) -> io::Result<(Parent, Reply)> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(AGENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let missing = || io::Error::other("no pipe");
        let orders = child.stdin.take().ok_or_else(missing)?;
        let replies = BufReader::new(child.stdout.take().ok_or_else(missing)?);
        let mut parent = Parent { child, orders, replies };
        let reply = match parent.ask(order)? {
            Reply::Started { pid, mut ours } => {
                ours.push(parent.child.id());
                Reply::Started { pid, ours }
            }
            reply => reply,
        };
        Ok((parent, reply))
    }

    fn ask(&mut self, order: &str) -> io::Result<Reply> {
        self.orders.write_all(format!("{order}\n").as_bytes())?;
        self.orders.flush()?;
        let mut line = String::new();
        self.replies.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(io::Error::other)
    }

    fn pass_on(&mut self, order: &Order, line: &str) -> Reply {
        if matches!(order, Order::KillParent) {
            let killed = self.child.kill().and_then(|()| self.child.wait());
            return killed.map_or_else(|error| Reply::Failed(error.to_string()), |_| Reply::Done);
        }
        self.ask(line).unwrap_or_else(|error| Reply::Failed(error.to_string()))
    }
}

/// The reply to a start that failed.
fn refused(program: &str, error: &io::Error) -> Reply {
    let code = error.raw_os_error().unwrap_or(0).cast_unsigned();
    match code {
        ERROR_FILE_NOT_FOUND | ERROR_BAD_EXE_FORMAT | ERROR_ACCESS_DENIED => {
            Reply::Program(format!("{program}: {error}"))
        }
        _ => Reply::Failed(format!("CreateProcess {program}: {error}")),
    }
}

fn start_target(start: &Start) -> Result<(Target, Reply), Reply> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |error: io::Error| Reply::Failed(format!("{what}: {error}"))
    };
    let Some(name) = start.argv.first() else { return Err(Reply::Failed("no program".to_owned())) };
    let path = start.env.iter().find(|(key, _)| key.eq_ignore_ascii_case("path"));
    let path = path.map_or("", |(_, value)| value.as_str());
    let Some(program) = process::find(name, path) else {
        return Err(Reply::Program(format!("there is no program {name}")));
    };

    let on_console = matches!(start.stdout, Output::Console);
    let pseudo = if start.console == Console::Pseudo {
        let screen: Box<dyn Write + Send> = if on_console {
            let pipe = open_inheritable(&start.stderr, GENERIC_WRITE, OPEN_EXISTING);
            Box::new(File::from(pipe.map_err(failed("standard error"))?))
        } else {
            Box::new(io::sink())
        };
        Some(Pseudo::new(screen).map_err(|error| Reply::Unsupported(error.to_string()))?)
    } else {
        None
    };

    let (input, stdin) = if start.stdin {
        let (read, write) = console::pipe(0).map_err(failed("standard input"))?;
        (inheritable(&read).map_err(failed("standard input"))?, Some(File::from(write)))
    } else {
        (open_inheritable("NUL", GENERIC_READ, OPEN_EXISTING).map_err(failed("NUL"))?, None)
    };
    let output = start.open_stdout().map_err(failed("standard output"))?;
    let separate = matches!(start.console, Console::New | Console::NoWindow | Console::Pseudo);
    let error = open_inheritable(&start.stderr, GENERIC_WRITE, OPEN_EXISTING);
    let error = if on_console && start.console == Console::Pseudo {
        None // the terminal's thread has it
    } else {
        Some(error.map_err(failed("standard error"))?)
    };

    let mut flags = if start.new_group { CREATE_NEW_PROCESS_GROUP } else { 0 };
    flags |= match start.console {
        Console::Inherited | Console::Pseudo => 0,
        Console::New => CREATE_NEW_CONSOLE,
        Console::NoWindow => CREATE_NO_WINDOW,
        Console::Detached => DETACHED_PROCESS,
    };
    let shell = start.command();
    let creation = Creation {
        program: shell.clone().unwrap_or_else(|| program.clone()),
        arguments: &if shell.is_some() { start.start_arguments(&program) } else { start.argv[1..].to_vec() },
        env: Some(&start.env),
        cwd: Some(&start.cwd),
        flags,
        // A console of the target's own opens with handles of its own only if none are given. For a pseudo-console that
        // has to be said: the handles of this process would be taken for the target's.
        stdio: if on_console && start.console == Console::Pseudo {
            Some([None; 3])
        } else if on_console && separate {
            None
        } else {
            Some([Some(&input), output.as_ref(), error.as_ref()])
        },
        pseudo_console: pseudo.as_ref().map(Pseudo::handle),
    };
    if start.ignore_ctrl_c {
        console::ignore_ctrl_c(true).map_err(failed("ignore CTRL_C"))?;
    }
    let created = launch(start, &creation, name, shell.is_some().then_some(program.as_path()));
    if start.ignore_ctrl_c {
        console::ignore_ctrl_c(false).map_err(failed("ignore CTRL_C"))?;
    }
    let (process, pid, jobs) = created?;
    let leads_group = start.new_group;
    let target = Target { process, pid, jobs, stdin, pseudo, leads_group };
    Ok((target, Reply::Started { pid, ours: Vec::new() }))
}

/// Creates the target and lets it run: its process and its jobs. `behind` is the program that cmd is to start; the
/// target is that, and not cmd.
fn launch(
    start: &Start,
    creation: &Creation<'_>,
    name: &str,
    behind: Option<&Path>,
) -> Result<(OwnedHandle, u32, Vec<Job>), Reply> {
    let failed = |what: &'static str| move |error: io::Error| Reply::Failed(format!("{what}: {error}"));
    let suspended = process::create(creation).map_err(|error| refused(name, &error))?;
    let jobs = start.jobs().map_err(failed("job"))?;
    for job in &jobs {
        job.assign(&suspended.process).map_err(failed("job"))?;
    }
    let (mut process, mut pid) = suspended.resume().map_err(failed("ResumeThread"))?;
    if let Some(program) = behind {
        wait(&process); // `start` returns as soon as the program runs
        (process, pid) = jobs
            .first()
            .and_then(|job| started_in(job, program))
            .ok_or_else(|| Reply::Failed("cmd has started nothing".to_owned()))?;
    }
    Ok((process, pid, jobs))
}

/// The process that runs this program in a job.
fn started_in(job: &Job, program: &Path) -> Option<(OwnedHandle, u32)> {
    job.processes().ok()?.into_iter().find_map(|pid| {
        let process = process::open(pid, PROCESS_ALL_ACCESS).ok()?;
        let name = process::image(&process)?.file_name()?.to_ascii_lowercase();
        (Some(name) == program.file_name().map(std::ffi::OsStr::to_ascii_lowercase)).then_some((process, pid))
    })
}

impl Start {
    fn open_stdout(&self) -> io::Result<Option<OwnedHandle>> {
        let (name, access, disposition) = match &self.stdout {
            Output::Pipe(name) => (name.clone(), GENERIC_WRITE, OPEN_EXISTING),
            Output::File(path) => (path.to_string_lossy().into_owned(), GENERIC_WRITE, CREATE_ALWAYS),
            Output::Console if self.console == Console::Inherited => {
                ("CONOUT$".to_owned(), GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING)
            }
            Output::Console | Output::Closed => return Ok(None),
        };
        open_inheritable(&name, access, disposition).map(Some)
    }

    /// cmd.exe, where the launch goes through it.
    fn command(&self) -> Option<std::path::PathBuf> {
        let root = self.env.iter().find(|(key, _)| key.eq_ignore_ascii_case("systemroot"));
        let root = root.map_or(r"C:\windows", |(_, value)| value.as_str());
        self.through_cmd.then(|| Path::new(root).join(r"system32\cmd.exe"))
    }

    /// `/d /c start "" PROGRAM ARGUMENT…`: the empty text is the title, without which `start` would take a
    /// quoted program for it.
    fn start_arguments(&self, program: &Path) -> Vec<String> {
        let mut arguments: Vec<String> = ["/d", "/c", "start", "\"\""].map(ToOwned::to_owned).to_vec();
        arguments.push(quoted(&program.to_string_lossy()));
        arguments.extend(self.argv[1..].iter().map(|argument| quoted(argument)));
        arguments
    }

    fn jobs(&self) -> io::Result<Vec<Job>> {
        match self.job {
            // To find what `start` starts.
            JobKind::None if self.through_cmd => Ok(vec![Job::plain()?]),
            JobKind::None => Ok(Vec::new()),
            JobKind::KillOnClose => Ok(vec![Job::new(false)?]),
            JobKind::Nested => Ok(vec![Job::new(false)?, Job::new(false)?]),
            JobKind::SilentBreakaway => Ok(vec![Job::new(true)?]),
        }
    }
}

impl Target {
    fn perform(&mut self, order: Order) -> io::Result<Reply> {
        if is_signaled(&self.process) {
            return Ok(Reply::Gone);
        }
        match order {
            Order::Start(_) => return Ok(Reply::Failed("there is a target already".to_owned())),
            Order::KillParent => return Ok(Reply::Failed("there is no parent".to_owned())),
            Order::CloseStdin => self.stdin = None,
            Order::Line(line) => match &mut self.stdin {
                Some(stdin) => stdin.write_all(format!("{line}\n").as_bytes())?,
                None => return Ok(Reply::Failed("standard input is no pipe".to_owned())),
            },
            Order::CtrlC => match &mut self.pseudo {
                Some(pseudo) => pseudo.type_in(b"\x03")?,
                None => console::event(CTRL_C_EVENT, 0)?,
            },
            Order::CtrlCId { may_fail } => {
                let result = console::event(CTRL_C_EVENT, self.pid);
                if !may_fail {
                    result?;
                }
            }
            Order::CtrlBreak => {
                console::event(CTRL_BREAK_EVENT, if self.leads_group { self.pid } else { 0 })?;
            }
            Order::CtrlCAttached => return self.attach("ctrl-c"),
            Order::CloseConsoleWindow => return self.attach("close-window"),
            Order::ClosePseudoConsole => self.pseudo = None,
            Order::TaskKill(options) => self.task_kill(&options)?,
            Order::WmClose if !console::close_windows(self.pid) => return Ok(no_windows()),
            Order::EndSession if !console::end_session(self.pid) => return Ok(no_windows()),
            Order::WmClose | Order::EndSession => {}
            Order::Terminate => self.terminate()?,
            Order::CloseJob => self.jobs.clear(),
            Order::TerminateJob => match self.jobs.first() {
                Some(job) => job.terminate(TERMINATED)?,
                None => return Ok(Reply::Failed("the target has no job of its own".to_owned())),
            },
            Order::Emulated(event) => console::emulate(&self.process, event)?,
        }
        Ok(Reply::Done)
    }

    fn terminate(&self) -> io::Result<()> {
        use std::os::windows::io::AsRawHandle;
        // SAFETY: the handle is open.
        super::sys::check(unsafe { TerminateProcess(self.process.as_raw_handle(), TERMINATED) })
    }

    /// By a helper without console, because this agent must keep its own.
    fn attach(&self, what: &str) -> io::Result<Reply> {
        let status = Command::new(std::env::current_exe()?)
            .args([ATTACH, what, &self.pid.to_string()])
            .creation_flags(DETACHED_PROCESS)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok(match status.code() {
            // A target without console cannot be attached to, as documented: that this reaches nobody is
            // the result, and no failure of ours.
            Some(console::ATTACHED | console::NO_CONSOLE) => Reply::Done,
            _ => Reply::Failed(format!("the helper could not do it ({status})")),
        })
    }

    /// What taskkill thinks of it (its exit code) is not asked: whether the target ends is the result.
    fn task_kill(&self, options: &[String]) -> io::Result<()> {
        Command::new("taskkill.exe")
            .args(options)
            .args(["/PID", &self.pid.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map(drop)
    }
}

fn no_windows() -> Reply {
    Reply::Failed("the target has no window".to_owned())
}
