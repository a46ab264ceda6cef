//! Merging: whole sets make a whole, and each kind of gap is refused by name.

use super::*;
use crate::record::Shard;
use crate::sample::{self, exited, expect, scenario};
use proptest::prelude::*;

fn plan(cells: usize) -> Record {
    let names: Vec<String> = (0..cells).map(|n| format!("signal-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let scenario = scenario("s").cells(&["direct"], &names, &expect()).build();
    sample::record(sample::rows(&scenario, |_| exited(0)))
}

fn refused(records: Vec<Record>) -> String {
    merge(records).expect_err("it is no whole").to_string()
}

proptest! {
    #[test]
    fn the_shards_of_a_plan_make_the_plan(cells in 1usize..20, of in 1usize..6, turn in 0usize..6) {
        let whole = plan(cells);
        let mut parts = sample::shards(&whole, of);
        parts.rotate_left(turn % of);
        let merged = merge(parts).expect("nothing is missing");
        prop_assert_eq!(&merged.header, &whole.header);
        let ids = |record: &Record| {
            let mut ids: Vec<String> = record.rows.iter().map(|row| row.cell.clone()).collect();
            ids.sort();
            ids
        };
        prop_assert_eq!(ids(&merged), ids(&whole));
    }

    #[test]
    fn no_set_with_a_gap_is_a_whole(cells in 6usize..20, of in 2usize..6, gone in 0usize..6) {
        let mut parts = sample::shards(&plan(cells), of);
        let gone = gone % of;
        parts.remove(gone);
        prop_assert_eq!(
            merge(parts),
            Err(MergeError::MissingShards { missing: vec![gone + 1], of })
        );
    }
}

#[test]
fn a_record_that_was_not_split_is_a_whole() {
    assert_eq!(merge(vec![plan(3)]), Ok(plan(3)));
}

#[test]
fn what_is_missing_is_named() {
    let parts = sample::shards(&plan(7), 4);
    let mut said = vec![refused(Vec::new())];
    said.push(refused(vec![parts[0].clone(), parts[2].clone()]));
    said.push(refused(vec![parts[0].clone(), parts[1].clone(), parts[1].clone(), parts[3].clone()]));
    said.push(refused(vec![parts[0].clone(), plan(7)]));
    said.push(refused(vec![plan(7), plan(7)]));

    let mut cut = parts.clone();
    cut[2].cut = true;
    cut[2].rows.pop();
    said.push(refused(cut));

    let mut short = parts.clone();
    short[3].rows.pop();
    said.push(refused(short));

    let mut overlap = parts.clone();
    overlap[1].rows[0] = parts[0].rows[0].clone();
    said.push(refused(overlap));

    let mut twice = parts.clone();
    twice[0].rows[1] = parts[0].rows[0].clone();
    said.push(refused(twice));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn parts_of_different_runs_are_refused() {
    let parts = sample::shards(&plan(4), 2);
    let differ = |change: fn(&mut Header)| {
        let mut parts = parts.clone();
        change(&mut parts[1].header);
        refused(parts)
    };
    let said = [
        differ(|header| header.tool = "lastrites 0.2.0".into()),
        differ(|header| header.platform.arch = "aarch64".into()),
        differ(|header| header.platform.wine = Some("8.0".into())),
        differ(|header| header.sh = Some("bash".into())),
        differ(|header| header.shard = Some(Shard { index: 2, of: 3 })),
        differ(|header| header.cells = 5),
        differ(|header| header.runtimes = [("python".to_owned(), "3.12.1".to_owned())].into()),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn runtimes_of_all_shards_are_kept() {
    let mut parts = sample::shards(&plan(4), 2);
    parts[1].header.runtimes = [("node".to_owned(), "20.1.0".to_owned())].into();
    let merged = merge(parts).expect("nothing is missing");
    assert_eq!(merged.header.runtimes.len(), 2);
}
