//! Targets that misbehave: each gives a clear sentence, and nothing is left running.

use crate::sandbox::{
    Sandbox, console, either, one_cell, only_on_posix, posix, saver, saves, scenario, shell, stubborn,
    windows_fixture,
};
use predicates::prelude::*;
use rstest::rstest;

fn rest() -> String {
    format!("limits: {{ ready: 2s, end: 2s }}\n{}expect:\n  - {{ cleanup: none }}\n", one_cell())
}

#[test]
fn a_target_that_is_never_ready_is_an_error_and_no_result() {
    let scenario = stubborn(&rest()).replace("{ stdout: ready }", "{ stdout: never said }");
    Sandbox::with(&scenario)
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("1 error").and(predicate::str::contains("never ready")));
}

#[test]
fn a_target_that_dies_before_it_is_ready_is_an_error_that_shows_its_last_words() {
    let rest = rest().replace("ready: 2s", "ready: 30s");
    let scenario = if posix() {
        shell("echo oops >&2; exit 7", &rest)
    } else {
        console(&["--end", "oops"], &rest).replace("{ stdout: ready }", "{ stdout: never said }")
    };
    Sandbox::with(&scenario)
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("1 error").and(predicate::str::contains("oops")));
}

#[rstest]
#[case::missing("./no-such-program")]
#[case::not_executable("./scenario.yaml")]
#[case::a_folder("./folder")]
fn a_program_that_cannot_be_started_is_named(#[case] program: &str) {
    Sandbox::with(&scenario(&[program.to_owned()], &rest()))
        .file("folder/x", "")
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains(program.trim_start_matches("./")));
}

#[test]
fn a_flood_of_output_neither_blocks_the_target_nor_hides_its_cleanup() {
    let rest = rest()
        .replace("cleanup: none", "cleanup: any, outcome: { exit: 0 }")
        .replace("ready: 2s, end: 2s", "ready: 30s");
    let scenario = if posix() {
        let flood =
            "i=0; while [ $i -lt 30000 ]; do echo flood flood flood flood; i=$((i+1)); done; ".to_owned();
        shell(&(flood + &saves()), &rest)
    } else {
        console(&["--flood"], &rest)
    };
    Sandbox::with(&scenario).lastrites(&["run", "scenario.yaml"]).assert().code(0);
}

#[test]
fn a_target_that_never_ends_is_ended_and_fails() {
    Sandbox::with(&stubborn(&rest().replace("ready: 2s", "ready: 30s")))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("surviv"));
}

#[test]
fn a_target_that_forks_away_is_found_and_ended() {
    let rest = rest().replace("ready: 2s, end: 2s", "ready: 30s");
    let scenario = if posix() {
        let script = "mkfifo w; (setsid sh -c 'exec 3<>w; read -r line <&3' &) ; echo ready; trap 'exit 0' TERM; \
                      mkfifo v; exec 3<>v; while :; do read -r line <&3; done";
        shell(script, &rest.replace("cleanup: none", "cleanup: none, leftovers: { files: [v, w] }"))
    } else {
        // Out of the target's job: what a process of Windows can do to be rid of its parent.
        let rest = rest.replace("[direct]", "[breakaway]").replace("[ctrl-c-attached]", "[terminate-job]");
        console(&["--child"], &rest)
    };
    Sandbox::with(&scenario)
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("left"));
}

#[test]
fn a_port_that_another_program_has_is_named() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let scenario = saver(&rest()).replace("{ stdout: ready }", &format!("{{ tcp: {port} }}"));
    Sandbox::with(&scenario)
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains(format!("another program listens on port {port}")));
}

fn probe(arguments: &[&str]) -> assert_cmd::assert::Assert {
    let all = [&["probe", "--patience", "1"], arguments].concat();
    Sandbox::new().file("plain.txt", "no program").lastrites(&all).assert()
}

#[rstest]
#[case::missing("./no-such-program", either("there is no file", "there is no program"))]
#[case::not_executable("./plain.txt", either("is not executable", "os error 193"))]
#[case::a_folder("./", either("directory", "there is no program"))]
fn a_probe_names_a_program_that_cannot_be_started(#[case] program: &str, #[case] says: &str) {
    probe(&["--", program]).code(2).stderr(predicate::str::contains(says));
}

/// A probe of a shell's script, or of the fixture with these arguments.
fn probe_of(options: &[&str], script: &str, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let console = if posix() { String::new() } else { windows_fixture("console") };
    let windows = [&[console.as_str(), "--plain"], arguments].concat();
    probe(&[options, &["--"], either(&["sh", "-c", script], &windows)].concat())
}

