//! The death of the process that started the target.

use crate::platform::Os;
use crate::signals::Signal;
use crate::termination::{Action, Ending, Needs, Termination, Whom};

/// SIGKILL to the parent.
pub(super) static PARENT_DEATH: Termination = Termination {
    name: "parent-death",
    about: "The process that started the target is killed; the target becomes an orphan.",
    source: "_exit(2): children are reparented; PR_SET_PDEATHSIG(2const); PR_SET_CHILD_SUBREAPER(2const)",
    platforms: Os::UNIX,
    examples: &["parent-death"],
    parse: |name| {
        (name == "parent-death").then(|| Ending {
            steps: Signal::parse("SIGKILL")
                .map(|signal| Action::Signal { signal, to: Whom::Parent })
                .into_iter()
                .collect(),
            needs: Needs { parent: true, ..Needs::default() },
            ..Ending::default()
        })
    },
};
