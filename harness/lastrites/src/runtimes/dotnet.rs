//! .NET. Only the runtimes can be had from the registries that `ci/fixtures` may use, no SDK: Mono's
//! compiler makes the programs, from the libraries of .NET Core 3.1, which later runtimes accept.

use super::{Build, Fixture, Runtime, text};
use std::path::{Path, PathBuf};

const ENV: &[(&str, &str)] = &[
    // There is no ICU where the tests run.
    ("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"),
    // Sockets and FIFOs for debuggers, named after the pid, would stay behind when a signal kills it.
    ("DOTNET_EnableDiagnostics", "0"),
    ("COMPlus_EnableDiagnostics", "0"),
    // Its double mapping of code needs large files in memory: a limit on file sizes would end it at once.
    ("DOTNET_EnableWriteXorExecute", "0"),
];

/// .NET 9.
pub(super) static DOTNET: Runtime = Runtime {
    name: "dotnet",
    title: ".NET",
    folder: "dotnet",
    programs: &["dotnet9"],
    version: &["--list-runtimes"],
    hint: "ci/fixtures dotnet",
    start_ms: 70,
    env: ENV,
    binaries: None,
    build: Some(build),
    command: |fixture| command(fixture, "9.0"),
};

/// .NET Core 3.1, to show what has changed since; on Windows the only one that can be had. There its program cannot be
/// renamed, and is known by its folder.
pub(super) static DOTNET31: Runtime = Runtime {
    name: "dotnet31",
    title: ".NET",
    folder: "dotnet",
    programs: &["dotnet31", "dotnet31/dotnet"],
    version: &["--list-runtimes"],
    hint: "ci/fixtures dotnet",
    start_ms: 70,
    env: ENV,
    binaries: None,
    build: Some(build),
    command: |fixture| command(fixture, "3.1"),
};

fn build(fixture: &Fixture) -> Build {
    let folder = fixture.folder();
    let output = assembly(fixture);
    // `ci/fixtures` puts the libraries to compile against beside the runtime.
    let installed =
        std::fs::canonicalize(&fixture.program).unwrap_or_else(|_| PathBuf::from(&fixture.program));
    let reference = installed.parent().unwrap_or(Path::new(".")).join("reference");
    let mut command: Vec<String> =
        ["mcs", "-nologo", "-nostdlib", "-noconfig"].map(ToOwned::to_owned).to_vec();
    command.push(format!("-lib:{}", text(&reference)));
    for library in [
        "System.Private.CoreLib",
        "System.Runtime",
        "System.Runtime.Extensions",
        "System.Runtime.InteropServices",
        "System.Console",
        "System.ComponentModel.Primitives",
        "System.Diagnostics.Process",
        "System.IO.FileSystem",
        "System.Threading",
        "System.Threading.Thread",
    ] {
        command.push(format!("-r:{library}.dll"));
    }
    command.push(format!("-out:{}", text(&output)));
    command.extend([fixture.name.clone(), "Protocol.cs".to_owned()]);
    Build {
        output,
        inputs: vec![fixture.source.clone(), folder.join("Protocol.cs")],
        commands: vec![command],
        cwd: folder,
        env: Vec::new(),
    }
}

fn command(fixture: &Fixture, version: &str) -> Vec<String> {
    let configuration = fixture.folder().join(format!("{version}.runtimeconfig.json"));
    let mut command = vec![fixture.program.clone(), "exec".to_owned(), "--runtimeconfig".to_owned()];
    command.extend([text(&configuration), text(&assembly(fixture))]);
    command
}

fn assembly(fixture: &Fixture) -> PathBuf {
    fixture.out.join(format!("{}.dll", fixture.stem()))
}
