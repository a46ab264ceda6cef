//! Rust: the fixtures are the binaries of one workspace, built by cargo, all at once; on Windows one by one, since
//! most are about signals and exist on Unix only.

use super::{Build, Fixture, Runtime, text};
use std::env::consts::{EXE_SUFFIX, FAMILY};
use std::path::PathBuf;

/// Rust, as `cargo`. The variant `panic-abort` builds with the profile of that name. For Wine they are built beforehand
/// by `ci/windows-runtimes`, together with a program that tells by what.
pub(super) static RUST: Runtime = Runtime {
    name: "rust",
    title: "Rust",
    folder: "rust",
    programs: &["cargo", "built_by"],
    version: &["--version"],
    hint: "https://rustup.rs",
    start_ms: 1,
    env: &[],
    binaries: Some(("src/bin", ".rs")),
    build: Some(|fixture| {
        let profile = fixture.variant.as_deref().unwrap_or("fixture");
        let folder = fixture.folder();
        let mut command: Vec<String> =
            [fixture.program.as_str(), "build", "--quiet", "--locked"].map(ToOwned::to_owned).to_vec();
        if FAMILY == "windows" {
            command.extend(["--bin".to_owned(), fixture.name.clone()]);
        } else {
            command.push("--bins".to_owned());
        }
        command.extend(["--profile".to_owned(), profile.to_owned()]);
        command.extend(["--target-dir".to_owned(), text(&fixture.out)]);
        Build {
            output: program(fixture, profile),
            inputs: vec![folder.join("src"), folder.join("Cargo.toml"), folder.join("Cargo.lock")],
            commands: vec![command],
            cwd: folder,
            env: Vec::new(),
        }
    }),
    command: |fixture| {
        let profile = fixture.variant.as_deref().unwrap_or("fixture");
        vec![text(&program(fixture, profile))]
    },
};

fn program(fixture: &Fixture, profile: &str) -> PathBuf {
    fixture.out.join(profile).join(format!("{}{EXE_SUFFIX}", fixture.name))
}
