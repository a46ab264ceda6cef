//! Observation → Judgement: what was seen, held against what the scenario says.
//!
//! A cell passes only with evidence. Whatever the harness could not do, or the target did against the
//! protocol, is an error with its kind, never a pass and never a fail.

use crate::observation::{Ended, HookRun, Judgement, Left, Observation, Trouble, Verdict};
use crate::scenario::{Cell, Cleanup, Control, Expectation, Leftovers, Outcome, Ran, Scenario};
use crate::signals::Signal;
use crate::words;
use crate::work::Answer;

/// Judges one cell, and where its scenario is a negative control, whether it was caught.
pub fn judged(scenario: &Scenario, cell: &Cell, seen: &Observation) -> Judgement {
    let plain = judge(scenario, cell, seen);
    match &scenario.control {
        Some(control) => control_caught(control, &plain),
        None => plain,
    }
}

/// Judges one cell by the scenario's rules alone; [`control_caught`] comes on top.
pub fn judge(_scenario: &Scenario, cell: &Cell, seen: &Observation) -> Judgement {
    if let Some(trouble) = &seen.trouble {
        return error(trouble_words(trouble));
    }
    match &seen.outcome {
        None => return error("the harness saw no end of it and no survival".to_owned()),
        Some(Ended::NeverReady) => return error("never ready".to_owned()),
        Some(_) => {}
    }
    let differences = differences(&cell.expect, cell.ending.signal, seen);
    if differences.is_empty() {
        Judgement { verdict: Verdict::Pass, why: String::new() }
    } else {
        Judgement { verdict: Verdict::Fail, why: differences.join("; ") }
    }
}

/// A cell that was not run, with the reason that a reader can act on.
pub fn skipped(reason: impl Into<String>) -> Judgement {
    Judgement { verdict: Verdict::Skip, why: reason.into() }
}

/// The judgement of a negative control's cell: pass where the rules caught it for the right reason.
/// A control that could not be run here stays skipped; that is no catch and no miss.
pub fn control_caught(control: &Control, plain: &Judgement) -> Judgement {
    if plain.verdict == Verdict::Skip {
        return plain.clone();
    }
    let saw = match plain.verdict {
        Verdict::Pass => "pass".to_owned(),
        other => format!("{}: {}", other.word(), plain.why),
    };
    let missed =
        |what: String| Judgement { verdict: Verdict::Fail, why: format!("control not caught: {what}") };
    if plain.verdict.word() != control.verdict {
        return missed(format!("expected {}, saw {saw}", control.verdict));
    }
    match regex::Regex::new(&control.why) {
        Ok(pattern) if pattern.is_match(&plain.why) => {
            Judgement { verdict: Verdict::Pass, why: String::new() }
        }
        Ok(_) => missed(format!(
            "expected {} for a reason that matches `{}`, saw {saw}",
            control.verdict, control.why
        )),
        Err(_) => missed(format!("`{}` is no pattern", control.why)),
    }
}

/// The judgement of a cell that was run several times. Two runs are the same when outcome, cleanup by
/// role, leftovers and trouble are; durations and standard error may differ.
///
/// Nothing is passed because most runs passed: one differing run makes the cell flaky.
pub fn repeated(runs: &[(Observation, Judgement)]) -> Judgement {
    let Some((first, judgement)) = runs.first() else {
        return error("it was run no times".to_owned());
    };
    let differing: Vec<(usize, &Observation)> = runs
        .iter()
        .enumerate()
        .filter(|(_, (seen, _))| !same(first, seen))
        .map(|(index, (seen, _))| (index + 1, seen))
        .collect();
    match differing.first() {
        None => judgement.clone(),
        Some((number, other)) => Judgement {
            verdict: Verdict::Flaky,
            why: format!(
                "{} of {} runs differ from the first: it saw {}; run {number} saw {}",
                differing.len(),
                runs.len(),
                told(first),
                told(other)
            ),
        },
    }
}

/// Whether two observations of one cell say the same: durations, standard error, the core flag (it
/// depends on the machine's limits) and the order between processes do not count.
pub fn same(a: &Observation, b: &Observation) -> bool {
    let end = |seen: &Observation| match &seen.outcome {
        Some(Ended::Signaled { signal, .. }) => Some(Ended::Signaled { signal: *signal, core: false }),
        other => other.clone(),
    };
    let kind = |seen: &Observation| seen.trouble.as_ref().map(std::mem::discriminant);
    end(a) == end(b)
        && words::by_role(&a.cleanup) == words::by_role(&b.cleanup)
        && a.leftovers == b.leftovers
        && words::work(&a.work) == words::work(&b.work)
        && kind(a) == kind(b)
}

