//! Each step of a termination arrives.

use super::*;
use lastrites_model::termination::{Resource, Stdin};
use lastrites_os::spec::StepError;

const WAIT: &str = "echo ready; exec sleep 1000";

#[test]
fn a_signal_to_main_and_again() {
    run(async {
        let pool = Pool::new().expect("a pool");
        for name in ["SIGTERM", "SIGINT", "SIGKILL", "SIGSEGV", "SIGRTMIN", "SIGHUP"] {
            let (mut running, _stdout) = ready(&pool, &script(WAIT)).await;
            signal(&mut running, name, Whom::Main).await;
            running.exited().await.expect("an end");
            let again = Action::Signal { signal: Signal::parse(name).expect("one"), to: Whom::Main };
            assert_eq!(running.perform(&again, &|_| None).await, Err(StepError::Gone));
            assert_eq!(end_of(running).await, died_of(name));
        }
    });
}

#[test]
fn a_signal_to_the_group_the_session_or_a_role() {
    // The child says who it is; a signal to main alone leaves it alive.
    let text = "sleep 1000 & echo child $! ready; wait";
    run(async {
        let pool = Pool::new().expect("a pool");
        for (session, to, both) in [
            (Session::NewGroup, Whom::Main, false),
            (Session::NewGroup, Whom::Group, true),
            (Session::NewSession, Whom::Session, true),
            (Session::Terminal, Whom::Session, true),
        ] {
            let (mut running, _stdout) = ready(&pool, &in_session(session, script(text))).await;
            running.quiet(&[]).await;
            let child = running.processes()[1].pid;
            signal(&mut running, "SIGTERM", to.clone()).await;
            running.exited().await.expect("an end");
            if both {
                running.gone(&[child]).await;
            } else {
                running.quiet(&[child]).await;
            }
            assert_eq!(lives(child), !both, "{session:?} {to:?}");
            assert_eq!(end_of(running).await, died_of("SIGTERM"));
            assert!(!lives(child), "nothing survives");
        }
        let (mut running, _stdout) = ready(&pool, &script(text)).await;
        running.quiet(&[]).await;
        let child = running.processes()[1].pid;
        let role =
            Action::Signal { signal: Signal::parse("SIGTERM").expect("one"), to: Whom::Role("child".into()) };
        running.perform(&role, &|name| (name == "child").then_some(child)).await.expect("sent");
        assert_eq!(end_of(running).await, exited(0), "wait(1) without a job says 0");
    });
}

#[test]
fn keys_on_the_terminal_are_signals_and_a_hang_up_is_sighup() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let spec = in_session(Session::Terminal, script(WAIT));
        let steps = [
            (Action::Type(b"\x03"), "SIGINT"),
            (Action::Type(b"\x1c"), "SIGQUIT"),
            (Action::HangUp, "SIGHUP"),
        ];
        for (step, name) in steps {
            let (mut running, _stdout) = ready(&pool, &spec).await;
            let mut terminal = running.take_stderr().expect("a terminal");
            perform(&mut running, step).await;
            assert_eq!(read_all(&mut terminal).await, "", "no echo, and an end");
            assert_eq!(end_of(running).await, died_of(name));
        }
    });
}

#[test]
fn a_key_has_made_its_signal_when_the_step_is_done() {
    // Blocked, so that the signal stays where it can be seen; many times, since it is about who comes first.
    let interrupt = Signal::parse("SIGINT").expect("a signal");
    run(async {
        let pool = Pool::new().expect("a pool");
        let mut spec = in_session(Session::Terminal, script(WAIT));
        spec.start.blocked = vec![interrupt];
        for _ in 0..50 {
            let (mut running, _stdout) = ready(&pool, &spec).await;
            perform(&mut running, Action::Type(b"\x03")).await;
            let status = std::fs::read_to_string(format!("/proc/{}/status", running.pid())).expect("status");
            let pending = u64::from_str_radix(field(&status, "ShdPnd"), 16).expect("a number");
            assert_eq!(pending & 2, 2, "{status}");
            running.finish().await.expect("it can be finished");
        }
    });
}

#[test]
fn a_hang_up_ends_a_reader_that_waits() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let spec = in_session(Session::Terminal, script("trap '' HUP; echo ready; exec sleep 1000"));
        let (mut running, _stdout) = ready(&pool, &spec).await;
        let mut terminal = running.take_stderr().expect("a terminal");
        let mut text = Vec::new();
        let (read, ()) =
            tokio::join!(biased; terminal.read(&mut text), perform(&mut running, Action::HangUp));
        assert_eq!(read.expect("an end"), 0);
        assert!(terminal.drain(&mut text), "still at its end");
        running.quiet(&[]).await;
        assert!(!running.has_exited(), "SIGHUP is ignored");
    });
}

