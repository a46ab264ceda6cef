//! Perl.

use super::{Runtime, text};

/// Perl 5.
pub(super) static PERL: Runtime = Runtime {
    name: "perl",
    title: "Perl",
    folder: "perl",
    programs: &["perl"],
    version: &["-e", "printf '%vd', $^V"],
    hint: "apt-get install perl",
    start_ms: 8,
    env: &[],
    binaries: None,
    build: None,
    command: |fixture| vec![fixture.program.clone(), text(&fixture.source)],
};
