//! Each launch, as the target sees itself.

use super::*;
use lastrites_model::launch::Wrapper;
use lastrites_model::observation::Disposition;
use lastrites_model::termination::{Resource, Stdin};

/// Says of itself: pid, group, session, foreground group of the terminal.
const IDS: &str = "read -r line < /proc/$$/stat; set -- ${line##*) }; echo $$ $3 $4 $6";

fn ids(text: &str) -> Vec<i32> {
    text.split_whitespace().map(|word| word.parse().expect("a number")).collect()
}

#[test]
fn every_start_is_from_a_clean_state() {
    let (status, end) = run(output(&program(&["cat", "/proc/self/status"])));
    assert_eq!(end, exited(0));
    for (key, value) in [("SigBlk", 0), ("SigIgn", 0), ("SigCgt", 0), ("SigPnd", 0), ("ShdPnd", 0)] {
        assert_eq!(u64::from_str_radix(field(&status, key), 16), Ok(value), "{key}");
    }
    assert_eq!(field(&status, "Umask"), "0022");
    let (fds, _) = run(output(&program(&["ls", "/proc/self/fd"])));
    // 3 is the folder that ls reads.
    assert_eq!(fds.split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    let (env, _) = run(output(&program(&["env"])));
    assert_eq!(env, "PATH=/usr/local/bin:/usr/bin:/bin\n");
    let (limit, _) = run(output(&script("ulimit -c; ulimit -S -n; pwd")));
    let own = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    assert_eq!(limit.lines().next(), Some("0"), "no core");
    assert!(limit.lines().nth(1).is_some_and(|files| files.parse().ok() <= own.current), "{limit}");
    assert_eq!(limit.lines().nth(2), Some("/"));
}

#[test]
fn groups_and_sessions() {
    let (direct, _) = run(output(&script(IDS)));
    let [pid, group, session, foreground] = ids(&direct)[..] else { panic!("{direct}") };
    assert!(group != pid && session != pid, "an ordinary child leads nothing: {direct}");
    assert_eq!((group, foreground), (session, -1), "in its parent's group and session, no terminal");

    let (group, _) = run(output(&in_session(Session::NewGroup, script(IDS))));
    let [pid, group, session, foreground] = ids(&group)[..] else { panic!("{group}") };
    assert!(group == pid && session != pid && foreground == -1);

    let (session, _) = run(output(&in_session(Session::NewSession, script(IDS))));
    let [pid, group, session, foreground] = ids(&session)[..] else { panic!("{session}") };
    assert!(group == pid && session == pid && foreground == -1);
}

#[test]
fn a_terminal_is_controlling_and_the_target_is_in_its_foreground() {
    let (terminal, end) = run(output(&in_session(Session::Terminal, script(IDS))));
    let [pid, group, session, foreground] = ids(&terminal)[..] else { panic!("{terminal}") };
    assert!(group == pid && session == pid && foreground == pid);
    assert_eq!(end, exited(0));

    let mut spec =
        in_session(Session::Terminal, script("test -t 0 && test -t 1 && test -t 2 && echo all && tty"));
    spec.stdout = Stdout::Pty;
    let (text, end) = run(output(&spec));
    assert!(text.starts_with("all\n/dev/"), "{text:?}");
    assert_eq!(end, exited(0));
}

#[test]
fn a_terminal_for_output_alone_controls_nothing() {
    let mut spec = in_session(Session::NewSession, script(&format!("test -t 1 && test ! -t 2 && {IDS}")));
    spec.stdout = Stdout::Pty;
    let (text, end) = run(output(&spec));
    assert_eq!((ids(&text)[3], end), (-1, exited(0)));
}

#[test]
fn signals_are_ignored_and_blocked_as_told() {
    let mut spec = program(&["cat", "/proc/self/status"]);
    let signal = |name| Signal::parse(name).expect("a signal");
    spec.start.ignored = vec![signal("SIGINT"), signal("SIGQUIT")];
    spec.start.blocked = vec![signal("SIGTERM")];
    let (status, _) = run(output(&spec));
    assert_eq!(u64::from_str_radix(field(&status, "SigIgn"), 16), Ok(1 << 1 | 1 << 2));
    assert_eq!(u64::from_str_radix(field(&status, "SigBlk"), 16), Ok(1 << 14));
}

#[test]
fn what_a_process_makes_of_a_signal_is_seen() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let mut spec = script("trap : USR1; echo ready; read -r line");
        let signal = |name| Signal::parse(name).expect("a signal");
        (spec.stdin, spec.start.ignored, spec.start.blocked) =
            (Stdin::Pipe, vec![signal("SIGINT")], vec![signal("SIGTERM")]);
        let (running, _stdout) = ready(&pool, &spec).await;
        for (name, expected) in [
            ("SIGUSR1", Disposition::Caught),
            ("SIGINT", Disposition::Ignored),
            ("SIGTERM", Disposition::Blocked),
            ("SIGHUP", Disposition::Default),
        ] {
            assert_eq!(running.disposition(running.pid(), signal(name)), Some(expected), "{name}");
        }
        assert_eq!(running.finish().await.expect("finished"), None, "it was alive");
    });
}

