//! The cells of a scenario on one system.

use super::World;
use super::diagnostic::{Problem, Reading};
use super::node::{At, Place};
use super::shape::{File, Inclusion, Matrix, Selection};
use super::values::OneOrMany;
use crate::launch::{Session, Start, Stdout, WindowsConsole};
use crate::platform::Os;
use crate::scenario::{Cell, Expectation, is_path, name_in};
use crate::termination::{Action, Ending, Stdin};
use crate::{launches, terminations};
use std::collections::BTreeSet;

/// Ours, with what only the other one says.
pub(super) fn merge(mut own: Matrix, shared: Matrix) -> Matrix {
    own.launch = own.launch.or(shared.launch);
    own.terminate = own.terminate.or(shared.terminate);
    own.stdout = own.stdout.or(shared.stdout);
    own.version = own.version.or(shared.version);
    own.include = own.include.or(shared.include);
    own.exclude = own.exclude.or(shared.exclude);
    own
}

/// The names of one key, or nothing.
fn names<T>(axis: Option<&At<OneOrMany<T>>>) -> &[At<T>] {
    axis.map(|axis| axis.value.0.as_slice()).unwrap_or_default()
}

/// One combination before it is known to have a meaning.
struct Combination<'a> {
    launch: &'a str,
    stdout: Option<Stdout>,
    version: Option<&'a str>,
    terminate: &'a str,
}

/// The cells of one system, in the order of the matrix, and the exclusions that left something out.
pub(super) struct Plan {
    pub(super) cells: Vec<Cell>,
    /// For each entry of `exclude`, whether it matched.
    pub(super) excluded: Vec<bool>,
}

/// The name of a scenario, and the version that its target has without saying so.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) scenario: &'a str,
    pub(super) version: &'a str,
}

/// Makes the cells.
pub(super) fn plan(named: Named<'_>, matrix: &Matrix, os: Os, reading: &mut Reading) -> Plan {
    let exclude = matrix.exclude.as_ref().map(|exclude| exclude.value.as_slice()).unwrap_or_default();
    let include = matrix.include.as_ref().map(|include| include.value.as_slice()).unwrap_or_default();
    // An inclusion can bring the axis in; then it is in every id, so that ids have one form.
    let axes = Axes {
        stdout: matrix.stdout.is_some() || include.iter().any(|inclusion| inclusion.stdout.is_some()),
        version: matrix.version.is_some() || include.iter().any(|inclusion| inclusion.version.is_some()),
    };
    let mut plan = Plan { cells: Vec::new(), excluded: vec![false; exclude.len()] };
    let mut ids = BTreeSet::new();

    for combination in product(matrix, None) {
        let Some(cell) = cell(named, &combination, axes, os) else { continue };
        let mut kept = true;
        for (selection, matched) in exclude.iter().zip(&mut plan.excluded) {
            if selects(selection, &cell, os) {
                kept = false;
                *matched = true;
            }
        }
        // Names that stand twice in one list were reported with the list.
        if kept && ids.insert(cell.id.clone()) {
            plan.cells.push(cell);
        }
    }
    for inclusion in include {
        for combination in product(matrix, Some(inclusion)) {
            let Some(cell) = cell(named, &combination, axes, os) else { continue };
            if ids.insert(cell.id.clone()) {
                plan.cells.push(cell);
            } else {
                reading.report(
                    Problem::new(inclusion.place, format!("two cells of one id: {}", cell.id))
                        .label("this is in the matrix already"),
                );
            }
        }
    }
    plan.cells.shrink_to_fit();
    plan
}

/// What stands in the ids beside the launch.
#[derive(Clone, Copy)]
struct Axes {
    stdout: bool,
    version: bool,
}

