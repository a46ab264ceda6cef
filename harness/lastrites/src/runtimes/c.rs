//! C and C++: each fixture is one source, compiled by the system's compiler. They are named by the program
//! that comes of it, `c/hooks`, so that a table shows the same name that a list of processes does.

use super::{Build, Fixture, Runtime, text};

/// C, by the compiler that POSIX names `c17` and everybody `cc`.
pub(super) static C: Runtime = Runtime {
    name: "c",
    title: "C",
    folder: "c",
    programs: &["cc", "gcc", "clang"],
    version: &["--version"],
    hint: "apt-get install gcc libc6-dev",
    start_ms: 1,
    env: &[],
    binaries: Some(("", ".c")),
    build: Some(|fixture| compile(fixture, "c", "-std=c11")),
    command: |fixture| vec![text(&fixture.binary())],
};

/// C++. It shares the protocol's header with C.
pub(super) static CPP: Runtime = Runtime {
    name: "cpp",
    title: "C++",
    folder: "cpp",
    programs: &["c++", "g++", "clang++"],
    version: &["--version"],
    hint: "apt-get install g++",
    start_ms: 2,
    env: &[],
    binaries: Some(("", ".cpp")),
    build: Some(|fixture| compile(fixture, "cpp", "-std=c++17")),
    command: |fixture| vec![text(&fixture.binary())],
};

fn compile(fixture: &Fixture, extension: &str, standard: &str) -> Build {
    let source = fixture.source.with_extension(extension);
    let protocol = fixture.folder().join("../c/protocol.h");
    // Optimised a little, as a program is that is used: what the compiler may leave out, it leaves out.
    let options = [standard, "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-pthread", "-o"];
    let mut command = vec![fixture.program.clone()];
    command.extend(options.map(ToOwned::to_owned));
    command.extend([text(&fixture.binary()), text(&source)]);
    Build {
        output: fixture.binary(),
        inputs: vec![source, protocol],
        commands: vec![command],
        cwd: fixture.folder(),
        env: Vec::new(),
    }
}
