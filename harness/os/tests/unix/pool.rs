//! Many at once, and the end of the harness itself.

use super::*;
use std::io::BufRead;
use std::process::{Command, Stdio};

#[test]
fn two_hundred_wait_at_once() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let spec = script("trap 'echo cleanup; exit 0' TERM; echo ready; while :; do read -r line; done");
        let spec = in_session(Session::Terminal, spec);
        let mut all = Vec::new();
        for _ in 0..200 {
            all.push(ready(&pool, &spec).await);
        }
        for (running, _) in &mut all {
            signal(running, "SIGTERM", Whom::Main).await;
        }
        for (running, mut stdout) in all {
            assert_eq!(read_all(&mut stdout).await, "cleanup\n");
            assert_eq!(end_of(running).await, exited(0));
        }
    });
}

#[test]
fn wardens_are_used_again_and_gone_with_the_pool() {
    run(async {
        let pool = Pool::new().expect("a pool");
        let mut parents = Vec::new();
        for _ in 0..5 {
            let running = pool.start(&program(&["true"])).await.expect("it starts");
            running.exited().await.expect("an end");
            parents.push(running.processes()[0].parent);
            assert_eq!(end_of(running).await, exited(0));
        }
        parents.dedup();
        assert_eq!(parents.len(), 1);
        assert!(lives(parents[0]));
        drop(pool);
        assert!(!lives(parents[0]));
    });
}

/// Not a test by itself: the harness that `a_killed_harness_leaves_nothing` kills.
#[test]
fn harness_to_be_killed() {
    if std::env::var_os("LASTRITES_TEST_HARNESS").is_none() {
        return;
    }
    run(async {
        let pool = Pool::new().expect("a pool");
        let stubborn =
            "trap '' TERM INT HUP; (setsid sleep 1000 &) ; echo ready; while :; do sleep 1000; done";
        let mut parent = script(stubborn);
        parent.parent = true;
        let mut all = Vec::new();
        for spec in [script(stubborn), in_session(Session::Terminal, script(stubborn)), parent] {
            let (running, stdout) = ready(&pool, &spec).await;
            running.quiet(&[]).await;
            for process in running.processes() {
                println!("pid {}", process.pid);
            }
            println!("pid {}", running.processes()[0].parent);
            all.push((running, stdout));
        }
        println!("killable");
        std::future::pending::<()>().await;
    });
}

#[test]
fn a_killed_harness_leaves_nothing() {
    let mut harness = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "pool::harness_to_be_killed", "--nocapture"])
        .env("LASTRITES_TEST_HARNESS", "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines =
        std::io::BufReader::new(harness.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut pids: Vec<u32> = Vec::new();
    for line in lines.by_ref().take_while(|line| !line.contains("killable")) {
        pids.extend(line.rsplit_once("pid ").and_then(|(_, pid)| pid.parse::<u32>().ok()));
    }
    assert!(pids.len() >= 3 * 4, "{pids:?}");
    // Opened while they live: a pidfd tells of the end without asking again and again.
    let open: Vec<_> = pids
        .iter()
        .map(|&pid| {
            let pid = rustix::process::Pid::from_raw(pid.cast_signed()).expect("a pid");
            rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).expect("alive")
        })
        .collect();
    harness.kill().expect("killed");
    harness.wait().expect("waited for");
    for (fd, pid) in open.iter().zip(pids) {
        let mut poll = [rustix::event::PollFd::new(fd, rustix::event::PollFlags::IN)];
        let two_seconds = rustix::event::Timespec { tv_sec: 2, tv_nsec: 0 };
        let ended = rustix::event::poll(&mut poll, Some(&two_seconds)).expect("polled");
        assert_eq!(ended, 1, "process {pid} lives on");
    }
}
