//! One scenario: the file and its defaults put together, then resolved.

use super::World;
use super::diagnostic::{Problem, Reading};
use super::matrix::{self, Cells};
use super::node::Place;
use super::rules::{self, Applying};
use super::shape::{File, Limits as WrittenLimits, Rule};
use super::target::{self, Names};
use crate::launch::Session;
use crate::platform::Os;
use crate::scenario::{Control, Limits, Program, Scenario, Target};
use crate::termination::{Action, Stdin, Whom};
use std::path::Path;

/// The file with what only the shared one says. `folder` leads from the file to the shared one.
pub(super) fn merge(mut own: File, shared: File, folder: &Path, reading: &mut Reading) -> File {
    let forbidden = [
        ("scenario", shared.scenario.as_ref().map(|found| found.place)),
        ("defaults", shared.defaults.as_ref().map(|found| found.place)),
        ("control", shared.control.as_ref().map(|found| found.place)),
        ("claims", shared.claims.as_ref().map(|found| found.place)),
    ];
    for (key, place) in forbidden {
        if let Some(place) = place {
            reading.report(Problem::new(place, format!("a file of defaults cannot have `{key}`")));
        }
    }
    own.about = own.about.or(shared.about);
    own.tags = own.tags.or(shared.tags);
    own.platforms = own.platforms.or(shared.platforms);
    own.target = match (own.target, shared.target) {
        (Some(mut own), Some(shared)) => {
            own.value = target::merge(own.value, shared.value, folder);
            Some(own)
        }
        (None, Some(mut shared)) => {
            shared.value = target::relocate(shared.value, folder);
            Some(shared)
        }
        (own, None) => own,
    };
    own.limits = match (own.limits, shared.limits) {
        (Some(mut own), Some(shared)) => {
            own.value.ready = own.value.ready.or(shared.value.ready);
            own.value.quiet = own.value.quiet.or(shared.value.quiet);
            own.value.end = own.value.end.or(shared.value.end);
            own.value.survive = own.value.survive.or(shared.value.survive);
            own.value.grace = own.value.grace.or(shared.value.grace);
            own.value.after = own.value.after.or(shared.value.after);
            Some(own)
        }
        (own, shared) => own.or(shared),
    };
    own.matrix = match (own.matrix, shared.matrix) {
        (Some(mut own), Some(shared)) => {
            own.value = matrix::merge(own.value, shared.value);
            Some(own)
        }
        (own, shared) => own.or(shared),
    };
    own.expect = match (own.expect, shared.expect) {
        (Some(mut own), Some(shared)) => {
            own.value.splice(0..0, shared.value);
            Some(own)
        }
        (own, shared) => own.or(shared),
    };
    own
}

