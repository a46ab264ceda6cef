//! A folder of its own for one test, and the command in it.

use assert_cmd::Command;
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

/// A scenario about `sh -c SCRIPT`, which says `ready` on standard output, with these further lines.
pub(crate) fn shell(script: &str, rest: &str) -> String {
    let script = script.replace('\'', "''");
    format!(
        "scenario: example\nabout: What does it do?\ntarget:\n  program: [sh, -c, '{script}']\n  \
         ready: {{ stdout: ready }}\n  hooks: {{ saved: {{ stdout: \"^saved$\" }} }}\n{rest}"
    )
}

/// A target that saves on SIGTERM and then exits with 0.
pub(crate) const SAVES: &str =
    "trap 'echo saved; exit 0' TERM; echo ready; while :; do read -r line <&3 || exit 3; done";

/// A target that waits for a signal. `cat` on a FIFO that it holds open itself waits for ever.
pub(crate) fn saves() -> String {
    "mkfifo \"$TMPDIR/wait\"; exec 3<>\"$TMPDIR/wait\"; rm \"$TMPDIR/wait\"; ".to_owned() + SAVES
}
