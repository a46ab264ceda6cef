//! The folder of snapshots: what is compared, what is written, and what is left alone.

use super::*;
use crate::report::tests::{atexit, flask, python, report};
use lastrites_model::observation::Verdict;
use lastrites_model::record::Row;
use lastrites_model::sample::{self, exited};
use lastrites_model::scenario::Scenario;
use std::rc::Rc;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("reports")
    }

    #[track_caller]
    fn check(&self, report: &Report) -> Found {
        check(report, &self.path(), self.0.path(), true, false).expect("the disk works")
    }

    #[track_caller]
    fn accept(&self, report: &Report) -> Found {
        check(report, &self.path(), self.0.path(), true, true).expect("the disk works")
    }

    #[track_caller]
    fn part(&self, report: &Report, accept: bool) -> Found {
        check(report, &self.path(), self.0.path(), false, accept).expect("the disk works")
    }

    #[track_caller]
    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).expect("it is there")
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().expect("it has one")).expect("the disk works");
        fs::write(path, text).expect("the disk works");
    }

    fn all(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for below in std::iter::once(String::new()).chain(list(&self.path(), true).expect("it is there")) {
            for name in list(&self.path().join(&below), false).expect("it is there") {
                let file = if below.is_empty() { name } else { format!("{below}/{name}") };
                all.insert(file.clone(), self.read(&file));
            }
        }
        all
    }
}

fn flask_rows(scenario: &Scenario) -> Vec<Row> {
    sample::rows(scenario, |_| exited(0).ran(&["A"]))
}

/// Both scenarios, as they were recorded.
fn suite() -> Report {
    let (atexit, flask) = (atexit(), flask());
    let mut rows = sample::rows(&atexit, python);
    rows.extend(flask_rows(&flask));
    report(vec![atexit, flask], rows)
}

fn only(report: Report, scenario: &str) -> Report {
    let scenarios = report.scenarios.iter().filter(|one| one.name == scenario).cloned().collect();
    let rows = report.rows.into_iter().filter(|row| row.scenario == scenario).collect();
    crate::report::tests::report(scenarios, rows)
}

fn change(report: &mut Report, cell: &str) {
    let row = report.rows.iter_mut().find(|row| row.cell == cell).expect("it is there");
    row.cleanup.clear();
}

#[test]
fn nothing_is_written_by_a_check() {
    let folder = Folder::new();
    let found = folder.check(&suite());
    assert_eq!(
        found.differences,
        ["reports/linux/python-atexit.md is new", "reports/linux/python-flask.md is new"]
    );
    assert!(!folder.path().exists());
}