/// The scenario of a file on the world's system; `None` after its errors were noted. `written` are the
/// keys of the file and of its defaults, those that could not be read included.
pub(super) fn scenario(
    file: &File,
    written: &[String],
    path: &Path,
    world: &World<'_>,
    reading: &mut Reading,
) -> Option<Scenario> {
    let own = file.place.file;
    missing(file, written, reading);
    let name = file.scenario.as_ref().map(|name| name.value.0.as_str());
    let systems: Vec<Os> = match &file.platforms {
        Some(platforms) => platforms.value.0.iter().map(|platform| platform.value.0).collect(),
        None => Os::ALL.to_vec(),
    };
    let target = file.target.as_ref().and_then(|target| target::resolve(&target.value, world, reading));
    let mut cells: Vec<(Os, Vec<_>)> = Vec::new();
    // A matrix with errors has other cells than meant: every rule would seem to match nothing.
    let matrix = file.matrix.as_ref().filter(|matrix| !reading.within(matrix.place));
    if let Some(matrix) = matrix {
        let count = reading.count();
        let exclude =
            matrix.value.exclude.as_ref().map(|exclude| exclude.value.as_slice()).unwrap_or_default();
        let mut excluded = vec![false; exclude.len()];
        for &os in &systems {
            let version = target.as_ref().map_or("?", |target| match &target.program {
                Program::Fixture(name) => name.split('/').next().unwrap_or(name),
                Program::Path(program) => program,
            });
            let named = matrix::Named { scenario: name.unwrap_or("?"), version };
            let plan = matrix::plan(named, &matrix.value, os, reading);
            excluded.iter_mut().zip(plan.excluded).for_each(|(all, here)| *all |= here);
            cells.push((os, plan.cells));
        }
        for (selection, matched) in exclude.iter().zip(excluded) {
            if !matched && selection.place.file == own {
                reading.report(Problem::new(selection.place, "this exclusion leaves nothing out"));
            }
        }
        matrix::check_axes(file, own, &cells, reading);
        matrix::check_versions(file, world, reading);
        if cells.iter().all(|(_, cells)| cells.is_empty()) && reading.count() == count {
            reading
                .report(Problem::new(matrix.place, "the matrix has no cells").help(
                    "no combination of these launches and terminations has a meaning on these systems",
                ));
        }
    }
    let names = file.target.as_ref().and_then(|target| target::names(&target.value, reading));
    let rules: &[Rule] = file.expect.as_ref().map(|rules| rules.value.as_slice()).unwrap_or_default();
    let said: &[_] = file.claims.as_ref().map(|claims| claims.value.as_slice()).unwrap_or_default();
    let here = systems.iter().position(|&os| os == world.os);
    let mut claims = Vec::new();
    if matrix.is_some() {
        from_outside(target.as_ref(), &mut cells);
        check_terminations(file, target.as_ref(), names.as_ref(), &cells, reading);
        let place = match &file.expect {
            Some(expect) => Some(expect.place).filter(|&place| !reading.within(place)),
            None => Some(start(file.place)).filter(|_| !written.iter().any(|key| key == "expect")),
        };
        let applying = Applying { rules, names: names.as_ref(), own, place };
        rules::apply(&applying, &mut cells, reading);
        claims = rules::claims(said, names.as_ref(), &cells, here, reading);
    } else {
        rules::check_names(rules, said, names.as_ref(), reading);
    }
    // Any error of any file makes the whole of `load` fail, so nothing more is needed.
    if reading.count() > 0 {
        return None;
    }
    let mut target = target?;
    let mut cells = here.map(|here| cells.swap_remove(here).1).unwrap_or_default();
    let requests = |step: &Action| matches!(step, Action::Http { .. });
    if target.stdin_open {
        let piped = |cell: &&mut crate::scenario::Cell| cell.start.session != Session::Terminal;
        for cell in cells.iter_mut().filter(piped) {
            cell.ending.stdin = Stdin::Pipe;
        }
    }
    target.port |=
        target.fixed_port.is_none() && cells.iter().any(|cell| cell.ending.steps.iter().any(requests));
    if let Some(version) = world.wine.filter(|_| world.os == Os::Windows) {
        for cell in &mut cells {
            cell.skip = cell.skip.take().or_else(|| crate::wine::cannot(version, &target.program, cell));
        }
    }
    Some(Scenario {
        name: name?.to_owned(),
        about: file.about.as_ref()?.value.trim().to_owned(),
        file: path.to_owned(),
        tags: file
            .tags
            .as_ref()
            .map(|tags| tags.value.iter().map(|tag| tag.0.clone()).collect())
            .unwrap_or_default(),
        target,
        cells,
        claims,
        survey: false,
        limits: limits(file.limits.as_ref().map(|limits| &limits.value)),
        control: file.control.as_ref().and_then(|control| {
            Some(Control {
                verdict: control.value.verdict.as_ref()?.value.0.clone(),
                why: control.value.why.as_ref()?.value.0.as_str().to_owned(),
            })
        }),
    })
}

