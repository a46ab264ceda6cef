//! PHP on the command line; the fixtures use its extension pcntl.

use super::{Runtime, text};

/// PHP's CLI.
pub(super) static PHP: Runtime = Runtime {
    name: "php",
    title: "PHP",
    folder: "php",
    programs: &["php"],
    version: &["--version"],
    hint: "apt-get install php-cli",
    start_ms: 20,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};
