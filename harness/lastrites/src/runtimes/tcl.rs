//! Tcl: its core, which knows no signal, and TclX, the extension that does.

use super::{Runtime, text};

/// `tclsh` has no option that prints a version and takes a script from nowhere but a file or standard
/// input: a shell asks it, and says where it is.
pub(super) static TCL: Runtime = Runtime {
    name: "tcl",
    title: "Tcl",
    folder: "tcl",
    programs: &["sh"],
    version: &[
        "-c",
        "echo 'puts [info patchlevel]; puts program=[info nameofexecutable]; exit' | exec tclsh",
    ],
    hint: "apt-get install tcl",
    start_ms: 6,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};

/// The same with TclX; its version is that of the extension.
pub(super) static TCLX: Runtime = Runtime {
    name: "tclx",
    title: "Tcl",
    folder: "tcl",
    programs: &["sh"],
    version: &[
        "-c",
        "echo 'puts [package require Tclx]; puts program=[info nameofexecutable]; exit' | exec tclsh",
    ],
    hint: "apt-get install tclx8.4",
    start_ms: 10,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};
