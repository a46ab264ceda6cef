//! The commands that run nothing.

use crate::sandbox::{Sandbox, either, only_on_posix, posix, saver, saves, windows_fixture};
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

/// `probe` or `init` of a program that waits until it is ended, and that has no handler on POSIX and one for
/// control events on Windows.
fn of_a_waiting_program(command: &[&str]) -> Vec<String> {
    let waits = if posix() {
        vec!["sleep".to_owned(), "100".to_owned()]
    } else {
        vec![windows_fixture("console"), "--plain".to_owned()]
    };
    let command = command.iter().chain(&["--patience", "1", "--"]).map(ToString::to_string);
    command.chain(waits).collect()
}

fn matches(pattern: &str) -> predicates::str::RegexPredicate {
    predicate::str::is_match(pattern).expect("a pattern")
}

fn run(sandbox: &Sandbox, arguments: &[String]) -> assert_cmd::assert::Assert {
    sandbox.lastrites(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).assert()
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
    let (one, other) = either(
        (r"direct +SIGTERM, SIGTERM-twice +signal SIGTERM", r"pid1 +SIGINT +lives on"),
        (r"direct +ctrl-c[a-z, -]* +exit 0", r"direct +taskkill[a-z, -]* +lives on"),
    );
    run(&Sandbox::new(), &of_a_waiting_program(&["probe"])).code(0).stdout(matches(one).and(matches(other)));
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
        .code(2)
        .stderr(predicate::str::contains("no-such-program"));
}

#[test]
fn init_writes_a_scenario_that_passes() {
    let sandbox = Sandbox::new();
    run(&sandbox, &of_a_waiting_program(&["init", "-o", "written.yaml"])).code(0);
    // How many there are on Windows is for Wine's version to say.
    let passed = either(r"\b18 pass\b", r"\b1\d pass\b");
    sandbox.lastrites(&["run", "written.yaml"]).assert().code(0).stdout(matches(passed));
}

#[test]
fn probe_gives_advice() {
    let (one, other) = either(
        ("run it under an init", "no handler for SIGTERM"),
        ("it is CTRL_BREAK that can be sent there", "no window that could be closed"),
    );
    run(&Sandbox::new(), &of_a_waiting_program(&["probe"]))
        .code(0)
        .stdout(predicate::str::contains(one).and(predicate::str::contains(other)));
}

#[test]
fn probe_gives_its_record_as_json() {
    let program = if posix() { "true".to_owned() } else { windows_fixture("console") };
    let returns = [program.as_str(), "--plain", "--end", "return"];
    let command = either(&["true"][..], &returns);
    let arguments = [&["probe", "--format", "json", "--"], command].concat();
    let output = Sandbox::new().lastrites(&arguments).assert().code(0).get_output().stdout.clone();
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
    let init = ["init", "--ready", "ready", "--patience", "1", "-o", "s.yaml", "--"];
    let console = if posix() { String::new() } else { windows_fixture("console") };
    let command = either(["sh", "server.sh"], [&console, "--plain"]);
    sandbox.lastrites(&[&init[..], &command].concat()).assert().code(0);
    let written = sandbox.read("s.yaml");
    assert!(written.starts_with("# Written by `lastrites init`"));
    let passed = either(r"\b18 pass\b", r"\b1\d pass\b");
    sandbox.lastrites(&["run", "s.yaml"]).assert().code(0).stdout(matches(passed));
    let (changed, saw) = if posix() {
        (sandbox.file("server.sh", &server().replace("exit 0", "exit 4")), "saw exit 4")
    } else {
        // Which of its ways it goes is said by its arguments.
        let ignores = written.replace(r#""--plain"]"#, r#""--plain", "--handler", "ignore"]"#);
        (sandbox.file("s.yaml", &ignores), "saw survives")
    };
    changed.lastrites(&["run", "s.yaml"]).assert().code(1).stdout(predicate::str::contains(saw));
}

/// A server whose end waits for the requests that it has.
const SERVER: &str = r#"
import http.server, os, signal, sys, threading

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False

server = Server(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
stop = lambda *_: threading.Thread(target=server.shutdown).start()
signal.signal(signal.SIGTERM, stop)
server.serve_forever()
server.server_close()
"#;

#[test]
fn init_has_a_request_under_way_and_fails_when_the_server_no_longer_answers_it() {
    if !only_on_posix("how it is ended is a matter of signals") {
        return;
    }
    let sandbox = Sandbox::new().file("server.py", SERVER);
    let init = ["init", "--patience", "1", "-o", "s.yaml", "--", "python3", "server.py", "{port}"];
    sandbox.lastrites(&init).assert().code(0);
    let written = sandbox.read("s.yaml");
    assert!(written.contains("requests: { half: { half: / } }"), "{written}");
    assert!(written.contains("outcome: { exit: 0 }, work: { half: answered }"), "{written}");
    sandbox.lastrites(&["run", "s.yaml"]).assert().code(0).stdout(predicate::str::contains("18 pass"));
    let changed = sandbox.file(
        "server.py",
        &SERVER.replace("threading.Thread(target=server.shutdown).start()", "os._exit(0)"),
    );
    changed
        .lastrites(&["run", "s.yaml", "--filter", "launch=direct terminate=SIGTERM"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("half"));
}

#[test]
fn what_init_writes_of_the_server_of_python_passes_at_once() {
    if !only_on_posix("how it is ended is a matter of signals") {
        return;
    }
    let sandbox = Sandbox::new();
    let init = ["init", "--patience", "1", "-o", "s.yaml", "--", "python3", "-m", "http.server", "{port}"];
    sandbox.lastrites(&init).assert().code(0);
    let written = sandbox.read("s.yaml");
    assert!(written.contains("outcome: { signal: SIGTERM }, work: { half: cut }"), "{written}");
    sandbox.lastrites(&["run", "s.yaml"]).assert().code(0).stdout(predicate::str::contains("18 pass"));
}

#[test]
fn each_subcommand_has_its_manual_page() {
    let sandbox = Sandbox::new().file("man/x", "");
    let says = |what: &str| predicate::str::contains(what.to_owned());
    sandbox.lastrites(&["man"]).assert().code(0).stdout(says(".TH lastrites 1"));
    sandbox
        .lastrites(&["man", "probe"])
        .assert()
        .code(0)
        .stdout(says(".TH lastrites-probe 1").and(says("ready\\-within")).and(says("lastrites probe")));
    sandbox.lastrites(&["man", "prob"]).assert().code(2).stderr(says("did you mean `probe`?"));
    sandbox.lastrites(&["man", "--folder", "man"]).assert().code(0);
    for page in ["lastrites.1", "lastrites-run.1", "lastrites-probe.1", "lastrites-man.1"] {
        assert!(sandbox.read(&format!("man/{page}")).contains(".SH SYNOPSIS"), "{page}");
    }
}
