//! A folder of its own for one test, and the command in it; and the targets, which each system has to offer
//! in its own way.

use assert_cmd::Command;
use lastrites_model::platform::Os;
use std::path::{Path, PathBuf};

/// A temporary folder with scenarios. Removed at the end of the test.
#[must_use]
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    #[track_caller]
    pub(crate) fn new() -> Sandbox {
        Sandbox { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// With one scenario, `scenario.yaml`.
    #[track_caller]
    pub(crate) fn with(scenario: &str) -> Sandbox {
        Sandbox::new().file("scenario.yaml", scenario)
    }

    /// With one more file.
    #[track_caller]
    pub(crate) fn file(self, name: &str, content: &str) -> Sandbox {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("to create it");
        std::fs::write(path, content).expect("to write a file");
        self
    }

    /// With one more file that can be run, on POSIX systems.
    #[track_caller]
    pub(crate) fn program(self, name: &str, content: &str) -> Sandbox {
        let sandbox = self.file(name, content);
        // By the command: the standard library has the mode of a file on some systems only.
        let status = std::process::Command::new("chmod").arg("+x").arg(sandbox.path(name)).status();
        assert!(status.is_ok_and(|status| status.success()), "{name} cannot be made a program");
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("to read a file")
    }

    /// The command, in the folder.
    #[track_caller]
    pub(crate) fn lastrites(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lastrites"));
        command.current_dir(self.folder.path()).args(arguments).env_remove("NO_COLOR");
        command
    }
}

/// Whether targets are shell scripts that are ended by signals. Elsewhere they are the fixtures of
/// `fixtures/windows`, and control events end them.
pub(crate) fn posix() -> bool {
    lastrites_os::facts().platform.os != Os::Windows
}

/// For a test of something that only POSIX systems have: says so where it is not one, and `ci/wine` prints it.
#[must_use]
pub(crate) fn only_on_posix(why: &str) -> bool {
    if !posix() {
        println!("not on Windows: {why}");
    }
    posix()
}

/// One of the two, by the system.
pub(crate) fn either<T>(on_posix: T, on_windows: T) -> T {
    if posix() { on_posix } else { on_windows }
}

/// The matrix of one cell: the end upon which [`saver`] saves.
pub(crate) fn one_cell() -> String {
    matrix(&["direct"])
}

/// Launches that [`saver`] saves under, three of them.
pub(crate) fn launches() -> [&'static str; 3] {
    either(["direct", "new-group", "new-session"], ["direct", "new-console", "no-window"])
}

/// A cell for each launch, with the end upon which [`saver`] saves.
pub(crate) fn matrix(launches: &[&str]) -> String {
    format!("matrix: {{ launch: [{}], terminate: [{}] }}\n", launches.join(", "), end())
}

/// The end upon which [`saver`] saves.
pub(crate) fn end() -> &'static str {
    either("SIGTERM", "ctrl-c-attached")
}

/// A scenario about a target that saves and exits with 0 when it is asked to end, with these further lines.
pub(crate) fn saver(rest: &str) -> String {
    if posix() { shell(&saves(), rest) } else { console(&[], rest) }
}

/// A scenario about a target that takes note of what asks it to end, and lives on.
pub(crate) fn stubborn(rest: &str) -> String {
    if posix() {
        let script = saves().replace("trap 'echo saved; exit 0' TERM", "trap : TERM");
        shell(&script.replace("|| exit 3", "|| :"), rest)
    } else {
        console(&["--handler", "ignore"], rest)
    }
}

/// A scenario about `fixtures/windows/console.c` with these arguments.
pub(crate) fn console(arguments: &[&str], rest: &str) -> String {
    let mut command = vec![windows_fixture("console"), "--plain".to_owned()];
    command.extend(arguments.iter().map(|&argument| argument.to_owned()));
    scenario(&command, rest).replace("^saved$", "^cleanup ctrl-c$")
}

/// A built fixture of `fixtures/windows`: `ci/windows-fixtures` makes them.
pub(crate) fn windows_fixture(name: &str) -> String {
    let folder = std::env::var("LASTRITES_WINDOWS_FIXTURES").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/lastrites/windows"),
        PathBuf::from,
    );
    let program = folder.join(format!("{name}.exe"));
    assert!(program.exists(), "{} is not built: ci/windows-fixtures", program.display());
    program.to_string_lossy().into_owned()
}

/// A scenario about `sh -c SCRIPT`, which says `ready` on standard output, with these further lines.
pub(crate) fn shell(script: &str, rest: &str) -> String {
    scenario(&["sh".to_owned(), "-c".to_owned(), script.to_owned()], rest)
}

/// A scenario about a command.
pub(crate) fn scenario(command: &[String], rest: &str) -> String {
    let words: Vec<String> = command.iter().map(|word| format!("'{}'", word.replace('\'', "''"))).collect();
    format!(
        "scenario: example\nabout: What does it do?\ntarget:\n  program: [{}]\n  \
         ready: {{ stdout: ready }}\n  hooks: {{ saved: {{ stdout: \"^saved$\" }} }}\n{rest}",
        words.join(", ")
    )
}

/// A target that saves on SIGTERM and then exits with 0.
const SAVES: &str =
    "trap 'echo saved; exit 0' TERM; echo ready; while :; do read -r line <&3 || exit 3; done";

/// A target that waits for a signal. `cat` on a FIFO that it holds open itself waits for ever.
pub(crate) fn saves() -> String {
    "mkfifo \"$TMPDIR/wait\"; exec 3<>\"$TMPDIR/wait\"; rm \"$TMPDIR/wait\"; ".to_owned() + SAVES
}
