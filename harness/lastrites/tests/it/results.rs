//! What a run says, and with which status it ends.

use crate::sandbox::{
    Sandbox, console, either, end, launches, matrix, one_cell, only_on_posix, posix, saver, saves, scenario,
    shell, stubborn,
};
use predicates::prelude::*;

#[test]
fn a_cell_that_is_as_expected_passes() {
    let expect = "expect:\n  - { cleanup: [saved], outcome: { exit: 0 } }\n";
    Sandbox::with(&saver(&(one_cell() + expect)))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("1 pass"));
}

#[test]
fn a_cell_that_differs_says_what_was_expected_and_what_came() {
    let expect = "expect:\n  - { cleanup: none, outcome: { exit: 9 } }\n";
    Sandbox::with(&saver(&(one_cell() + expect)))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("saved").and(predicate::str::contains("1 fail")));
}

#[test]
fn a_target_that_leaves_a_process_behind_does_not_pass() {
    let scenario = if posix() {
        let script = "mkfifo w; cat w & echo ready; trap 'exit 0' TERM; wait";
        let expect = "expect:\n  - { cleanup: none, outcome: { exit: 0 }, leftovers: { files: [w] } }\n";
        shell(script, &(one_cell() + expect))
    } else {
        let expect = "expect:\n  - { cleanup: none, outcome: { exit: 1 } }\n";
        let matrix = "matrix: { launch: [direct], terminate: [terminate] }\n".to_owned();
        console(&["--child"], &(matrix + expect))
    };
    Sandbox::with(&scenario)
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains(either("cat w", "process")));
}

#[test]
fn a_descendant_that_is_busy_with_its_end_is_waited_for_however_slow_the_machine() {
    if !only_on_posix("the target is a shell script") {
        return;
    }
    let count = "i=0; while test $i -lt 30000; do i=$((i+1)); done";
    let script = format!(
        "mkfifo w; (read -r line < w; {count}; echo saved) & exec 9> w; echo ready; trap 'exit 0' TERM; wait"
    );
    let expect = "expect:\n  - { cleanup: [saved], outcome: { exit: 0 }, leftovers: { files: [w] } }\n";
    let rest = one_cell() + "limits: { survive: 1ms }\n" + expect;
    Sandbox::with(&shell(&script, &rest)).lastrites(&["run", "scenario.yaml"]).assert().code(0);
}

#[test]
fn a_target_that_leaves_a_file_behind_does_not_pass() {
    let command = either(["sh", "-c", ": > state.tmp"], ["cmd", "/c", "echo x> state.tmp"]);
    let rest = "matrix: { launch: [direct], terminate: [return] }\nexpect:\n  - cleanup: none\n";
    Sandbox::with(&scenario(&command.map(ToOwned::to_owned), rest).replace("{ stdout: ready }", "started"))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("state.tmp"));
}

#[test]
fn a_target_that_lives_on_survives_and_is_ended_afterwards() {
    let expect = "expect:\n  - { cleanup: none, outcome: survives }\n";
    Sandbox::with(&stubborn(&(one_cell() + expect))).lastrites(&["run", "scenario.yaml"]).assert().code(0);
}

#[test]
fn a_program_that_is_missing_skips_its_cells_with_the_way_to_get_it() {
    let expect = "expect:\n  - { cleanup: none }\n";
    let scenario = saver(&(one_cell() + expect))
        .replace("  hooks:", "  needs: [{ program: no-such-program }]\n  hooks:");
    Sandbox::with(&scenario)
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("1 skip").and(predicate::str::contains("no-such-program")));
}

