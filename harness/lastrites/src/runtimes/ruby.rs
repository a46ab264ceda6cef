//! Ruby (MRI).

use super::{Runtime, text};

/// Ruby.
pub(super) static RUBY: Runtime = Runtime {
    name: "ruby",
    title: "Ruby",
    folder: "ruby",
    programs: &["ruby"],
    version: &["--version"],
    hint: "apt-get install ruby",
    start_ms: 60,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};
