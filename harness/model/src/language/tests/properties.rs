//! What holds for any file.

use super::*;
use crate::scenario::Cell;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use std::collections::BTreeSet;

const LAUNCHES: [&str; 6] = ["direct", "new-group", "new-session", "pty", "pid1", "sigint-ignored"];
const TERMINATIONS: [&str; 10] = [
    "return",
    "SIGTERM",
    "SIGINT-group",
    "SIGHUP-session",
    "ctrl-c",
    "hangup",
    "stdin-eof",
    "stdout-gone",
    "parent-death",
    "signal-34",
];
const STDOUTS: [&str; 3] = ["pipe", "file", "pty"];

/// A `when`: some launches and terminations.
type Selected = (Vec<&'static str>, Vec<&'static str>);

fn selected() -> impl Strategy<Value = Selected> {
    (subsequence(LAUNCHES.to_vec(), 1..=3), subsequence(TERMINATIONS.to_vec(), 1..=4))
}

fn written((launches, terminations): &Selected) -> String {
    format!("{{ launch: [{}], terminate: [{}] }}", launches.join(", "), terminations.join(", "))
}

fn among((launches, terminations): &Selected, cell: &Cell) -> bool {
    launches.contains(&cell.launch.as_str()) && terminations.contains(&cell.terminate.as_str())
}

