//! The commands that run nothing.

use crate::sandbox::{Sandbox, either, posix, saver, saves, windows_fixture};
use predicates::prelude::*;

const EXPECT: &str = "expect:\n  - { cleanup: any, because: the shell says so }\n";

/// Two launches and two ends, of which one makes sense with both launches and one with the second only.
fn rest() -> String {
    let matrix = either(
        "matrix: { launch: [direct, pty], terminate: [SIGTERM, ctrl-c] }\n",
        "matrix: { launch: [direct, new-group], terminate: [terminate, ctrl-c-group] }\n",
    );
    matrix.to_owned() + EXPECT
}

/// The cell that makes sense with the second launch only.
fn cell() -> &'static str {
    either("example/pty/ctrl-c", "example/new-group/ctrl-c-group")
}

#[test]
fn plan_lists_the_cells_that_have_a_meaning() {
    Sandbox::with(&saver(&rest())).lastrites(&["plan", "scenario.yaml"]).assert().code(0).stdout(either(
        "example/direct/SIGTERM\nexample/pty/SIGTERM\nexample/pty/ctrl-c\n",
        "example/direct/terminate\nexample/new-group/terminate\nexample/new-group/ctrl-c-group\n",
    ));
}

#[test]
fn a_plan_for_another_system_is_made_here() {
    let rest = "matrix: { launch: [direct, pty], terminate: [SIGTERM, ctrl-c] }\n".to_owned() + EXPECT;
    Sandbox::with(&saver(&rest))
        .lastrites(&["plan", "scenario.yaml", "--os", "macos"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("example/pty/ctrl-c"));
}

#[test]
fn explain_says_what_is_done_and_why_it_is_expected() {
    Sandbox::with(&saver(&rest())).lastrites(&["explain", cell(), "scenario.yaml"]).assert().code(0).stdout(
        predicate::str::contains("the shell says so").and(predicate::str::contains("scenario.yaml:")),
    );
}

#[test]
fn explain_knows_the_nearest_cell() {
    Sandbox::with(&saver(&rest()))
        .lastrites(&["explain", &cell().replace("trl-c", "trlc"), "scenario.yaml"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains(cell()));
}

#[test]
fn list_knows_launches_terminations_signals_runtimes_and_formats() {
    let says = |what: &str| predicate::str::contains(what.to_owned());
    Sandbox::new().lastrites(&["list"]).assert().code(0).stdout(
        says("pid1").and(says("hangup")).and(says("SIGXCPU")).and(says("python")).and(says("markdown")),
    );
}

#[test]
fn schema_prints_a_schema() {
    let output = Sandbox::new().lastrites(&["schema"]).assert().code(0).get_output().stdout.clone();
    let schema: serde_json::Value = serde_json::from_slice(&output).expect("JSON");
    assert!(schema["properties"]["scenario"].is_object());
}

#[test]
fn doctor_says_what_is_here() {
    Sandbox::new().lastrites(&["doctor"]).assert().code(0).stdout(predicate::str::contains("/bin/sh"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::{Command, Stdio};
    let mut list = Command::new(env!("CARGO_BIN_EXE_lastrites"))
        .arg("list")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command");
    drop(list.stdout.take());
    assert!(list.wait().expect("its end").success());
}

#[test]
fn probe_needs_no_scenario() {
    if posix() {
        Sandbox::new()
            .lastrites(&["probe", "--patience", "1", "--", "sleep", "100"])
            .assert()
            .code(0)
            .stdout(
                predicate::str::is_match(r"direct +SIGTERM, SIGTERM-twice +signal SIGTERM")
                    .expect("a pattern")
                    .and(predicate::str::is_match(r"pid1 +SIGTERM, SIGINT +lives on").expect("a pattern")),
            );
    } else {
        let program = windows_fixture("console");
        Sandbox::new()
            .lastrites(&["probe", "--patience", "1", "--ready", "ready", "--", &program, "--plain"])
            .assert()
            .code(0)
            .stdout(
                predicate::str::is_match(r"direct +ctrl-c[a-z, -]* +exit 0")
                    .expect("a pattern")
                    .and(predicate::str::is_match(r"direct +terminate +exit 1").expect("a pattern")),
            );
    }
}

#[test]
fn probe_shows_the_last_words_of_a_program() {
    let command = if posix() {
        vec!["sh".to_owned(), "-c".to_owned(), saves().replace("echo saved", "echo cleanup")]
    } else {
        vec![windows_fixture("console"), "--plain".to_owned()]
    };
    let mut arguments = vec!["probe", "--ready", "ready", "--patience", "1", "--"];
    arguments.extend(command.iter().map(String::as_str));
    Sandbox::new().lastrites(&arguments).assert().code(0).stdout(predicate::str::contains("cleanup"));
}

#[test]
fn probe_names_a_program_that_is_not_there() {
    Sandbox::new()
        .lastrites(&["probe", "--", "no-such-program"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("no-such-program"));
}

#[test]
fn init_writes_a_scenario_that_passes() {
    let sandbox = Sandbox::new();
    let command = if posix() {
        vec!["sleep".to_owned(), "100".to_owned()]
    } else {
        vec![windows_fixture("console"), "--plain".to_owned()]
    };
    let mut arguments = vec!["init", "--patience", "1", "-o", "written.yaml"];
    if !posix() {
        // An event that comes before its handler is installed is another one's business.
        arguments.extend(["--ready", "ready"]);
    }
    arguments.push("--");
    arguments.extend(command.iter().map(String::as_str));
    sandbox.lastrites(&arguments).assert().code(0);
    sandbox
        .lastrites(&["run", "written.yaml"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains(either("16 pass", "pass")));
}
