//! The tests.

use lastrites_model::launch::{Start, Stdout, WindowsConsole, WindowsJob, WindowsStart};
use lastrites_model::observation::Ended;
use lastrites_model::termination::{Action, Stdin, WindowsAction};
use lastrites_os::spec::{Spec, StepError};
use lastrites_os::{Pool, Running, Stream};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use windows_sys::Win32::Foundation::{CloseHandle, STATUS_ACCESS_VIOLATION};
use windows_sys::Win32::System::Threading::{
    INFINITE, OpenProcess, PROCESS_SYNCHRONIZE, WaitForSingleObject,
};

type Test = (&'static str, fn());

const TESTS: &[Test] = &[
    ("a program that returns is seen to end with its code and its evidence", returns),
    ("all 32 bits of an exit code are kept", access_violation),
    ("CTRL_C reaches the target and nothing else", ctrl_c),
    ("CTRL_C to sixteen cells at once ends each by its own and the harness by none", sixteen),
    ("CTRL_C does not reach a group of its own, until it is killed", new_group),
    ("ignoring CTRL_C is inherited", ignored),
    ("a helper attaches to a console of the target's own", attached),
    ("a detached target has no console to attach to", detached),
    ("a target in a job ends when the job is closed, and its child with it", close_job),
    ("a child outside of the job outlives the target and is found", breakaway),
    ("the parent's death ends a target in the parent's job only", parent_death),
    ("standard input comes to its end", stdin_eof),
    ("what a target wrote before its end is there when its end is seen", drained),
    ("`start` is waited for and the program behind it is the target", through_cmd),
    ("a window is closed and may veto the end of the session", window),
    ("a listening port is found, and whose it is", port),
    ("a program that is not there is the user's mistake", missing),
    ("a console is a standard output", console_output),
    ("a console of its own is a standard input too", console_input),
    ("a pseudo-console is a standard output", pseudo_console),
    ("a harness that is killed leaves nothing behind", killed_harness),
];

pub(crate) fn main(arguments: &[String]) {
    if arguments.first().is_some_and(|first| first == "__hold") {
        return hold();
    }
    for (name, test) in TESTS {
        if arguments.iter().any(|filter| !filter.starts_with('-') && !name.contains(filter.as_str())) {
            continue;
        }
        let begun = std::time::Instant::now();
        test();
        println!("ok {name} ({} ms)", begun.elapsed().as_millis());
    }
}

fn fixture(name: &str) -> String {
    let folder = std::env::var("LASTRITES_WINDOWS_FIXTURES").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/lastrites/windows"),
        PathBuf::from,
    );
    folder.join(format!("{name}.exe")).to_string_lossy().into_owned()
}

/// A cell as the harness runs it.
struct Cell {
    running: Running,
    evidence: Stream,
    text: Vec<u8>,
    _folder: tempfile::TempDir,
}

struct Setup(Spec);

impl Setup {
    fn console(arguments: &[&str]) -> Setup {
        Setup::of("console", arguments)
    }

    fn of(name: &str, arguments: &[&str]) -> Setup {
        let mut argv = vec![fixture(name)];
        argv.extend(arguments.iter().map(|&argument| argument.to_owned()));
        Setup(Spec { argv, ..Spec::default() })
    }

    fn windows(mut self, windows: WindowsStart) -> Setup {
        self.0.start = Start { windows, ..Start::default() };
        self
    }