/// A scenario with shared rules and exclusions, which may match nothing.
fn scenario(
    launches: &[&str],
    terminations: &[&str],
    stdouts: &[&str],
    exclude: &[Selected],
    rules: &[Selected],
) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let exclude: Vec<String> = exclude.iter().map(written).collect();
    let rules: Vec<String> = rules
        .iter()
        .enumerate()
        .map(|(index, when)| {
            format!("  - {{ when: {}, outcome: {{ exit: {} }} }}\n", written(when), index + 1)
        })
        .collect();
    let stdout =
        if stdouts.is_empty() { String::new() } else { format!("stdout: [{}], ", stdouts.join(", ")) };
    let shared = format!(
        "matrix: {{ launch: [{}], {stdout}terminate: [{}], exclude: [{}] }}\nexpect:\n  - outcome: {{ exit: 0 }}\n{}",
        launches.join(", "),
        terminations.join(", "),
        exclude.join(", "),
        rules.concat()
    );
    let own = "scenario: p\nabout: p\nplatforms: linux\ntarget: { fixture: c/atexit.c }\ndefaults: d.yaml\n";
    load_all(Os::Linux, &[("a.yaml", own.as_bytes())], &[("d.yaml", &shared)])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = load_all(Os::Linux, &[("a.yaml", &bytes)], &[]);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ -~éü\n\t:,\\[\\]{}&*!|>'\"#%@-]{0,200}") {
        if let Err(errors) = load_for(Os::Macos, &text) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(error.line() >= 1 && error.column() >= 1);
                prop_assert!(!error.render(true).is_empty());
            }
        }
    }

    #[test]
    fn no_cut_makes_it_panic(start in any::<Index>(), end in any::<Index>(), insert in "[\\[\\]{}:,a-z \n-]{0,6}") {
        let length = EVERYTHING.len() + 1;
        let (start, end) = (start.index(length), end.index(length));
        let (start, end) = (start.min(end), start.max(end));
        let text = format!("{}{insert}{}", &EVERYTHING[..start], &EVERYTHING[end..]);
        if let Err(errors) = load_for(Os::Linux, &text) {
            for error in &errors {
                prop_assert!(error.line() <= text.lines().count() + 1);
                let _ = error.render(false);
            }
        }
    }

    /// A word of a right file replaced by any other: never a panic, and each error has its place.
    #[test]
    fn no_other_word_makes_it_panic(
        which in any::<Index>(),
        word in select(vec!["none", "any", "main", "[]", "{}", "~", "3", "true", "{ a: b }", "[a]", "SIGTERM", "\"\""]),
    ) {
        let words: Vec<(usize, &str)> = EVERYTHING.match_indices(|c: char| c.is_ascii_alphanumeric()).collect();
        let (at, _) = words[which.index(words.len())];
        let end = EVERYTHING[at..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(EVERYTHING.len(), |n| at + n);
        let text = format!("{}{word}{}", &EVERYTHING[..at], &EVERYTHING[end..]);
        let _ = load_for(Os::Linux, &text).map_err(|errors| render(&errors));
    }

    #[test]
    fn filters_never_panic(text in "[ -~é\"()=*]{0,60}") {
        let _ = crate::filter::Filter::parse(&text).map_err(|error| (error.column(), error.render(false)));
    }

    #[test]
    fn plans(
        launches in subsequence(LAUNCHES.to_vec(), 1..=6),
        terminations in subsequence(TERMINATIONS.to_vec(), 1..=10),
        stdouts in subsequence(STDOUTS.to_vec(), 0..=3),
        exclude in proptest::collection::vec(selected(), 0..3),
        rules in proptest::collection::vec(selected(), 0..5),
    ) {
        let Ok(all) = scenario(&launches, &terminations, &stdouts, &[], &[]) else {
            // A combination without any meaning.
            return Ok(());
        };
        let Ok(some) = scenario(&launches, &terminations, &stdouts, &exclude, &rules) else {
            let left = all[0].cells.iter().any(|cell| !exclude.iter().any(|excluded| among(excluded, cell)));
            prop_assert!(!left, "cells are left, so there was no reason to refuse it");
            return Ok(());
        };
        let cells = &some[0].cells;
        let ids: BTreeSet<&str> = cells.iter().map(|cell| cell.id.as_str()).collect();
        prop_assert_eq!(ids.len(), cells.len(), "ids are unique");
        for cell in &all[0].cells {
            let excluded = exclude.iter().any(|excluded| among(excluded, cell));
            prop_assert_eq!(ids.contains(cell.id.as_str()), !excluded, "{}", &cell.id);
        }
        for cell in cells {
            let last = rules.iter().rposition(|rule| among(rule, cell)).map_or(0, |index| index + 1);
            let last = u32::try_from(last).unwrap_or_default();
            prop_assert_eq!(&cell.expect.outcome, &vec![Outcome::Exit(last)], "{}", &cell.id);
        }
    }

    /// Versions multiply the cells, each with an id of its own, and without them the ids are as before.
    #[test]
    fn versions_multiply_cells(
        launches in subsequence(LAUNCHES.to_vec(), 1..=6),
        terminations in subsequence(TERMINATIONS.to_vec(), 1..=10),
        versions in subsequence(vec!["python", "python312", "python313", "./a/b", "../c"], 1..=5),
    ) {
        let text = |versions: &str| {
            format!(
                "scenario: p\nabout: p\nplatforms: linux\ntarget: {{ fixture: python/atexit.py }}\n\
                 matrix: {{ launch: [{}], terminate: [{}]{versions} }}\nexpect: [{{ outcome: ends }}]\n",
                launches.join(", "),
                terminations.join(", "),
            )
        };
        let Ok(plain) = load_for(Os::Linux, &text("")) else { return Ok(()) };
        let axis = text(&format!(", version: [{}]", versions.join(", ")));
        let axis = load_for(Os::Linux, &axis).map_err(|errors| TestCaseError::fail(render(&errors)))?;
        let ids: BTreeSet<&str> = axis[0].cells.iter().map(|cell| cell.id.as_str()).collect();
        prop_assert_eq!(ids.len(), plain[0].cells.len() * versions.len());
        for (cell, version) in plain[0].cells.iter().flat_map(|cell| versions.iter().map(move |one| (cell, one))) {
            let id = format!("p/{}@{version}/{}", cell.launch, cell.terminate);
            prop_assert!(ids.contains(id.as_str()), "{}", id);
        }
    }
}
