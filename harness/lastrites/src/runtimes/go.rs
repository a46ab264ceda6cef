//! Go: each fixture is one source and the protocol's, built as a program of its own.

use super::{Build, Runtime, text};
use std::env::consts::FAMILY;

/// The Go toolchain. Fixtures are named by the program that is built, `go/hooks`. For Wine they are built
/// beforehand by `ci/windows-runtimes`, with the `go` that tells the version.
pub(super) static GO: Runtime = Runtime {
    name: "go",
    title: "Go",
    folder: "go",
    programs: &["go"],
    version: &["version"],
    hint: "apt-get install golang-go",
    start_ms: 2,
    env: &[],
    binaries: Some(("", ".go")),
    build: Some(|fixture| {
        let folder = fixture.folder();
        let source = fixture.source.with_extension("go");
        // Files that are named are compiled whatever their build constraints say.
        let protocol =
            ["protocol.go".to_owned(), format!("protocol_{FAMILY}.go")].map(|file| folder.join(file));
        let mut command: Vec<String> =
            [fixture.program.as_str(), "build", "-o"].map(ToOwned::to_owned).to_vec();
        let inputs: Vec<_> = std::iter::once(source).chain(protocol).collect();
        command.push(text(&fixture.binary()));
        command.extend(inputs.iter().map(|file| text(file)));
        Build {
            output: fixture.binary(),
            inputs,
            commands: vec![command],
            cwd: folder,
            // Without cgo, so that Go's own runtime decides everything and no C compiler is needed; with a
            // cache of its own, since HOME may not be writable where this runs.
            env: vec![
                ("CGO_ENABLED".to_owned(), "0".to_owned()),
                ("GOCACHE".to_owned(), text(&fixture.out.join("cache"))),
                ("GOTOOLCHAIN".to_owned(), "local".to_owned()),
            ],
        }
    }),
    command: |fixture| vec![text(&fixture.binary())],
};
