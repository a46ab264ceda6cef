//! What people read, as snapshots.

mod html;
mod junit;

use super::*;
use lastrites_model::observation::{Disposition, Observation, Trouble};
use lastrites_model::record::Row;
use lastrites_model::sample::{self, died, exited, expect, left, scenario, survived, trouble};
use lastrites_model::scenario::{Cell, Outcome, Ran};

/// Python, as it is: SIGINT runs the callbacks, the other signals do not.
pub(super) fn python(cell: &Cell) -> Observation {
    match (cell.launch.as_str(), cell.terminate.as_str()) {
        (_, "return" | "exit") => exited(0).ran(&["C", "B", "A"]),
        ("sigint-ignored", "SIGINT") => survived().disposed(Disposition::Ignored),
        (_, "SIGINT" | "ctrl-c") => died("SIGINT").ran(&["C", "B", "A"]),
        ("pid1", signal) => survived().disposed(Disposition::Default).said(&[signal]),
        (_, signal) => died(signal),
    }
}

pub(super) fn atexit() -> Scenario {
    let run = expect().cleanup(&["C", "B", "A"]);
    let none = expect().cleanup(&[]);
    scenario("python-atexit")
        .about("Which terminations run Python's atexit callbacks, and in which order?")
        .cells(&["direct", "pty", "pid1"], &["return", "exit"], &run)
        .cells(&["direct", "pty", "pid1"], &["SIGINT"], &run.clone().outcome(Outcome::DiesOfIt))
        .cells(&["pty"], &["ctrl-c"], &run)
        .cells(&["sigint-ignored"], &["SIGINT"], &none.clone().outcome(Outcome::Survives))
        .cells(&["direct", "pty"], &["SIGTERM", "SIGHUP", "SIGKILL"], &none)
        .cells(&["pid1"], &["SIGTERM"], &none.clone().outcome(Outcome::Survives))
        .cells(&["tini"], &["SIGTERM"], &none)
        .skip_last(1, "tini is not installed: apt-get install tini")
        .claim("S1-1", "callbacks run in reverse order", "return", run)
        .claim("S2-12", "atexit is not called on SIGTERM", "SIGTERM", none.clone())
        .condition("the signal is delivered: PID 1 without a handler does not get it")
        .claim("S1-3", "atexit is not called when Python dies of a signal", "direct/SIGINT", none)
        .untested("S1-11", "data is damaged", "no database is installed")
        .build()
}

pub(super) fn flask() -> Scenario {
    scenario("python-flask")
        .about("Which process of Flask's debug mode cleans up?")
        .cells(
            &["direct"],
            &["SIGTERM", "SIGKILL"],
            &expect().cleanup(&["A"]).role("server", Ran::Exactly(vec![])),
        )
        .claim("S2-12", "atexit is not called on SIGTERM", "SIGTERM", expect().cleanup(&[]))
        .build()
}

pub(super) fn report(scenarios: Vec<Scenario>, rows: Vec<Row>) -> Report {
    let header = sample::header(rows.len());
    Report::new(header, Rc::new(scenarios), rows, Some(Duration::from_millis(17_420)))
}

/// Everything that a report can have: passes, a fail, an error, a flaky one, skips, claims.
pub(super) fn everything() -> Report {
    let (atexit, flask) = (atexit(), flask());
    let mut rows = sample::rows(&atexit, python);
    rows.extend(sample::rows(&flask, |cell| match cell.terminate.as_str() {
        "SIGTERM" => exited(0).ran_in("server", &["A"]).ran(&["A"]).said(&["Traceback:", "  an error"]),
        _ => trouble(Trouble::NeverReady("no line `ready` in 10 s".into())),
    }));
    let flaky = rows.iter_mut().find(|row| row.cell.ends_with("pty/SIGHUP")).expect("it is there");
    flaky.verdict = Verdict::Flaky;
    flaky.why = "1 of 3 runs differ from the first".into();
    let orphan = rows.iter_mut().find(|row| row.cell.ends_with("direct/SIGKILL")).expect("it is there");
    orphan.leftovers = left(&["server"], &[], &["app.pid"], &["{port}"]);
    report(vec![atexit, flask], rows)
}

fn rendered(format: &str, report: &Report, options: Options) -> String {
    let mut text = Vec::new();
    by_name(format)
        .expect("a format")
        .render(std::slice::from_ref(report), &options, &mut text)
        .expect("memory does not fail");
    String::from_utf8(text).expect("text")
}

#[test]
fn a_table() {
    let text = rendered("table", &everything(), Options { all: true, ..Options::default() });
    insta::assert_snapshot!(text);
}

#[test]
fn a_table_on_a_narrow_terminal() {
    let options = Options { width: Some(60), ..Options::default() };
    let text = rendered("table", &everything(), options);
    assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn many_scenarios_are_a_line_each() {
    let mut scenarios = Vec::new();
    let mut rows = Vec::new();
    for number in 0..11 {
        let scenario = scenario(&format!("number-{number}"))
            .cells(&["direct"], &["SIGTERM", "SIGKILL"], &expect())
            .build();
        rows.extend(sample::rows(&scenario, |cell| match (number, cell.terminate.as_str()) {
            (7, "SIGTERM") => survived(),
            (_, signal) => died(signal),
        }));
        scenarios.push(scenario);
    }
    let report = report(scenarios, rows);
    insta::assert_snapshot!(rendered("table", &report, Options::default()));
    let all = rendered("table", &report, Options { all: true, ..Options::default() });
    assert_eq!(all.matches("ended by").count(), 11);
}

#[test]
fn a_record_is_shown_without_its_scenarios() {
    let with = everything();
    let mut rows = with.rows;
    rows.reverse();
    let report = Report::new(with.header, Rc::default(), rows, None);
    insta::assert_snapshot!(rendered("table", &report, Options::default()));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = rendered("table", &everything(), Options::default());
    let color = rendered("table", &everything(), Options { color: true, ..Options::default() });
    assert_ne!(plain, color);
    assert_eq!(anstream::adapter::strip_str(&color).to_string(), plain);
}

#[test]
fn every_format_is_described() {
    for format in ALL {
        assert!(!format.about().is_empty() && !format.about().ends_with('.'), "{}", format.name());
        assert!(std::ptr::addr_eq(by_name(format.name()).expect("its own name"), *format));
        let empty = report(Vec::new(), Vec::new());
        rendered(format.name(), &empty, Options::default());
    }
}