fn product<'a>(matrix: &'a Matrix, inclusion: Option<&'a Inclusion>) -> Vec<Combination<'a>> {
    let launch = inclusion.and_then(|inclusion| inclusion.launch.as_ref()).or(matrix.launch.as_ref());
    let terminate =
        inclusion.and_then(|inclusion| inclusion.terminate.as_ref()).or(matrix.terminate.as_ref());
    let stdout = inclusion.and_then(|inclusion| inclusion.stdout.as_ref()).or(matrix.stdout.as_ref());
    let mut launches: Vec<&str> = names(launch).iter().map(|name| name.value.0.as_str()).collect();
    if launches.is_empty() {
        launches.push("direct");
    }
    let mut stdouts: Vec<Option<Stdout>> = names(stdout).iter().map(|kind| Some(kind.value.0)).collect();
    if stdouts.is_empty() {
        stdouts.push(None);
    }
    let version = inclusion.and_then(|inclusion| inclusion.version.as_ref()).or(matrix.version.as_ref());
    let mut versions: Vec<Option<&str>> =
        names(version).iter().map(|name| Some(name.value.0.as_str())).collect();
    if versions.is_empty() {
        versions.push(None);
    }
    let mut all = Vec::new();
    for launch in launches {
        for &stdout in &stdouts {
            for &version in &versions {
                for terminate in names(terminate) {
                    all.push(Combination { launch, stdout, version, terminate: &terminate.value.0 });
                }
            }
        }
    }
    all
}

/// The cell of a combination, if the system has both and they have a meaning together.
fn cell(named: Named<'_>, combination: &Combination<'_>, axes: Axes, os: Os) -> Option<Cell> {
    let launch = launches::find(combination.launch, os)?;
    let (_, mut ending) = terminations::find(combination.terminate, os)?;
    let start = (launch.start)();
    let on_terminal = start.session == Session::Terminal;
    let stdout = combination.stdout.unwrap_or(if on_terminal { Stdout::Pty } else { Stdout::Pipe });
    // A line is typed there, not written to a pipe.
    if on_terminal && os.is_unix() && !ending.steps.contains(&Action::CloseStdin) {
        ending.stdin = Stdin::Null;
    }
    if !has_meaning(&start, stdout, &ending, os) {
        return None;
    }
    // The death of the parent is, for a target with PR_SET_PDEATHSIG, a signal.
    if ending.needs.parent && start.parent_death.is_some() {
        ending.signal = start.parent_death;
    }
    let mut launch_part = combination.launch.to_owned();
    if axes.stdout {
        launch_part.push('>');
        launch_part.push_str(stdout.name());
    }
    let version = axes.version.then(|| combination.version.unwrap_or(named.version).to_owned());
    if let Some(version) = &version {
        launch_part.push('@');
        launch_part.push_str(version);
    }
    Some(Cell {
        id: format!("{}/{launch_part}/{}", named.scenario, combination.terminate),
        version,
        launch: combination.launch.to_owned(),
        start,
        stdout,
        stdout_is_axis: axes.stdout,
        terminate: combination.terminate.to_owned(),
        ending,
        expect: Expectation::default(),
        skip: None,
    })
}

fn has_meaning(start: &Start, stdout: Stdout, ending: &Ending, os: Os) -> bool {
    let signals_exist = ending.steps.iter().all(|step| match step {
        Action::Signal { signal, .. } => signal.number(os).is_some(),
        _ => true,
    });
    // On a terminal, standard input is the terminal: nobody closes it. What makes a program read its end
    // there is a key, and a termination of its own: `ctrl-d`.
    let stdin_is_free = ending.stdin == Stdin::Null || start.session != Session::Terminal;
    signals_exist
        && stdin_is_free
        && ending.needs.met_by(start)
        && (!ending.needs.stdout_pipe || stdout == Stdout::Pipe)
        && (os.is_unix() || windows_has_meaning(start, stdout, ending))
}

/// On Windows, a terminal is a console: a detached target has none. `start` passes on no handles.
fn windows_has_meaning(start: &Start, stdout: Stdout, ending: &Ending) -> bool {
    let console = start.windows.start_command || start.windows.console != WindowsConsole::Detached;
    (stdout != Stdout::Pty || console) && (ending.stdin == Stdin::Null || !start.windows.start_command)
}