/// Where an observation differs from what is expected, one phrase for each difference; empty where it
/// agrees. `sent` is the signal that `dies-of-it` speaks of.
pub fn differences(expect: &Expectation, sent: Option<Signal>, seen: &Observation) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(cleanup) = &expect.cleanup {
        cleanup_differences(cleanup, &seen.cleanup, &mut found);
    }
    outcome_difference(&expect.outcome, sent, seen, &mut found);
    work_differences(expect, seen, &mut found);
    // What lives beside a survivor has not stayed behind: the end that it would outlive has not come.
    if seen.outcome != Some(Ended::Survived) {
        leftover_differences(&expect.leftovers, &seen.leftovers, &mut found);
    }
    found
}

/// An acceptable outcome in words: `exit 0`, `dies of SIGTERM`, `survives`, `an end`.
pub fn outcome_words(outcome: &Outcome, sent: Option<Signal>) -> String {
    match (outcome, sent) {
        (Outcome::Exit(code), _) => format!("exit {}", words::exit_code(*code)),
        (Outcome::Signal(signal), _) => format!("signal {signal}"),
        (Outcome::DiesOfIt, Some(signal)) => format!("signal {signal}"),
        (Outcome::DiesOfIt, None) => "death of the signal sent".to_owned(),
        (Outcome::Survives, _) => "survives".to_owned(),
        (Outcome::Ends, _) => "an end".to_owned(),
    }
}

fn error(why: String) -> Judgement {
    Judgement { verdict: Verdict::Error, why }
}

fn trouble_words(trouble: &Trouble) -> String {
    let kind = words::trouble(trouble);
    let (Trouble::NotStarted(detail)
    | Trouble::NeverReady(detail)
    | Trouble::NotDelivered(detail)
    | Trouble::Protocol(detail)
    | Trouble::NotChecked(detail)
    | Trouble::Harness(detail)) = trouble;
    if detail.is_empty() { kind.to_owned() } else { format!("{kind}: {detail}") }
}

fn told(seen: &Observation) -> String {
    if let Some(trouble) = &seen.trouble {
        return trouble_words(trouble);
    }
    let end = seen.outcome.as_ref().map_or("no end".to_owned(), |end| words::ended(end, None));
    let work = if seen.work.is_empty() { String::new() } else { format!(", {}", words::work(&seen.work)) };
    let (cleanup, left) = (words::cleanup(&seen.cleanup), words::left(&seen.leftovers));
    format!("{end}, cleanup {cleanup}{work}, left behind {left}")
}

fn cleanup_differences(expected: &Cleanup, seen: &[HookRun], found: &mut Vec<String>) {
    let ran = words::by_role(seen);
    let of = |role: &str| ran.iter().find(|(name, _)| *name == role).map_or(&[][..], |(_, hooks)| hooks);
    let place = |role: &str| if role == "main" { String::new() } else { format!(" in {role}") };
    for (role, want) in &expected.by_role {
        let saw = of(role);
        if !agrees(want, saw) {
            found.push(format!(
                "expected cleanup{} {}, saw {}",
                place(role),
                ran_words(want),
                words::hooks(saw)
            ));
        }
    }
    for (role, hooks) in &ran {
        if !expected.by_role.contains_key(*role) {
            found.push(format!("expected no cleanup in {role}, saw {}", words::hooks(hooks)));
        }
    }
}

fn agrees(want: &Ran, saw: &[&str]) -> bool {
    match want {
        Ran::Exactly(hooks) => hooks == saw,
        Ran::AnyOrder(hooks) => sorted(hooks.iter().map(String::as_str)) == sorted(saw.iter().copied()),
        Ran::Some { with, without } => {
            with.iter().all(|hook| saw.contains(&hook.as_str()))
                && !without.iter().any(|hook| saw.contains(&hook.as_str()))
        }
        Ran::Any => true,
    }
}

fn sorted<'a>(hooks: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<&str> = hooks.collect();
    all.sort_unstable();
    all
}

