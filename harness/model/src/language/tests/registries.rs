//! A walk over both registries.

use super::*;
use crate::language::names::is_form;
use crate::launch::Start;
use crate::termination::Action;
use crate::{launches, terminations};
use std::collections::BTreeSet;

#[test]
fn every_launch_is_documented_and_found() {
    let mut starts: Vec<(&str, Os, Start)> = Vec::new();
    for launch in launches::ALL {
        documented(launch.name, launch.about, launch.source, launch.platforms);
        assert!(!is_form(launch.name), "{}: capitals are for forms", launch.name);
        assert!(!launch.name.contains(['/', '>', ' ']), "{}: it stands in ids", launch.name);
        for &os in launch.platforms {
            let found = launches::find(launch.name, os).expect(launch.name);
            assert_eq!(found.about, launch.about, "{} has two entries on {}", launch.name, os.name());
            let start = (launch.start)();
            let unix_only = !start.ignored.is_empty() || !start.blocked.is_empty() || start.pid_namespace;
            assert!(os.is_unix() || !unix_only, "{} does on Windows what only POSIX has", launch.name);
            let same = starts.iter().find(|(_, other, known)| *other == os && *known == start);
            assert!(same.is_none(), "{} and {same:?} do the same", launch.name);
            starts.push((launch.name, os, start));
        }
    }
    assert!(launches::known("direct") && !launches::known("banana"));
}

#[test]
fn every_termination_is_documented_and_found() {
    let mut examples = BTreeSet::new();
    for entry in terminations::ALL {
        documented(entry.name, entry.about, entry.source, entry.platforms);
        assert!(!entry.examples.is_empty(), "{} has no example", entry.name);
        if !is_form(entry.name) {
            assert_eq!(entry.examples, [entry.name], "the one name is the example");
        }
        for example in entry.examples {
            let ending =
                (entry.parse)(example).unwrap_or_else(|| panic!("{} does not take {example}", entry.name));
            let something = ending.own.is_some() || !ending.steps.is_empty() || !ending.limits.is_empty();
            assert!(something, "{example} does nothing");
            for &os in entry.platforms {
                examples.insert((os, *example));
                let takers: Vec<&str> = terminations::ALL
                    .iter()
                    .filter(|other| other.platforms.contains(&os) && (other.parse)(example).is_some())
                    .map(|other| other.name)
                    .collect();
                assert_eq!(takers, [entry.name], "{example} on {}", os.name());
                let windows = ending.steps.iter().any(|step| matches!(step, Action::Windows(_)));
                let signal = ending.steps.iter().any(|step| matches!(step, Action::Signal { .. }));
                assert!(!(windows && os.is_unix()), "{example} does on {} what only Windows has", os.name());
                assert!(!signal || os.is_unix(), "{example} sends a signal on Windows");
            }
        }
        for wrong in [
            "",
            " ",
            "SIG",
            "SIGNOPE",
            "-group",
            "SIGTERM-",
            "SIGTERM:",
            "signal-0",
            "signal-015",
            "http",
            "line ",
        ] {
            assert!((entry.parse)(wrong).is_none(), "{} takes {wrong:?}", entry.name);
        }
    }
}

#[track_caller]
fn documented(name: &str, about: &str, source: &str, platforms: &[Os]) {
    assert!(!name.is_empty() && !platforms.is_empty(), "{name}");
    assert!(about.len() > 20 && about.ends_with('.'), "{name}: about is a sentence");
    assert!(source.len() > 5, "{name}: the source is missing");
}

#[test]
fn every_name_is_in_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).expect("the schema is JSON");
    let forms = |name: &str| schema["definitions"][name]["anyOf"].as_array().cloned().unwrap_or_default();
    for launch in launches::ALL {
        let found = forms("LaunchName").iter().any(|form| form["const"] == launch.name);
        assert!(found, "{}", launch.name);
    }
    for entry in terminations::ALL {
        for example in entry.examples {
            let found = forms("TerminationName").iter().any(|form| match form["pattern"].as_str() {
                Some(pattern) => regex::Regex::new(pattern).expect(pattern).is_match(example),
                None => form["const"] == **example,
            });
            assert!(found, "{example}");
        }
    }
}

#[rstest::rstest]
#[case("SIGTERM", 1, Some("SIGTERM"))]
#[case("signal-34", 1, Some("SIGRTMIN"))]
#[case("SIGRTMIN+1", 1, Some("SIGRTMIN+1"))]
#[case("SIGINT-twice", 3, Some("SIGINT"))]
#[case("SIGTERM-escalate", 3, Some("SIGTERM"))]
#[case("SIGTERM-stopped", 4, Some("SIGTERM"))]
#[case("SIGTERM:main", 1, Some("SIGTERM"))]
#[case("ctrl-c", 1, Some("SIGINT"))]
#[case("ctrl-backslash", 1, Some("SIGQUIT"))]
#[case("ctrl-d", 1, None)]
#[case("hangup", 1, Some("SIGHUP"))]
#[case("stdout-gone", 1, Some("SIGPIPE"))]
#[case("stdin-eof", 1, None)]
#[case("abort", 0, Some("SIGABRT"))]
#[case("cpu-limit", 0, Some("SIGXCPU"))]
#[case("file-size-limit", 0, Some("SIGXFSZ"))]
#[case("return", 0, None)]
#[case("http POST /-/quit", 1, None)]
#[case("line SHUTDOWN NOSAVE", 1, None)]
fn what_names_stand_for(#[case] name: &str, #[case] steps: usize, #[case] signal: Option<&str>) {
    let (_, ending) = terminations::find(name, Os::Linux).expect(name);
    assert_eq!(ending.steps.len(), steps);
    assert_eq!(ending.signal.map(crate::signals::Signal::name), signal);
}
