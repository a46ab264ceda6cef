//! The commands that run nothing.

use crate::sandbox::{Sandbox, saves, shell};
use predicates::prelude::*;

const REST: &str = "matrix: { launch: [direct, pty], terminate: [SIGTERM, ctrl-c] }\n\
                    expect:\n  - { cleanup: any, because: the shell says so }\n";

#[test]
fn plan_lists_the_cells_that_have_a_meaning() {
    Sandbox::with(&shell(&saves(), REST))
        .lastrites(&["plan", "scenario.yaml"])
        .assert()
        .code(0)
        .stdout("example/direct/SIGTERM\nexample/pty/SIGTERM\nexample/pty/ctrl-c\n");
}

#[test]
fn a_plan_for_another_system_is_made_here() {
    Sandbox::with(&shell(&saves(), REST))
        .lastrites(&["plan", "scenario.yaml", "--os", "macos"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("example/pty/ctrl-c"));
}

#[test]
fn explain_says_what_is_done_and_why_it_is_expected() {
    Sandbox::with(&shell(&saves(), REST))
        .lastrites(&["explain", "example/pty/ctrl-c", "scenario.yaml"])
        .assert()
        .code(0)
        .stdout(
            predicate::str::contains("the shell says so").and(predicate::str::contains("scenario.yaml:")),
        );
}

#[test]
fn explain_knows_the_nearest_cell() {
    Sandbox::with(&shell(&saves(), REST))
        .lastrites(&["explain", "example/pty/ctrlc", "scenario.yaml"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("example/pty/ctrl-c"));
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
    Sandbox::new().lastrites(&["probe", "--patience", "1", "--", "sleep", "100"]).assert().code(0).stdout(
        predicate::str::is_match(r"direct +SIGTERM, SIGTERM-twice +signal SIGTERM")
            .expect("a pattern")
            .and(predicate::str::is_match(r"pid1 +SIGINT +lives on").expect("a pattern")),
    );
}

#[test]
fn probe_shows_the_last_words_of_a_program() {
    let script = saves().replace("echo saved", "echo farewell");
    Sandbox::new()
        .lastrites(&["probe", "--ready", "ready", "--patience", "1", "--", "sh", "-c", &script])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("farewell"));
}

#[test]
fn probe_names_a_program_that_is_not_there() {
    Sandbox::new()
        .lastrites(&["probe", "--", "no-such-program"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("no-such-program"));
}

#[test]
fn init_writes_a_scenario_that_passes() {
    let sandbox = Sandbox::new();
    sandbox
        .lastrites(&["init", "--patience", "1", "-o", "sleep.yaml", "--", "sleep", "100"])
        .assert()
        .code(0);
    sandbox.lastrites(&["run", "sleep.yaml"]).assert().code(0).stdout(predicate::str::contains("17 pass"));
}

#[test]
fn probe_gives_advice() {
    Sandbox::new().lastrites(&["probe", "--patience", "1", "--", "sleep", "100"]).assert().code(0).stdout(
        predicate::str::contains("run it under an init")
            .and(predicate::str::contains("no handler for SIGTERM")),
    );
}

#[test]
fn probe_gives_its_record_as_json() {
    let output = Sandbox::new()
        .lastrites(&["probe", "--format", "json", "--", "true"])
        .assert()
        .code(0)
        .get_output()
        .stdout
        .clone();
    let text = String::from_utf8(output).expect("UTF-8");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!(lines[0]["schema"], 1, "the header");
    assert_eq!(lines[1]["outcome"]["kind"], "exited");
}

/// A server of three lines, as a file that a scenario can be kept beside.
fn server() -> String {
    format!("{}\n", saves())
}

#[test]
fn what_init_wrote_fails_when_the_program_is_changed() {
    let sandbox = Sandbox::new().file("server.sh", &server());
    sandbox
        .lastrites(&["init", "--ready", "ready", "--patience", "1", "-o", "s.yaml", "--", "sh", "server.sh"])
        .assert()
        .code(0);
    assert!(sandbox.read("s.yaml").starts_with("# Written by `lastrites init`"));
    sandbox.lastrites(&["run", "s.yaml"]).assert().code(0).stdout(predicate::str::contains("17 pass"));
    let changed = sandbox.file("server.sh", &server().replace("exit 0", "exit 4"));
    changed.lastrites(&["run", "s.yaml"]).assert().code(1).stdout(predicate::str::contains("saw exit 4"));
}
