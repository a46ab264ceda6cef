//! `lastrites review`: what a record would change, decided scenario by scenario.

use crate::sandbox::{Sandbox, console, end, one_cell, only_on_posix, posix, saver, saves, shell};
use lastrites_model::launch::{Session, Start, Stdout};
use lastrites_model::observation::Ended;
use lastrites_model::signals::Signal;
use lastrites_model::termination::Action;
use lastrites_os::Pool;
use lastrites_os::spec::Spec;
use predicates::prelude::*;
use rstest::rstest;

const FROM: [&str; 5] = ["review", "new.jsonl", "--reports", "reports", "--scenarios"];

/// A scenario that was accepted, and a record in which it lost its cleanup.
fn lost() -> Sandbox {
    let rest = one_cell() + "expect:\n  - { cleanup: [saved] }\n";
    let sandbox = Sandbox::with(&saver(&rest));
    let run = |sandbox: &Sandbox, more: &[&str], code| {
        let arguments = ["run", "scenario.yaml", "--record", "new.jsonl", "--reports", "reports"];
        sandbox.lastrites(&arguments).args(more).assert().code(code);
    };
    run(&sandbox, &["--accept"], 0);
    let lost = if posix() {
        shell(&saves().replace("echo saved; ", ""), &rest)
    } else {
        console(&["--handler", "none"], &rest)
    };
    let sandbox = sandbox.file("scenario.yaml", &lost);
    run(&sandbox, &[], 1);
    sandbox
}

/// The snapshot of that scenario on this platform.
fn snapshot() -> String {
    format!("reports/{}/example.md", lastrites_os::facts().platform.folder())
}

fn review(sandbox: &Sandbox) -> assert_cmd::Command {
    let mut command = sandbox.lastrites(&FROM);
    command.arg("scenario.yaml");
    command
}

#[test]
fn without_a_terminal_it_tells_what_is_pending_and_writes_nothing() {
    let sandbox = lost();
    let before = sandbox.read(&snapshot());
    let (file, end) = (snapshot(), end());
    review(&sandbox).assert().code(1).stdout(
        predicate::str::contains(format!("{file} differs: cleanup lost\ncleanup lost: example/direct/{end}"))
            .and(predicate::str::contains("expected cleanup [saved], saw none"))
            .and(predicate::str::contains(format!("\n- | `{end}` | `direct` | saved ")))
            .and(predicate::str::contains(format!("\n+ | `{end}` | `direct` | none ")))
            .and(predicate::str::contains("\n1 is pending")),
    );
    assert_eq!(sandbox.read(&snapshot()), before);
}

#[test]
fn nothing_is_pending_once_it_is_accepted() {
    let sandbox = lost();
    let accept = ["accept", "new.jsonl", "--reports", "reports", "--scenarios", "scenario.yaml"];
    sandbox.lastrites(&accept).assert().code(0);
    review(&sandbox).assert().code(0).stdout(predicate::str::contains("nothing is pending"));
}

#[test]
fn a_record_that_was_cut_off_is_refused() {
    let sandbox = lost();
    let text = sandbox.read("new.jsonl");
    let sandbox = sandbox.file("new.jsonl", &text[..text.len() - 20]);
    review(&sandbox).assert().code(2).stderr(predicate::str::contains("its last line is cut off"));
}

// On a terminal of its own, whose keys are typed when it asks for them.
#[rstest]
#[case::accept(b"a", Ended::Exited { code: 0 }, "none")]
#[case::skip(b"s", Ended::Exited { code: 1 }, "saved")]
#[case::quit(b"q", Ended::Exited { code: 1 }, "saved")]
#[case::another_key_first(b"xa", Ended::Exited { code: 0 }, "none")]
#[case::interrupt(b"\x03", Ended::Signaled { signal: Signal::parse("SIGINT").expect("a signal"), core: false }, "saved")]
fn a_key_decides(#[case] keys: &'static [u8], #[case] end: Ended, #[case] recorded: &str) {
    if !only_on_posix("what is typed on a terminal is typed on a pty") {
        return;
    }
    let sandbox = lost();
    let mut argv = vec![env!("CARGO_BIN_EXE_lastrites").to_owned()];
    argv.extend(FROM.iter().chain(&["scenario.yaml"]).map(ToString::to_string));
    let spec = Spec {
        argv,
        cwd: sandbox.folder().to_owned(),
        start: Start { session: Session::Terminal, ..Start::default() },
        stdout: Stdout::Pty,
        ..Spec::default()
    };
    let typed = async {
        let pool = Pool::new().expect("a pool");
        let mut review = pool.start(&spec).await.expect("it starts");
        let mut terminal = review.take_stderr().expect("a terminal");
        let mut said = Vec::new();
        while !String::from_utf8_lossy(&said).contains("q quit") {
            assert_ne!(terminal.read(&mut said).await.expect("a terminal"), 0, "it does not ask");
        }
        review.perform(&Action::Type(keys), &|_| None).await.expect("a terminal");
        while terminal.read(&mut said).await.expect("a terminal") > 0 {}
        review.exited().await.expect("an end");
        review.finish().await.expect("it can be finished").expect("it had ended")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an event loop");
    assert_eq!(runtime.block_on(typed), end);
    let row = format!("| `SIGTERM` | `direct` | {recorded} |");
    assert!(sandbox.read(&snapshot()).contains(&row));
}
