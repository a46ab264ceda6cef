//! What Wine cannot do, so that its cells are skipped with the reason, and neither pass nor fail.
//!
//! Each entry was seen with the versions that it names (`ci/wine`); a cell that Wine can decide is run,
//! whatever comes of it.

use crate::launch::WindowsConsole;
use crate::scenario::{Cell, Outcome, Program, Ran};

/// STATUS_CONTROL_C_EXIT, of a program that a control event ends.
const CONTROL_C: u32 = 0xC000_013A;
/// COR_E_FAILFAST, of a .NET program that ends by Environment.FailFast.
const COR_E_FAILFAST: u32 = 0x8013_1623;
/// STATUS_STACK_OVERFLOW.
const STACK_OVERFLOW: u32 = 0xC000_00FD;

/// One thing that Wine does not do.
struct Limit {
    /// The last major version that is known not to.
    until: u32,
    /// Continues "Wine N …".
    why: &'static str,
    applies: fn(&Program, &Cell) -> bool,
}

/// No version of Wine is known to do it.
const NEVER: u32 = u32::MAX;

static LIMITS: &[Limit] = &[
    Limit {
        until: NEVER,
        why: "does not call handlers for CTRL_BREAK_EVENT",
        applies: |_, cell| cell.terminate == "ctrl-break",
    },
    Limit {
        until: NEVER,
        why: "does not tell CTRL_BREAK from CTRL_C where that is disabled or ignored, in its CtrlRoutine",
        applies: |_, cell| {
            emulated(cell) && (cell.start.windows.new_group || cell.start.windows.ignore_ctrl_c)
        },
    },
    Limit {
        until: NEVER,
        why: "does not send CTRL_C to a new process group, though the target has enabled it again",
        applies: |_, cell| cell.start.windows.new_group && is_ended_by_ctrl_c(cell),
    },
    Limit {
        until: 8,
        why: "does not enable CTRL_C again where it is ignored by inheritance",
        applies: |_, cell| cell.start.windows.ignore_ctrl_c && is_ended_by_ctrl_c(cell),
    },
    Limit {
        until: NEVER,
        why: "does not hand CTRL_BREAK_EVENT to SIGBREAK, in its C run-time",
        applies: |_, cell| runs(cell, "SIGBREAK"),
    },
    Limit {
        until: NEVER,
        why: "does not keep programs of the GUI subsystem off the console of their parent",
        applies: |target, cell| is_gui(target) && cell.terminate == "ctrl-c",
    },
    Limit {
        until: NEVER,
        why: "does not send CTRL_CLOSE_EVENT: it ends the processes of a closed console silently",
        applies: closes_console,
    },
    Limit {
        until: NEVER,
        why: "does not take keys from a pseudo-console: its console host ends",
        applies: |_, cell| on(cell, WindowsConsole::Pseudo) && cell.terminate == "ctrl-c",
    },
    Limit {
        until: NEVER,
        why: "does not give the code of its exception record to what ends by RaiseFailFastException",
        applies: |_, cell| cell.terminate == "abort" && expects(cell, COR_E_FAILFAST),
    },
    Limit {
        until: 8,
        why: "does not know /T of taskkill",
        applies: |_, cell| matches!(&*cell.terminate, "taskkill-tree" | "taskkill-force-tree"),
    },
    Limit {
        until: 8,
        why: "does not give exit code 1 to what taskkill /F ends",
        applies: |_, cell| cell.terminate == "taskkill-force" && expects(cell, 1),
    },
    Limit {
        until: 8,
        why: "does not give exit code 0xC000013A to a program that the default handler ends",
        applies: |_, cell| expects(cell, CONTROL_C),
    },
    Limit {
        until: NEVER,
        why: "does not give exit code 0xC00000FD to a program whose stack overflows",
        applies: |_, cell| expects(cell, STACK_OVERFLOW),
    },
];

/// The reason for which a cell is not run under this version of Wine.
pub fn cannot(version: &str, target: &Program, cell: &Cell) -> Option<String> {
    let major: u32 = version.split(['.', '-']).next()?.parse().ok()?;
    let limit = LIMITS.iter().find(|limit| major <= limit.until && (limit.applies)(target, cell))?;
    Some(format!("Wine {major} {}", limit.why))
}

fn on(cell: &Cell, console: WindowsConsole) -> bool {
    cell.start.windows.console == console
}

/// Whether on Windows the cell closes a console: its window gets WM_CLOSE, or its pseudo-console goes.
fn closes_console(target: &Program, cell: &Cell) -> bool {
    let window = on(cell, WindowsConsole::New) || cell.start.windows.start_command;
    match &*cell.terminate {
        "close-pseudo-console" | "close-console-window" => true,
        // A window of the target's own takes WM_CLOSE by itself.
        "taskkill" | "taskkill-tree" => window && !is_gui(target),
        "parent-death" => on(cell, WindowsConsole::Pseudo),
        _ => false,
    }
}

fn emulated(cell: &Cell) -> bool {
    cell.terminate.starts_with("emulated-")
}

/// Whether the cell sends CTRL_C to a target that is not expected to let it pass.
fn is_ended_by_ctrl_c(cell: &Cell) -> bool {
    matches!(&*cell.terminate, "ctrl-c" | "ctrl-c-attached")
        && !cell.expect.outcome.contains(&Outcome::Survives)
}

