//! The pages about runtimes, from small snapshots.

use super::*;
use crate::report::group;
use crate::report::sheet::Mode;
use crate::report::tests::report;
use lastrites_model::observation::{Disposition, Observation};
use lastrites_model::sample::{self, ScenarioBuilder, died, exited, expect, left, survived};
use lastrites_model::scenario::{Cell, Scenario};

fn sheet(scenario: Scenario, see: impl Fn(&Cell) -> Observation) -> (String, Sheet) {
    let rows = sample::rows(&scenario, see);
    let report = report(vec![scenario], rows);
    let sections = group::sections(&report);
    let section = sections.first().expect("one scenario");
    let scenario = section.scenario.expect("it is known");
    let (sheet, _) = Sheet::after(section, scenario, &report.header, None, Mode::Accept);
    // As a later run has it: read back from the file.
    (sheet.name.clone(), Sheet::read(&sheet.file()).expect("it was written here"))
}

fn scenario(name: &str, tags: &[&str]) -> ScenarioBuilder {
    sample::scenario(name).tags(tags)
}

fn bare(cell: &Cell) -> Observation {
    match (cell.launch.as_str(), cell.terminate.as_str()) {
        (_, "return") => exited(0).ran(&["B", "A"]),
        ("sh-c", signal) => died(signal).left(left(&["main"], &[], &[], &[])),
        ("pid1", _) => survived().disposed(Disposition::Default),
        (_, signal) => died(signal),
    }
}

fn handled(cell: &Cell) -> Observation {
    match cell.terminate.as_str() {
        "return" => exited(0).ran(&["A"]),
        "SIGTERM" => exited(143).ran(&["B", "A"]),
        "SIGHUP" => exited(129).ran(&["B"]),
        signal => died(signal),
    }
}

fn shelf() -> BTreeMap<String, Sheet> {
    let ends = ["return", "SIGTERM", "SIGHUP", "SIGKILL"];
    let refuted = expect().cleanup(&["A"]);
    BTreeMap::from([
        sheet(
            scenario("python-bare", &["runtime", "bare"])
                .about("What does it do by default?")
                .cells(&["direct"], &ends, &expect())
                .cells(&["pid1", "sh-c", "new-group"], &["SIGTERM"], &expect())
                .claim("P-1", "A runs on SIGTERM", "SIGTERM", refuted.clone())
                .condition("never")
                .claim("P-2", "A runs", "direct", refuted.cleanup(&["B", "A"]))
                .claim("P-3", "A does not run on SIGKILL", "SIGKILL", expect().cleanup(&[]))
                .build(),
            bare,
        ),
        sheet(
            scenario("python-handler", &["runtime", "handler"]).cells(&["direct"], &ends, &expect()).build(),
            handled,
        ),
        sheet(
            scenario("python-what-to-do", &["runtime", "what-to-do"])
                .cells(&["direct"], &ends, &expect())
                .build(),
            handled,
        ),
        sheet(
            scenario("perl-bare", &["runtime", "bare"])
                .fixture("perl/hooks.pl")
                .cells(&["direct"], &["SIGTERM"], &expect())
                .build(),
            bare,
        ),
        sheet(
            scenario("ruby-other", &["runtime"])
                .fixture("ruby/x.rb")
                .cells(&["direct"], &["SIGTERM"], &expect())
                .build(),
            bare,
        ),
        sheet(
            scenario("server", &["servers", "runtime", "python"])
                .cells(&["direct"], &["SIGTERM"], &expect())
                .claim("S-1", "a server stops on SIGTERM", "SIGTERM", expect().cleanup(&[]))
                .build(),
            bare,
        ),
        sheet(
            scenario("control-python", &["runtime", "bare"])
                .control("fail", "x")
                .cells(&["direct"], &["SIGTERM"], &expect())
                .build(),
            bare,
        ),
    ])
}

#[test]
fn a_runtime_has_a_chapter_by_its_tags() {
    let sheets = shelf();
    let told: Vec<String> = book("linux", &sheets)
        .iter()
        .map(|chapter| {
            let all = [chapter.bare, chapter.handler, chapter.what_to_do];
            let names: Vec<&str> = all.iter().map(|sheet| sheet.map_or("–", |sheet| &sheet.name)).collect();
            format!("{}: {}; {}", chapter.runtime.title, names.join(" "), chapter.sheets.len())
        })
        .collect();
    assert_eq!(told, ["Python: python-bare python-handler python-what-to-do; 3", "Perl: perl-bare – –; 1"]);
}

#[test]
fn the_overview() {
    let sheets = shelf();
    insta::assert_snapshot!(overview::page("linux", &book("linux", &sheets)));
}

#[test]
fn on_windows_an_end_is_looked_up_where_it_has_the_console_that_it_needs() {
    let windows = |ended| usual(Os::Windows, ended);
    assert_eq!(windows("ctrl-c"), "direct");
    assert_eq!(windows("close-console-window"), "new-console");
    assert_eq!(windows("close-pseudo-console"), "pseudo-console");
    assert_eq!(windows("close-job"), "job");
    assert_eq!(usual(Os::Linux, "ctrl-c"), "pty");
}

#[test]
fn the_overview_of_wine_has_the_ends_of_windows() {
    let sheets = BTreeMap::from([sheet(
        scenario("perl-bare", &["runtime", "bare"])
            .fixture("perl/hooks.pl")
            .cells(&["direct"], &["return", "terminate", "ctrl-c"], &expect())
            .cells(&["new-console"], &["terminate", "close-console-window"], &expect())
            .build(),
        |cell| if cell.terminate == "return" { exited(0).ran(&["A"]) } else { exited(1) },
    )]);
    insta::assert_snapshot!(overview::page("windows-wine8", &book("windows-wine8", &sheets)));
}

#[test]
fn the_excerpt_links_from_the_root() {
    let sheets = shelf();
    insta::assert_snapshot!(overview::excerpt("linux", &book("linux", &sheets)));
}

#[test]
fn the_page_of_a_runtime() {
    let sheets = shelf();
    let source = |fixture: &str| {
        assert_eq!(fixture, "python/python-what-to-do.py");
        Some((format!("fixtures/{fixture}"), "print('```')\n".to_owned()))
    };
    insta::assert_snapshot!(runtime::page(&book("linux", &sheets)[0], &source));
}

#[test]
fn documentation_against_observation() {
    insta::assert_snapshot!(documentation::page("linux", &shelf()).expect("two claims are not confirmed"));
}

#[test]
fn where_all_is_confirmed_there_is_nothing_to_tell() {
    let mut sheets = shelf();
    sheets.retain(|name, _| name != "python-bare");
    assert_eq!(documentation::page("linux", &sheets), None);
}

#[test]
fn a_command_is_quoted_where_a_shell_or_a_filter_needs_it() {
    let told = |started: &str, ended: &str| command("s", &(started.to_owned(), ended.to_owned()));
    assert_eq!(told("direct", "SIGTERM"), "`lastrites run --filter s/direct/SIGTERM`");
    assert_eq!(told("direct>file", "http GET /"), "`lastrites run --filter '\"s/direct>file/http GET /\"'`");
}
