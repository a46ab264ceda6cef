//! Versions that are given as paths: each is run, and the snapshot tells in which of them an answer changed.

use crate::sandbox::{Sandbox, only_on_posix, saves};
use predicates::prelude::*;

/// Why these tests are for POSIX: nothing of what they test differs by system.
const SCRIPTS: &str = "the versions are shell scripts";

/// A server that saves when it is asked to stop, and an older one that forgot to.
fn with_both(sandbox: Sandbox, folder: &str) -> Sandbox {
    let new = format!("#!/bin/sh\n{}\n", saves());
    let old = new.replace("echo saved; ", "");
    sandbox.program(&format!("{folder}server-1"), &old).program(&format!("{folder}server-2"), &new)
}

fn scenario(versions: &str, expect: &str) -> String {
    format!(
        "scenario: example\nabout: Does it save?\ntarget:\n  program: [./server-1]\n  ready: {{ stdout: ready }}\n  \
         hooks: {{ saved: {{ stdout: ^saved$ }} }}\n\
         matrix: {{ terminate: [SIGTERM, SIGKILL], version: [{versions}] }}\nexpect:\n{expect}"
    )
}

/// The snapshot's table of what changed between versions.
fn changes(sandbox: &Sandbox) -> String {
    let snapshot = sandbox.read("reports/linux/example.md");
    let table =
        snapshot.split("## What changed between versions\n\n").nth(1).expect("a table of what changed");
    table.trim().to_owned()
}

const EXPECT: &str = "  - { cleanup: none, outcome: dies-of-it }\n  \
    - { when: { terminate: SIGTERM }, outcome: { exit: 0 } }\n  \
    - { when: { terminate: SIGTERM, version: ./server-2 }, cleanup: [saved] }\n";

#[test]
fn each_program_is_run_and_the_snapshot_tells_where_an_answer_changed() {
    if !only_on_posix(SCRIPTS) {
        return;
    }
    let sandbox = with_both(Sandbox::with(&scenario("./server-1, ./server-2", EXPECT)), "");
    sandbox
        .lastrites(&["run", "scenario.yaml", "--reports", "reports", "--accept"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("4 pass"));
    insta::assert_snapshot!(changes(&sandbox), @r"
    | ended by | started | ./server-1 | ./server-2 |
    | --- | --- | --- | --- |
    | `SIGTERM` | `direct` | none; exit 0 | saved; exit 0 |
    ");
}

#[test]
fn a_cell_of_one_program_is_chosen_by_its_path_and_explained_by_its_id() {
    if !only_on_posix(SCRIPTS) {
        return;
    }
    let sandbox = with_both(Sandbox::with(&scenario("./server-1, ./server-2", EXPECT)), "");
    sandbox
        .lastrites(&["run", "scenario.yaml", "--filter", "version=./server-2"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("2 pass"));
    sandbox
        .lastrites(&["explain", "example/direct@./server-2/SIGTERM", "scenario.yaml"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("cleanup      saved"));
}

#[test]
fn a_program_that_is_not_there_skips_its_own_cells() {
    if !only_on_posix(SCRIPTS) {
        return;
    }
    let expect = EXPECT.replace("server-2", "server-3");
    let sandbox = with_both(Sandbox::with(&scenario("./server-1, ./server-3", &expect)), "");
    sandbox.lastrites(&["run", "scenario.yaml"]).assert().code(0).stdout(
        predicate::str::contains("2 pass").and(predicate::str::contains("2 skip")).and(
            predicate::str::contains("./server-3 is not there: install it, or leave it out of `version`"),
        ),
    );
}

#[test]
fn a_need_that_has_the_name_of_a_version_is_that_versions_alone() {
    if !only_on_posix(SCRIPTS) {
        return;
    }
    let needs = "  needs: [{ program: no-such-program, install: ci/fixtures such }]\n  hooks:";
    let expect = EXPECT.replace("./server-2", "no-such-program");
    let scenario = scenario("./server-1, no-such-program", &expect).replace("  hooks:", needs);
    with_both(Sandbox::with(&scenario), "").lastrites(&["run", "scenario.yaml"]).assert().code(0).stdout(
        predicate::str::contains("2 pass")
            .and(predicate::str::contains("2 skip"))
            .and(predicate::str::contains("no-such-program is not installed: ci/fixtures such")),
    );
}

/// A suite of its own with one fixture, a script that says by which shell it is run.
fn suite() -> Sandbox {
    let script =
        "for line in ready \"cleanup $CALLED\"; do echo \"$$ $line\" >>\"$LASTRITES_EVIDENCE\"; done\n";
    Sandbox::new().file("fixtures/shell/called.sh", script).file("scenarios/readme", "")
}

fn by_a_shell(versions: &str, expect: &str) -> String {
    format!(
        "scenario: example\nabout: Which shell?\ntarget: {{ fixture: dash/called.sh, hooks: [one, two] }}\n\
         matrix: {{ terminate: [return], version: [{versions}] }}\nexpect:\n{expect}"
    )
}

/// A shell under another name, which tells a version when it is asked for one.
fn called(name: &str, version: &str) -> String {
    format!("#!/bin/sh\n[ \"$1\" != -c ] || {{ echo {version}; exit; }}\nCALLED={name} exec sh \"$@\"\n")
}

#[test]
fn an_interpreter_of_a_fixture_is_run_and_its_version_recorded() {
    if !only_on_posix(SCRIPTS) {
        return;
    }
    let expect = "  - { cleanup: [one], outcome: { exit: 0 } }\n  \
        - { when: { version: ./new/sh }, cleanup: [two] }\n";
    let sandbox = suite()
        .file("scenarios/example.yaml", &by_a_shell("./old/sh, ./new/sh", expect))
        .program("scenarios/old/sh", &called("one", "9.2.3"))
        .program("scenarios/new/sh", &called("two", "10.0.1"));
    sandbox.lastrites(&["run", "--accept"]).assert().code(0).stdout(predicate::str::contains("2 pass"));
    insta::assert_snapshot!(changes(&sandbox), @r"
    | ended by | started | ./old/sh 9.2.3 | ./new/sh 10.0.1 |
    | --- | --- | --- | --- |
    | `return` | `direct` | one; exit 0 | two; exit 0 |
    ");
}

#[test]
fn the_same_path_in_another_folder_is_another_program() {
    if !only_on_posix(SCRIPTS) {
        return;
    }
    let scenario = |name: &str| {
        let expect = format!("  - {{ cleanup: [{name}], outcome: {{ exit: 0 }} }}\n");
        by_a_shell("./sh", &expect).replace("example", name)
    };
    suite()
        .file("scenarios/a/scenario.yaml", &scenario("one"))
        .file("scenarios/b/scenario.yaml", &scenario("two"))
        .program("scenarios/a/sh", &called("one", "9.2.3"))
        .program("scenarios/b/sh", &called("two", "10.0.1"))
        .lastrites(&["run", "--accept"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("2 pass"));
}
