//! Rust: the fixtures are the binaries of one workspace, built by cargo, all at once.

use super::{Build, Runtime, text};

/// Rust, as `cargo`. The variant `panic-abort` builds with the profile of that name.
pub(super) static RUST: Runtime = Runtime {
    name: "rust",
    title: "Rust",
    folder: "rust",
    programs: &["cargo"],
    version: &["--version"],
    hint: "https://rustup.rs",
    start_ms: 1,
    env: &[],
    binaries: Some(("src/bin", ".rs")),
    build: Some(|fixture| {
        let profile = fixture.variant.as_deref().unwrap_or("fixture");
        let folder = fixture.folder();
        let mut command: Vec<String> = [fixture.program.as_str(), "build", "--quiet", "--locked", "--bins"]
            .map(ToOwned::to_owned)
            .to_vec();
        command.extend(["--profile".to_owned(), profile.to_owned()]);
        command.extend(["--target-dir".to_owned(), text(&fixture.out)]);
        Build {
            output: fixture.out.join(profile).join(&fixture.name),
            inputs: vec![folder.join("src"), folder.join("Cargo.toml"), folder.join("Cargo.lock")],
            commands: vec![command],
            cwd: folder,
            env: Vec::new(),
        }
    }),
    command: |fixture| {
        let profile = fixture.variant.as_deref().unwrap_or("fixture");
        vec![text(&fixture.out.join(profile).join(&fixture.name))]
    },
};
