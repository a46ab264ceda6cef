//! The harness itself is ended: nothing survives it, and the record is readable.

use crate::sandbox::{Sandbox, console, only_on_posix, posix, shell};
use rstest::rstest;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// Targets that live for ever, each with a descendant in a session of its own. All of them hold the
/// writing end of a FIFO, so that its end says that the last of them is gone: no clock is needed.
fn immortals(sandbox: &Sandbox) -> String {
    let fifo = sandbox.path("alive");
    let fifo = fifo.to_string_lossy();
    let script = format!(
        "exec 9>{fifo}; trap '' TERM INT HUP; mkfifo w; setsid sh -c 'exec 3<>w; read -r line <&3' & \
         echo alive >&9; echo ready; exec 3<>w; while :; do read -r line <&3; done"
    );
    let rest = "limits: { end: 600s }\nmatrix: { launch: [direct, new-session, pty], terminate: [SIGTERM] }\n\
                expect:\n  - { cleanup: any, outcome: ends }\n";
    // Not ignored but caught, so that the harness waits for an end that does not come.
    shell(&script.replace("trap ''", "trap :"), rest)
}

// A limit against a hang, not a bound: what is tested needs milliseconds.
#[rstest]
#[timeout(std::time::Duration::from_mins(2))]
#[case::interrupt(2)]
#[case::terminate(15)]
#[case::hangup(1)]
#[case::kill(9)]
fn nothing_survives_the_harness(#[case] signal: i32) {
    if !only_on_posix("there are no signals between processes; the test below ends the harness") {
        return;
    }
    let sandbox = Sandbox::new();
    let scenario = immortals(&sandbox);
    let sandbox = sandbox.file("scenario.yaml", &scenario);
    let made = Command::new("mkfifo").arg(sandbox.path("alive")).status().expect("mkfifo");
    assert!(made.success());

    let mut harness = harness(&sandbox);
    let mut alive = BufReader::new(std::fs::File::open(sandbox.path("alive")).expect("the FIFO"));
    for _ in 0..3 {
        let mut line = String::new();
        alive.read_line(&mut line).expect("a target that says it lives");
        assert_eq!(line, "alive\n");
    }
    let killed = Command::new("kill").arg(format!("-{signal}")).arg(harness.id().to_string()).status();
    assert!(killed.expect("kill").success());

    let status = harness.wait().expect("its end");
    // As the standard library words it; the method that says it in a number is there on unix only.
    let said = status.to_string();
    assert!(
        said.starts_with(&format!("signal: {signal} ")),
        "it dies of the signal that it was sent: {said}"
    );
    let mut rest = String::new();
    alive.read_to_string(&mut rest).expect("the end of the FIFO: every target is gone");
    let record = sandbox.read("out.jsonl");
    assert!(record.starts_with("{\"schema\":1"), "{record}");
}

/// The harness at work on the sandbox's scenario.
fn harness(sandbox: &Sandbox) -> Child {
    Command::new(env!("CARGO_BIN_EXE_lastrites"))
        .args(["run", "scenario.yaml", "--record", "out.jsonl"])
        .current_dir(sandbox.folder())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the harness")
}

/// TerminateProcess, as the Task Manager ends a program: the harness can do nothing any more. Each target
/// and its child hold a connection to this test, whose end says that they are gone: no clock is needed.
#[rstest]
#[timeout(std::time::Duration::from_mins(2))]
fn nothing_survives_a_harness_that_is_terminated() {
    if posix() {
        println!("not on POSIX: SIGKILL is a case of the test above");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let rest = "limits: { end: 600s }\n\
                matrix: { launch: [direct, new-console, no-window, detached, breakaway, start], terminate: [ctrl-c] }\n\
                expect:\n  - { cleanup: any, outcome: ends }\n";
    let scenario = console(&["--handler", "ignore", "--child", "--call", &port], rest);
    let sandbox = Sandbox::with(&scenario);
    let mut harness = harness(&sandbox);
    // Six targets, each with its child.
    let calls: Vec<_> = (0..12).map(|_| listener.accept().expect("a target that calls").0).collect();
    harness.kill().expect("TerminateProcess");
    harness.wait().expect("its end");
    for mut call in calls {
        // Closed in order or reset: it is the end of the process either way.
        let mut rest = Vec::new();
        let _ = call.read_to_end(&mut rest);
    }
    let record = sandbox.read("out.jsonl");
    assert!(record.starts_with("{\"schema\":1"), "{record}");
}
