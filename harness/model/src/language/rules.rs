//! Rules and claims, applied to cells.

use super::diagnostic::{Problem, Reading};
use super::matrix::{Cells, names_without_cell, selects};
use super::node::{At, Place};
use super::shape::{Claim as WrittenClaim, OutcomeSpec, Rule, Selection, Stated};
use super::target::{MAIN, Names};
use super::values::{CleanupSpec, LeftoversSpec, RanSpec};
use crate::platform::Os;
use crate::scenario::{Cell, Claim, ClaimCheck, Cleanup, Expectation, Leftovers, Outcome, Ran};
use crate::work::Answer;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A statement with its names resolved.
pub(super) struct Resolved {
    cleanup: Option<Arc<Cleanup>>,
    outcome: Option<Vec<Outcome>>,
    leftovers: Option<Leftovers>,
    work: Vec<(String, Vec<Answer>)>,
}

/// Resolves a statement, and notes hooks and roles that the target does not declare.
pub(super) fn resolve(stated: &Stated, names: Option<&Names>, reading: &mut Reading) -> Resolved {
    Resolved {
        cleanup: stated.cleanup.as_ref().map(|cleanup| Arc::new(resolve_cleanup(cleanup, names, reading))),
        work: resolve_work(stated, names, reading),
        outcome: stated
            .outcome
            .as_ref()
            .map(|outcome| outcome.value.0.iter().map(|outcome| resolve_outcome(&outcome.value)).collect()),
        leftovers: stated.leftovers.as_ref().map(|leftovers| match &leftovers.value {
            LeftoversSpec::None => Leftovers::None,
            LeftoversSpec::Any => Leftovers::Any,
            LeftoversSpec::Exactly(left) => Leftovers::Exactly {
                processes: left.processes.as_ref().map(|names| names.value.clone()).unwrap_or_default(),
                files: left
                    .files
                    .as_ref()
                    .map(|files| files.value.iter().map(|file| file.0.clone()).collect())
                    .unwrap_or_default(),
                port: left.port.as_ref().is_some_and(|port| port.value),
            },
        }),
    }
}

fn resolve_work(stated: &Stated, names: Option<&Names>, reading: &mut Reading) -> Vec<(String, Vec<Answer>)> {
    let written = stated.work.as_ref().map(|work| work.value.0.as_slice()).unwrap_or_default();
    let mut resolved = Vec::new();
    for (name, answers) in written {
        if let Some(names) = names
            && !names.requests.contains(&name.value)
        {
            let problem = Problem::new(name.place, format!("the target has no request `{}`", name.value));
            reading.report(match names.requests.as_slice() {
                [] => problem.help("declare `requests` in the target"),
                known => problem.meant(&name.value, known.iter().map(String::as_str)),
            });
        }
        let answers = answers.0.iter().map(|answer| answer.value.0).collect();
        resolved.push((name.value.clone(), answers));
    }
    resolved
}

fn resolve_outcome(spec: &OutcomeSpec) -> Outcome {
    match spec {
        OutcomeSpec::DiesOfIt => Outcome::DiesOfIt,
        OutcomeSpec::Survives => Outcome::Survives,
        OutcomeSpec::Ends => Outcome::Ends,
        OutcomeSpec::Exit(code) => Outcome::Exit(code.0),
        OutcomeSpec::Signal(signal) => Outcome::Signal(signal.0),
    }
}

fn resolve_cleanup(cleanup: &At<CleanupSpec>, names: Option<&Names>, reading: &mut Reading) -> Cleanup {
    if names.is_some_and(|names| names.hooks.is_empty()) {
        reading.report(
            Problem::new(cleanup.place, "the target has no hooks, so nothing can show what runs")
                .label("this would pass whatever happens")
                .help("declare `hooks` in the target, or say only `outcome` here"),
        );
        return Cleanup::default();
    }
    let mut resolved = Cleanup::default();
    match &cleanup.value {
        // `any` is about the cell, so it covers every process whose hooks would be looked at.
        CleanupSpec::Main(RanSpec::Any) => {
            resolved.by_role.insert(MAIN.to_owned(), Ran::Any);
            let roles = names.map(|names| names.roles.as_slice()).unwrap_or_default();
            resolved.by_role.extend(roles.iter().map(|role| (role.clone(), Ran::Any)));
        }
        CleanupSpec::Main(ran) => {
            resolved.by_role.insert(MAIN.to_owned(), resolve_ran(ran, names, reading));
        }
        CleanupSpec::ByRole(roles) => {
            for (role, ran) in roles {
                check_role(&role.value, role.place, names, &super::values::CLEANUP_KEYS, reading);
                resolved.by_role.insert(role.value.clone(), resolve_ran(ran, names, reading));
            }
        }
    }
    resolved
}