#[test]
fn standard_input_is_written_to_and_closed() {
    let read = "echo ready; while read -r line; do echo got $line; done; echo end; exit 7";
    run(async {
        let pool = Pool::new().expect("a pool");
        let mut spec = script(read);
        spec.stdin = Stdin::Pipe;
        for spec in [spec, in_session(Session::Terminal, script(read))] {
            let (mut running, mut stdout) = ready(&pool, &spec).await;
            perform(&mut running, Action::Line("a line".into())).await;
            read_until(&mut stdout, "got a line").await;
            perform(&mut running, Action::CloseStdin).await;
            assert!(read_all(&mut stdout).await.contains("end"));
            assert_eq!(end_of(running).await, exited(7));
        }
        let (mut running, _stdout) = ready(&pool, &script(WAIT)).await;
        let step = running.perform(&Action::CloseStdin, &|_| None).await;
        assert!(matches!(step, Err(StepError::Failed(_))), "its standard input is /dev/null");
    });
}

#[test]
fn without_a_reader_of_stdout_a_write_is_sigpipe() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let mut spec = script("echo ready; read -r line; echo more; exit 9");
        spec.stdin = Stdin::Pipe;
        let (mut running, mut stdout) = ready(&pool, &spec).await;
        perform(&mut running, Action::CloseStdout).await;
        assert!(stdout.drain(&mut Vec::new()), "the stream is at its end");
        perform(&mut running, Action::Line("go".into())).await;
        assert_eq!(end_of(running).await, died_of("SIGPIPE"));
    });
}

#[test]
fn limits_end_it() {
    let mut spec = script("while :; do :; done");
    spec.limits = vec![(Resource::Cpu, 1)];
    assert_eq!(run(output(&spec)).1, died_of("SIGXCPU"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut spec = script("exec head -c 100000 /dev/zero > big");
    (spec.limits, spec.cwd) = (vec![(Resource::FileSize, 512)], folder.path().to_owned());
    assert_eq!(run(output(&spec)).1, died_of("SIGXFSZ"));
}

#[test]
fn quiet_means_that_the_last_signal_was_dealt_with() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let text = "trap 'i=0; while test $i -lt 2000; do i=$((i+1)); done; echo handled' USR1
            echo ready; while :; do read -r line; done";
        let mut spec = script(text);
        spec.stdin = Stdin::Pipe;
        let (mut running, mut stdout) = ready(&pool, &spec).await;
        for _ in 0..20 {
            running.quiet(&[]).await;
            signal(&mut running, "SIGUSR1", Whom::Main).await;
            running.quiet(&[]).await;
            let mut text = Vec::new();
            stdout.drain(&mut text);
            assert_eq!(text, b"handled\n");
        }
        signal(&mut running, "SIGSTOP", Whom::Main).await;
        running.quiet(&[]).await;
        signal(&mut running, "SIGTERM", Whom::Main).await;
        running.quiet(&[]).await;
        assert!(!running.has_exited(), "stopped, it does not notice");
        signal(&mut running, "SIGCONT", Whom::Main).await;
        assert_eq!(end_of(running).await, died_of("SIGTERM"));
    });
}

#[test]
fn a_sleeper_whose_orphan_works_is_not_at_rest() {
    run(async {
        let pool = Pool::new().expect("a pool");
        // The orphan is nobody's child but the warden's when the main process is asleep and has no child.
        let busy = "i=0; while test $i -lt 20000; do i=$((i+1)); done; echo worked; exec sleep 100";
        let double_fork = script(&format!("(setsid sh -c '{busy}' &); echo ready; exec sleep 100"));
        for _ in 0..10 {
            let (running, mut stdout) = ready(&pool, &double_fork).await;
            running.quiet(&[]).await;
            let mut text = Vec::new();
            stdout.drain(&mut text);
            assert_eq!(text, b"worked\n");
        }
    });
}

#[test]
fn evidence_never_ends_and_keeps_every_line() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("evidence");
        let mut evidence = lastrites_os::evidence(&path).expect("a FIFO");
        let pool = Pool::new().expect("a pool");
        let spec = script(&format!("for i in 1 2 3; do echo $$ line $i >> {}; done", path.display()));
        let running = pool.start(&spec).await.expect("it starts");
        let pid = running.pid();
        assert_eq!(end_of(running).await, exited(0));
        let mut text = Vec::new();
        assert!(!evidence.drain(&mut text), "not at its end");
        let expected = format!("{pid} line 1\n{pid} line 2\n{pid} line 3\n");
        assert_eq!(String::from_utf8_lossy(&text), expected);
        assert!(lastrites_os::evidence(&path).is_err(), "it is there already");
    });
}
