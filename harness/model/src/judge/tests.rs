//! The judge, by tables.

use super::*;
use crate::observation::Disposition;
use crate::sample::{self, cell, died, exited, expect, left, scenario, survived, trouble};
use rstest::rstest;

fn verdict(expect: Expectation, terminate: &str, seen: &Observation) -> (Verdict, String) {
    let scenario = scenario("s").build();
    let Judgement { verdict, why } = judge(&scenario, &cell("s", "direct", terminate, expect), seen);
    (verdict, why)
}

fn exit(code: u32) -> Outcome {
    Outcome::Exit(code)
}

#[rstest]
#[case::nothing_said(expect(), exited(0))]
#[case::nothing_said_of_the_code(expect(), exited(3))]
#[case::cleanup_in_order(expect().cleanup(&["C", "B", "A"]), exited(0).ran(&["C", "B", "A"]))]
#[case::no_cleanup(expect().cleanup(&[]), died("SIGTERM"))]
#[case::cleanup_not_judged(expect(), exited(0).ran(&["A"]))]
#[case::exit(expect().outcome(exit(1)), exited(1))]
#[case::one_of_several(expect().outcome(exit(1)).outcome(Outcome::DiesOfIt), died("SIGTERM"))]
#[case::dies_of_it(expect().outcome(Outcome::DiesOfIt), died("SIGTERM"))]
#[case::survives(expect().outcome(Outcome::Survives), survived())]
#[case::any_order(expect().role("main", Ran::AnyOrder(vec!["A".into(), "B".into()])), exited(0).ran(&["B", "A"]))]
#[case::some(
    expect().role("main", Ran::Some { with: vec!["A".into()], without: vec!["B".into()] }),
    exited(0).ran(&["C", "A"])
)]
#[case::by_role(
    expect().cleanup(&["A"]).role("server", Ran::Exactly(vec![])),
    exited(0).ran(&["A"])
)]
#[case::between_roles_no_order(
    expect().cleanup(&["A"]).role("server", Ran::Exactly(vec!["A".into()])),
    exited(0).ran_in("server", &["A"]).ran(&["A"])
)]
#[case::work(
    expect().work("slow", &[Answer::Answered]), exited(0).worked("slow", Answer::Answered).worked("idle", Answer::Cut)
)]
#[case::work_of_several(expect().work("slow", &[Answer::Cut, Answer::Error]), exited(0).worked("slow", Answer::Error))]
#[case::leftovers_not_judged(expect().leftovers(Leftovers::Any), exited(0).left(left(&["x"], &["y"], &["z"], &[])))]
#[case::what_lives_beside_a_survivor(
    expect().outcome(Outcome::Survives),
    survived().left(left(&["server"], &[], &[], &["{port}"]))
)]
#[case::just_these_leftovers(
    expect().leftovers(Leftovers::Exactly {
        processes: vec!["server".into(), "^sleep [0-9]+$".into()], files: vec!["app.pid".into()], port: true
    }),
    exited(0).left(left(&["server", "sleep 30"], &[], &["app.pid"], &["{port}"]))
)]
fn passes(#[case] expect: Expectation, #[case] seen: Observation) {
    assert_eq!(verdict(expect, "SIGTERM", &seen), (Verdict::Pass, String::new()));
}