/// Notes a role that the target does not declare. `words` are other names that can stand there.
pub(super) fn check_role(
    role: &str,
    place: Place,
    names: Option<&Names>,
    words: &[&str],
    reading: &mut Reading,
) {
    let Some(names) = names else { return };
    let declared = || names.roles.iter().map(String::as_str);
    if role == MAIN || declared().any(|name| name == role) {
        return;
    }
    let problem = Problem::new(place, format!("the target has no role `{role}`"));
    let known = std::iter::once(MAIN).chain(declared()).chain(words.iter().copied());
    reading.report(problem.meant(role, known));
}

fn resolve_ran(ran: &RanSpec, declared: Option<&Names>, reading: &mut Reading) -> Ran {
    let mut names = |hooks: &[At<String>]| -> Vec<String> {
        for hook in hooks {
            let Some(declared) = declared else { break };
            if !declared.hooks.contains(&hook.value) {
                let problem = Problem::new(hook.place, format!("the target has no hook `{}`", hook.value));
                reading.report(problem.meant(&hook.value, declared.hooks.iter().map(String::as_str)));
            }
        }
        hooks.iter().map(|hook| hook.value.clone()).collect()
    };
    match ran {
        RanSpec::None => Ran::Exactly(Vec::new()),
        RanSpec::Any => Ran::Any,
        RanSpec::Exactly(hooks) => Ran::Exactly(names(hooks)),
        RanSpec::AnyOrder(hooks) => Ran::AnyOrder(names(hooks)),
        RanSpec::Some { with, without } => Ran::Some { with: names(with), without: names(without) },
    }
}

/// What the rules of a scenario are applied with.
pub(super) struct Applying<'a> {
    pub(super) rules: &'a [Rule],
    pub(super) names: Option<&'a Names>,
    /// The scenario's own file. A rule of another one is shared, and need not match here.
    pub(super) own: usize,
    /// Where cells that no rule speaks of are reported; nowhere where rules could not be read.
    pub(super) place: Option<Place>,
}

/// Fills in what is expected of each cell; notes rules that match none and cells without a rule.
pub(super) fn apply(applying: &Applying<'_>, cells: &mut Cells, reading: &mut Reading) {
    let mut outcomes: Vec<Vec<Option<Place>>> =
        cells.iter().map(|(_, cells)| vec![None; cells.len()]).collect();
    let mut spoken: Vec<Vec<bool>> = cells.iter().map(|(_, cells)| vec![false; cells.len()]).collect();
    let mut said: Vec<Vec<Said>> =
        cells.iter().map(|(_, cells)| vec![Said::default(); cells.len()]).collect();
    let mut broken = false;
    for rule in applying.rules {
        // A rule with errors might have matched anything.
        if reading.within(rule.place) {
            broken = true;
            continue;
        }
        let hits: Vec<(usize, usize)> = hits(rule.when.as_ref(), cells);
        if rule.place.file == applying.own && !matches(rule.when.as_ref(), &hits, cells, "this rule", reading)
        {
            broken = true;
            continue;
        }
        if hits.is_empty() {
            continue;
        }
        if says_nothing(&rule.stated) && rule.skip.is_none() && rule.because.is_none() {
            reading.report(
                Problem::new(rule.place, "this rule states nothing")
                    .help("say `cleanup`, `outcome`, `leftovers` or `work`, or `skip` with a reason"),
            );
        }
        let resolved = resolve(&rule.stated, applying.names, reading);
        let line = reading.line(rule.place);
        for (system, index) in hits {
            let cell = &mut cells[system].1[index];
            set(&mut cell.expect, &mut said[system][index], &resolved, line);
            if let Some(because) = &rule.because {
                cell.expect.because = Some(because.value.clone());
            }
            if let Some(skip) = &rule.skip {
                cell.skip = Some(skip.value.clone());
            }
            if let Some(outcome) = &rule.stated.outcome {
                outcomes[system][index] = Some(outcome.place);
            }
            spoken[system][index] |=
                rule.stated.cleanup.is_some() || rule.stated.outcome.is_some() || rule.skip.is_some();
        }
    }
    check_outcomes(cells, &outcomes, reading);
    if let Some(place) = applying.place.filter(|_| !broken) {
        check_spoken(cells, &spoken, place, reading);
    }
}

