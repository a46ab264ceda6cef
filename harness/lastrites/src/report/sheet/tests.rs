//! Sheets: what is written is read, and what did not run here stays.

use super::*;
use crate::report::Report;
use crate::report::tests::{atexit, flask, python, report};
use lastrites_model::judge;
use lastrites_model::sample::{self, died, exited, expect, left, scenario, survived};
use lastrites_model::scenario::Outcome;
use proptest::prelude::*;

fn sheet(report: &Report, before: Option<&Sheet>, mode: Mode) -> (Sheet, Notes) {
    let sections = group::sections(report);
    let section = sections.first().expect("one scenario");
    Sheet::after(section, section.scenario.expect("it is known"), &report.header, before, mode)
}

fn recorded() -> (Sheet, Report) {
    let scenario = atexit();
    let rows = sample::rows(&scenario, python);
    let report = report(vec![scenario], rows);
    (sheet(&report, None, Mode::Accept).0, report)
}

/// The report with every cell skipped, as where Python is missing.
fn without_python(mut report: Report) -> Report {
    report.header.runtimes.clear();
    for row in &mut report.rows {
        let skipped = judge::skipped("python is not installed");
        *row = Row {
            outcome: None,
            cleanup: Vec::new(),
            disposition: None,
            verdict: skipped.verdict,
            why: skipped.why,
            ..row.clone()
        };
    }
    report
}

#[test]
fn a_snapshot() {
    insta::assert_snapshot!(recorded().0.file());
}

#[test]
fn what_is_written_is_read() {
    let (sheet, _) = recorded();
    let read = Sheet::read(&sheet.file()).expect("it was written here");
    assert_eq!(read.file(), sheet.file());
}

#[test]
fn where_a_runtime_is_missing_all_stays_as_it_was() {
    let (before, report) = recorded();
    let before = Sheet::read(&before.file()).expect("it was written here");
    for mode in [Mode::Check, Mode::Accept] {
        let (after, notes) = sheet(&without_python(report.clone()), Some(&before), mode);
        assert_eq!(after.file(), before.file());
        assert_eq!(notes, Notes::default());
    }
}

#[test]
fn where_a_run_was_filtered_the_rest_stays() {
    let (before, mut report) = recorded();
    report.rows.retain(|row| row.terminate == "SIGTERM");
    let (after, _) = sheet(&report, Some(&before), Mode::Accept);
    assert_eq!(after.file(), before.file());
}

#[test]
fn another_version_is_told_and_not_failed() {
    let (before, mut report) = recorded();
    report.header.runtimes.insert("python".into(), "3.12.1".into());
    let changed =
        report.rows.iter_mut().find(|row| row.cell.ends_with("direct/return")).expect("it is there");
    changed.cleanup.clear();
    let (after, notes) = sheet(&report, Some(&before), Mode::Check);
    assert_eq!(after.file(), before.file());
    assert_eq!(notes, Notes { versions: vec!["python 3.11, here 3.12".into()], otherwise: 1, gained: 0 });
}

#[test]
fn accepted_cells_of_another_version_do_not_change_the_version_of_those_that_stay() {
    let (before, mut report) = recorded();
    report.header.runtimes.insert("python".into(), "3.12.1".into());
    for row in &mut report.rows {
        if row.launch == "pid1" {
            row.verdict = Verdict::Skip;
            row.why = "no user namespaces".into();
        }
    }
    let (after, _) = sheet(&report, Some(&before), Mode::Accept);
    let parts: Vec<(String, usize)> =
        after.parts.iter().map(|part| (part.with.told(), part.cells.len())).collect();
    assert_eq!(
        parts,
        [
            ("Linux, /bin/sh dash, python 3.11.7".to_owned(), 4),
            ("Linux, /bin/sh dash, python 3.12.1".to_owned(), 14)
        ]
    );
    assert_eq!(after.claims, before.claims, "the claims are still decided by all of them");
}

#[test]
fn a_cell_that_was_missing_when_recorded_is_no_failure() {
    let scenario = flask();
    let rows = vec![
        sample::row(&scenario, "direct/SIGTERM", exited(0).ran(&["A"])),
        sample::skipped_row(&scenario, "direct/SIGKILL", "not allowed"),
    ];
    let all = sample::rows(&scenario, |_| exited(0).ran(&["A"]));
    let (before, _) = sheet(&report(vec![scenario.clone()], rows), None, Mode::Accept);
    let here = report(vec![scenario], all);
    let (after, notes) = sheet(&here, Some(&before), Mode::Check);
    assert_eq!((after.file(), notes.gained), (before.file(), 1));
    let (after, _) = sheet(&here, Some(&before), Mode::Accept);
    assert_eq!((after.cells(), after.missing.len()), (2, 0));
}

