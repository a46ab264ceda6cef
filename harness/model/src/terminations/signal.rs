//! Signals: to one process, to a group, to a session, twice, with an escalation.

use crate::platform::Os;
use crate::signals::Signal;
use crate::termination::{Action, Ending, Needs, Termination, Whom};

fn send(signal: Signal, to: Whom) -> Action {
    Action::Signal { signal, to }
}

fn ending(signal: Signal, steps: Vec<Action>) -> Ending {
    Ending { steps, signal: Some(signal), ..Ending::default() }
}

/// The signal of a name that is written in full, `SIGTERM`. The short form is left to kill(1): one
/// spelling keeps ids comparable from run to run.
fn full(name: &str) -> Option<Signal> {
    if name.starts_with("SIG") { Signal::parse(name) } else { None }
}

/// kill(2) to the target.
pub(super) static PROCESS: Termination = Termination {
    name: "SIGNAL",
    about: "The signal, sent to the process that was started.",
    source: "kill(2); signal(7)",
    platforms: Os::UNIX,
    examples: &["SIGINT", "SIGTERM", "SIGKILL", "SIGHUP", "SIGUSR1", "SIGRTMIN"],
    parse: |name| full(name).map(|signal| ending(signal, vec![send(signal, Whom::Main)])),
};

/// The signal by its number on Linux.
pub(super) static NUMBER: Termination = Termination {
    name: "signal-NUMBER",
    about: "The signal of that number on Linux, sent to the process that was started.",
    source: "kill(2); signal(7), \"Standard signals\" and \"Real-time signals\"",
    platforms: &[Os::Linux],
    examples: &["signal-15", "signal-34"],
    parse: |name| {
        let digits = name.strip_prefix("signal-")?;
        let number: i32 = digits.parse().ok()?;
        // One spelling only, so `signal-015` and `signal-+15` are not names.
        if number.to_string() != digits {
            return None;
        }
        let signal = Signal::from_number(Os::Linux, number)?;
        Some(ending(signal, vec![send(signal, Whom::Main)]))
    },
};

/// kill(2) to a descendant.
pub(super) static ROLE: Termination = Termination {
    name: "SIGNAL:ROLE",
    about: "The signal, sent to the process with that role alone.",
    source: "kill(2)",
    platforms: Os::UNIX,
    examples: &["SIGTERM:server", "SIGKILL:worker"],
    parse: |name| {
        let (signal, role) = name.split_once(':')?;
        let signal = full(signal)?;
        if role.is_empty() {
            return None;
        }
        let to = if role == "main" { Whom::Main } else { Whom::Role(role.to_owned()) };
        Some(ending(signal, vec![send(signal, to)]))
    },
};

/// kill(2) to a process group.
pub(super) static GROUP: Termination = Termination {
    name: "SIGNAL-group",
    about: "The signal, sent to every process of the target's process group at once.",
    source: "kill(2), negative pid; killpg(3)",
    platforms: Os::UNIX,
    examples: &["SIGINT-group", "SIGTERM-group"],
    parse: |name| {
        let signal = full(name.strip_suffix("-group")?)?;
        let needs = Needs { own_group: true, ..Needs::default() };
        Some(Ending { needs, ..ending(signal, vec![send(signal, Whom::Group)]) })
    },
};

/// The signal to each process of a session.
pub(super) static SESSION: Termination = Termination {
    name: "SIGNAL-session",
    about: "The signal, sent to every process of the target's session, whatever its group.",
    source: "pkill(1), option -s; setsid(2)",
    platforms: Os::UNIX,
    examples: &["SIGTERM-session", "SIGHUP-session"],
    parse: |name| {
        let signal = full(name.strip_suffix("-session")?)?;
        let needs = Needs { own_session: true, ..Needs::default() };
        Some(Ending { needs, ..ending(signal, vec![send(signal, Whom::Session)]) })
    },
};

/// The same signal again.
pub(super) static TWICE: Termination = Termination {
    name: "SIGNAL-twice",
    about: "The signal, and the same again once the target has taken note of the first: an impatient user.",
    source: "kill(2); sigaction(2), SA_NODEFER",
    platforms: Os::UNIX,
    examples: &["SIGINT-twice", "SIGTERM-twice"],
    parse: |name| {
        let signal = full(name.strip_suffix("-twice")?)?;
        let steps = vec![send(signal, Whom::Main), Action::Settle, send(signal, Whom::Main)];
        Some(ending(signal, steps))
    },
};

/// What init systems and container engines do.
pub(super) static ESCALATE: Termination = Termination {
    name: "SIGNAL-escalate",
    about: "The signal, and SIGKILL if the target has not ended after the grace period.",
    source: "systemd.kill(5); docker stop; Kubernetes, Pod Lifecycle, termination of Pods",
    platforms: Os::UNIX,
    examples: &["SIGTERM-escalate", "SIGINT-escalate"],
    parse: |name| {
        let signal = full(name.strip_suffix("-escalate")?)?;
        let kill = Signal::parse("SIGKILL")?;
        Some(ending(signal, vec![send(signal, Whom::Main), Action::Grace, send(kill, Whom::Main)]))
    },
};

/// A signal that waits for SIGCONT.
pub(super) static STOPPED: Termination = Termination {
    name: "SIGNAL-stopped",
    about: "SIGSTOP, then the signal while the target is stopped, then SIGCONT.",
    source: "signal(7); POSIX.1-2024, XSH 2.4.3 Signal Actions: pending until the process is continued",
    platforms: Os::UNIX,
    examples: &["SIGTERM-stopped", "SIGINT-stopped"],
    parse: |name| {
        let signal = full(name.strip_suffix("-stopped")?)?;
        let stop = Signal::parse("SIGSTOP")?;
        let resume = Signal::parse("SIGCONT")?;
        let steps =
            vec![send(stop, Whom::Main), Action::Settle, send(signal, Whom::Main), send(resume, Whom::Main)];
        Some(ending(signal, steps))
    },
};
