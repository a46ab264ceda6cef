//! Records: what is written is read, and what is broken is told.

use super::*;
use crate::observation::{Disposition, Ended, HookRun, Left, Millis, Trouble, Verdict};
use crate::sample::{self, exited, expect, scenario};
use crate::signals::Signal;
use crate::work::{Answer, Worked};
use proptest::prelude::*;
use rstest::rstest;

fn small() -> Record {
    let scenario = scenario("s").cells(&["direct"], &["SIGTERM", "SIGINT"], &expect()).build();
    sample::record(sample::rows(&scenario, |_| exited(0)))
}

#[test]
fn lines_are_those_of_the_contract() {
    let mut record = small();
    record.rows[0].cleanup = vec![HookRun { role: "main".into(), hook: "C".into() }];
    record.rows[0].ms = Millis { ready: Some(12.1), end: Some(3.4) };
    insta::assert_snapshot!(write(&record));
}

#[test]
fn every_cut_of_the_last_line_keeps_the_rest() {
    let text = write(&small());
    let whole = text.trim_end().rfind('\n').expect("three lines") + 1;
    for end in whole + 1..text.len() - 1 {
        let record = read(&text[..end]).expect("the rest is whole");
        assert_eq!((record.rows.len(), record.cut), (1, true), "cut at {end}");
    }
    // Without its line end, a line that is whole is a line.
    let record = read(&text[..text.len() - 1]).expect("all is whole");
    assert_eq!((record.rows.len(), record.cut), (2, false));
}

#[test]
fn a_cut_within_a_character_is_a_cut() {
    let mut record = small();
    record.rows[1].why = "é".into();
    let text = write(&record).into_bytes();
    let place = text.iter().position(|byte| *byte == 0xC3).expect("the character");
    let read = read_bytes(&text[..=place]).expect("the rest is whole");
    assert_eq!((read.rows.len(), read.cut), (1, true));
    let mut broken = text.clone();
    broken[place + 1] = b'x';
    let error = read_bytes(&broken).expect_err("no UTF-8");
    assert_eq!((error.line, error.what.as_str()), (3, "it is no UTF-8"));
}

#[rstest]
#[case::empty("")]
#[case::no_json("hello\n")]
#[case::no_header("{\"cell\": \"a\"}\n")]
#[case::newer("{\"schema\": 7, \"something\": \"else\"}\n")]
#[case::older("{\"schema\": 0}\n")]
#[case::header_cut("{\"schema\": 1, \"tool\": \"lastr")]
#[case::wrong_type("{\"schema\": 1, \"tool\": 5}\n")]
fn headers_that_are_refused(#[case] text: &str) {
    let error = read(text).expect_err("it is no record");
    let name = std::thread::current().name().unwrap_or_default().rsplit("::").next().map(str::to_owned);
    insta::assert_snapshot!(name, error.to_string());
}

#[test]
fn a_broken_line_in_the_middle_is_told_with_its_place() {
    let text = write(&small());
    let broken = text.replacen("\"terminate\":\"SIGTERM\"", "\"terminate\":SIGTERM", 1);
    let error = read(&broken).expect_err("it is broken");
    assert_eq!(error.line, 2);
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn fields_that_we_do_not_know_are_passed_over() {
    let text = write(&small()).replacen("{\"cell\"", "{\"later\":[1],\"cell\"", 1);
    assert_eq!(read(&text).expect("a record of a later version, one schema"), small());
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 {}|\"\\\\é\n-]{0,12}"
}

fn millis() -> impl Strategy<Value = Option<f64>> {
    // Tenths, as the harness writes them: JSON keeps those exactly.
    proptest::option::of((0u32..1_000_000).prop_map(|tenths| f64::from(tenths) / 10.0))
}

fn end() -> impl Strategy<Value = Option<Ended>> {
    prop_oneof![
        Just(None),
        any::<u32>().prop_map(|code| Some(Ended::Exited { code })),
        (0usize..38, any::<bool>())
            .prop_map(|(n, core)| Signal::all().nth(n).map(|signal| Ended::Signaled { signal, core })),
        Just(Some(Ended::Survived)),
        Just(Some(Ended::NeverReady)),
    ]
}

fn words() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(word(), 0..3)
}

fn left() -> impl Strategy<Value = Left> {
    (words(), words(), words(), words()).prop_map(|(processes, zombies, files, ports)| Left {
        processes,
        zombies,
        files,
        ports,
    })
}

fn trouble() -> impl Strategy<Value = Option<Trouble>> {
    let kinds = [
        Trouble::NotStarted,
        Trouble::NeverReady,
        Trouble::NotDelivered,
        Trouble::Protocol,
        Trouble::NotChecked,
        Trouble::Harness as fn(String) -> Trouble,
    ];
    proptest::option::of((0usize..6, word()).prop_map(move |(n, text)| kinds[n](text)))
}

fn work() -> impl Strategy<Value = Vec<Worked>> {
    let one = (word(), 0..Answer::ALL.len(), millis(), millis())
        .prop_map(|(request, n, ms, refused_ms)| Worked { request, answer: Answer::ALL[n], ms, refused_ms });
    proptest::collection::vec(one, 0..3)
}

fn row() -> impl Strategy<Value = Row> {
    let hooks = proptest::collection::vec((word(), word()), 0..3)
        .prop_map(|runs| runs.into_iter().map(|(role, hook)| HookRun { role, hook }).collect::<Vec<_>>());
    let seen = (end(), hooks, left(), (millis(), millis()), trouble(), words(), work());
    let disposition = proptest::option::of(prop_oneof![
        Just(Disposition::Default),
        Just(Disposition::Ignored),
        Just(Disposition::Caught),
        Just(Disposition::Blocked)
    ]);
    let verdict = prop_oneof![
        Just(Verdict::Pass),
        Just(Verdict::Fail),
        Just(Verdict::Skip),
        Just(Verdict::Flaky),
        Just(Verdict::Error)
    ];
    let names = (word(), word(), word(), word(), word());
    (names, seen, disposition, verdict, word()).prop_map(|(names, seen, disposition, verdict, why)| {
        let (cell, scenario, target, launch, terminate) = names;
        let (outcome, cleanup, leftovers, (ready, end), trouble, stderr, work) = seen;
        Row {
            cell,
            scenario,
            target,
            version: (!launch.is_empty()).then(|| launch.clone()),
            launch,
            stdout: crate::launch::Stdout::File,
            terminate,
            outcome,
            cleanup,
            leftovers,
            disposition,
            ms: Millis { ready, end },
            survey: None,
            trouble,
            work,
            said: Vec::new(),
            after: Vec::new(),
            stderr,
            verdict,
            why,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(rows in proptest::collection::vec(row(), 0..6)) {
        let record = sample::record(rows);
        let text = write(&record);
        prop_assert_eq!(text.lines().count(), 1 + record.rows.len(), "one line for each");
        prop_assert_eq!(read(&text), Ok(record));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        let _ = read(&text);
    }
}