/// Notes undeclared names alone, where there are no cells to apply rules to.
pub(super) fn check_names(
    rules: &[Rule],
    claims: &[WrittenClaim],
    names: Option<&Names>,
    reading: &mut Reading,
) {
    let tests = claims.iter().flat_map(|claim| claim.tests.iter().flat_map(|tests| &tests.value));
    let stated = rules.iter().map(|rule| &rule.stated).chain(claims.iter().map(|claim| &claim.stated));
    for stated in stated.chain(tests.map(|test| &test.stated)) {
        resolve(stated, names, reading);
    }
}

fn says_nothing(stated: &Stated) -> bool {
    stated.cleanup.is_none()
        && stated.outcome.is_none()
        && stated.leftovers.is_none()
        && stated.work.is_none()
}

/// The cells that a `when` speaks of, as system and index.
fn hits(when: Option<&At<Selection>>, cells: &Cells) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (system, (os, cells)) in cells.iter().enumerate() {
        for (index, cell) in cells.iter().enumerate() {
            if when.is_none_or(|when| selects(&when.value, cell, *os)) {
                found.push((system, index));
            }
        }
    }
    found
}

/// Whether a `when` is sound: it matches cells, and each of its names does. Notes it otherwise.
fn matches(
    when: Option<&At<Selection>>,
    hits: &[(usize, usize)],
    cells: &Cells,
    what: &str,
    reading: &mut Reading,
) -> bool {
    let Some(when) = when else { return true };
    // Without any cell, the matrix is what is wrong.
    if cells.iter().all(|(_, cells)| cells.is_empty()) {
        return false;
    }
    if names_without_cell(&when.value, cells, reading) {
        return false;
    }
    if hits.is_empty() {
        reading.report(
            Problem::new(when.place, format!("{what} matches no cell"))
                .label("each of these names has cells, but none has all of them")
                .help("a combination without a meaning is no cell, as Ctrl+C without a terminal"),
        );
        return false;
    }
    true
}

/// The line that last spoke of cleanup, outcome, leftovers and work; 0 where none did.
type Said = [usize; 4];

/// Later statements win, each for what it states.
fn set(expect: &mut Expectation, said: &mut Said, stated: &Resolved, line: usize) {
    if let Some(cleanup) = &stated.cleanup {
        expect.cleanup = Some(Arc::clone(cleanup));
        said[0] = line;
    }
    if let Some(outcome) = &stated.outcome {
        expect.outcome.clone_from(outcome);
        said[1] = line;
    }
    if let Some(leftovers) = &stated.leftovers {
        expect.leftovers = leftovers.clone();
        said[2] = line;
    }
    if !stated.work.is_empty() {
        Arc::make_mut(&mut expect.work).extend(stated.work.iter().cloned());
        said[3] = line;
    }
    let lines: BTreeSet<usize> = said.iter().copied().filter(|&line| line > 0).collect();
    expect.lines = lines.into_iter().collect();
}

/// Notes outcomes that their cells cannot have.
fn check_outcomes(cells: &Cells, outcomes: &[Vec<Option<Place>>], reading: &mut Reading) {
    for ((os, cells), places) in cells.iter().zip(outcomes) {
        for (cell, place) in cells.iter().zip(places) {
            if let Some(place) = place {
                check_outcome(cell, &cell.expect.outcome, *os, *place, reading);
            }
        }
    }
}

fn check_outcome(cell: &Cell, outcomes: &[Outcome], os: Os, place: Place, reading: &mut Reading) {
    for outcome in outcomes {
        match outcome {
            Outcome::DiesOfIt | Outcome::Signal(_) if !os.is_unix() => reading.report(
                Problem::new(place, format!("on {} no process dies of a signal", os.name()))
                    .label(format!("said of {}", cell.id))
                    .help("name `platform` in `when`, or leave windows out of `platforms`"),
            ),
            Outcome::DiesOfIt if cell.ending.signal.is_none() => reading.report(
                Problem::new(place, format!("`{}` sends no signal that it could die of", cell.terminate))
                    .label(format!("said of {}", cell.id))
                    .help("say what it does instead: { exit: N }, { signal: NAME }, survives, ends"),
            ),
            Outcome::Exit(code) if os.is_unix() && *code > 255 => reading.report(
                Problem::new(place, format!("on {} an exit status is at most 255, not {code}", os.name()))
                    .label(format!("said of {}", cell.id)),
            ),
            _ => {}
        }
    }
}

/// How many cells a message names.
const SHOWN: usize = 4;

