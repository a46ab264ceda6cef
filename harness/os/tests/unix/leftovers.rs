//! What a target leaves behind is found, and does not stay.

use super::*;
use lastrites_model::termination::Stdin;

#[test]
fn an_orphan_that_double_forked_into_a_session_of_its_own() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let text = "(setsid sh -c 'echo $$; exec sleep 1000' &) ; exit 3";
        let mut running = pool.start(&script(text)).await.expect("it starts");
        let mut stdout = running.take_stdout().expect("a pipe");
        let orphan: u32 = read_until(&mut stdout, "\n").await.trim().parse().expect("a pid");
        running.exited().await.expect("an end");
        running.quiet(&[]).await;
        let processes = running.processes();
        assert_eq!(processes.len(), 2, "{processes:?}");
        assert!(processes[0].pid == running.pid() && processes[0].zombie);
        assert_eq!((processes[1].pid, processes[1].command.as_str()), (orphan, "sleep 1000"));
        assert!(!processes[1].zombie);
        assert_eq!(end_of(running).await, exited(3));
        assert!(!lives(orphan));
    });
}

#[test]
fn a_zombie_that_nobody_waited_for() {
    run(async {
        let pool = Pool::new().expect("a pool");
        // exec keeps the children, and sleep waits for none.
        let (mut running, _stdout) = ready(&pool, &script("sleep 1000 & echo ready; exec sleep 1000")).await;
        running.quiet(&[]).await;
        let child = running.processes()[1].pid;
        let kill =
            Action::Signal { signal: Signal::parse("SIGKILL").expect("one"), to: Whom::Role("child".into()) };
        running.perform(&kill, &|_| Some(child)).await.expect("sent");
        running.gone(&[child]).await;
        let processes = running.processes();
        assert_eq!(processes.len(), 2, "{processes:?}");
        assert!(processes[1].zombie && processes[1].parent == running.pid());
        assert_eq!(running.finish().await.expect("finished"), None);
    });
}

#[test]
fn children_of_threads_are_found() {
    let text = "import subprocess, threading
t = threading.Thread(target=lambda: (subprocess.Popen(['sleep', '1000']), print('ready', flush=True), threading.Event().wait()))
t.start()";
    run(async {
        let pool = Pool::new().expect("a pool");
        let (running, _stdout) = match pool.start(&program(&["python3", "-c", text])).await {
            Ok(mut running) => {
                let mut stdout = running.take_stdout().expect("a pipe");
                read_until(&mut stdout, "ready").await;
                (running, stdout)
            }
            // Without Python, nothing here makes a process in a thread.
            Err(_) => return,
        };
        running.quiet(&[]).await;
        assert!(running.processes().iter().any(|process| process.command == "sleep 1000"));
    });
}

#[test]
fn an_ended_target_is_all_there_is() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let running = pool.start(&program(&["true"])).await.expect("it starts");
        running.exited().await.expect("an end");
        let processes = running.processes();
        assert_eq!(processes.len(), 1);
        assert_eq!((processes[0].command.as_str(), processes[0].zombie), ("[true]", true));
        assert_eq!(end_of(running).await, exited(0));
    });
}

#[test]
fn a_tree_that_keeps_forking_is_ended() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let text = "f() { (trap '' TERM INT HUP; while :; do (setsid sleep 1000 &) ; env true; done) & }
            f; f; f; echo ready; wait";
        let (running, mut stdout) = ready(&pool, &script(text)).await;
        running.finish().await.expect("finished");
        // Every process of it held the pipe.
        read_all(&mut stdout).await;
    });
}

#[test]
fn dropped_its_tree_ends() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let text = "(setsid sleep 1000 &) ; echo ready; wait; exec sleep 1000";
        let (running, mut stdout) = ready(&pool, &script(text)).await;
        drop(running);
        read_all(&mut stdout).await;
    });
}

#[test]
fn a_target_that_signals_its_own_group_hits_no_warden() {
    run(async {
        let pool = Pool::new().expect("a pool");
        for name in ["TERM", "INT", "QUIT", "HUP", "SEGV", "TSTP"] {
            let (running, mut stdout) =
                ready(&pool, &script(&format!("echo ready; kill -{name} 0; exit 5"))).await;
            read_all(&mut stdout).await;
            let end = end_of(running).await;
            assert!(end == died_of(&format!("SIG{name}")) || end == exited(5), "{end:?}");
        }
        let (running, _stdout) = ready(&pool, &script("echo ready; kill -STOP 0; exit 5")).await;
        running.quiet(&[]).await;
        assert_eq!(running.finish().await.expect("finished"), None);
        // Its warden works on.
        let running = pool.start(&program(&["true"])).await.expect("it starts");
        assert_eq!(end_of(running).await, exited(0));
    });
}

#[test]
fn a_target_that_kills_its_warden_is_ended_all_the_same() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let text = "(setsid sleep 1000 &) ; echo ready; read -r line; kill -KILL $PPID; exec sleep 1000";
        let mut spec = script(text);
        spec.stdin = Stdin::Pipe;
        spec.env.push(("LASTRITES_CELL".to_owned(), format!("/nowhere/{}", std::process::id())));
        let (mut running, mut stdout) = ready(&pool, &spec).await;
        let pid = running.pid();
        perform(&mut running, Action::Line("go".to_owned())).await;
        running.quiet(&[pid]).await;
        let error = running.finish().await.expect_err("the cell is lost");
        assert!(error.to_string().contains("killed"), "{error}");
        read_all(&mut stdout).await;
        assert!(!lives(pid));
    });
}
