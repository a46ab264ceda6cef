//! CPython.

use super::{Runtime, text};

/// CPython, as `python3`.
pub(super) static PYTHON: Runtime = Runtime {
    name: "python",
    title: "Python",
    folder: "python",
    programs: &["python3", "python"],
    // pyenv and the like put a shell script in front: a cell must start the interpreter itself.
    version: &[
        "-c",
        "import sys; print('%d.%d.%d' % sys.version_info[:3]); print('program=' + sys.executable)",
    ],
    hint: "apt-get install python3",
    start_ms: 20,
    // Files of bytecode would count as left behind.
    env: &[("PYTHONDONTWRITEBYTECODE", "1")],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};

/// An older CPython, to show what has changed since.
pub(super) static PYTHON312: Runtime =
    Runtime { name: "python312", programs: &["python3.12"], hint: "ci/fixtures python312", ..copy(&PYTHON) };

/// A newer CPython.
pub(super) static PYTHON313: Runtime =
    Runtime { name: "python313", programs: &["python3.13"], hint: "ci/fixtures python313", ..copy(&PYTHON) };

const fn copy(of: &Runtime) -> Runtime {
    Runtime { ..*of }
}