fn ran_words(want: &Ran) -> String {
    match want {
        Ran::Exactly(hooks) => words::hooks(hooks),
        Ran::AnyOrder(hooks) => format!("{} in any order", words::hooks(hooks)),
        Ran::Some { with, without } if without.is_empty() => format!("with {}", words::hooks(with)),
        Ran::Some { with, without } if with.is_empty() => format!("without {}", words::hooks(without)),
        Ran::Some { with, without } => {
            format!("with {} and without {}", words::hooks(with), words::hooks(without))
        }
        Ran::Any => "any".to_owned(),
    }
}

fn outcome_difference(
    expected: &[Outcome],
    sent: Option<Signal>,
    seen: &Observation,
    found: &mut Vec<String>,
) {
    let Some(end) = &seen.outcome else {
        found.push("saw neither an end nor survival".to_owned());
        return;
    };
    // A rule that says nothing of the outcome still says that there is one: shutdown means to end.
    let expected = if expected.is_empty() { &[Outcome::Ends][..] } else { expected };
    if expected.iter().any(|outcome| accepts(outcome, sent, end)) {
        return;
    }
    let wanted: Vec<String> = expected.iter().map(|outcome| outcome_words(outcome, sent)).collect();
    let mut saw = words::ended(end, None);
    if let (Ended::Survived, Some(disposition)) = (end, seen.disposition) {
        saw = format!("{saw} (the signal was {})", words::disposition(disposition));
    }
    found.push(format!("expected {}, saw {saw}", wanted.join(" or ")));
}

fn accepts(outcome: &Outcome, sent: Option<Signal>, end: &Ended) -> bool {
    match (outcome, end) {
        (Outcome::Exit(want), Ended::Exited { code }) => want == code,
        (Outcome::Signal(want), Ended::Signaled { signal, .. }) => want == signal,
        (Outcome::DiesOfIt, Ended::Signaled { signal, .. }) => sent == Some(*signal),
        (Outcome::Survives, end) => *end == Ended::Survived,
        (Outcome::Ends, end) => matches!(end, Ended::Exited { .. } | Ended::Signaled { .. }),
        _ => false,
    }
}

fn work_differences(expect: &Expectation, seen: &Observation, found: &mut Vec<String>) {
    for (request, answers) in expect.work.iter() {
        let saw = seen.work.iter().find(|one| one.request == *request).map(|one| one.answer);
        if saw.is_some_and(|answer| answers.contains(&answer)) {
            continue;
        }
        let wanted: Vec<&str> = answers.iter().map(|answer| answer.word()).collect();
        let saw = saw.map_or("no trace of it", Answer::word);
        found.push(format!("expected {request} {}, saw {saw}", wanted.join(" or ")));
    }
}

fn leftover_differences(expected: &Leftovers, seen: &Left, found: &mut Vec<String>) {
    let (processes, files, port): (&[String], &[String], bool) = match expected {
        Leftovers::Any => return,
        Leftovers::None => (&[], &[], false),
        Leftovers::Exactly { processes, files, port } => (processes, files, *port),
    };
    let unexpected = Left {
        processes: not_in(&seen.processes, |name| processes.iter().any(|want| is_process(want, name))),
        zombies: seen.zombies.clone(),
        files: not_in(&seen.files, |name| files.iter().any(|want| want == name)),
        ports: if port { Vec::new() } else { seen.ports.clone() },
    };
    if !unexpected.is_empty() {
        found.push(format!("left behind: {}", words::left_items(&unexpected).join(", ")));
    }
    let absent = Left {
        processes: not_in(processes, |want| seen.processes.iter().any(|name| is_process(want, name))),
        zombies: Vec::new(),
        files: not_in(files, |want| seen.files.iter().any(|name| want == name)),
        ports: if port && seen.ports.is_empty() { vec!["{port}".to_owned()] } else { Vec::new() },
    };
    if !absent.is_empty() {
        found
            .push(format!("expected to stay behind, but did not: {}", words::left_items(&absent).join(", ")));
    }
}

fn not_in(names: &[String], known: impl Fn(&str) -> bool) -> Vec<String> {
    names.iter().filter(|name| !known(name)).cloned().collect()
}

/// A role is named in full; a command line is recognised by a pattern.
fn is_process(want: &str, name: &str) -> bool {
    want == name || regex::Regex::new(want).is_ok_and(|pattern| pattern.is_match(name))
}

#[cfg(test)]
mod tests;