    async fn start(mut self) -> Cell {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("evidence");
        let evidence = lastrites_os::evidence(&path).expect("a pipe");
        self.0.cwd = folder.path().to_owned();
        self.0.env.push(("LASTRITES_EVIDENCE".to_owned(), path.to_string_lossy().into_owned()));
        self.0.env.push(("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()));
        let running = Pool::new().expect("a pool").start(&self.0).await.expect("a start");
        Cell { running, evidence, text: Vec::new(), _folder: folder }
    }

    async fn ready(self) -> Cell {
        let mut cell = self.start().await;
        cell.until("ready").await;
        cell
    }
}

impl Cell {
    async fn until(&mut self, line: &str) {
        while !self.lines().iter().any(|said| said == line) {
            let count = self.evidence.read(&mut self.text).await.expect("evidence");
            assert!(count > 0, "the evidence ended before `{line}`: {:?}", self.lines());
        }
    }

    /// Evidence without pids.
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.text);
        text.lines().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())).collect()
    }

    fn cleanup(&mut self) -> Vec<String> {
        self.evidence.drain(&mut self.text);
        self.lines().iter().filter_map(|line| Some(line.strip_prefix("cleanup ")?.to_owned())).collect()
    }

    async fn windows(&mut self, action: WindowsAction) -> Result<(), StepError> {
        self.running.perform(&Action::Windows(action), &|_| None).await
    }

    /// Waits for its end by itself.
    async fn end(mut self) -> (u32, Vec<String>) {
        self.running.exited().await.expect("the end");
        let cleanup = self.cleanup();
        match self.running.finish().await.expect("an end") {
            Some(Ended::Exited { code }) => (code, cleanup),
            other => panic!("it ended as {other:?}"),
        }
    }

    /// It is alive, and is ended by us.
    async fn survives(mut self) -> Vec<String> {
        // The end of another, later one would show on the same console at the same time.
        assert!(!self.running.has_exited(), "it has ended");
        let cleanup = self.cleanup();
        assert_eq!(self.running.finish().await.expect("an end"), None);
        cleanup
    }
}

fn block_on(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work);
}

fn in_job(job: WindowsJob) -> WindowsStart {
    WindowsStart { job, ..WindowsStart::default() }
}

fn on(console: WindowsConsole) -> WindowsStart {
    WindowsStart { console, ..WindowsStart::default() }
}

fn returns() {
    block_on(async {
        let cell = Setup::console(&["--end", "return"]).ready().await;
        assert_eq!(cell.end().await, (0, vec!["atexit".to_owned()]));
    });
}

fn access_violation() {
    block_on(async {
        let cell = Setup::console(&["--end", "segfault"]).ready().await;
        assert_eq!(cell.end().await, (STATUS_ACCESS_VIOLATION.cast_unsigned(), vec![]));
    });
}

fn ctrl_c() {
    block_on(async {
        let mut cell = Setup::console(&[]).ready().await;
        let other = Setup::console(&[]).ready().await;
        cell.windows(WindowsAction::CtrlC).await.expect("delivery");
        assert_eq!(cell.end().await, (0, vec!["ctrl-c".to_owned(), "atexit".to_owned()]));
        assert!(other.survives().await.is_empty());
    });
}

fn sixteen() {
    block_on(async {
        let mut cells = Vec::new();
        for _ in 0..16 {
            cells.push(Setup::console(&[]).ready().await);
        }
        let bystander = Setup::console(&[]).ready().await;
        for cell in &mut cells {
            cell.windows(WindowsAction::CtrlC).await.expect("delivery");
        }
        for cell in cells {
            assert_eq!(cell.end().await, (0, vec!["ctrl-c".to_owned(), "atexit".to_owned()]));
        }
        assert!(bystander.survives().await.is_empty());
    });
}

fn new_group() {
    block_on(async {
        let start = WindowsStart { new_group: true, ..WindowsStart::default() };
        let mut cell = Setup::console(&[]).windows(start).ready().await;
        cell.windows(WindowsAction::CtrlC).await.expect("delivery");
        cell.windows(WindowsAction::Terminate).await.expect("delivery");
        assert_eq!(cell.end().await, (1, vec![]));
    });
}

fn ignored() {
    block_on(async {
        let start = WindowsStart { ignore_ctrl_c: true, ..WindowsStart::default() };
        let mut cell = Setup::console(&[]).windows(start).ready().await;
        cell.windows(WindowsAction::CtrlC).await.expect("delivery");
        cell.windows(WindowsAction::Terminate).await.expect("delivery");
        assert_eq!(cell.end().await, (1, vec![]));
    });
}

