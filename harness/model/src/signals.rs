//! POSIX signals by name, with their number on each system.
//!
//! Sources: signal(7) of Linux (the x86 and ARM column), `sys/signal.h` of FreeBSD and of Darwin.
//! A signal is carried by name; its number is looked up only where a system is told of it.

use crate::platform::Os;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One signal. Two are equal when their names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(&'static str);

/// What a signal does to a process that did nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAction {
    /// The process ends.
    Terminate,
    /// The process ends and may leave a core file.
    Core,
    /// Nothing happens.
    Ignore,
    /// The process stops.
    Stop,
    /// A stopped process goes on.
    Continue,
}

struct Row {
    name: &'static str,
    linux: Option<i32>,
    bsd: Option<i32>,
    action: DefaultAction,
}

const fn row(name: &'static str, linux: i32, bsd: i32, action: DefaultAction) -> Row {
    Row { name, linux: some(linux), bsd: some(bsd), action }
}

const fn some(number: i32) -> Option<i32> {
    if number == 0 { None } else { Some(number) }
}

use DefaultAction::{Continue, Core, Ignore, Stop, Terminate};

// FreeBSD and Darwin agree on 1 to 31; 0 stands for "has none".
static TABLE: &[Row] = &[
    row("SIGHUP", 1, 1, Terminate),
    row("SIGINT", 2, 2, Terminate),
    row("SIGQUIT", 3, 3, Core),
    row("SIGILL", 4, 4, Core),
    row("SIGTRAP", 5, 5, Core),
    row("SIGABRT", 6, 6, Core),
    row("SIGBUS", 7, 10, Core),
    row("SIGFPE", 8, 8, Core),
    row("SIGKILL", 9, 9, Terminate),
    row("SIGUSR1", 10, 30, Terminate),
    row("SIGSEGV", 11, 11, Core),
    row("SIGUSR2", 12, 31, Terminate),
    row("SIGPIPE", 13, 13, Terminate),
    row("SIGALRM", 14, 14, Terminate),
    row("SIGTERM", 15, 15, Terminate),
    row("SIGSTKFLT", 16, 0, Terminate),
    row("SIGCHLD", 17, 20, Ignore),
    row("SIGCONT", 18, 19, Continue),
    row("SIGSTOP", 19, 17, Stop),
    row("SIGTSTP", 20, 18, Stop),
    row("SIGTTIN", 21, 21, Stop),
    row("SIGTTOU", 22, 22, Stop),
    row("SIGURG", 23, 16, Ignore),
    row("SIGXCPU", 24, 24, Core),
    row("SIGXFSZ", 25, 25, Core),
    row("SIGVTALRM", 26, 26, Terminate),
    row("SIGPROF", 27, 27, Terminate),
    row("SIGWINCH", 28, 28, Ignore),
    row("SIGIO", 29, 23, Terminate),
    row("SIGPWR", 30, 0, Terminate),
    row("SIGSYS", 31, 12, Core),
    row("SIGRTMIN", 34, 0, Terminate),
    row("SIGRTMIN+1", 35, 0, Terminate),
    row("SIGRTMIN+2", 36, 0, Terminate),
    row("SIGRTMIN+3", 37, 0, Terminate),
    row("SIGRTMIN+4", 38, 0, Terminate),
    row("SIGRTMIN+5", 39, 0, Terminate),
    row("SIGRTMAX", 64, 0, Terminate),
];

impl Signal {
    /// The signal of that name, with or without `SIG`; `None` when there is none.
    pub fn parse(name: &str) -> Option<Signal> {
        TABLE
            .iter()
            .find(|row| row.name == name || row.name.strip_prefix("SIG") == Some(name))
            .map(|row| Signal(row.name))
    }

    /// Every known signal, in the order of the Linux numbers.
    pub fn all() -> impl Iterator<Item = Signal> {
        TABLE.iter().map(|row| Signal(row.name))
    }

    /// The signal that a system numbers so.
    pub fn from_number(os: Os, number: i32) -> Option<Signal> {
        Signal::all().find(|signal| signal.number(os) == Some(number))
    }

    /// The name, with `SIG`.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Its number on a system; `None` where that system lacks it.
    pub fn number(self, os: Os) -> Option<i32> {
        let row = self.row();
        match os {
            Os::Linux => row.linux,
            Os::Macos | Os::Freebsd => row.bsd,
            Os::Windows => None,
        }
    }

    /// What it does to a process that neither ignores nor catches it (signal(7), "Signal dispositions").
    pub fn default_action(self) -> DefaultAction {
        self.row().action
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.name == self.0).unwrap_or(&TABLE[0])
    }
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Signal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Signal::parse(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown signal {name}")))
    }
}
