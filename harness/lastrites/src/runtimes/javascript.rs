//! JavaScript: Node.js, Bun and Deno. Node.js and Bun share the sources in `fixtures/node`, because Bun
//! has the same API; Deno has its own.

use super::{Runtime, text};

/// Node.js, whatever version is on PATH.
pub(super) static NODE: Runtime = Runtime {
    name: "node",
    title: "Node.js",
    folder: "node",
    programs: &["node", "nodejs"],
    version: &["--version"],
    hint: "apt-get install nodejs",
    start_ms: 50,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};

/// An old Node.js, to show what has changed since.
pub(super) static NODE14: Runtime =
    Runtime { name: "node14", programs: &["node14"], hint: "ci/fixtures node14", ..copy(&NODE) };

/// A new Node.js.
pub(super) static NODE26: Runtime =
    Runtime { name: "node26", programs: &["node26"], hint: "ci/fixtures node26", ..copy(&NODE) };

/// Bun.
pub(super) static BUN: Runtime = Runtime {
    name: "bun",
    title: "Bun",
    programs: &["bun"],
    hint: "ci/fixtures bun",
    start_ms: 30,
    ..copy(&NODE)
};

/// Deno. Without the options it would look for a configuration above the sources, and write caches.
pub(super) static DENO: Runtime = Runtime {
    name: "deno",
    title: "Deno",
    folder: "deno",
    programs: &["deno"],
    version: &["--version"],
    hint: "ci/fixtures deno",
    start_ms: 40,
    // A folder for caches that cannot be made: they then stay in memory, and no file is left behind.
    env: &[("DENO_DIR", "/dev/null"), ("DENO_NO_UPDATE_CHECK", "1")],
    binaries: None,
    build: None,
    command: |fixture| {
        let options = ["run", "--allow-all", "--quiet", "--no-config", "--no-lock", "--no-code-cache"];
        let mut command = vec![fixture.program.clone()];
        command.extend(options.map(ToOwned::to_owned));
        command.push(text(&fixture.source));
        command
    },
};

const fn copy(of: &Runtime) -> Runtime {
    Runtime { ..*of }
}
