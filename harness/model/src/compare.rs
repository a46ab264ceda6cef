//! What changed between two records, the worst first.

use crate::judge;
use crate::observation::{Ended, Left, Observation, Trouble, Verdict};
use crate::record::{Header, Record, Row};
use crate::words;
use crate::work::{Answer, Worked};
use std::collections::BTreeMap;

/// A kind of change. The order is that of reports: what hurts a user most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A hook that ran no longer runs.
    LostCleanup,
    /// A request that was answered, or a connection that was closed properly, no longer is.
    LostWork,
    /// It ended, and now it lives on, or never becomes ready.
    Hangs,
    /// Something stays behind that did not.
    LeavesBehind,
    /// It ends in another way.
    OtherOutcome,
    /// The same hooks run in another order.
    OtherOrder,
    /// The same observation no longer passes, or the harness can no longer do it.
    NowFails,
    /// It ran, and now it does not: what it showed is no longer shown.
    NowSkipped,
    /// A hook runs that did not, less stays behind, or it ends where it lived on.
    Gained,
    /// It did not pass and now it does, or it was skipped and now runs.
    Fixed,
    /// A cell that the old record does not have.
    Added,
    /// A cell that the new record does not have.
    Removed,
}

impl Kind {
    /// Every kind, the worst first.
    pub const ALL: [Kind; 12] = [
        Kind::LostCleanup,
        Kind::LostWork,
        Kind::Hangs,
        Kind::LeavesBehind,
        Kind::OtherOutcome,
        Kind::OtherOrder,
        Kind::NowFails,
        Kind::NowSkipped,
        Kind::Gained,
        Kind::Fixed,
        Kind::Added,
        Kind::Removed,
    ];

    /// The heading in reports.
    pub fn title(self) -> &'static str {
        match self {
            Kind::LostCleanup => "cleanup lost",
            Kind::LostWork => "requests lost",
            Kind::Hangs => "newly hanging",
            Kind::LeavesBehind => "newly left behind",
            Kind::OtherOutcome => "ends otherwise",
            Kind::OtherOrder => "other order of cleanup",
            Kind::NowFails => "newly failing",
            Kind::NowSkipped => "newly skipped",
            Kind::Gained => "gained",
            Kind::Fixed => "fixed",
            Kind::Added => "added",
            Kind::Removed => "removed",
        }
    }

    /// Whether something was lost. A cell that is gone from the scenarios is no loss of the target.
    pub fn is_loss(self) -> bool {
        self <= Kind::NowSkipped
    }
}

/// One cell that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The worst of what changed in it.
    pub kind: Kind,
    /// The cell's id.
    pub cell: String,
    /// What the old record says of it; empty for an added one.
    pub was: String,
    /// What the new record says; empty for a removed one.
    pub now: String,
}

impl Change {
    /// Whether something was lost.
    pub fn is_loss(&self) -> bool {
        self.kind.is_loss()
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.title(), self.cell)?;
        if !self.was.is_empty() {
            write!(f, "\n  was {}", self.was)?;
        }
        if !self.now.is_empty() {
            write!(f, "\n  now {}", self.now)?;
        }
        Ok(())
    }
}

/// What changed from one record to another, the worst first, within a kind by cell.
pub fn compare(old: &Record, new: &Record) -> Vec<Change> {
    let before: BTreeMap<&str, &Row> = old.rows.iter().map(|row| (row.cell.as_str(), row)).collect();
    let after: BTreeMap<&str, &Row> = new.rows.iter().map(|row| (row.cell.as_str(), row)).collect();
    let mut changes = Vec::new();
    for (cell, was) in &before {
        match after.get(cell) {
            Some(now) => changes.extend(changed(was, now)),
            None => changes.push(change(Kind::Removed, was, told(was), String::new())),
        }
    }
    for (cell, now) in &after {
        if !before.contains_key(cell) {
            changes.push(change(Kind::Added, now, String::new(), told(now)));
        }
    }
    changes.sort_by(|a, b| a.kind.cmp(&b.kind).then_with(|| words::natural(&a.cell, &b.cell)));
    changes
}

/// What is different about the two machines, one phrase each: `python 3.11.7 → 3.12.1`.
pub fn machines(old: &Header, new: &Header) -> Vec<String> {
    let facts = |header: &Header| header.facts().into_iter().collect::<BTreeMap<_, _>>();
    let (before, after) = (facts(old), facts(new));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let value = |facts: &BTreeMap<String, String>, name: &String| {
        facts.get(name).map_or("none".to_owned(), Clone::clone)
    };
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{name} {} → {}", value(&before, name), value(&after, name)))
        .collect()
}

