//! The unix backend, by looking at real processes: each launch does what its name says, each step
//! arrives, nothing is left.

#![cfg(target_os = "linux")]

mod endings;
mod launches;
mod leftovers;
mod pool;

use lastrites_model::launch::{Session, Start, Stdout};
use lastrites_model::observation::Ended;
use lastrites_model::signals::Signal;
use lastrites_model::termination::{Action, Whom};
use lastrites_os::spec::{Spec, StartError};
use lastrites_os::{Pool, Running, Stream};
use std::path::Path;

/// Runs one test body in an event loop of its own.
fn run<T>(body: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an event loop").block_on(body)
}

/// A start of a shell script, of a direct child with pipes.
fn script(text: &str) -> Spec {
    program(&["/bin/sh", "-c", text])
}

fn program(argv: &[&str]) -> Spec {
    Spec {
        argv: argv.iter().map(ToString::to_string).collect(),
        env: vec![("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())],
        cwd: "/".into(),
        ..Spec::default()
    }
}

/// With this session.
fn in_session(session: Session, mut spec: Spec) -> Spec {
    spec.start = Start { session, ..Start::default() };
    spec
}

/// Reads until the text has this in it, or the end.
async fn read_until(stream: &mut Stream, wanted: &str) -> String {
    let mut got = Vec::new();
    while !String::from_utf8_lossy(&got).contains(wanted) {
        if stream.read(&mut got).await.expect("a readable stream") == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&got).into_owned()
}

async fn read_all(stream: &mut Stream) -> String {
    read_until(stream, "\0never\0").await
}

/// Starts it, reads all of its standard output, and finishes it once it has ended by itself.
async fn output(spec: &Spec) -> (String, Ended) {
    let pool = Pool::new().expect("a pool");
    let mut running = pool.start(spec).await.expect("it starts");
    let mut stream = if spec.stdout == Stdout::Pty && spec.start.session == Session::Terminal {
        running.take_stderr().expect("a terminal")
    } else {
        running.take_stdout().expect("a pipe")
    };
    let text = read_all(&mut stream).await;
    running.exited().await.expect("an end");
    (text, running.finish().await.expect("it can be finished").expect("it had ended"))
}

/// Starts it and waits for `ready` on its standard output.
async fn ready(pool: &Pool, spec: &Spec) -> (Running, Stream) {
    let mut running = pool.start(spec).await.expect("it starts");
    let mut stdout = running.take_stdout().expect("a pipe");
    let text = read_until(&mut stdout, "ready").await;
    assert!(text.contains("ready"), "not ready: {text}");
    (running, stdout)
}

async fn perform(running: &mut Running, action: Action) {
    running.perform(&action, &|_| None).await.expect("the step can be done");
}

async fn signal(running: &mut Running, name: &str, to: Whom) {
    let signal = Signal::parse(name).expect("a signal");
    perform(running, Action::Signal { signal, to }).await;
}

/// Waits for its end and finishes it.
async fn end_of(running: Running) -> Ended {
    running.exited().await.expect("an end");
    running.finish().await.expect("it can be finished").expect("it had ended")
}

fn died_of(name: &str) -> Ended {
    Ended::Signaled { signal: Signal::parse(name).expect("a signal"), core: false }
}

fn exited(code: u32) -> Ended {
    Ended::Exited { code }
}

/// Whether a process exists that is not a zombie.
fn lives(pid: u32) -> bool {
    std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X'])))
}

/// The value after `key:` in what /proc/PID/status prints.
fn field<'a>(status: &'a str, key: &str) -> &'a str {
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {key} in {status}")).trim()
}

fn why(error: &StartError) -> String {
    match error {
        StartError::Program(why) | StartError::Unsupported(why) | StartError::Harness(why) => why.clone(),
    }
}