#[test]
fn a_claim_whose_cells_could_not_be_run_says_why() {
    let scenario = scenario("s")
        .cells(&["direct"], &["SIGTERM", "SIGHUP"], &expect())
        .claim("X-1", "it cleans up", "direct", expect().cleanup(&["A"]))
        .build();
    let reasons = ["no terminal", "no namespaces"];
    let rows = ["direct/SIGTERM", "direct/SIGHUP"].iter().zip(reasons);
    let rows = rows.map(|(cell, why)| sample::skipped_row(&scenario, cell, why)).collect();
    let (sheet, _) = sheet(&report(vec![scenario.clone()], rows), None, Mode::Accept);
    assert_eq!(sheet.claims[0].untested.as_deref(), Some("no terminal; no namespaces"));
    let read = Sheet::read(&sheet.file()).expect("it was written here");
    assert_eq!(read.claims, sheet.claims);
}

#[test]
fn errors_and_flaky_cells_are_not_recorded() {
    let (before, mut report) = recorded();
    report.rows[0].verdict = Verdict::Error;
    report.rows[1].verdict = Verdict::Flaky;
    assert_eq!(sheet(&report, Some(&before), Mode::Accept).0.file(), before.file());
    let (first, _) = sheet(&report, None, Mode::Accept);
    let why: Vec<&str> = first.missing.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(why[..2], ["the harness could not do it", "it was flaky"]);
}

#[test]
fn where_several_are_admitted_none_is_pinned() {
    let open = expect()
        .outcome(Outcome::Exit(0))
        .outcome(Outcome::DiesOfIt)
        .role("main", Ran::AnyOrder(vec!["A".into(), "B".into()]))
        .role("server", Ran::Exactly(vec!["B".into(), "A".into()]));
    let scenario = scenario("s").cells(&["direct"], &["SIGTERM"], &open).build();
    let run = |seen: Observation| {
        let rows = vec![sample::row(&scenario, "direct/SIGTERM", seen)];
        sheet(&report(vec![scenario.clone()], rows), None, Mode::Accept).0.file()
    };
    let one = run(exited(0).ran(&["A"]).ran_in("server", &["B", "A"]).ran(&["B"]));
    let other = run(died("SIGTERM").ran(&["B", "A"]).ran_in("server", &["B", "A"]));
    assert_eq!(one, other);
    assert!(one.contains("| main: A, B; server: B, A | one of: exit 0, signal SIGTERM |"), "{one}");
}

#[test]
fn words_are_read_back_as_what_was_seen() {
    let cell = sample::cell("s", "direct", "SIGTERM", expect());
    let all = [
        exited(0),
        exited(3).ran(&["A"]),
        exited(0xC000_013A).ran(&["C", "B"]).ran_in("server", &["A"]),
        exited(0xFFFF_FFFF),
        died("SIGTERM"),
        died("SIGKILL").left(left(&["server"], &["worker"], &["app.pid"], &["{port}"])),
        survived(),
        survived().disposed(lastrites_model::observation::Disposition::Blocked),
    ];
    for seen in all {
        let scenario = scenario("s").cells(&["direct"], &["SIGTERM"], &expect()).build();
        let row = sample::row(&scenario, "direct/SIGTERM", seen.clone());
        let words = group::seen(Some(&cell), &row);
        assert_eq!(read::observation(&cell, &words), Some(seen), "{words:?}");
    }
}

#[test]
fn what_words_do_not_say_again_stays_as_the_snapshot_said_it() {
    let open = expect().outcome(Outcome::Exit(0)).outcome(Outcome::DiesOfIt).cleanup(&["A"]);
    let scenario = scenario("s")
        .cells(&["direct"], &["SIGTERM", "SIGHUP"], &open)
        .claim("C", "A runs", "direct", expect().cleanup(&["A"]))
        .build();
    let rows = sample::rows(&scenario, |_| exited(0).ran(&["A"]));
    let report = report(vec![scenario], rows);
    let before = Sheet::read(&sheet(&report, None, Mode::Accept).0.file()).expect("it was written here");
    assert_eq!(before.claims[0].agreeing.len(), 2);
    let (after, _) = sheet(&without_python(report), Some(&before), Mode::Check);
    assert_eq!(after.file(), before.file());
}

