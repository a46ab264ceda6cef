//! Targets that misbehave: each gives a clear sentence, and nothing is left running.

use crate::sandbox::{Sandbox, saves, shell};
use predicates::prelude::*;
use rstest::rstest;

const REST: &str = "limits: { ready: 2s, end: 2s }\nmatrix: { launch: [direct], terminate: [SIGTERM] }\n\
                    expect:\n  - { cleanup: none }\n";

#[rstest]
#[case::never_ready("mkfifo w; exec 3<>w; rm w; read -r line <&3", "never ready")]
#[case::dies_before("echo oops >&2; exit 7", "oops")]
fn a_target_that_is_not_ready_is_an_error_and_no_result(#[case] script: &str, #[case] says: &str) {
    Sandbox::with(&shell(script, REST))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("1 error").and(predicate::str::contains(says)));
}

#[rstest]
#[case::missing("./no-such-program")]
#[case::not_executable("./scenario.yaml")]
#[case::a_folder("./folder")]
fn a_program_that_cannot_be_started_is_named(#[case] program: &str) {
    let scenario = shell("", REST).replace("[sh, -c, '']", &format!("[{program}]"));
    Sandbox::with(&scenario)
        .file("folder/x", "")
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains(program.trim_start_matches("./")));
}

#[test]
fn a_flood_of_output_neither_blocks_the_target_nor_hides_its_cleanup() {
    let script = format!(
        "i=0; while [ $i -lt 30000 ]; do echo flood flood flood flood; i=$((i+1)); done; {}",
        saves()
    );
    let rest = REST.replace("cleanup: none", "cleanup: any, outcome: { exit: 0 }");
    Sandbox::with(&shell(&script, &rest).replace("ready: 2s", "ready: 30s"))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(0);
}

#[test]
fn a_target_that_never_ends_is_ended_and_fails() {
    let script =
        saves().replace("trap 'echo saved; exit 0' TERM", "trap ':' TERM").replace("|| exit 3", "|| :");
    Sandbox::with(&shell(&script, REST))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("surviv"));
}

#[test]
fn a_target_that_forks_away_is_found_and_ended() {
    let script = "mkfifo w; (setsid sh -c 'exec 3<>w; read -r line <&3' &) ; echo ready; trap 'exit 0' TERM; \
                  mkfifo v; exec 3<>v; while :; do read -r line <&3; done";
    Sandbox::with(&shell(
        script,
        &REST.replace("cleanup: none", "cleanup: none, leftovers: { files: [v, w] }"),
    ))
    .lastrites(&["run", "scenario.yaml"])
    .assert()
    .code(1)
    .stdout(predicate::str::contains("left"));
}
