//! The ledger: verdicts by cells that ran, and by nothing else.

use super::*;
use crate::observation::{Observation, Trouble};
use crate::sample::{self, died, exited, expect, scenario};
use crate::scenario::Cell;

/// Signals kill without cleanup, except that SIGINT runs A.
fn python(cell: &Cell) -> Observation {
    match cell.terminate.as_str() {
        "SIGINT" => exited(1).ran(&["A"]),
        "return" => exited(0).ran(&["A"]),
        signal => died(signal),
    }
}

fn suite() -> Scenario {
    let anything = expect();
    scenario("py")
        .cells(&["direct"], &["return", "SIGINT", "SIGTERM", "SIGKILL"], &anything)
        .cells(&["tini"], &["SIGTERM"], &anything)
        .skip_last(1, "tini is not installed")
        .claim("S2-12", "no callback on SIGTERM", "SIGTERM", expect().cleanup(&[]))
        .claim("S1-10", "callbacks on SIGKILL", "SIGKILL", expect().cleanup(&["A"]))
        .claim("S1-3", "no callback on signals", "/SIG", expect().cleanup(&[]))
        .condition("SIGINT is handled by Python")
        .claim("S1-4", "tini forwards", "tini", expect().cleanup(&[]))
        .untested("S1-11", "data is damaged", "no database here")
        .build()
}

#[test]
fn a_ledger() {
    let scenario = suite();
    let rows = sample::rows(&scenario, python);
    let told: Vec<String> = ledger(&[scenario], &rows)
        .iter()
        .map(|entry| {
            format!(
                "{} {:?} by {:?} against {:?}, {} skipped, if {:?}",
                entry.id, entry.verdict, entry.deciding, entry.against, entry.skipped, entry.condition
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn scenarios_join_in_one_entry() {
    let one = suite();
    let two = scenario("flask")
        .cells(&["direct"], &["SIGTERM"], &expect())
        .claim("S2-12", "said otherwise", "SIGTERM", expect().cleanup(&[]))
        .condition("the reloader has no handler")
        .build();
    let mut rows = sample::rows(&one, python);
    rows.extend(sample::rows(&two, |_| exited(0).ran(&["A"])));
    let ledger = ledger(&[one, two], &rows);
    let entry = ledger.iter().find(|entry| entry.id == "S2-12").expect("the claim");
    assert_eq!(entry.verdict, ClaimVerdict::Depends);
    assert_eq!(entry.says, "no callback on SIGTERM");
    assert_eq!(entry.deciding, ["py/direct/SIGTERM", "flask/direct/SIGTERM"]);
    assert_eq!(entry.against, ["flask/direct/SIGTERM"]);
    assert_eq!(entry.agreeing().collect::<Vec<_>>(), ["py/direct/SIGTERM"]);
    assert_eq!(entry.condition.as_deref(), Some("the reloader has no handler"));
    assert_eq!(tally(&ledger), [("confirmed", 0), ("refuted", 1), ("depends", 2), ("untested", 2)]);
}

#[test]
fn trouble_and_flaky_cells_decide_nothing() {
    let scenario = scenario("s")
        .cells(&["direct"], &["SIGTERM", "SIGKILL"], &expect())
        .claim("X-1", "it dies", "SIG", expect())
        .build();
    let mut rows = sample::rows(&scenario, |_| sample::trouble(Trouble::NotDelivered("it was gone".into())));
    rows[1] = Row { verdict: Verdict::Flaky, ..sample::row(&scenario, "direct/SIGKILL", died("SIGKILL")) };
    let entry = &ledger(std::slice::from_ref(&scenario), &rows)[0];
    assert_eq!(entry.verdict, ClaimVerdict::Untested("could not deliver: it was gone".into()));
    assert_eq!(entry.skipped, 2);
    let entry = &ledger(&[scenario], &[])[0];
    assert_eq!(entry.verdict, ClaimVerdict::Untested("none of its cells was part of this run".into()));
}