fn change(kind: Kind, row: &Row, was: String, now: String) -> Change {
    Change { kind, cell: row.cell.clone(), was, now }
}

fn changed(was: &Row, now: &Row) -> Option<Change> {
    let kind = kind(was, now)?;
    Some(change(kind, now, told(was), told(now)))
}

fn kind(was: &Row, now: &Row) -> Option<Kind> {
    use Verdict::{Error, Pass, Skip};
    match (was.verdict, now.verdict) {
        (Skip, Skip) | (Error, Error) => return None,
        (Skip | Error, Pass) => return Some(Kind::Fixed),
        (Skip, _) => return Some(Kind::NowFails),
        (_, Skip) => return Some(Kind::NowSkipped),
        _ => {}
    }
    let (before, after) = (was.observation(), now.observation());
    let never_ready = |seen: &Observation| {
        seen.outcome == Some(Ended::NeverReady) || matches!(seen.trouble, Some(Trouble::NeverReady(_)))
    };
    if never_ready(&after) && !never_ready(&before) {
        return Some(Kind::Hangs);
    }
    if now.verdict == Error {
        return Some(Kind::NowFails);
    }
    // A wrong observation that became a right one is a repair, whatever it consists of.
    if was.verdict != Pass && now.verdict == Pass {
        return Some(Kind::Fixed);
    }
    let seen = (!judge::same(&before, &after)).then(|| of_observations(&before, &after));
    match seen.flatten() {
        Some(kind) => Some(kind),
        None if was.verdict == Pass && now.verdict != Pass => Some(Kind::NowFails),
        None => None,
    }
}

fn of_observations(before: &Observation, after: &Observation) -> Option<Kind> {
    let mut hooks_before: Vec<_> = before.cleanup.clone();
    let mut hooks_after: Vec<_> = after.cleanup.clone();
    hooks_before.sort();
    hooks_after.sort();
    let survived = |seen: &Observation| seen.outcome == Some(Ended::Survived);
    let code = |seen: &Observation| match &seen.outcome {
        Some(Ended::Signaled { signal, .. }) => Some(Ended::Signaled { signal: *signal, core: false }),
        other => other.clone(),
    };
    if more(&hooks_before, &hooks_after) {
        Some(Kind::LostCleanup)
    } else if more(&served(before), &served(after)) {
        Some(Kind::LostWork)
    } else if survived(after) && !survived(before) {
        Some(Kind::Hangs)
    } else if more_left(&after.leftovers, &before.leftovers) {
        Some(Kind::LeavesBehind)
    } else if survived(before) && !survived(after) {
        Some(Kind::Gained)
    } else if code(before) != code(after) {
        Some(Kind::OtherOutcome)
    } else if hooks_before == hooks_after && words::by_role(&before.cleanup) != words::by_role(&after.cleanup)
    {
        Some(Kind::OtherOrder)
    } else if more(&hooks_after, &hooks_before)
        || more(&served(after), &served(before))
        || more_left(&before.leftovers, &after.leftovers)
    {
        Some(Kind::Gained)
    } else if words::work(&before.work) != words::work(&after.work) {
        Some(Kind::OtherOutcome)
    } else {
        None
    }
}

/// The requests that got a whole answer without an error, or a proper farewell.
fn served(seen: &Observation) -> Vec<&str> {
    let served = |one: &&Worked| matches!(one.answer, Answer::Answered | Answer::Closed);
    seen.work.iter().filter(served).map(|one| one.request.as_str()).collect()
}

/// Whether the first list has something, or more often, than the second one.
fn more<T: PartialEq>(all: &[T], others: &[T]) -> bool {
    let times = |list: &[T], item: &T| list.iter().filter(|other| *other == item).count();
    all.iter().any(|item| times(all, item) > times(others, item))
}

fn more_left(all: &Left, others: &Left) -> bool {
    more(&words::left_items(all), &words::left_items(others))
}

/// A row in one phrase.
fn told(row: &Row) -> String {
    if row.outcome.is_none() || row.trouble.is_some() {
        return match row.why.as_str() {
            "" => row.verdict.word().to_owned(),
            why => format!("{}: {why}", row.verdict.word()),
        };
    }
    let end = row.outcome.as_ref().map_or(String::new(), |end| words::ended(end, None));
    let mut text = format!("{end}; cleanup {}", words::cleanup(&row.cleanup));
    if !row.work.is_empty() {
        text = format!("{text}; {}", words::work(&row.work));
    }
    if !row.leftovers.is_empty() {
        text = format!("{text}; left behind {}", words::left(&row.leftovers));
    }
    if row.verdict != Verdict::Pass {
        text = format!("{text} ({})", row.verdict.word());
    }
    text
}

#[cfg(test)]
mod tests;