/// Whether some role is expected to run this hook.
fn runs(cell: &Cell, hook: &str) -> bool {
    let lists = |ran: &Ran| match ran {
        Ran::Exactly(hooks) | Ran::AnyOrder(hooks) | Ran::Some { with: hooks, .. } => {
            hooks.iter().any(|known| known == hook)
        }
        Ran::Any => false,
    };
    cell.expect.cleanup.as_ref().is_some_and(|cleanup| cleanup.by_role.values().any(lists))
}

/// The fixtures of the GUI subsystem are named so, and linked so by their name.
fn is_gui(target: &Program) -> bool {
    matches!(target, Program::Fixture(name) if name.starts_with("windows/gui"))
}

fn expects(cell: &Cell, code: u32) -> bool {
    cell.expect.outcome.contains(&Outcome::Exit(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch::{Start, Stdout};
    use crate::launches;
    use crate::platform::Os;
    use crate::scenario::Expectation;
    use crate::terminations;
    use rstest::rstest;

    /// Every termination that a limit names, for the test that they exist.
    const NAMED: [&str; 10] = [
        "ctrl-break",
        "ctrl-c",
        "ctrl-c-attached",
        "taskkill",
        "taskkill-tree",
        "taskkill-force",
        "taskkill-force-tree",
        "close-pseudo-console",
        "close-console-window",
        "parent-death",
    ];

    fn cell(launch: &str, terminate: &str, outcome: &[Outcome]) -> Cell {
        let (_, ending) = terminations::find(terminate, Os::Windows).expect("a termination of Windows");
        let launch = launches::find(launch, Os::Windows).expect("a launch of Windows");
        let start: Start = (launch.start)();
        Cell {
            id: "s/l/t".to_owned(),
            version: None,
            launch: launch.name.to_owned(),
            start,
            stdout: Stdout::Pipe,
            stdout_is_axis: false,
            terminate: terminate.to_owned(),
            ending,
            expect: Expectation { outcome: outcome.to_vec(), ..Expectation::default() },
            skip: None,
        }
    }

    fn console() -> Program {
        Program::Fixture("windows/console.c".to_owned())
    }

    #[test]
    fn every_termination_named_here_exists() {
        for name in NAMED {
            assert!(terminations::find(name, Os::Windows).is_some(), "{name}");
        }
    }

    #[rstest]
    #[case("8.0", "direct", "ctrl-break", Some("Wine 8 does not call handlers for CTRL_BREAK_EVENT"))]
    #[case("10.0-rc1", "direct", "ctrl-break", Some("Wine 10 does not call handlers for CTRL_BREAK_EVENT"))]
    #[case("8.0", "direct", "taskkill-tree", Some("Wine 8 does not know /T of taskkill"))]
    #[case("10.0", "direct", "taskkill-tree", None)]
    #[case("8.0", "direct", "taskkill", None)]
    #[case("8.0", "direct", "ctrl-c", None)]
    #[case("8.0", "job", "parent-death", None)]
    fn a_cell_is_skipped_where_that_version_cannot(
        #[case] version: &str,
        #[case] launch: &str,
        #[case] terminate: &str,
        #[case] reason: Option<&str>,
    ) {
        assert_eq!(cannot(version, &console(), &cell(launch, terminate, &[])).as_deref(), reason);
    }

    #[rstest]
    #[case("new-console", "close-console-window")]
    #[case("pseudo-console", "parent-death")]
    fn what_closes_a_console_is_skipped(#[case] launch: &str, #[case] terminate: &str) {
        let reason = cannot("10.0", &console(), &cell(launch, terminate, &[])).unwrap_or_default();
        assert!(reason.contains("CTRL_CLOSE_EVENT"), "{reason}");
    }

    #[test]
    fn a_window_of_the_console_is_not_one_of_the_target() {
        let started = cell("start", "taskkill", &[Outcome::Exit(0)]);
        assert!(cannot("8.0", &console(), &started).is_some());
        assert_eq!(cannot("8.0", &Program::Fixture("windows/gui.c".to_owned()), &started), None);
    }

    #[test]
    fn a_target_that_enables_ctrl_c_again_is_skipped_and_one_that_does_not_is_run() {
        let ended = |launch| cell(launch, "ctrl-c-attached", &[Outcome::Exit(2)]);
        assert!(cannot("10.0", &console(), &ended("new-group")).is_some());
        assert!(cannot("8.0", &console(), &ended("ctrl-c-ignored")).is_some());
        assert_eq!(cannot("10.0", &console(), &ended("ctrl-c-ignored")), None);
        assert_eq!(cannot("8.0", &console(), &ended("direct")), None);
        let lives = cell("new-group", "ctrl-c-attached", &[Outcome::Survives]);
        assert_eq!(cannot("8.0", &console(), &lives), None);
    }

    #[test]
    fn an_exit_code_that_it_does_not_give_is_skipped() {
        let killed = cell("direct", "ctrl-c", &[Outcome::Exit(CONTROL_C)]);
        assert!(cannot("8.0", &console(), &killed).is_some());
        assert_eq!(cannot("10.0", &console(), &killed), None);
        let failed = cell("direct", "abort", &[Outcome::Exit(COR_E_FAILFAST)]);
        assert!(cannot("10.0", &console(), &failed).is_some());
        assert_eq!(cannot("10.0", &console(), &cell("direct", "abort", &[Outcome::Exit(3)])), None);
        let overflow = cell("direct", "stack-overflow", &[Outcome::Exit(STACK_OVERFLOW)]);
        assert!(cannot("10.0", &console(), &overflow).is_some());
    }
}
