//! JUnit XML, as CI systems read it: a suite for each scenario, a case for each cell.
//!
//! JUnit knows three ways of not passing. `fail` and `flaky` are its failure, with the verdict as the type:
//! its own notion of a flaky test is one that passed at last, and here that is no pass. `error` is its
//! error, `skip` its skipped.

use super::group::{self, Section};
use super::{Format, Options, Report};
use lastrites_model::observation::Verdict;
use lastrites_model::record::{Header, Row};
use lastrites_model::words;
use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};
use std::io::{self, Write};
use std::time::Duration;

/// `--format junit`
#[derive(Debug)]
pub(super) struct Junit;

impl Format for Junit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn about(&self) -> &'static str {
        "JUnit XML for CI systems: a suite for each scenario, a case for each cell"
    }

    fn render(&self, reports: &[Report], _: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut whole = quick_junit::Report::new("lastrites");
        if let [Report { took: Some(took), .. }] = reports {
            whole.set_time(*took);
        }
        for report in reports {
            // Where several platforms are in one file, a scenario's name alone would be there twice.
            let prefix = match reports {
                [_] => String::new(),
                _ => format!("{}/", report.header.platform.folder()),
            };
            for section in group::sections(report) {
                whole.add_test_suite(suite(&prefix, &section, &report.header));
            }
        }
        whole.serialize(out).map_err(io::Error::other)
    }
}

fn suite(prefix: &str, section: &Section, header: &Header) -> TestSuite {
    let name = format!("{prefix}{}", section.name);
    let mut suite = TestSuite::new(name.as_str());
    suite.add_properties(
        header.facts().into_iter().map(|(name, value)| Property::new(name.as_str(), value.as_str())),
    );
    suite.set_time(section.rows.iter().map(|row| took(row)).sum());
    suite.add_test_cases(section.rows.iter().map(|row| case(&name, section, row)));
    suite
}

fn case(suite: &str, section: &Section, row: &Row) -> TestCase {
    // A cell's id without its scenario, which is the class: a CI system shows the two joined.
    let name = format!("{}/{}", group::started(row), row.terminate);
    let mut case = TestCase::new(name.as_str(), status(row));
    case.set_classname(suite).set_time(took(row));
    if row.verdict != Verdict::Skip {
        let seen = group::seen(section.cell(row), row);
        let told = [
            ("cleanup that ran", seen.cleanup),
            ("outcome", seen.outcome),
            ("requests", seen.work),
            ("left behind", seen.left),
        ];
        let told = told.iter().filter(|(_, text)| !text.is_empty());
        let lines: Vec<String> = told.map(|(name, text)| format!("{name}: {text}")).collect();
        case.set_system_out(lines.join("\n").as_str());
    }
    let said: Vec<&str> = row.said.iter().chain(&row.stderr).map(String::as_str).collect();
    if !said.is_empty() {
        case.set_system_err(said.join("\n").as_str());
    }
    case
}

fn status(row: &Row) -> TestCaseStatus {
    let mut status = match row.verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::Skip => TestCaseStatus::skipped(),
        Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Fail | Verdict::Flaky => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_message(row.why.as_str());
    if row.verdict != Verdict::Skip {
        status.set_type(row.trouble.as_ref().map_or(row.verdict.word(), words::trouble));
        // Some readers show the message, others only the text of the element.
        status.set_description(row.why.as_str());
    }
    status
}

/// From the start to the end, as far as it is known.
fn took(row: &Row) -> Duration {
    let ms: f64 = [row.ms.ready, row.ms.end].into_iter().flatten().sum();
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}
