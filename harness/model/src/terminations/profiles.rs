//! Terminations by the names under which people meet them, each made of primitive steps.
//!
//! None of these needs the engine that it is named after: they replay the steps that its documentation states.
//! Every grace is the scenario's own, not the ten or thirty seconds of the engine.

use crate::platform::Os;
use crate::signals::Signal;
use crate::termination::{Action, Ending, Needs, Termination, Whom};

/// One step of a profile, as its line in the table has it.
#[derive(Clone, Copy)]
enum Step {
    /// A signal to somebody.
    Send(&'static str, To),
    /// Until the target has ended, at most the grace.
    Wait,
    /// Until the whole tree has ended, at most the grace.
    WaitForAll,
    /// Until the target has taken note.
    Settle,
    /// Ctrl+C at the terminal.
    CtrlC,
    /// The terminal goes away.
    HangUp,
}

#[derive(Clone, Copy)]
enum To {
    Main,
    Group,
    Tree,
}

use Step::{CtrlC, HangUp, Send, Settle, Wait, WaitForAll};
use To::{Group, Main, Tree};

fn action(step: Step) -> Option<Action> {
    Some(match step {
        Send(signal, to) => Action::Signal {
            signal: Signal::parse(signal)?,
            to: match to {
                Main => Whom::Main,
                Group => Whom::Group,
                Tree => Whom::Tree,
            },
        },
        Wait => Action::Grace,
        WaitForAll => Action::GraceOfAll,
        Settle => Action::Settle,
        CtrlC => Action::Type(b"\x03"),
        HangUp => Action::HangUp,
    })
}

/// The ending of a list of steps. What they need of the launch follows from them.
fn ending(signal: &str, steps: &[Step]) -> Ending {
    let any = |is: fn(&Step) -> bool| steps.iter().any(is);
    Ending {
        steps: steps.iter().filter_map(|step| action(*step)).collect(),
        needs: Needs {
            terminal: any(|step| matches!(step, CtrlC | HangUp)),
            own_group: any(|step| matches!(step, Send(_, Group))),
            ..Needs::default()
        },
        signal: Signal::parse(signal),
        ..Ending::default()
    }
}

/// Declares profiles: a static, its name, the signal that `dies-of-it` speaks of, the steps, a sentence, a
/// source.
macro_rules! profiles {
    ($( $id:ident = $name:literal, $signal:literal, [$($step:expr),* $(,)?], $about:literal, $source:literal; )*) => {$(
        #[doc = $about]
        pub(super) static $id: Termination = Termination {
            name: $name,
            about: $about,
            source: $source,
            platforms: Os::UNIX,
            examples: &[$name],
            parse: |name| (name == $name).then(|| ending($signal, &[$($step),*])),
        };
    )*};
}

profiles! {
    DOCKER_STOP = "docker-stop", "SIGTERM", [Send("SIGTERM", Main), Wait, Send("SIGKILL", Main)],
        "What `docker stop` does to the main process of a container: with the launch `pid1` as there.",
        "https://docs.docker.com/reference/cli/docker/container/stop/";
    PODMAN_STOP = "podman-stop", "SIGTERM", [Send("SIGTERM", Main), Wait, Send("SIGKILL", Main)],
        "What `podman stop` does to the main process of a container whose image names no other signal.",
        "https://docs.podman.io/en/latest/markdown/podman-stop.1.html";
    KUBERNETES = "kubernetes", "SIGTERM", [Send("SIGTERM", Main), Wait, Send("SIGKILL", Tree)],
        "A pod without a preStop hook is deleted: SIGTERM to process 1 of each container, or the image's STOPSIGNAL; after the grace SIGKILL to all processes that are left. That its address is withdrawn at the same time is not replayed: a request that is `new` is what comes until then.",
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination";
    SYSTEMD_CONTROL_GROUP = "systemd-control-group", "SIGTERM",
        [Send("SIGTERM", Tree), Send("SIGCONT", Tree), WaitForAll, Send("SIGKILL", Tree)],
        "`systemctl stop` with KillMode=control-group, its default: every process of the unit.",
        "https://www.freedesktop.org/software/systemd/man/latest/systemd.kill.html";
    SYSTEMD_MIXED = "systemd-mixed", "SIGTERM",
        [Send("SIGTERM", Main), Send("SIGCONT", Main), Wait, Send("SIGKILL", Tree)],
        "`systemctl stop` with KillMode=mixed: SIGTERM to the main process, SIGKILL to all that are left.",
        "https://www.freedesktop.org/software/systemd/man/latest/systemd.kill.html";
    SYSTEMD_PROCESS = "systemd-process", "SIGTERM",
        [Send("SIGTERM", Main), Send("SIGCONT", Main), Wait, Send("SIGKILL", Main)],
        "`systemctl stop` with KillMode=process: the main process only, whatever it has started.",
        "https://www.freedesktop.org/software/systemd/man/latest/systemd.kill.html";
    SYSTEMD_SEND_SIGHUP = "systemd-send-sighup", "SIGTERM",
        [Send("SIGTERM", Tree), Send("SIGCONT", Tree), Send("SIGHUP", Tree), WaitForAll, Send("SIGKILL", Tree)],
        "`systemctl stop` with SendSIGHUP=yes, as for shells: SIGHUP immediately after SIGTERM.",
        "https://www.freedesktop.org/software/systemd/man/latest/systemd.kill.html";
    GITHUB_ACTIONS_CANCEL = "github-actions-cancel", "SIGINT",
        [Send("SIGINT", Main), Wait, Send("SIGTERM", Main), Wait, Send("SIGKILL", Tree)],
        "A cancelled step of GitHub Actions: SIGINT to its entry process, SIGTERM 7.5 s later, SIGKILL to the tree 2.5 s after that.",
        "https://docs.github.com/en/actions/reference/workflow-cancellation-reference";
    GITLAB_CANCEL = "gitlab-cancel", "SIGTERM", [Send("SIGTERM", Group), Wait, Send("SIGKILL", Group)],
        "A cancelled job of GitLab's shell executor: SIGTERM to its process group, then SIGKILL.",
        "https://gitlab.com/gitlab-org/gitlab-runner/merge_requests/1770";
    HEROKU = "heroku", "SIGTERM", [Send("SIGTERM", Tree), WaitForAll, Send("SIGKILL", Tree)],
        "A dyno of Heroku is stopped: SIGTERM to every process, SIGKILL to those that are left. That Heroku may send SIGTERM more than once is not replayed: see SIGTERM-twice.",
        "https://devcenter.heroku.com/articles/dyno-shutdown-behavior";
    AWS_ECS = "aws-ecs", "SIGTERM", [Send("SIGTERM", Main), Wait, Send("SIGKILL", Main)],
        "StopTask of Amazon ECS, which does what `docker stop` does.",
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html";
    SUPERVISORD = "supervisord", "SIGTERM", [Send("SIGTERM", Main), Wait, Send("SIGKILL", Main)],
        "`supervisorctl stop` with its defaults: stopsignal TERM, then SIGKILL after stopwaitsecs.",
        "https://supervisord.org/configuration.html#program-x-section-settings";
    SUPERVISORD_AS_GROUP = "supervisord-as-group", "SIGTERM",
        [Send("SIGTERM", Group), Wait, Send("SIGKILL", Group)],
        "`supervisorctl stop` with stopasgroup=true, which implies killasgroup: the whole process group.",
        "https://supervisord.org/configuration.html#program-x-section-settings";
    TIMEOUT = "timeout", "SIGTERM",
        [Send("SIGTERM", Main), Send("SIGTERM", Group), Send("SIGCONT", Main), Send("SIGCONT", Group)],
        "What timeout(1) does when the time is up: SIGTERM to the command and then to its group, so that the command may get it twice.",
        "https://www.gnu.org/software/coreutils/timeout";
    CTRL_C_TWICE = "ctrl-c-twice", "SIGINT", [CtrlC, Settle, CtrlC],
        "Ctrl+C typed again once the target has taken note of the first: an impatient user.",
        "termios(3), VINTR and ISIG; POSIX.1-2024, XBD 11.1.9 Special Characters";
    SSH_DISCONNECT = "ssh-disconnect", "SIGHUP", [HangUp],
        "The connection of an ssh session with a terminal is lost: sshd closes the terminal.",
        "sshd(8); POSIX.1-2024, XBD 11.1.10 Modem Disconnect";
    TERMINAL_CLOSED = "terminal-closed", "SIGHUP", [HangUp],
        "The window of a terminal emulator is closed: it closes the terminal.",
        "POSIX.1-2024, XBD 11.1.10 Modem Disconnect; pty(7)";
    TMUX_KILL_SESSION = "tmux-kill-session", "SIGHUP", [HangUp],
        "`tmux kill-session`: the session's windows are closed, and with each its terminal.",
        "tmux(1), kill-session; POSIX.1-2024, XBD 11.1.10 Modem Disconnect";
    LID_CLOSED = "lid-closed", "", [Send("SIGSTOP", Tree), Settle, Send("SIGCONT", Tree)],
        "A closed and opened laptop lid, as far as signals can show it: the tree stands still and goes on. A real suspend sends no signal at all, and clocks and connections go on without it.",
        "https://docs.kernel.org/power/freezing-of-tasks.html; signal(7), SIGSTOP and SIGCONT";
}

/// With a preStop hook of the kind `httpGet`.
pub(super) static KUBERNETES_PRESTOP: Termination = Termination {
    name: "kubernetes-prestop PATH",
    about: "A pod with a preStop hook is deleted: the hook's `httpGet` of PATH is answered first, then SIGTERM. The \
            grace of a pod begins with the hook, here with SIGTERM.",
    source: "https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/",
    platforms: Os::UNIX,
    examples: &["kubernetes-prestop /drain"],
    parse: |name| {
        let path = name.strip_prefix("kubernetes-prestop ")?;
        if !path.starts_with('/') || path.contains(char::is_whitespace) {
            return None;
        }
        let hook = Action::Http { method: "GET".to_owned(), path: path.to_owned() };
        let mut ending = ending("SIGTERM", &[Send("SIGTERM", Main), Wait, Send("SIGKILL", Tree)]);
        ending.steps.insert(0, hook);
        Some(ending)
    },
};