/// Notes the keys that a scenario must have, from itself or from its defaults.
fn missing(file: &File, written: &[String], reading: &mut Reading) {
    let keys = [
        ("scenario", "its unique name: scenario: python-atexit"),
        ("about", "the question that it answers"),
        ("target", "what is run: target: { fixture: python/atexit.py }"),
        ("matrix", "how it is started and ended: matrix: { terminate: [SIGTERM] }"),
    ];
    for (key, help) in keys {
        if !written.iter().any(|written| written == key) && !reading.suggested(key) {
            reading.report(Problem::new(start(file.place), format!("the key `{key}` is missing")).help(help));
        }
    }
    if let Some(matrix) = &file.matrix
        && matrix.value.terminate.is_none()
        && !reading.within(matrix.place)
    {
        reading.report(
            Problem::new(matrix.place, "the key `terminate` is missing").help("how the target is ended"),
        );
    }
}

/// The beginning of a node: an error about all of it has its caret there.
fn start(place: Place) -> Place {
    Place { end: place.start, ..place }
}

/// Only a fixture is told to read its input to the end. Any other program is ended from outside by it.
fn from_outside(target: Option<&Target>, cells: &mut Cells) {
    if matches!(target.map(|target| &target.program), Some(Program::Path(_))) {
        let cells = cells.iter_mut().flat_map(|(_, cells)| cells);
        for cell in cells.filter(|cell| cell.ending.own.as_deref() == Some("stdin")) {
            cell.ending.own = None;
        }
    }
}

/// Notes terminations that this target cannot be ended by.
fn check_terminations(
    file: &File,
    target: Option<&Target>,
    names: Option<&Names>,
    cells: &Cells,
    reading: &mut Reading,
) {
    let Some(matrix) = &file.matrix else { return };
    let include = matrix.value.include.as_ref().map(|include| include.value.as_slice()).unwrap_or_default();
    let written = std::iter::once(matrix.value.terminate.as_ref())
        .chain(include.iter().map(|inclusion| inclusion.terminate.as_ref()))
        .flatten()
        .flat_map(|names| &names.value.0);
    for name in written {
        let of_it = |cell: &&crate::scenario::Cell| cell.terminate == name.value.0;
        let Some(cell) = cells.iter().flat_map(|(_, cells)| cells).find(of_it) else { continue };
        for step in &cell.ending.steps {
            match step {
                Action::Signal { to: Whom::Role(role), .. } => {
                    rules::check_role(role, name.place, names, &[], reading);
                }
                Action::Http { .. }
                    if target.is_some_and(|target| !target.port && target.fixed_port.is_none()) =>
                {
                    reading.report(
                        Problem::new(name.place, "nothing tells the target its port")
                            .help("use {port} in `program`, `args`, `env` or `files` of the target"),
                    );
                }
                _ => {}
            }
        }
        if let (Some(requests), Some(_)) =
            (file.target.as_ref().and_then(|target| target.value.requests.as_ref()), &cell.ending.own)
        {
            reading.report(
                Problem::new(requests.place, "no request can be under way when the target ends by itself")
                    .label(format!("`{}` begins as soon as it is ready", name.value.0))
                    .help("requests are for ends from outside: a signal, Ctrl+C, a closed terminal"),
            );
        }
        // What a fixture is told by `--end`; of the ends with steps or limits, only the rest is needed.
        let told = cell.ending.steps.is_empty() && cell.ending.limits.is_empty();
        let own = cell.ending.own.as_deref().filter(|&own| told && own != "return");
        if let (Some(Program::Path(program)), Some(own)) = (target.map(|target| &target.program), own) {
            reading.report(
                Problem::new(name.place, format!("only a fixture can be told to end by `{own}`"))
                    .label(format!("the target is {program}"))
                    .help("`return` waits for a program that ends by itself"),
            );
        }
    }
}

fn limits(written: Option<&WrittenLimits>) -> Limits {
    let mut limits = Limits::default();
    if let Some(written) = written {
        let set = |limit: &mut std::time::Duration, to: &Option<super::node::At<super::values::Period>>| {
            if let Some(period) = to {
                *limit = period.value.0;
            }
        };
        set(&mut limits.ready, &written.ready);
        limits.quiet = limits.ready;
        set(&mut limits.quiet, &written.quiet);
        set(&mut limits.end, &written.end);
        set(&mut limits.survive, &written.survive);
        set(&mut limits.grace, &written.grace);
        set(&mut limits.after, &written.after);
    }
    limits
}