#[rstest]
#[case::request_cut(
    expect().work("slow", &[Answer::Answered, Answer::Error]), exited(0).worked("slow", Answer::Cut),
    "expected slow answered or error, saw cut"
)]
#[case::request_not_seen(
    expect().work("slow", &[Answer::Answered]), exited(0), "expected slow answered, saw no trace of it"
)]
#[case::cleanup_lost(
    expect().cleanup(&["C", "B", "A"]), exited(0),
    "expected cleanup [C, B, A], saw none"
)]
#[case::other_order(
    expect().cleanup(&["B", "A"]), exited(0).ran(&["A", "B"]),
    "expected cleanup [B, A], saw [A, B]"
)]
#[case::twice(
    expect().cleanup(&["A"]), exited(0).ran(&["A", "A"]),
    "expected cleanup [A], saw [A, A]"
)]
#[case::any_order_but_twice(
    expect().role("main", Ran::AnyOrder(vec!["A".into(), "B".into()])), exited(0).ran(&["A", "B", "A"]),
    "expected cleanup [A, B] in any order, saw [A, B, A]"
)]
#[case::with_and_without(
    expect().role("main", Ran::Some { with: vec!["A".into()], without: vec!["B".into()] }),
    exited(0).ran(&["A", "B"]),
    "expected cleanup with [A] and without [B], saw [A, B]"
)]
#[case::a_role_that_no_rule_names(
    expect().cleanup(&["A"]), exited(0).ran(&["A"]).ran_in("server", &["B"]),
    "expected no cleanup in server, saw [B]"
)]
#[case::in_a_role(
    expect().cleanup(&[]).role("server", Ran::Exactly(vec!["B".into()])), exited(0),
    "expected cleanup in server [B], saw none"
)]
#[case::outcome(expect().outcome(exit(0)), exited(1), "expected exit 0, saw exit 1")]
#[case::dies_of_another(
    expect().outcome(Outcome::DiesOfIt), died("SIGKILL"),
    "expected signal SIGTERM, saw signal SIGKILL"
)]
#[case::several(
    expect().outcome(exit(0)).outcome(Outcome::Survives), died("SIGTERM"),
    "expected exit 0 or survives, saw signal SIGTERM"
)]
#[case::no_outcome_said_is_an_end(expect(), survived(), "expected an end, saw survives")]
#[case::why_it_survived(
    expect().outcome(Outcome::Ends), survived().disposed(Disposition::Ignored),
    "expected an end, saw survives (the signal was ignored)"
)]
#[case::survivor_that_ended(expect().outcome(Outcome::Survives), exited(0), "expected survives, saw exit 0")]
#[case::windows_codes_by_name(
    expect().outcome(exit(0)), exited(0xC000_013A),
    "expected exit 0, saw exit 0xC000013A STATUS_CONTROL_C_EXIT"
)]
#[case::each_kind_of_leftover(
    expect(), exited(0).left(left(&["server"], &["worker"], &["x"], &["{port}"])),
    "left behind: process server, zombie worker, file x, port {port}"
)]
#[case::a_leftover_that_is_not_there(
    expect().leftovers(Leftovers::Exactly { processes: vec!["server".into()], files: vec![], port: true }), exited(0),
    "expected to stay behind, but did not: process server, port {port}"
)]
#[case::all_differences(
    expect().cleanup(&["A"]).outcome(exit(0)), died("SIGTERM").left(left(&[], &[], &["x"], &[])),
    "expected cleanup [A], saw none; expected exit 0, saw signal SIGTERM; left behind: file x"
)]
fn fails(#[case] expect: Expectation, #[case] seen: Observation, #[case] why: &str) {
    assert_eq!(verdict(expect, "SIGTERM", &seen), (Verdict::Fail, why.to_owned()));
}

#[test]
fn dies_of_it_needs_a_signal_that_was_sent() {
    let (verdict, why) = verdict(expect().outcome(Outcome::DiesOfIt), "return", &died("SIGTERM"));
    assert_eq!(
        (verdict, why.as_str()),
        (Verdict::Fail, "expected death of the signal sent, saw signal SIGTERM")
    );
}

#[rstest]
#[case(Trouble::NotStarted("no such file".into()), "could not start: no such file")]
#[case(Trouble::NeverReady("no line `ready` in 10 s".into()), "never ready: no line `ready` in 10 s")]
#[case(Trouble::NotDelivered("no process has the role server".into()), "could not deliver: no process has the role server")]
#[case(Trouble::Protocol("two readies".into()), "protocol: two readies")]
#[case(Trouble::NotChecked("it ended with exit 1".into()), "could not check: it ended with exit 1")]
#[case(Trouble::Harness("no descriptor is free".into()), "harness: no descriptor is free")]
fn trouble_is_an_error_of_its_kind(#[case] what: Trouble, #[case] why: &str) {
    // Even where all that was expected was seen as well.
    let seen = Observation { outcome: exited(0).outcome, ..trouble(what) };
    assert_eq!(verdict(expect().outcome(exit(0)), "return", &seen), (Verdict::Error, why.to_owned()));
}