/// Whether a selection speaks of a cell.
pub(super) fn selects(selection: &Selection, cell: &Cell, os: Os) -> bool {
    fn among<T>(axis: Option<&At<OneOrMany<T>>>, is: impl Fn(&T) -> bool) -> bool {
        axis.is_none_or(|axis| axis.value.0.iter().any(|name| is(&name.value)))
    }
    among(selection.terminate.as_ref(), |name| name.0 == cell.terminate)
        && among(selection.launch.as_ref(), |name| name.0 == cell.launch)
        && among(selection.stdout.as_ref(), |kind| kind.0 == cell.stdout)
        && among(selection.version.as_ref(), |name| cell.version.as_ref() == Some(&name.0))
        && among(selection.platform.as_ref(), |name| name.0 == os)
}

/// All the cells of a scenario, on every system that it is for.
pub(super) type Cells = [(Os, Vec<Cell>)];

/// Notes names of a selection that no cell has on any system: with them, part of a rule is dead.
/// Gives whether there were any.
pub(super) fn names_without_cell(selection: &Selection, cells: &Cells, reading: &mut Reading) -> bool {
    let before = reading.count();
    let every = || cells.iter().flat_map(|(_, cells)| cells);
    for name in names(selection.terminate.as_ref()) {
        let written = &name.value.0;
        if !every().any(|cell| cell.terminate == *written) {
            let known: BTreeSet<&str> = every().map(|cell| cell.terminate.as_str()).collect();
            reading.report(no_cell(name.place, "termination", written).meant(written, known));
        }
    }
    for name in names(selection.launch.as_ref()) {
        let written = &name.value.0;
        if !every().any(|cell| cell.launch == *written) {
            let known: BTreeSet<&str> = every().map(|cell| cell.launch.as_str()).collect();
            reading.report(no_cell(name.place, "launch", written).meant(written, known));
        }
    }
    for name in names(selection.stdout.as_ref()) {
        let written = name.value.0;
        if !every().any(|cell| cell.stdout == written) {
            let known: BTreeSet<&str> = every().map(|cell| cell.stdout.name()).collect();
            reading
                .report(no_cell(name.place, "standard output", written.name()).meant(written.name(), known));
        }
    }
    for name in names(selection.version.as_ref()) {
        let written = &name.value.0;
        if !every().any(|cell| cell.version.as_ref() == Some(written)) {
            let known: BTreeSet<&str> = every().filter_map(|cell| cell.version.as_deref()).collect();
            let problem = no_cell(name.place, "version", written);
            reading.report(if known.is_empty() {
                problem.help("list the versions in the matrix: version: [python312, python313]")
            } else {
                problem.meant(written, known)
            });
        }
    }
    for name in names(selection.platform.as_ref()) {
        let written = name.value.0;
        if !cells.iter().any(|(os, cells)| *os == written && !cells.is_empty()) {
            let known: Vec<&str> = cells.iter().map(|(os, _)| os.name()).collect();
            reading.report(no_cell(name.place, "platform", written.name()).meant(written.name(), known));
        }
    }
    reading.count() > before
}

fn no_cell(place: Place, what: &str, name: &str) -> Problem {
    Problem::new(place, format!("the {what} `{name}` is in no cell of this scenario"))
}

