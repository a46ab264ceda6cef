//! C on Windows, against the Windows interfaces themselves: consoles, windows, jobs.

use super::{Build, Runtime, text};

/// Windows, as `cmd`, which tells its version. The fixtures are compiled by MinGW's gcc: on Windows by
/// the harness, for Wine beforehand by `ci/wine`, since the compiler is a program of the host.
pub(super) static WINDOWS: Runtime = Runtime {
    name: "windows",
    title: "Windows API",
    folder: "windows",
    programs: &["cmd"],
    version: &["/d", "/c", "ver"],
    hint: "they run on Windows, or under Wine by ci/wine",
    start_ms: 10,
    env: &[],
    binaries: None,
    build: Some(|fixture| {
        let output = fixture.binary();
        // Of the GUI subsystem, as the linker's option decides and no line of the source can.
        let subsystem = if fixture.name.starts_with("gui") { "-mwindows" } else { "-mconsole" };
        let options = ["gcc", "-O1", "-Wall", "-Wextra", "-Wno-infinite-recursion", subsystem, "-o"];
        let mut command = options.map(ToOwned::to_owned).to_vec();
        command.extend([text(&output), text(&fixture.source), "-lws2_32".to_owned()]);
        Build {
            output,
            inputs: vec![fixture.source.clone(), fixture.folder().join("evidence.h")],
            commands: vec![command],
            cwd: fixture.folder(),
            env: Vec::new(),
        }
    }),
    command: |fixture| vec![text(&fixture.binary())],
};
