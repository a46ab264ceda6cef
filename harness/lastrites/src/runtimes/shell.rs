//! POSIX shells. They share the sources in `fixtures/shell`.

use super::{Runtime, text};

/// GNU bash.
pub(super) static BASH: Runtime = Runtime {
    name: "bash",
    title: "bash",
    folder: "shell",
    programs: &["bash"],
    version: &["--version"],
    hint: "apt-get install bash",
    start_ms: 3,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};

/// The Debian Almquist shell. It has no option that prints its version; the package knows it.
pub(super) static DASH: Runtime = Runtime {
    name: "dash",
    title: "dash",
    folder: "shell",
    programs: &["dash"],
    version: &["-c", "dpkg-query --showformat='${Version}' --show dash 2>/dev/null || echo 0.0"],
    hint: "apt-get install dash",
    start_ms: 1,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};

/// The shell of busybox, an Almquist shell too.
pub(super) static BUSYBOX: Runtime = Runtime {
    name: "busybox",
    title: "busybox sh",
    folder: "shell",
    programs: &["busybox"],
    version: &["--help"],
    hint: "apt-get install busybox",
    start_ms: 1,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), "sh".to_owned(), text(&fixture.source)],
};
