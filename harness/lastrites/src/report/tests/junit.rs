//! JUnit XML: what a CI system counts, and what it shows.

use super::{everything, flask, rendered, report};
use crate::report::{Format, Options, junit};
use lastrites_model::observation::Verdict;
use lastrites_model::sample::{self, exited};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};

#[test]
fn a_suite_for_each_scenario_and_a_case_for_each_cell() {
    insta::assert_snapshot!(rendered("junit", &everything(), Options::default()));
}

#[test]
fn what_is_read_back_has_the_numbers_of_the_rows() {
    let report = everything();
    let read = Report::deserialize_from_str(&rendered("junit", &report, Options::default())).expect("JUnit");
    let of = |verdicts: &[Verdict]| report.rows.iter().filter(|row| verdicts.contains(&row.verdict)).count();
    assert_eq!(read.tests, report.rows.len());
    assert_eq!(read.failures, of(&[Verdict::Fail, Verdict::Flaky]));
    assert_eq!(read.errors, of(&[Verdict::Error]));
    let suites = &read.test_suites;
    assert_eq!(suites.iter().map(|suite| suite.skipped).sum::<usize>(), of(&[Verdict::Skip]));
    for suite in suites {
        let rows: Vec<_> = report.rows.iter().filter(|row| row.scenario == suite.name.as_str()).collect();
        assert_eq!(suite.tests, rows.len());
        assert_eq!(suite.test_cases.len(), rows.len());
        for case in &suite.test_cases {
            let id = format!("{}/{}", suite.name.as_str(), case.name.as_str());
            let row = rows.iter().find(|row| row.cell == id).expect("a cell of that name");
            let (verdicts, why): (&[Verdict], _) = match &case.status {
                TestCaseStatus::Success { .. } => (&[Verdict::Pass], None),
                TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, message, .. } => {
                    (&[Verdict::Fail, Verdict::Flaky], message.as_ref())
                }
                TestCaseStatus::NonSuccess { message, .. } => (&[Verdict::Error], message.as_ref()),
                TestCaseStatus::Skipped { message, .. } => (&[Verdict::Skip], message.as_ref()),
            };
            assert!(verdicts.contains(&row.verdict), "{id}");
            assert_eq!(why.map_or("", |why| why.as_str()), row.why, "{id}");
        }
    }
}

#[test]
fn a_target_that_prints_markup_and_control_characters_does_no_harm() {
    let flask = flask();
    let rows = sample::rows(&flask, |_| exited(1).said(&["</testcase> & \u{1b}[31m\0 ]]>"]));
    let text = rendered("junit", &report(vec![flask], rows), Options::default());
    let read = Report::deserialize_from_str(&text).expect("JUnit");
    let said = read.test_suites[0].test_cases[0].system_err.as_ref().expect("standard error").as_str();
    assert!(said.starts_with("</testcase> & ") && said.ends_with(" ]]>"), "{said}");
    assert!(!text.contains(['\0', '\u{1b}']));
}

#[test]
fn several_records_are_one_document() {
    let mut text = Vec::new();
    let mut other = everything();
    other.header.platform.wine = Some("8.0".into());
    junit::Junit
        .render(&[everything(), other], &Options::default(), &mut text)
        .expect("memory does not fail");
    let read = Report::deserialize_from_str(&String::from_utf8(text).expect("text")).expect("JUnit");
    let names: Vec<&str> = read.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    let folders = ["linux", "linux-wine8"];
    let expected: Vec<String> = folders
        .iter()
        .flat_map(|folder| ["python-atexit", "python-flask"].map(|name| format!("{folder}/{name}")))
        .collect();
    assert_eq!(names, expected);
}