#[test]
fn a_probe_of_a_program_that_dies_before_it_is_ready_shows_why() {
    probe_of(&["--ready", "never said"], "echo oops >&2; exit 7", &["--end", "oops"])
        .code(0)
        .stdout(predicate::str::contains("it ends by itself").and(predicate::str::contains("oops")))
        .stdout(predicate::str::contains(either("exit 7", "exit 64")));
}

#[test]
fn a_program_that_asks_a_question_is_probed_with_an_input_that_stays_open() {
    probe_of(&[], "echo Really?; read -r answer", &["--end", "stdin"])
        .code(0)
        .stdout(predicate::str::contains("stays open"))
        .stdout(predicate::str::contains(either("signal SIGTERM", "stdin-eof")));
}

#[test]
fn a_program_that_needs_a_terminal_is_probed_in_one() {
    probe_of(&[], "[ -t 0 ] || exit 1; read -r answer", &["--terminal"]).code(0).stdout(
        predicate::str::contains("it stays only in a terminal")
            .and(predicate::str::contains(either("hangup", "ctrl-c-attached"))),
    );
}

#[test]
fn a_program_that_never_rests_is_probed_all_the_same() {
    if !only_on_posix("nothing tells there what a thread waits for, so a program that says nothing rests") {
        return;
    }
    probe(&["--", "sh", "-c", "while :; do :; done"])
        .code(0)
        .stdout(predicate::str::contains("it never rests").and(predicate::str::contains("signal SIGTERM")));
}

#[test]
fn a_program_that_floods_its_output_is_probed_all_the_same() {
    if !only_on_posix("how it is ended is a matter of signals") {
        return;
    }
    probe(&["--", "yes"])
        .code(0)
        .stdout(predicate::str::contains("it never rests").and(predicate::str::contains("signal SIGTERM")));
}

/// What it leaves holds a connection to this test, whose end says that it is gone.
#[test]
fn a_program_that_forks_away_is_told_and_nothing_of_it_is_left() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port().to_string();
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; sleep 300 &");
    let console = if posix() { String::new() } else { windows_fixture("console") };
    let windows = [&console, "--plain", "--child", "--call", &port, "--end", "return"];
    let posix = ["bash", "-c", &script];
    let command = either(&posix[..], &windows);
    probe(&[&["--"], command].concat()).code(0).stdout(predicate::str::contains("it forks away"));
    listener.set_nonblocking(true).expect("not to wait for more");
    let calls: Vec<_> = std::iter::from_fn(|| listener.accept().ok()).map(|(call, _)| call).collect();
    assert!(calls.len() >= 2, "{calls:?}");
    for mut call in calls {
        call.set_nonblocking(false).expect("to wait for its end");
        // Closed in order or reset: it is the end of the process either way.
        let _ = std::io::Read::read_to_end(&mut call, &mut Vec::new());
    }
}

#[test]
fn a_probe_whose_ready_never_comes_says_what_it_waited_for_and_leaves_nothing() {
    if !only_on_posix("its target is a shell script") {
        return;
    }
    let sandbox = Sandbox::new();
    let pids = sandbox.path("pids");
    let script = format!("echo $$ >> '{}'; echo almost there; exec sleep 300", pids.display());
    let command = ["probe", "--ready", "^listening", "--ready-within", "1", "--", "sh", "-c", &script];
    sandbox.lastrites(&command).assert().code(2).stdout("").stderr(
        predicate::str::contains("nothing for 1 s that matches `^listening` on standard output")
            .and(predicate::str::contains("stdout: almost there"))
            .and(predicate::str::contains("--ready-within")),
    );
    let started = sandbox.read("pids");
    assert_eq!(started.lines().count(), 1, "it is not tried in vain again: {started}");
    nothing_is_left(&started);
}

/// None of these processes is there any more.
fn nothing_is_left(pids: &str) {
    for pid in pids.lines() {
        let command = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(!command.contains("sleep"), "{pid} is left running");
    }
}

#[test]
fn what_a_program_leaves_in_a_folder_of_the_user_is_told_and_not_removed() {
    if !only_on_posix("its target is a shell script") {
        return;
    }
    let sandbox = Sandbox::new().file("work/mine.txt", "mine").file("work/log", "");
    let script = "echo $$ > app.pid; echo more >> log; exec sleep 300";
    let command = ["probe", "--patience", "1", "--cwd", "work", "--", "sh", "-c", script];
    sandbox
        .lastrites(&command)
        .assert()
        .code(0)
        .stdout(predicate::str::is_match(r"(?s)new in.*app\.pid.*changed in.*log").expect("a pattern"));
    assert_eq!(sandbox.read("work/mine.txt"), "mine");
    assert!(!sandbox.read("work/app.pid").is_empty(), "what it left is the user's");
}

#[test]
fn a_working_folder_that_is_not_there_is_named() {
    probe(&["--cwd", "nowhere", "--", "sleep", "300"]).code(2).stderr(predicate::str::contains("nowhere"));
}