/// Notes names of the matrix that make no cell on any system, with the reason, and exclusions that
/// leave nothing out. Only what this file says itself: shared names may be for other scenarios.
pub(super) fn check_axes(file: &File, own: usize, cells: &Cells, reading: &mut Reading) {
    let Some(matrix) = &file.matrix else { return };
    let include = matrix.value.include.as_ref().map(|include| include.value.as_slice()).unwrap_or_default();
    let mut launches = vec![matrix.value.launch.as_ref()];
    let mut terminations = vec![matrix.value.terminate.as_ref()];
    launches.extend(include.iter().map(|inclusion| inclusion.launch.as_ref()));
    terminations.extend(include.iter().map(|inclusion| inclusion.terminate.as_ref()));
    let systems: Vec<Os> = cells.iter().map(|(os, _)| *os).collect();
    let every = || cells.iter().flat_map(|(_, cells)| cells);
    for name in launches.into_iter().flat_map(names).filter(|name| name.place.file == own) {
        let written = &name.value.0;
        if every().any(|cell| cell.launch == *written) {
            continue;
        }
        let has: Vec<Os> = Os::ALL.into_iter().filter(|&os| launches::find(written, os).is_some()).collect();
        reading.report(makes_no_cell(name.place, "launch", written, &has, &systems, None));
    }
    for name in terminations.into_iter().flat_map(names).filter(|name| name.place.file == own) {
        let written = &name.value.0;
        if every().any(|cell| cell.terminate == *written) {
            continue;
        }
        let has: Vec<Os> =
            Os::ALL.into_iter().filter(|&os| terminations::find(written, os).is_some()).collect();
        let ending = has.first().and_then(|&os| terminations::find(written, os)).map(|(_, ending)| ending);
        reading.report(makes_no_cell(name.place, "termination", written, &has, &systems, ending.as_ref()));
    }
}

/// Notes versions that the target does not have. A path is looked for when the cells are run.
pub(super) fn check_versions(file: &File, world: &World<'_>, reading: &mut Reading) {
    let (Some(matrix), Some(target)) = (&file.matrix, &file.target) else { return };
    let Some(fixture) = &target.value.fixture else { return };
    let Some((_, rest)) = fixture.value.split_once('/') else { return };
    let include = matrix.value.include.as_ref().map(|include| include.value.as_slice()).unwrap_or_default();
    let versions = std::iter::once(matrix.value.version.as_ref())
        .chain(include.iter().map(|inclusion| inclusion.version.as_ref()))
        .flat_map(names);
    for version in versions {
        let written = &version.value.0;
        if is_path(written) || (world.fixtures)(&name_in(&fixture.value, written)) {
            continue;
        }
        let problem = Problem::new(version.place, format!("`{}` has no version `{written}`", fixture.value));
        let known = world.fixture_names.iter().filter_map(|name| name.split_once('/'));
        reading.report(problem.meant(written, known.filter(|(_, name)| *name == rest).map(|(name, _)| name)));
    }
}

fn makes_no_cell(
    place: Place,
    what: &str,
    name: &str,
    has: &[Os],
    systems: &[Os],
    ending: Option<&Ending>,
) -> Problem {
    let problem = Problem::new(place, format!("the {what} `{name}` makes no cell"));
    let list = |systems: &[Os]| systems.iter().map(|os| os.name()).collect::<Vec<_>>().join(", ");
    if !has.iter().any(|os| systems.contains(os)) {
        return problem.help(format!("it is for {}, the scenario for {}", list(has), list(systems)));
    }
    let needs = ending.map(|ending| ending.needs).unwrap_or_default();
    if needs.terminal {
        problem.help("it needs a terminal: add the launch `pty`")
    } else if needs.own_session {
        problem.help("it needs a session of the target's own: add the launch `new-session` or `pty`")
    } else if needs.own_group {
        problem.help("it needs a process group of the target's own: add the launch `new-group`")
    } else if needs.windows.job {
        problem.help("it needs a Job Object: add the launch `job`, `nested-job` or `breakaway`")
    } else if needs.windows.pseudo_console {
        problem.help("it needs a pseudo-console: add the launch `pseudo-console`")
    } else if needs.windows.console_window {
        problem.help("it needs a console with a window: add the launch `new-console` or `start`")
    } else if needs.windows.no_group {
        problem.help("it is for targets that lead no group: add another launch than `new-group`")
    } else if needs.stdout_pipe {
        problem.help("it needs a pipe for standard output")
    } else if ending.is_some_and(|ending| ending.steps.contains(&Action::CloseStdin)) {
        problem.help("it needs a pipe for standard input: add another launch, or `ctrl-d` for a terminal")
    } else {
        problem.help("every combination with it is excluded, or has no meaning")
    }
}