#[test]
fn an_update_that_only_mends_is_no_other_version() {
    let (before, mut report) = recorded();
    report.header.runtimes.insert("python".into(), "3.11.9".into());
    let (after, notes) = sheet(&report, Some(&before), Mode::Check);
    assert_eq!((after.file(), notes), (before.file(), Notes::default()));
    let (after, _) = sheet(&report, Some(&before), Mode::Accept);
    assert!(after.file().contains("python 3.11.9"), "{}", after.file());
}

/// A scenario with two versions, of which the newer one runs A on SIGTERM too.
fn versions() -> (Sheet, Report) {
    let mut scenario = scenario("s")
        .cells(&["direct@python", "direct@python313"], &["return", "SIGTERM"], &expect())
        .build();
    for cell in &mut scenario.cells {
        "direct".clone_into(&mut cell.launch);
    }
    let rows = sample::rows(&scenario, |cell| match (cell.version.as_deref(), cell.terminate.as_str()) {
        (_, "return") | (Some("python313"), _) => exited(0).ran(&["A"]),
        _ => died("SIGTERM"),
    });
    let mut report = report(vec![scenario], rows);
    report.header.runtimes.insert("python313".into(), "3.13.1".into());
    (sheet(&report, None, Mode::Accept).0, report)
}

#[test]
fn each_version_has_its_table_and_what_changed_has_one() {
    let (sheet, _) = versions();
    insta::assert_snapshot!(sheet.file());
    assert_eq!(Sheet::read(&sheet.file()).expect("it was written here").file(), sheet.file());
}

#[test]
fn where_one_version_is_missing_only_the_other_is_recorded_anew() {
    let (before, mut report) = versions();
    let before = Sheet::read(&before.file()).expect("it was written here");
    report.header.runtimes.remove("python313");
    report.header.runtimes.insert("python".into(), "3.12.4".into());
    for row in report.rows.iter_mut().filter(|row| row.cell.contains("@python313/")) {
        row.verdict = Verdict::Skip;
        row.why = "python313 is not installed".into();
    }
    let (after, _) = sheet(&report, Some(&before), Mode::Accept);
    let told: Vec<String> = after.parts.iter().map(|part| part.with.told()).collect();
    assert_eq!(told, ["Linux, /bin/sh dash, python 3.12.4", "Linux, /bin/sh dash, python313 3.13.1"]);
    assert_eq!(after.cells(), 4);
}

#[test]
fn what_is_no_snapshot_is_told() {
    let told = |text: &str| Sheet::read(text).expect_err("it is none").to_string();
    assert_eq!(told(""), "line 1: the title is missing");
    assert_eq!(told("# a\n\nabout\n\n## Else\n"), "line 5: this heading is not known");
    let table = "# a\n\nabout\n\norigin\n\n## Recorded on Linux\n\n| a |\n| --- |\n";
    assert_eq!(told(&format!("{table}| b |\n")), "line 11: this table has another number of columns");
    assert_eq!(told(&format!("{table}b\n")), "line 11: this is no line of a table");
}

proptest! {
    /// Whatever subset of the cells runs in whatever order of machines, the file is read back as
    /// written, and a second run of the same changes nothing.
    #[test]
    fn accepting_twice_is_accepting_once(skipped in proptest::collection::vec(any::<bool>(), 18)) {
        let (full, mut report) = recorded();
        for (row, skip) in report.rows.iter_mut().zip(&skipped) {
            if *skip {
                row.verdict = Verdict::Skip;
                row.why = "not here".into();
            }
        }
        let (once, _) = sheet(&report, None, Mode::Accept);
        let read = Sheet::read(&once.file()).expect("it was written here");
        prop_assert_eq!(&sheet(&report, Some(&read), Mode::Accept).0.file(), &once.file());
        prop_assert_eq!(&sheet(&report, Some(&read), Mode::Check).0.file(), &once.file());
        prop_assert_eq!(&sheet(&report, Some(&full), Mode::Accept).0.file(), &full.file());
    }
}
