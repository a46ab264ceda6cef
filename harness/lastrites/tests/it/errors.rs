//! Bad input: one clear error each, status 2, and nothing was run.

use crate::sandbox::{Sandbox, saves, shell};
use predicates::prelude::*;

const GOOD: &str = "matrix: { launch: [direct], terminate: [SIGTERM] }\nexpect:\n  - { cleanup: any }\n";

/// A scenario whose target leaves a mark when it is run.
fn marking(sandbox: &Sandbox, rest: &str) -> String {
    let mark = sandbox.path("ran");
    shell(&format!(": > {}; {}", mark.to_string_lossy(), saves()), rest)
}

#[test]
fn an_error_names_file_line_and_the_nearest_name_and_nothing_is_run() {
    let sandbox = Sandbox::new();
    let bad = marking(&sandbox, &GOOD.replace("direct", "dircet"));
    let good = marking(&sandbox, GOOD).replace("scenario: example", "scenario: good");
    let sandbox = sandbox.file("bad.yaml", &bad).file("good.yaml", &good);
    sandbox.lastrites(&["run", "bad.yaml", "good.yaml"]).assert().code(2).stderr(
        predicate::str::contains("bad.yaml:7:")
            .and(predicate::str::contains("dircet"))
            .and(predicate::str::contains("direct")),
    );
    assert!(!sandbox.path("ran").exists(), "nothing may be run");
}

#[test]
fn all_errors_are_told_at_once() {
    let sandbox =
        Sandbox::with(&shell(&saves(), &GOOD.replace("direct", "dircet").replace("SIGTERM", "SIGTREM")));
    sandbox
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("SIGTREM").and(predicate::str::contains("dircet")));
}

#[test]
fn a_path_without_scenario_is_an_error() {
    Sandbox::new()
        .lastrites(&["run", "nowhere"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("nowhere"));
}

#[test]
fn a_filter_that_no_cell_matches_is_an_error() {
    Sandbox::with(&shell(&saves(), GOOD))
        .lastrites(&["run", "scenario.yaml", "--filter", "launch=pty"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("launch=pty"));
}

#[test]
fn an_unknown_flag_is_an_error() {
    Sandbox::new().lastrites(&["run", "--quickly"]).assert().code(2);
}

#[test]
fn a_record_that_is_none_is_an_error() {
    Sandbox::new()
        .file("x.jsonl", "{\"schema\": 1\n")
        .lastrites(&["report", "x.jsonl"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("x.jsonl"));
}

#[rstest::rstest]
#[case::output(&["--format", "junit", "--output", "nowhere/out.xml"])]
#[case::output_is_a_folder(&["--output", "folder"])]
#[case::record(&["--record", "nowhere/out.jsonl"])]
fn a_file_that_cannot_be_written_is_told_before_anything_is_run(#[case] arguments: &[&str]) {
    let sandbox = Sandbox::new().file("folder/x", "");
    let scenario = marking(&sandbox, GOOD);
    let sandbox = sandbox.file("scenario.yaml", &scenario);
    let path = *arguments.last().expect("the file");
    sandbox
        .lastrites(&[&["run", "scenario.yaml"], arguments].concat())
        .assert()
        .code(2)
        .stderr(predicate::str::contains(path).and(predicate::str::contains("cannot be written")));
    assert!(!sandbox.path("ran").exists(), "nothing may be run");
}

#[test]
fn a_probe_whose_record_cannot_be_written_runs_nothing() {
    let sandbox = Sandbox::new();
    let mark = sandbox.path("ran").to_string_lossy().into_owned();
    for command in [["probe", "--record"], ["init", "--output"]] {
        sandbox
            .lastrites(&[&command[..], &["nowhere/out", "--", "touch", &mark]].concat())
            .assert()
            .code(2)
            .stderr(predicate::str::contains("nowhere/out cannot be written"));
        assert!(!sandbox.path("ran").exists(), "nothing may be run");
    }
}

#[test]
fn a_run_that_comes_to_nothing_leaves_no_empty_file_and_an_old_one_as_it_was() {
    let sandbox = Sandbox::with(&shell(&saves(), GOOD)).file("old", "old").file("bad.yaml", "scenario: [");
    for output in ["old", "new"] {
        sandbox.lastrites(&["run", "bad.yaml", "--output", output]).assert().code(2);
    }
    let init = ["init", "--output", "new", "--", "no-such-program"];
    sandbox.lastrites(&init).assert().code(2);
    assert_eq!(sandbox.read("old"), "old");
    assert!(!sandbox.path("new").exists());
}
