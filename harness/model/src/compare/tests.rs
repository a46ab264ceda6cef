//! Comparing: each kind of change is seen, and the worst comes first.

use super::*;
use crate::observation::{Observation, Trouble};
use crate::record::Row;
use crate::sample::{self, died, exited, expect, left, scenario, survived, trouble};
use crate::scenario::{Leftovers, Outcome};
use rstest::rstest;

/// A row that passes whatever was seen, or fails, or has trouble.
fn seen(seen: Observation) -> Row {
    let open = expect().leftovers(Leftovers::Any).outcome(Outcome::Ends).outcome(Outcome::Survives);
    let scenario = scenario("s").cells(&["direct"], &["SIGTERM"], &open).build();
    sample::row(&scenario, "direct/SIGTERM", seen)
}

fn failed(observation: Observation) -> Row {
    Row { verdict: Verdict::Fail, why: "expected otherwise".into(), ..seen(observation) }
}

fn skip() -> Row {
    Row { verdict: Verdict::Skip, why: "no python".into(), outcome: None, ..seen(exited(0)) }
}

#[rstest]
#[case::cleanup_lost(seen(exited(0).ran(&["B", "A"])), seen(exited(0).ran(&["B"])), Kind::LostCleanup)]
#[case::a_request_lost(
    seen(exited(0).worked("slow", Answer::Answered)), seen(exited(0).worked("slow", Answer::Cut)), Kind::LostWork
)]
#[case::cleanup_lost_and_another_end(seen(exited(0).ran(&["A"])), seen(died("SIGTERM")), Kind::LostCleanup)]
#[case::cleanup_of_one_process(
    seen(exited(0).ran(&["A"]).ran_in("server", &["A"])), seen(exited(0).ran(&["A"])), Kind::LostCleanup
)]
#[case::survives(seen(died("SIGTERM")), seen(survived()), Kind::Hangs)]
#[case::never_ready(seen(exited(0)), seen(trouble(Trouble::NeverReady("no line".into()))), Kind::Hangs)]
#[case::orphan(seen(exited(0)), seen(exited(0).left(left(&["server"], &[], &[], &[]))), Kind::LeavesBehind)]
#[case::one_more_file(
    seen(exited(0).left(left(&[], &[], &["a"], &[]))), seen(exited(0).left(left(&[], &[], &["a", "b"], &[]))),
    Kind::LeavesBehind
)]
#[case::outcome(seen(exited(0)), seen(died("SIGTERM")), Kind::OtherOutcome)]
#[case::order(seen(exited(0).ran(&["B", "A"])), seen(exited(0).ran(&["A", "B"])), Kind::OtherOrder)]
#[case::fails_by_the_rules(seen(exited(0)), failed(exited(0)), Kind::NowFails)]
#[case::error(seen(exited(0)), seen(trouble(Trouble::Harness("no".into()))), Kind::NowFails)]
#[case::skipped(seen(exited(0)), skip(), Kind::NowSkipped)]
#[case::a_hook_more(seen(exited(0)), seen(exited(0).ran(&["A"])), Kind::Gained)]
#[case::an_orphan_less(seen(exited(0).left(left(&["x"], &[], &[], &[]))), seen(exited(0)), Kind::Gained)]
#[case::ends_at_last(seen(survived()), seen(died("SIGTERM")), Kind::Gained)]
#[case::fixed(failed(exited(0)), seen(exited(0).ran(&["A"])), Kind::Fixed)]
#[case::repaired_harness(seen(trouble(Trouble::Harness("no".into()))), seen(exited(0)), Kind::Fixed)]
#[case::runs_now(skip(), seen(exited(0)), Kind::Fixed)]
#[case::runs_now_and_fails(skip(), failed(exited(0)), Kind::NowFails)]
fn kinds(#[case] was: Row, #[case] now: Row, #[case] kind: Kind) {
    let changes = compare(&sample::record(vec![was]), &sample::record(vec![now]));
    assert_eq!(changes.iter().map(|change| change.kind).collect::<Vec<_>>(), [kind], "{changes:?}");
}

#[rstest]
#[case::same(seen(exited(0).ran(&["A"])), seen(exited(0).ran(&["A"])))]
#[case::core(seen(died("SIGQUIT")), seen(cored()))]
#[case::both_skipped(skip(), Row { why: "for another reason".into(), ..skip() })]
#[case::still_failing(failed(exited(0)), failed(exited(0)))]
fn no_change(#[case] was: Row, #[case] now: Row) {
    let mut now = now;
    now.ms.end = Some(99.0);
    assert_eq!(compare(&sample::record(vec![was]), &sample::record(vec![now])), []);
}

fn cored() -> Observation {
    let signal = crate::signals::Signal::parse("SIGQUIT").expect("a signal");
    Observation { outcome: Some(Ended::Signaled { signal, core: true }), ..Observation::default() }
}

#[test]
fn the_worst_is_first_and_losses_are_losses() {
    let named = |cell: &str, row: Row| Row { cell: cell.to_owned(), ..row };
    let old = sample::record(vec![
        named("s/c10", seen(exited(0).ran(&["A"]))),
        named("s/c9", seen(exited(0).ran(&["A"]))),
        named("s/gone", seen(exited(0))),
        named("s/orphans", seen(exited(0))),
        named("s/hangs", seen(exited(0))),
    ]);
    let new = sample::record(vec![
        named("s/new", seen(exited(0))),
        named("s/c10", seen(exited(0))),
        named("s/c9", seen(exited(0))),
        named("s/orphans", seen(exited(0).left(left(&["server"], &[], &[], &[])))),
        named("s/hangs", seen(survived())),
    ]);
    let told: Vec<String> = compare(&old, &new)
        .iter()
        .map(|c| {
            format!(
                "{}{}: {}: {} → {}",
                if c.is_loss() { "! " } else { "  " },
                c.kind.title(),
                c.cell,
                c.was,
                c.now
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn kinds_are_listed_in_their_order() {
    assert!(Kind::ALL.is_sorted());
    assert!(Kind::ALL.iter().filter(|kind| kind.is_loss()).count() == 8);
}

#[test]
fn machines_are_told_apart() {
    let old = sample::header(1);
    let mut new = sample::header(1);
    new.runtimes.insert("python".into(), "3.12.1".into());
    new.runtimes.insert("node".into(), "20.1.0".into());
    new.privileges.clear();
    assert_eq!(
        machines(&old, &new),
        ["node none → 20.1.0", "privileges user-namespaces → none", "python 3.11.7 → 3.12.1"]
    );
    assert!(machines(&old, &old).is_empty());
}