fn attached() {
    block_on(async {
        for console in [WindowsConsole::New, WindowsConsole::NoWindow, WindowsConsole::Inherited] {
            let mut cell = Setup::console(&[]).windows(on(console)).ready().await;
            cell.windows(WindowsAction::CtrlCAttached).await.expect("delivery");
            assert_eq!(cell.end().await, (0, vec!["ctrl-c".to_owned(), "atexit".to_owned()]), "{console:?}");
        }
    });
}

fn detached() {
    block_on(async {
        let mut cell = Setup::console(&[]).windows(on(WindowsConsole::Detached)).ready().await;
        cell.windows(WindowsAction::CtrlCAttached).await.expect("an attempt");
        assert!(cell.survives().await.is_empty());
    });
}

fn close_job() {
    block_on(async {
        for job in [WindowsJob::KillOnClose, WindowsJob::Nested] {
            let mut cell = Setup::console(&["--child"]).windows(in_job(job)).ready().await;
            let pids: Vec<u32> = cell.running.processes().iter().map(|process| process.pid).collect();
            assert_eq!(pids.len(), 2, "{:?}", cell.running.processes());
            assert_eq!(pids[0], cell.running.pid());
            cell.windows(WindowsAction::CloseJob).await.expect("delivery");
            cell.running.exited().await.expect("the end");
            cell.running.gone(&pids).await;
            assert!(cell.running.processes().is_empty());
            assert!(cell.end().await.1.is_empty());
        }
    });
}

fn breakaway() {
    block_on(async {
        let mut cell =
            Setup::console(&["--child"]).windows(in_job(WindowsJob::SilentBreakaway)).ready().await;
        let main = cell.running.pid();
        cell.windows(WindowsAction::TerminateJob).await.expect("delivery");
        cell.running.exited().await.expect("the end");
        let left = cell.running.processes();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(left[0].parent, main);
        assert!(left[0].command.contains("console"), "{left:?}");
        assert_eq!(cell.end().await, (1, vec![]));
    });
}

fn parent_death() {
    block_on(async {
        for (job, survives) in [(WindowsJob::None, true), (WindowsJob::KillOnClose, false)] {
            let mut setup = Setup::console(&[]).windows(in_job(job));
            setup.0.parent = true;
            let mut cell = setup.ready().await;
            assert_eq!(cell.running.processes().len(), 1, "{:?}", cell.running.processes());
            cell.windows(WindowsAction::KillParent).await.expect("delivery");
            if survives {
                assert!(cell.survives().await.is_empty());
            } else {
                assert!(cell.end().await.1.is_empty());
            }
        }
    });
}

fn stdin_eof() {
    block_on(async {
        let mut setup = Setup::console(&["--end", "stdin"]);
        setup.0.stdin = Stdin::Pipe;
        let mut cell = setup.ready().await;
        cell.running.perform(&Action::CloseStdin, &|_| None).await.expect("delivery");
        assert_eq!(cell.end().await, (0, vec!["atexit".to_owned()]));
    });
}

/// Nothing is read until the end is seen: whatever is on its way then must come by `drain`.
fn drained() {
    block_on(async {
        for _ in 0..20 {
            let mut cell = Setup::console(&["--end", "return"]).start().await;
            let mut stdout = cell.running.take_stdout().expect("a pipe");
            cell.running.exited().await.expect("the end");
            let mut text = Vec::new();
            stdout.drain(&mut text);
            assert_eq!(String::from_utf8_lossy(&text).replace('\r', ""), "ready\ncleanup atexit\n");
            assert_eq!(cell.end().await, (0, vec!["atexit".to_owned()]));
        }
    });
}

fn through_cmd() {
    block_on(async {
        let start = WindowsStart { start_command: true, ..WindowsStart::default() };
        let mut cell = Setup::console(&[]).windows(start).ready().await;
        let processes = cell.running.processes();
        assert_eq!(processes.len(), 1, "{processes:?}");
        cell.windows(WindowsAction::CtrlCAttached).await.expect("delivery");
        assert_eq!(cell.end().await, (0, vec!["ctrl-c".to_owned(), "atexit".to_owned()]));
    });
}

