//! The launches and terminations of a probe, by system: those that change an answer.

use lastrites_model::platform::Os;

/// What a probe does on one system.
#[derive(Debug)]
pub(super) struct Ways {
    pub(super) os: Os,
    /// For a program that stays until it is ended.
    pub(super) any: &'static str,
    /// For a program that stays only in a terminal.
    pub(super) in_terminal: &'static str,
    /// For a program that ends by itself.
    pub(super) by_itself: &'static str,
    /// The ends that may come while a server works.
    pub(super) while_it_works: &'static str,
    /// A look at a program, without and with a terminal: it is ended at once.
    pub(super) look: &'static str,
    pub(super) look_in_terminal: &'static str,
    /// What ends a program without asking it, so that what it leaves behind is no fault of a handler.
    pub(super) by_force: &'static [&'static str],
    /// The launches in a few words.
    pub(super) launches: &'static [(&'static str, &'static str)],
}

/// The ways of that system.
pub(super) fn of(os: Os) -> &'static Ways {
    if os == Os::Windows { &WINDOWS } else { &POSIX }
}

/// For one that forks away: a second one would find the port of the first one taken.
pub(super) const FORKS_AWAY: &str = "matrix: { terminate: return }\n";

static POSIX: Ways = Ways {
    os: Os::Linux,
    any: "matrix:
  launch: [direct, pty, sigint-ignored, pid1]
  terminate:
    [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGKILL, SIGTERM-twice, docker-stop, stdin-eof, parent-death, ctrl-c, ctrl-d,
     hangup]
  exclude:
    - { terminate: docker-stop, launch: [direct, pty, sigint-ignored] }
    - launch: sigint-ignored
      terminate: [SIGTERM, SIGHUP, SIGQUIT, SIGKILL, SIGTERM-twice, stdin-eof, parent-death]
    - launch: pid1
      terminate: [SIGTERM, SIGHUP, SIGQUIT, SIGKILL, SIGTERM-twice, stdin-eof, parent-death]
    - { launch: pty, terminate: [SIGKILL, SIGTERM-twice, stdin-eof, parent-death] }
",
    in_terminal: "matrix:
  launch: pty
  terminate: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGKILL, SIGTERM-twice, ctrl-c, ctrl-d, hangup]
",
    by_itself: "matrix:
  launch: [direct, pty, sigint-ignored, pid1]
  terminate: return
",
    while_it_works: "matrix: { terminate: [SIGTERM, SIGINT, SIGHUP, SIGQUIT] }\n",
    look: "matrix: { launch: direct, terminate: SIGKILL }\n",
    look_in_terminal: "matrix: { launch: pty, terminate: SIGKILL }\n",
    by_force: &["SIGKILL"],
    launches: &[
        ("direct", "an ordinary child"),
        ("pty", "in a terminal"),
        ("sigint-ignored", "as `cmd &` in a script"),
        ("pid1", "alone in a container"),
    ],
};

// Not tried: wm-close and end-session, which need a window of the program's own (taskkill finds one, if there is
// one), and the emulated events, which say nothing of what the system does.
static WINDOWS: Ways = Ways {
    os: Os::Windows,
    any: "matrix:
  launch: [direct, new-group, new-console, pseudo-console, job]
  terminate:
    [ctrl-c, ctrl-break, ctrl-c-attached, close-console-window, close-pseudo-console, taskkill, taskkill-force, terminate,
     close-job, stdin-eof, parent-death]
  exclude:
    - { launch: direct, terminate: ctrl-c-attached }
    - { launch: new-group, terminate: [ctrl-c-attached, taskkill, taskkill-force, terminate, stdin-eof, parent-death] }
    - { launch: new-console, terminate: [ctrl-c, ctrl-break, taskkill-force, terminate, stdin-eof, parent-death] }
    - launch: pseudo-console
      terminate: [ctrl-break, ctrl-c-attached, taskkill, taskkill-force, terminate, stdin-eof, parent-death]
    - launch: job
      terminate: [ctrl-c, ctrl-break, ctrl-c-attached, taskkill, taskkill-force, terminate, stdin-eof]
",
    // A console of its own with nothing redirected: there its standard input is the keys.
    in_terminal: "matrix:
  launch: new-console
  stdout: pty
  terminate: [ctrl-c-attached, close-console-window, taskkill, taskkill-force, terminate]
",
    by_itself: "matrix:
  launch: [direct, new-group, new-console, job]
  terminate: return
",
    while_it_works: "matrix: { terminate: [ctrl-c, ctrl-break, taskkill-force] }\n",
    look: "matrix: { launch: direct, terminate: terminate }\n",
    look_in_terminal: "matrix: { launch: new-console, stdout: pty, terminate: terminate }\n",
    by_force: &["terminate", "taskkill-force", "close-job"],
    launches: &[
        ("direct", "an ordinary child"),
        ("new-group", "in a process group of its own"),
        ("new-console", "in a console window of its own"),
        ("pseudo-console", "in a terminal"),
        ("job", "in a job that ends with its last handle"),
    ],
};