#[test]
fn what_was_accepted_is_current() {
    let folder = Folder::new();
    let found = folder.accept(&suite());
    assert!(found.is_current());
    insta::assert_snapshot!(found.render(false));
    assert_eq!(folder.check(&suite()), Found::default());
    assert_eq!(folder.accept(&suite()), Found::default());
    let mut pages = folder.all();
    pages.retain(|name, _| !name.contains("python"));
    let text: Vec<String> = pages.iter().map(|(name, text)| format!("==> {name}\n{text}")).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn the_order_of_rows_and_the_durations_change_nothing() {
    let (one, other) = (Folder::new(), Folder::new());
    one.accept(&suite());
    let mut turned = suite();
    turned.rows.reverse();
    for row in &mut turned.rows {
        row.ms.end = Some(77.0);
    }
    turned.took = None;
    other.accept(&turned);
    assert_eq!(one.all(), other.all());
}

#[test]
fn a_changed_observation_is_shown_as_a_diff() {
    let folder = Folder::new();
    folder.accept(&suite());
    let mut changed = suite();
    change(&mut changed, "python-atexit/pty/ctrl-c");
    let before = folder.all();
    let found = folder.check(&changed);
    assert!(!found.is_current());
    insta::assert_snapshot!(found.render(false));
    let color = found.render(true);
    assert_eq!(anstream::adapter::strip_str(&color).to_string(), found.render(false));
    assert_eq!(folder.all(), before);
    folder.accept(&changed);
    assert_eq!(folder.check(&changed), Found::default());
}

#[test]
fn a_snapshot_without_scenario_is_told_in_the_same_run_and_removed_when_accepted() {
    let folder = Folder::new();
    folder.accept(&suite());
    let less = only(suite(), "python-atexit");
    let found = folder.check(&less);
    assert_eq!(found.differences, ["reports/linux/python-flask.md is owned by no scenario"]);
    let found = folder.accept(&less);
    assert!(found.written.contains(&"reports/linux/python-flask.md removed: no scenario owns it".to_owned()));
    assert_eq!(folder.check(&less), Found::default());
    assert!(!folder.read("README.md").contains("python-flask"));
}

#[test]
fn a_run_of_a_part_leaves_the_rest_alone() {
    let folder = Folder::new();
    folder.accept(&suite());
    let before = folder.all();
    let less = only(suite(), "python-atexit");
    assert_eq!(folder.part(&less, false), Found::default());
    assert_eq!(folder.part(&less, true), Found::default());
    let mut one = suite();
    one.rows.retain(|row| row.cell == "python-atexit/pty/ctrl-c");
    assert_eq!(folder.part(&one, false), Found::default());
    assert_eq!(folder.part(&one, true), Found::default());
    assert_eq!(folder.all(), before);
}

#[test]
fn a_part_that_is_accepted_is_in_all_pages() {
    let (parts, whole) = (Folder::new(), Folder::new());
    parts.part(&only(suite(), "python-flask"), true);
    parts.part(&only(suite(), "python-atexit"), true);
    whole.accept(&suite());
    assert_eq!(parts.all(), whole.all());
}

#[test]
fn a_platform_is_taken_over_from_a_record_made_elsewhere() {
    let folder = Folder::new();
    folder.accept(&suite());
    let mut elsewhere = suite();
    elsewhere.header.platform.os = lastrites_model::platform::Os::Macos;
    folder.accept(&elsewhere);
    assert_eq!(folder.check(&suite()), Found::default());
    assert!(folder.read("macos/python-atexit.md").contains("## Recorded on macOS"));
    assert!(
        folder
            .read("README.md")
            .contains("| [2](linux/python-flask.md) | [2](macos/python-flask.md) | not yet recorded |")
    );
}

#[test]
fn another_version_is_a_note_and_no_difference() {
    let folder = Folder::new();
    folder.accept(&suite());
    let mut here = suite();
    here.header.runtimes.insert("python".into(), "3.12.1".into());
    change(&mut here, "python-atexit/pty/ctrl-c");
    let found = folder.check(&here);
    assert!(found.is_current());
    assert_eq!(
        found.render(false),
        "note: 2 snapshots recorded with other versions (python 3.11, here 3.12): judged by the rules alone; \
         1 cell seen otherwise than recorded\n"
    );
}

#[test]
fn where_nothing_can_run_nothing_is_out_of_date() {
    let folder = Folder::new();
    folder.accept(&suite());
    let before = folder.all();
    let mut here = suite();
    here.header.runtimes.clear();
    for row in &mut here.rows {
        *row = Row { verdict: Verdict::Skip, why: "python is missing".into(), outcome: None, ..row.clone() };
    }
    assert_eq!(folder.check(&here), Found::default());
    assert_eq!(folder.accept(&here), Found::default());
    assert_eq!(folder.all(), before);
    // Nor where there is no snapshot yet: another machine has to be the first.
    assert_eq!(Folder::new().check(&here), Found::default());
}

#[test]
fn a_broken_snapshot_is_told_and_never_written_over() {
    let folder = Folder::new();
    folder.accept(&suite());
    folder.write("linux/python-flask.md", "# python-flask\n\n## What is this\n");
    let told = "reports/linux/python-flask.md: line 3: this heading is not known; restore it, or remove it to record it anew";
    assert_eq!(folder.check(&suite()).differences, [told]);
    assert_eq!(folder.accept(&suite()).differences, [told]);
    fs::remove_file(folder.path().join("linux/python-flask.md")).expect("it is there");
    folder.accept(&suite());
    assert_eq!(folder.check(&suite()), Found::default());
}

#[test]
fn a_page_that_was_edited_is_out_of_date() {
    let folder = Folder::new();
    folder.accept(&suite());
    folder.write("linux/claims.md", "# All is well\n");
    let found = folder.check(&suite());
    assert_eq!(found.differences.len(), 1);
    assert!(
        found.differences[0].starts_with("reports/linux/claims.md differs\n- # All is well\n"),
        "{found:?}"
    );
}

#[test]
fn line_ends_of_a_windows_checkout_are_no_difference() {
    let folder = Folder::new();
    folder.accept(&suite());
    for (file, text) in folder.all() {
        folder.write(&file, &text.replace('\n', "\r\n"));
    }
    assert_eq!(folder.check(&suite()), Found::default());
}

#[test]
fn cells_of_scenarios_that_are_not_here_are_told() {
    let folder = Folder::new();
    let both = suite();
    let mut less = only(suite(), "python-atexit");
    less.rows = both.rows;
    let found = folder.accept(&less);
    assert_eq!(found.notes, ["there is no scenario python-flask here; its cells are left out"]);
    assert!(!folder.path().join("linux/python-flask.md").exists());
}

#[test]
fn pages_can_be_made_anew_from_what_was_recorded() {
    let folder = Folder::new();
    let mut renamed = suite();
    folder.accept(&renamed);
    let before = folder.all();
    let platforms = platforms(&folder.path()).expect("the disk works");
    let [platform] = platforms.as_slice() else { panic!("one platform: {platforms:?}") };
    let refresh =
        |scenarios| refresh(platform, scenarios, &folder.path(), folder.0.path()).expect("the disk works");
    assert_eq!(refresh(&renamed.scenarios), Found::default());
    assert_eq!(folder.all(), before);
    let mut scenarios = renamed.scenarios.to_vec();
    scenarios[1].tags = vec!["runtime".into(), "bare".into()];
    let found = refresh(&scenarios);
    renamed.scenarios = Rc::new(scenarios);
    assert!(found.written.contains(&"reports/linux/runtimes/python.md written".to_owned()), "{found:?}");
    assert!(folder.read("linux/python-flask.md").contains("Tags: `runtime`, `bare`.\n"));
    // Only the head is new: what a run says of it is the same.
    assert_eq!(folder.check(&renamed), Found::default());
}

#[test]
fn the_page_of_a_runtime_goes_with_its_table() {
    let folder = Folder::new();
    let mut tagged = suite();
    Rc::make_mut(&mut tagged.scenarios)[1].tags = vec!["runtime".into(), "bare".into()];
    folder.accept(&tagged);
    assert_eq!(folder.check(&tagged), Found::default());
    let found = folder.accept(&suite());
    let gone = "reports/linux/runtimes/python.md removed: its runtime has no table";
    assert!(found.written.contains(&gone.to_owned()), "{found:?}");
    assert_eq!(folder.check(&suite()), Found::default());
}

#[test]
fn the_readme_shows_what_was_recorded() {
    let folder = Folder::new();
    let mut tagged = suite();
    Rc::make_mut(&mut tagged.scenarios)[1].tags = vec!["runtime".into(), "bare".into()];
    let readme = folder.0.path().join("README.md");
    fs::write(&readme, "before\n<!-- overview: linux -->\nold\n<!-- /overview -->\nafter\n")
        .expect("the disk works");
    folder.accept(&tagged);
    let text = fs::read_to_string(&readme).expect("it is there");
    assert!(text.starts_with("before\n<!-- overview: linux -->\n\n| runtime | "), "{text}");
    assert!(text.ends_with("\n\n<!-- /overview -->\nafter\n"), "{text}");
    assert_eq!(folder.check(&tagged), Found::default());
    fs::write(&readme, text.replace("✘ none", "✔ all")).expect("the disk works");
    let found = folder.check(&tagged);
    assert!(found.differences[0].starts_with("README.md differs\n"), "{found:?}");
}