fn window() {
    block_on(async {
        let mut cell = Setup::of("gui", &[]).ready().await;
        cell.windows(WindowsAction::WmClose).await.expect("delivery");
        assert_eq!(cell.end().await, (0, vec!["wm-close".to_owned(), "atexit".to_owned()]));
        let mut cell = Setup::of("gui", &["--veto"]).ready().await;
        cell.windows(WindowsAction::EndSession).await.expect("delivery");
        assert_eq!(cell.survives().await, ["query-end-session"]);
        let mut cell = Setup::console(&[]).ready().await;
        let refused = cell.windows(WindowsAction::WmClose).await;
        assert_eq!(refused, Err(StepError::Failed("the target has no window".to_owned())));
    });
}

fn port() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    assert!(lastrites_os::listening(port));
    // Wine tells an owner only where the process has used the socket itself, and not its server for it.
    let told = lastrites_os::ports_of(&[std::process::id()]);
    assert!(told == [port] || lastrites_os::facts().platform.wine.is_some(), "{told:?}");
    drop(listener);
    assert!(!lastrites_os::listening(port));
    assert!(lastrites_os::ports_of(&[std::process::id()]).is_empty());
}

fn missing() {
    block_on(async {
        let spec =
            Spec { argv: vec!["no-such-program".to_owned()], cwd: std::env::temp_dir(), ..Spec::default() };
        let error = Pool::new().expect("a pool").start(&spec).await.err();
        let expected = "there is no program no-such-program".to_owned();
        assert_eq!(error, Some(lastrites_os::spec::StartError::Program(expected)));
    });
}

fn console_output() {
    block_on(async {
        for console in [WindowsConsole::Inherited, WindowsConsole::New, WindowsConsole::NoWindow] {
            let mut setup = Setup::console(&["--end", "return"]).windows(on(console));
            setup.0.stdout = Stdout::Pty;
            let mut cell = setup.ready().await;
            assert!(cell.running.take_stdout().is_none());
            assert_eq!(cell.end().await, (0, vec!["atexit".to_owned()]));
        }
    });
}

fn console_input() {
    block_on(async {
        // It exits with 1 unless it reads from a console.
        let arguments = ["--terminal", "--end", "return"];
        let mut setup = Setup::console(&arguments).windows(on(WindowsConsole::New));
        setup.0.stdout = Stdout::Pty;
        assert_eq!(setup.ready().await.end().await, (0, vec!["atexit".to_owned()]));
    });
}

fn pseudo_console() {
    block_on(async {
        let mut setup = Setup::console(&["--end", "return"]).windows(on(WindowsConsole::Pseudo));
        setup.0.stdout = Stdout::Pty;
        let cell = setup.ready().await;
        assert_eq!(cell.end().await, (0, vec!["atexit".to_owned()]));
    });
}

/// Plays the harness that will be killed: starts a target, says its id, and waits.
fn hold() {
    block_on(async {
        let cell = Setup::console(&["--child"]).ready().await;
        for process in cell.running.processes() {
            println!("{}", process.pid);
        }
        println!("that is all");
        std::future::pending::<()>().await;
    });
}

fn killed_harness() {
    let mut harness = Command::new(std::env::current_exe().expect("this program"))
        .arg("__hold")
        .stdout(Stdio::piped())
        .spawn()
        .expect("a harness");
    let lines = BufReader::new(harness.stdout.take().expect("a pipe")).lines();
    let pids: Vec<u32> = lines.map_while(|line| line.ok()?.parse().ok()).collect();
    assert_eq!(pids.len(), 2);
    // SAFETY: no pointers.
    let open = |&pid: &u32| unsafe { OpenProcess(PROCESS_SYNCHRONIZE, 0, pid) };
    let processes: Vec<_> = pids.iter().map(open).collect();
    assert!(processes.iter().all(|process| !process.is_null()));
    harness.kill().expect("TerminateProcess");
    harness.wait().expect("its end");
    for process in processes {
        // SAFETY: the handle was opened above and is closed once.
        unsafe {
            WaitForSingleObject(process, INFINITE);
            CloseHandle(process);
        }
    }
}