#[test]
fn standard_output_is_what_was_asked_for() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let pool = Pool::new().expect("a pool");
        let mut spec = script("echo text; echo $? >&2");
        spec.stdout = Stdout::File;
        spec.stdout_file = folder.path().join("out");
        let running = pool.start(&spec).await.expect("it starts");
        assert_eq!(end_of(running).await, exited(0));
        assert_eq!(std::fs::read_to_string(&spec.stdout_file).expect("a file"), "text\n");

        spec.stdout = Stdout::Closed;
        let mut running = pool.start(&spec).await.expect("it starts");
        assert!(running.take_stdout().is_none());
        let stderr = read_all(&mut running.take_stderr().expect("a pipe")).await;
        assert!(!stderr.ends_with("0\n"), "writing to a closed descriptor fails: {stderr}");
    });
}

#[test]
fn limits_are_set_before_exec() {
    let mut spec = script("ulimit -t; ulimit -f");
    spec.limits = vec![(Resource::Cpu, 1), (Resource::FileSize, 1024 * 1024)];
    // The shells count blocks: dash of 512 bytes, bash of 1024.
    let (text, _) = run(output(&spec));
    assert!(text == "1\n2048\n" || text == "1\n1024\n", "{text}");
}

#[test]
fn through_a_shell_that_stays_or_that_goes() {
    let mut spec = program(&["sh", "-c", "echo $PPID $$", "it's"]);
    spec.start.wrapper = Wrapper::Shell;
    run(async {
        let pool = Pool::new().expect("a pool");
        for (wrapper, stays) in [(Wrapper::Shell, true), (Wrapper::ShellExec, false)] {
            spec.start.wrapper = wrapper;
            let mut running = pool.start(&spec).await.expect("it starts");
            let text = read_all(&mut running.take_stdout().expect("a pipe")).await;
            let pid = running.pid().cast_signed();
            assert_eq!(ids(&text)[usize::from(!stays)], pid, "{wrapper:?}: {text}");
            assert_eq!(end_of(running).await, exited(0));
        }
    });
}

