//! Targets that misbehave: each gives a clear sentence, and nothing is left running.

use crate::sandbox::{Sandbox, console, one_cell, posix, saves, scenario, shell, stubborn};
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