#[test]
fn the_way_to_get_it_is_what_the_scenario_says() {
    let needs = "  needs: [{ program: no-such-program, install: ci/fixtures such }]\n  hooks:";
    let scenario = saver(&(one_cell() + "expect:\n  - { cleanup: none }\n"));
    Sandbox::with(&scenario.replace("  hooks:", needs))
        .lastrites(&["run", "scenario.yaml"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("no-such-program is not installed: ci/fixtures such"));
}

#[test]
fn the_record_has_the_version_of_what_a_scenario_needs() {
    let needs = "  needs: [{ program: cargo, version: --version }]\n  hooks:";
    // Where cargo is: what built this test need not be on the machine that runs it.
    if !only_on_posix("under Wine there is no cargo") {
        return;
    }
    let scenario = saver(&(one_cell() + "expect:\n  - { cleanup: [saved] }\n"));
    let sandbox = Sandbox::with(&scenario.replace("  hooks:", needs));
    sandbox.lastrites(&["run", "scenario.yaml", "--record", "out.jsonl"]).assert().code(0);
    let text = sandbox.read("out.jsonl");
    let header: serde_json::Value =
        serde_json::from_str(text.lines().next().unwrap_or_default()).expect("JSON");
    let version = header["runtimes"]["cargo"].as_str().unwrap_or_default();
    assert!(version.starts_with("1."), "{header}");
}

#[test]
fn what_is_left_is_called_by_its_role_also_where_that_is_told_by_the_command_line() {
    if !only_on_posix("the target is a shell script") {
        return;
    }
    let script = "mkfifo w; cat w & echo ready; trap 'exit 0' TERM; wait";
    let rest = one_cell()
        + "expect:\n  - outcome: { exit: 0 }\n    leftovers: { processes: [keeper], files: [w] }\n";
    let scenario =
        shell(script, &rest).replace("  hooks:", "  roles: { keeper: { command: ^cat w$ } }\n  hooks:");
    Sandbox::with(&scenario).lastrites(&["run", "scenario.yaml"]).assert().code(0);
}

#[test]
fn a_cell_that_differs_from_itself_is_flaky() {
    // The first run leaves a mark outside of the private folder, and the second one finds it.
    let sandbox = Sandbox::new();
    let mark = sandbox.path("mark").to_string_lossy().into_owned();
    let script = either(
        format!("read -r line; if [ -e {mark} ]; then echo saved; else : > {mark}; fi"),
        format!("set /p line=& if exist {mark} (echo saved) else (echo x> {mark})"),
    );
    let shell = either(["sh", "-c"], ["cmd", "/c"]).map(ToOwned::to_owned);
    let rest = "matrix: { launch: [direct], terminate: [stdin-eof] }\nexpect:\n  - { cleanup: [saved] }\n";
    let scenario = scenario(&[shell.as_slice(), &[script]].concat(), rest);
    sandbox
        .file("scenario.yaml", &scenario.replace("{ stdout: ready }", "started"))
        .lastrites(&["run", "--repeat", "2", "--jobs", "1", "scenario.yaml"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("1 flaky"));
}

#[test]
fn the_record_has_a_header_and_a_line_for_each_cell() {
    let [first, second, _] = launches();
    let rest = matrix(&[first, second]) + "expect:\n  - { cleanup: [saved], outcome: { exit: 0 } }\n";
    let sandbox = Sandbox::with(&saver(&rest));
    sandbox.lastrites(&["run", "scenario.yaml", "--record", "out.jsonl"]).assert().code(0);
    let text = sandbox.read("out.jsonl");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["schema"], 1);
    assert_eq!(lines[0]["cells"], 2);
    let mut cells: Vec<&str> = lines[1..].iter().map(|line| line["cell"].as_str().expect("an id")).collect();
    cells.sort_unstable();
    assert_eq!(cells, [first, second].map(|launch| format!("example/{launch}/{}", end())));
    let row = &lines[1];
    assert_eq!(row["outcome"], serde_json::json!({ "kind": "exited", "code": 0 }));
    assert_eq!(row["cleanup"], serde_json::json!([{ "role": "main", "hook": "saved" }]));
    // Windows has no dispositions that another process could see.
    assert_eq!(row["disposition"].as_str(), either(Some("caught"), None));
    assert_eq!(row["verdict"], "pass");
}

#[test]
fn a_format_goes_to_a_file_and_the_table_to_the_terminal() {
    let sandbox = Sandbox::with(&saver(&(one_cell() + "expect:\n  - { cleanup: none }\n")));
    for (format, says) in [("junit", "<failure message=\"expected cleanup none"), ("html", "<!DOCTYPE html>")]
    {
        sandbox
            .lastrites(&["run", "scenario.yaml", "--format", format, "--output", "out"])
            .assert()
            .code(1)
            .stdout(predicate::str::contains("1 cell: 1 fail"));
        assert!(sandbox.read("out").contains(says), "{format}");
    }
}

#[test]
fn a_saved_record_is_shown_with_the_scenarios_that_are_named() {
    let sandbox = Sandbox::with(&saver(&(one_cell() + "expect:\n  - { cleanup: [saved] }\n")));
    sandbox.lastrites(&["run", "scenario.yaml", "--record", "out.jsonl"]).assert().code(0);
    let asks = predicate::str::contains("What does it do?");
    let report = |arguments: &[&str]| {
        sandbox.lastrites(&["report", "--format", "html", "out.jsonl"]).args(arguments).assert().code(0)
    };
    report(&["--scenarios", "scenario.yaml"]).stdout(asks.clone());
    report(&[]).stdout(asks.not());
}

#[test]
fn shards_are_merged_into_one_record_and_a_gap_is_refused() {
    let rest = matrix(&launches()) + "expect:\n  - { cleanup: [saved], outcome: { exit: 0 } }\n";
    let sandbox = Sandbox::with(&saver(&rest));
    for shard in ["1", "2"] {
        let part = format!("{shard}/2");
        let file = format!("{shard}.jsonl");
        sandbox.lastrites(&["run", "scenario.yaml", "--shard", &part, "--record", &file]).assert().code(0);
    }
    sandbox.lastrites(&["merge", "1.jsonl", "2.jsonl", "-o", "all.jsonl"]).assert().code(0);
    assert_eq!(sandbox.read("all.jsonl").lines().count(), 4);
    sandbox
        .lastrites(&["merge", "1.jsonl"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("of 2 shards there is missing: 2"));
}

#[test]
fn a_loss_between_two_records_is_found_and_exits_with_1() {
    let rest = one_cell() + "expect:\n  - { cleanup: any }\n";
    let sandbox = Sandbox::with(&saver(&rest));
    sandbox.lastrites(&["run", "scenario.yaml", "--record", "old.jsonl"]).assert().code(0);
    let lost = if posix() {
        shell(&saves().replace("echo saved; ", ""), &rest)
    } else {
        console(&["--handler", "none"], &rest)
    };
    let sandbox = sandbox.file("scenario.yaml", &lost);
    sandbox.lastrites(&["run", "scenario.yaml", "--record", "new.jsonl"]).assert().code(0);
    sandbox
        .lastrites(&["diff", "old.jsonl", "new.jsonl"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("saved"));
    sandbox.lastrites(&["diff", "old.jsonl", "old.jsonl"]).assert().code(0);
}
