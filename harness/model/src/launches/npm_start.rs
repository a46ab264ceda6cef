//! The launch `npm-start`.

use crate::launch::{Launch, Session, Start, Wrapper};
use crate::platform::Os;

/// By `npm start`: npm runs the script by a shell, and is what is signalled and waited for.
pub(super) static NPM_START: Launch = Launch {
    name: "npm-start",
    about: "By `npm start`, as a job of a shell: npm, which leads the process group, runs the target by `sh -c`, and \
            is what is signalled and waited for.",
    source: "https://docs.npmjs.com/cli/commands/npm-start; https://github.com/npm/run-script, lib/run-script-pkg.js",
    platforms: Os::UNIX,
    start: || Start { session: Session::NewGroup, wrapper: Wrapper::NpmStart, ..Start::default() },
};
