//! What filters match.

use super::*;
use crate::filter::Filter;

const CELLS: &str = "
scenario: python-atexit
about: a
tags: [python, atexit]
platforms: linux
target: { fixture: c/atexit.c }
matrix: { launch: [direct, pty], terminate: [SIGINT, SIGTERM, ctrl-c], include: [{ launch: direct, terminate: stdin-eof }] }
expect: [{ outcome: ends }]
claims:
  - { id: S2-12, says: a, source: b, when: { terminate: SIGTERM }, outcome: ends }
  - { id: S2-13, says: a, source: b, untested: c }
";

#[rstest::rstest]
#[case("scenario=python-*", 6)]
#[case("scenario=python", 0)]
#[case("scenario=*", 6)]
#[case("launch=pty", 3)]
#[case("launch=p?y", 3)]
#[case("terminate=SIG*", 4)]
#[case("terminate=\"ctrl-c\"", 1)]
#[case("stdout=pipe", 3)]
#[case("version=*", 0)]
#[case("tag=atexit", 6)]
#[case("tag=a*t", 6)]
#[case("tag=flask", 0)]
#[case("claim=S2-12", 2)]
#[case("claim=S2-13", 0)]
#[case("claim=S2-*", 2)]
#[case("pty/SIG", 2)]
#[case("atexit direct", 3)]
#[case("launch=pty terminate=SIGINT", 1)]
#[case("launch=pty and terminate=SIGINT", 1)]
#[case("launch=pty or terminate=SIGINT", 4)]
#[case("not launch=pty", 3)]
#[case("not launch=pty terminate=SIGINT", 1)]
#[case("not (launch=pty terminate=SIGINT)", 5)]
#[case("not not launch=pty", 3)]
#[case("SIGINT or ctrl-c launch=direct", 2)]
#[case("(SIGINT or ctrl-c) launch=direct", 1)]
#[case("(SIGINT)(launch=direct)", 1)]
#[case("\"and\"", 0)]
fn cells_are_chosen(#[case] expression: &str, #[case] count: usize) {
    let scenario = one(Os::Linux, CELLS);
    let filter = Filter::parse(expression).unwrap_or_else(|error| panic!("{error}"));
    let chosen = scenario.cells.iter().filter(|cell| filter.matches(&scenario, cell)).count();
    assert_eq!(chosen, count);
}

#[test]
fn many_stars_take_no_time() {
    let scenario = one(Os::Linux, CELLS);
    let filter = Filter::parse(&format!("scenario={}b", "*a".repeat(2000))).expect("a glob");
    assert!(!filter.matches(&scenario, &scenario.cells[0]));
}

#[test]
fn a_version_can_be_asked_for() {
    let text = "
scenario: v
about: a
platforms: linux
target: { fixture: python/atexit.py }
matrix: { terminate: [SIGINT, SIGTERM], version: [python312, python313] }
expect: [{ outcome: ends }]
";
    let scenario = one(Os::Linux, text);
    let count = |expression: &str| {
        let filter = Filter::parse(expression).expect("it is right");
        scenario.cells.iter().filter(|cell| filter.matches(&scenario, cell)).count()
    };
    assert_eq!([count("version=python313"), count("version=python*"), count("@python312/")], [2, 4, 2]);
}