#[rstest]
#[case::no_outcome(Observation::default(), "the harness saw no end of it and no survival")]
#[case::never_ready(Observation { outcome: Some(Ended::NeverReady), ..Observation::default() }, "never ready")]
fn without_evidence_nothing_passes(#[case] seen: Observation, #[case] why: &str) {
    let anything = expect().leftovers(Leftovers::Any);
    assert_eq!(verdict(anything, "SIGTERM", &seen), (Verdict::Error, why.to_owned()));
}

#[rstest]
#[case::caught("fail", "left behind: process", Verdict::Pass, "")]
#[case::for_another_reason(
    "fail",
    "saw survives",
    Verdict::Fail,
    "control not caught: expected fail for a reason that matches `saw survives`, saw fail: left behind: process server"
)]
#[case::with_another_verdict(
    "error",
    "left behind",
    Verdict::Fail,
    "control not caught: expected error, saw fail: left behind: process server"
)]
#[case::broken_pattern("fail", "(", Verdict::Fail, "control not caught: `(` is no pattern")]
fn controls(#[case] want: &str, #[case] pattern: &str, #[case] verdict: Verdict, #[case] why: &str) {
    let scenario =
        scenario("leaks").control(want, pattern).cells(&["direct"], &["SIGTERM"], &expect()).build();
    let row =
        sample::row(&scenario, "direct/SIGTERM", died("SIGTERM").left(left(&["server"], &[], &[], &[])));
    assert_eq!((row.verdict, row.why.as_str()), (verdict, why));
}

#[test]
fn a_control_that_passes_the_rules_is_not_caught() {
    let control = Control { verdict: "fail".into(), why: String::new() };
    let pass = Judgement { verdict: Verdict::Pass, why: String::new() };
    assert_eq!(control_caught(&control, &pass).why, "control not caught: expected fail, saw pass");
    assert_eq!(control_caught(&control, &skipped("no python")), skipped("no python"));
}

#[test]
fn repeated_runs_that_differ_are_flaky() {
    let pass = Judgement { verdict: Verdict::Pass, why: String::new() };
    let mut slow = exited(0);
    slow.ms.end = Some(400.0);
    let same = [(exited(0), pass.clone()), (slow, pass.clone())];
    assert_eq!(repeated(&same), pass);
    let differ = [(exited(0), pass.clone()), (exited(0), pass.clone()), (exited(1).ran(&["A"]), pass)];
    let Judgement { verdict, why } = repeated(&differ);
    assert_eq!(verdict, Verdict::Flaky);
    assert_eq!(
        why,
        "1 of 3 runs differ from the first: it saw exit 0, cleanup none, left behind nothing; \
         run 3 saw exit 1, cleanup A, left behind nothing"
    );
}

#[rstest]
#[case(0, "0")]
#[case(255, "255")]
#[case(0xC000_013A, "0xC000013A STATUS_CONTROL_C_EXIT")]
#[case(0xC000_0005, "0xC0000005 STATUS_ACCESS_VIOLATION")]
#[case(0xC000_00FD, "0xC00000FD STATUS_STACK_OVERFLOW")]
#[case(0xC000_0409, "0xC0000409 STATUS_STACK_BUFFER_OVERRUN")]
#[case(0x4001_0004, "0x40010004 DBG_TERMINATE_PROCESS")]
#[case(0xFFFF_FFFF, "0xFFFFFFFF")]
fn exit_codes_are_told(#[case] code: u32, #[case] text: &str) {
    assert_eq!(words::exit_code(code), text);
}

#[test]
fn names_are_ordered_as_people_do() {
    let mut ids = ["S2-1", "S1-10", "S1-2", "S1-1", "S10-1", "a", "S1"];
    ids.sort_by(|a, b| words::natural(a, b));
    assert_eq!(ids, ["S1", "S1-1", "S1-2", "S1-10", "S2-1", "S10-1", "a"]);
}