#[test]
fn first_in_a_namespace_or_below_an_init_there() {
    if !lastrites_os::facts().privileges.iter().any(|name| name == "user-namespaces") {
        let mut spec = script("true");
        spec.start.pid_namespace = true;
        let error = run(async { Pool::new().expect("a pool").start(&spec).await.map(drop) });
        let error = error.expect_err("this machine has no namespaces");
        assert!(why(&error).contains("sysctl"), "a remedy is named: {error:?}");
        return;
    }
    let mut spec = script("echo $$; echo /proc/[0-9]*; exec sleep 1000");
    spec.start.pid_namespace = true;
    run(async {
        let pool = Pool::new().expect("a pool");
        let mut running = pool.start(&spec).await.expect("it starts");
        let text = read_until(&mut running.take_stdout().expect("a pipe"), "/proc/1\n").await;
        assert_eq!(text, "1\n/proc/1\n", "it sees nobody else");
        running.quiet(&[]).await;
        let processes = running.processes();
        assert_eq!((processes[0].own_pid, processes.len()), (1, 1));
        // The kernel drops what PID 1 has no handler for.
        signal(&mut running, "SIGTERM", Whom::Main).await;
        running.quiet(&[]).await;
        assert!(!running.has_exited());
        signal(&mut running, "SIGKILL", Whom::Main).await;
        assert_eq!(end_of(running).await, died_of("SIGKILL"));

        for init in [&["tini", "--"][..], &["dumb-init", "--"]] {
            spec.start.wrapper = Wrapper::Init(Box::leak(init.to_vec().into_boxed_slice()));
            let mut running = match pool.start(&spec).await {
                Ok(running) => running,
                Err(StartError::Unsupported(why)) => {
                    assert!(why.contains("not installed"), "{why}");
                    continue;
                }
                Err(error) => panic!("{error:?}"),
            };
            let mut stdout = running.take_stdout().expect("a pipe");
            let text = read_until(&mut stdout, "/proc/1 /proc/").await;
            assert!(!text.starts_with("1\n"), "{init:?} is PID 1: {text}");
            running.quiet(&[]).await;
            signal(&mut running, "SIGTERM", Whom::Main).await;
            assert_eq!(end_of(running).await, exited(128 + 15), "{init:?} forwards it");
        }
    });
}

#[test]
fn the_death_of_the_parent_is_told_to_who_asked_for_it() {
    run(async {
        let pool = Pool::new().expect("a pool");
        for asked in [true, false] {
            let mut spec = script("echo ready; exec sleep 1000");
            spec.parent = true;
            spec.start.parent_death = asked.then(|| Signal::parse("SIGTERM").expect("a signal"));
            let (mut running, _stdout) = ready(&pool, &spec).await;
            running.quiet(&[]).await;
            assert_eq!(running.processes().len(), 1, "the parent is no part of the cell");
            let before = running.processes()[0].parent;
            signal(&mut running, "SIGKILL", Whom::Parent).await;
            if asked {
                assert_eq!(end_of(running).await, died_of("SIGTERM"));
            } else {
                running.gone(&[before]).await;
                assert!(!running.has_exited());
                assert_ne!(running.processes()[0].parent, before, "it has a new parent");
                assert_eq!(running.finish().await.expect("finished"), None);
            }
        }
    });
}

#[test]
fn a_start_that_fails_says_why() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str, mode| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("changed");
    };
    file("plain", "#!/bin/sh\n", 0o644);
    file("orphan", "#!/no/such/interpreter -x\n", 0o755);
    file("text", "no program", 0o755);
    run(async {
        let pool = Pool::new().expect("a pool");
        for (name, expected) in [
            ("./missing", "there is no file"),
            ("no-such-program", "there is no program no-such-program in PATH"),
            ("./plain", "is not executable"),
            ("./orphan", "needs /no/such/interpreter, which is not there"),
            ("./text", "is not a program"),
            ("/tmp", "is a directory"),
            ("", "name is empty"),
        ] {
            let mut spec = program(&[name]);
            spec.cwd = folder.path().to_owned();
            let error = pool.start(&spec).await.map(drop).expect_err("it cannot start");
            assert!(
                matches!(&error, StartError::Program(why) if why.contains(expected)),
                "{name}: {error:?}"
            );
        }
        let mut spec = script("true");
        spec.cwd = folder.path().join("nowhere");
        let error = pool.start(&spec).await.map(drop).expect_err("it cannot start");
        assert!(why(&error).contains("cannot be entered"), "{error:?}");
        spec.cwd = "/".into();
        spec.start.wrapper = Wrapper::Init(&["no-such-init"]);
        let error = pool.start(&spec).await.map(drop).expect_err("it cannot start");
        assert!(
            matches!(&error, StartError::Unsupported(why) if why.contains("no-such-init is not installed"))
        );
    });
}
