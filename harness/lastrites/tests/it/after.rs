//! What is run after the end, to look at the data that a target left.

use crate::sandbox::{Sandbox, console, one_cell, only_on_posix, posix, saves, windows_fixture};
use predicates::prelude::*;

/// A target that writes `half` into its file and, once asked to stop, `whole`; and a script that looks at it.
fn writes(check: &str, rest: &str) -> String {
    let script = format!("printf half >state; {}", saves().replace("echo saved", "printf whole >state"));
    format!(
        "scenario: example\nabout: Which state is kept?\ntarget:\n  program: [sh, -c, '{}']\n  ready: {{ stdout: ready }}\n  \
         hooks: {{ half: {{ after: ^half$ }}, whole: {{ after: ^whole$ }} }}\n  \
         after: {{ program: [sh, -c, '{}'] }}\n{rest}",
        script.replace('\'', "''"),
        check.replace('\'', "''"),
    )
}

/// Why some of these tests are for POSIX: nothing of what they test differs by system.
const SCRIPTS: &str = "both the target and the check are shell scripts";

/// On Windows: the fixture that saves, one end, this check, and what is expected.
fn checked(check: &[&str], rest: &str) -> Sandbox {
    let words: Vec<String> = check.iter().map(|word| format!("'{word}'")).collect();
    let after =
        format!("  after: {{ program: [{}] }}\n  hooks: {{ whole: {{ after: ^whole }}, ", words.join(", "));
    let scenario = console(&[], &format!("{rest}{}{WHOLE}", one_cell()));
    Sandbox::with(&scenario.replace("  hooks: { ", &after))
}

const WHOLE: &str = "expect:\n  - { cleanup: [saved, whole], outcome: { exit: 0 } }\n";

const MATRIX: &str = "matrix: { terminate: [SIGTERM, SIGKILL] }\n";

const EXPECT: &str = "expect:\n  - { cleanup: [whole], outcome: { exit: 0 }, leftovers: { files: [state] } }\n  \
                      - { when: { terminate: SIGKILL }, cleanup: [half], outcome: dies-of-it }\n";

#[test]
fn its_lines_are_evidence() {
    if !posix() {
        let sandbox = checked(&["cmd", "/d", "/c", "echo whole"], "");
        sandbox
            .lastrites(&["run", "scenario.yaml"])
            .assert()
            .code(0)
            .stdout(predicate::str::contains("1 pass"));
        return;
    }
    Sandbox::with(&writes("cat state; echo", &format!("{MATRIX}{EXPECT}")))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("2 pass"));
}

#[test]
fn it_runs_in_the_private_folder_with_the_environment_of_the_target() {
    if !only_on_posix(SCRIPTS) {
        return;
    }
    let check = "[ \"$PWD\" = \"$1\" ] && [ \"$STATE\" = \"$1/state\" ] && cat state; echo";
    let scenario = writes(check, &format!("{MATRIX}{EXPECT}"))
        .replace("  after: {", "  env: { STATE: \"{dir}/state\" }\n  after: { args: [sh, \"{dir}\"],");
    Sandbox::with(&scenario).lastrites(&["run", "scenario.yaml"]).assert().code(0);
}

#[test]
fn what_it_shows_otherwise_than_expected_fails() {
    if !posix() {
        let sandbox = checked(&["cmd", "/d", "/c", "echo half"], "");
        let shown = predicate::str::contains("afterwards: half");
        sandbox.lastrites(&["run", "scenario.yaml"]).assert().code(1).stdout(shown);
        return;
    }
    Sandbox::with(&writes("echo half", &format!("{MATRIX}{EXPECT}")))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("1 fail").and(predicate::str::contains("afterwards: half")));
}

#[test]
fn a_check_that_fails_is_an_error_and_no_pass() {
    if !posix() {
        let sandbox = checked(&["cmd", "/d", "/c", "echo no such table& exit 3"], "");
        let shown =
            predicate::str::contains("could not check").and(predicate::str::contains("no such table"));
        sandbox.lastrites(&["run", "scenario.yaml"]).assert().code(1).stdout(shown);
        return;
    }
    let check = "echo half; echo whole; echo no such table >&2; exit 3";
    Sandbox::with(&writes(check, &format!("{MATRIX}expect:\n  - {{ cleanup: any, leftovers: any }}\n")))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("could not check").and(predicate::str::contains("no such table")));
}

#[test]
fn a_check_that_does_not_end_is_ended() {
    if !posix() {
        let sandbox = checked(&[&windows_fixture("console"), "--plain"], "limits: { after: 50ms }\n");
        let shown = predicate::str::contains("did not end within 0.05 s");
        sandbox.lastrites(&["run", "scenario.yaml"]).assert().code(1).stdout(shown);
        return;
    }
    let limit = "limits: { after: 50ms }\n";
    Sandbox::with(&writes("exec sleep 1000", &format!("{limit}{MATRIX}{EXPECT}")))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("did not end within 0.05 s"));
}

#[test]
fn what_a_check_leaves_running_is_ended() {
    if !posix() {
        // It holds a connection to this test, whose end says that it is gone.
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port().to_string();
        let check = [&windows_fixture("console"), "--plain", "--child", "--call", &port, "--end", "return"];
        // It prints no line that would be the hook's.
        checked(&check, "").lastrites(&["run", "scenario.yaml"]).assert().code(1);
        for _ in 0..2 {
            let (mut call, _) = listener.accept().expect("the check and its child have called");
            let _ = std::io::Read::read_to_end(&mut call, &mut Vec::new()); // closed in order, or reset
        }
        return;
    }
    // The lock is held as long as anybody has the file open with it, and waiting for it needs no time.
    let sandbox = Sandbox::new();
    let lock = sandbox.path("lock").to_string_lossy().into_owned();
    let check = format!("exec 9>{lock}; flock 9; sleep 1000 & exec 9>&-; cat state; echo");
    let scenario = writes(&check, &format!("{MATRIX}{EXPECT}"));
    let sandbox = sandbox.file("scenario.yaml", &scenario);
    sandbox.lastrites(&["run", "--jobs", "1", "scenario.yaml"]).assert().code(0);
    let taken = std::process::Command::new("flock").args(["--nonblock", &lock, "true"]).status();
    assert!(taken.expect("flock").success(), "something of the check lives on");
}

#[test]
fn of_a_survivor_nothing_is_looked_at() {
    if !only_on_posix(SCRIPTS) {
        return;
    }
    let rest = "matrix: { terminate: SIGTERM }\nexpect:\n  - { cleanup: none, outcome: survives }\n";
    let scenario =
        writes("echo whole", rest).replace("trap ''printf whole >state; exit 0'' TERM", "trap : TERM");
    let scenario = scenario.replace("|| exit 3", "|| :");
    Sandbox::with(&scenario).lastrites(&["run", "scenario.yaml"]).assert().code(0);
}

#[test]
fn data_that_it_keeps_is_not_left_behind() {
    if !only_on_posix(SCRIPTS) {
        return;
    }
    let scenario = writes("cat state; echo", &format!("{MATRIX}{EXPECT}"))
        .replace(", leftovers: { files: [state] }", "")
        .replace("printf half", "mkdir data; : >data/x; printf half")
        .replace("  after:", "  keeps: [state, data/]\n  after:");
    Sandbox::with(&scenario).lastrites(&["run", "scenario.yaml"]).assert().code(0);
}