fn check_spoken(cells: &Cells, spoken: &[Vec<bool>], place: Place, reading: &mut Reading) {
    let mut silent: Vec<&str> = Vec::new();
    let mut known = BTreeSet::new();
    for ((_, cells), spoken) in cells.iter().zip(spoken) {
        for (cell, spoken) in cells.iter().zip(spoken) {
            if !spoken && known.insert(cell.id.as_str()) {
                silent.push(&cell.id);
            }
        }
    }
    let Some((first, _)) = silent.split_first() else { return };
    let message = match silent.len() {
        1 => format!("no rule says what is expected of {first}"),
        many => format!("no rule says what is expected of {many} cells"),
    };
    let shown: Vec<&str> = silent.iter().copied().take(SHOWN).collect();
    let more = if silent.len() > SHOWN { ", …" } else { "" };
    let mut problem = Problem::new(place, message);
    if silent.len() > 1 {
        problem = problem.help(format!("they are {}{more}", shown.join(", ")));
    }
    reading.report(problem.help("a rule with `cleanup` or `outcome`, or with `skip`, must match each cell"));
}

/// One test of a claim as written.
struct Tested<'a> {
    when: Option<&'a At<Selection>>,
    stated: &'a Stated,
    place: Place,
}

/// The claims, with the cells of the system of which `here` is the index, if it is one of them.
pub(super) fn claims(
    written: &[WrittenClaim],
    names: Option<&Names>,
    cells: &Cells,
    here: Option<usize>,
    reading: &mut Reading,
) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for claim in written {
        let (Some(id), Some(says), Some(source)) = (&claim.id, &claim.says, &claim.source) else { continue };
        if claims.iter().any(|other| other.id == id.value.0) {
            reading.report(
                Problem::new(id.place, format!("the claim `{}` stands here twice", id.value.0))
                    .help("one claim can have several `tests`"),
            );
        }
        let checks = if reading.within(claim.place) {
            Vec::new()
        } else {
            tests(claim, reading).iter().filter_map(|test| check(test, names, cells, here, reading)).collect()
        };
        claims.push(Claim {
            id: id.value.0.clone(),
            says: says.value.clone(),
            source: source.value.clone(),
            version: claim.version.as_ref().map(|version| version.value.0.clone()),
            condition: claim.condition.as_ref().map(|condition| condition.value.clone()),
            untested: claim.untested.as_ref().map(|reason| reason.value.clone()),
            checks,
        });
    }
    claims
}

/// The tests of a claim; notes a claim that has none and no reason for it, or both.
fn tests<'a>(claim: &'a WrittenClaim, reading: &mut Reading) -> Vec<Tested<'a>> {
    let single = claim.when.is_some() || !says_nothing(&claim.stated);
    if let Some(reason) = &claim.untested {
        if single || claim.tests.is_some() {
            reading.report(Problem::new(reason.place, "this claim has tests, so it is not untested"));
        }
        return Vec::new();
    }
    match &claim.tests {
        Some(tests) if single => {
            reading.report(
                Problem::new(tests.place, "a claim has either `tests` or one test of its own")
                    .help("move `when` and what it states into `tests`"),
            );
            Vec::new()
        }
        Some(tests) if !tests.value.is_empty() => tests
            .value
            .iter()
            .map(|test| Tested { when: test.when.as_ref(), stated: &test.stated, place: test.place })
            .collect(),
        None if single => {
            vec![Tested { when: claim.when.as_ref(), stated: &claim.stated, place: claim.place }]
        }
        _ => {
            reading.report(
                Problem::new(claim.place, "nothing tests this claim")
                    .help("say `when` and what it predicts, or `untested` with the reason"),
            );
            Vec::new()
        }
    }
}

fn check(
    test: &Tested<'_>,
    names: Option<&Names>,
    cells: &Cells,
    here: Option<usize>,
    reading: &mut Reading,
) -> Option<ClaimCheck> {
    let hits = hits(test.when, cells);
    if !matches(test.when, &hits, cells, "this claim", reading) {
        return None;
    }
    if says_nothing(test.stated) {
        reading.report(
            Problem::new(test.place, "this claim predicts nothing")
                .help("say `cleanup`, `outcome`, `leftovers` or `work`"),
        );
        return None;
    }
    let resolved = resolve(test.stated, names, reading);
    // What a claim does not speak of cannot refute it.
    let mut predicts = Expectation { leftovers: Leftovers::Any, ..Expectation::default() };
    set(&mut predicts, &mut Said::default(), &resolved, reading.line(test.place));
    if let Some(outcome) = &test.stated.outcome {
        for &(system, index) in &hits {
            let (os, cells) = &cells[system];
            check_outcome(&cells[index], &predicts.outcome, *os, outcome.place, reading);
        }
    }
    let cells =
        hits.into_iter().filter(|(system, _)| Some(*system) == here).map(|(_, index)| index).collect();
    Some(ClaimCheck { cells, predicts })
}
