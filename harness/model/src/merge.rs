//! The parts of one plan, put together again.
//!
//! A whole that lacks a part looks like a whole in which nothing is wrong, so whatever is missing or
//! does not fit is refused by name.

use crate::record::{Header, Record};
use crate::words::count;
use std::collections::BTreeMap;
use std::fmt;

/// Why records are no whole. Records are numbered from 1, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// There are none.
    Nothing,
    /// This one is not part of a plan that was split.
    NoShard(usize),
    /// This record's header differs from the first one's in something that one run cannot differ in.
    Differs {
        /// The record.
        record: usize,
        /// In what.
        what: &'static str,
        /// The first record's value.
        first: String,
        /// This record's value.
        here: String,
    },
    /// Parts that nobody gave.
    MissingShards {
        /// Their numbers.
        missing: Vec<usize>,
        /// Of how many.
        of: usize,
    },
    /// A part that two records claim to be.
    SameShard {
        /// Its number.
        shard: usize,
        /// The two records.
        records: (usize, usize),
    },
    /// A record whose last line was cut off: its run did not come to its end.
    Cut {
        /// The record.
        record: usize,
        /// The part that it is.
        shard: usize,
        /// How many whole cells it has.
        cells: usize,
    },
    /// A cell that is there twice.
    Twice {
        /// Its id.
        cell: String,
        /// The two records.
        records: (usize, usize),
    },
    /// Fewer or more cells than the plan has.
    Count {
        /// How many the plan has.
        planned: usize,
        /// How many each part has, by its number.
        parts: Vec<(usize, usize)>,
    },
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MergeError::Nothing => write!(f, "there is no record to merge"),
            MergeError::NoShard(record) => {
                write!(f, "record {record} is no shard: its run was not split with --shard")
            }
            MergeError::Differs { record, what, first, here } => {
                write!(f, "record {record} is not of the same run: {what} is {here}, in record 1 {first}")
            }
            MergeError::MissingShards { missing, of } => {
                let numbers: Vec<String> = missing.iter().map(ToString::to_string).collect();
                let are = if missing.len() == 1 { "is" } else { "are" };
                write!(f, "of {of} shards there {are} missing: {}", numbers.join(", "))
            }
            MergeError::SameShard { shard, records: (a, b) } => {
                write!(f, "records {a} and {b} are both shard {shard}")
            }
            MergeError::Cut { record, shard, cells } => write!(
                f,
                "record {record} (shard {shard}) was cut off after {}: its run did not end properly",
                count(*cells, "cell")
            ),
            MergeError::Twice { cell, records: (a, b) } if a == b => {
                write!(f, "record {a} has the cell {cell} twice")
            }
            MergeError::Twice { cell, records: (a, b) } => {
                write!(f, "records {a} and {b} both have the cell {cell}")
            }
            MergeError::Count { planned, parts } => {
                let there: usize = parts.iter().map(|(_, cells)| cells).sum();
                let each: Vec<String> =
                    parts.iter().map(|(shard, cells)| format!("shard {shard} has {cells}")).collect();
                write!(
                    f,
                    "the plan has {}, the shards together {there}: {}",
                    count(*planned, "cell"),
                    each.join(", ")
                )
            }
        }
    }
}

impl std::error::Error for MergeError {}

/// Makes one record of the shards of one plan, in the order of their numbers. A single record that was
/// not split is a whole already.
pub fn merge(mut records: Vec<Record>) -> Result<Record, MergeError> {
    let Some(first) = records.first() else { return Err(MergeError::Nothing) };
    if records.len() == 1 && first.header.shard.is_none() && !first.cut {
        return Ok(records.remove(0));
    }
    for (number, record) in (1..).zip(&records) {
        fits(&first.header, &record.header, number)?;
    }
    let parts = in_order(&records)?;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (shard, record) in &parts {
        if records[record - 1].cut {
            let cells = records[record - 1].rows.len();
            return Err(MergeError::Cut { record: *record, shard: *shard, cells });
        }
        for row in &records[record - 1].rows {
            if let Some(other) = seen.insert(&row.cell, *record) {
                return Err(MergeError::Twice { cell: row.cell.clone(), records: (other, *record) });
            }
        }
    }
    let planned = first.header.cells;
    if seen.len() != planned {
        let parts = parts.iter().map(|(shard, record)| (*shard, records[record - 1].rows.len())).collect();
        return Err(MergeError::Count { planned, parts });
    }
    let mut header = Header { shard: None, ..first.header.clone() };
    for record in &records {
        header.runtimes.extend(record.header.runtimes.clone());
    }
    let rows = parts.values().flat_map(|record| std::mem::take(&mut records[record - 1].rows)).collect();
    Ok(Record { header, rows, cut: false })
}

/// The shards by number, each with the number of its record; every one there once.
fn in_order(records: &[Record]) -> Result<BTreeMap<usize, usize>, MergeError> {
    let mut parts: BTreeMap<usize, usize> = BTreeMap::new();
    let mut of = 0;
    for (number, record) in (1..).zip(records) {
        let Some(shard) = record.header.shard else { return Err(MergeError::NoShard(number)) };
        of = shard.of;
        if let Some(other) = parts.insert(shard.index, number) {
            return Err(MergeError::SameShard { shard: shard.index, records: (other, number) });
        }
    }
    let missing: Vec<usize> = (1..=of).filter(|index| !parts.contains_key(index)).collect();
    if missing.is_empty() { Ok(parts) } else { Err(MergeError::MissingShards { missing, of }) }
}

fn fits(first: &Header, here: &Header, record: usize) -> Result<(), MergeError> {
    let platform = |header: &Header| {
        let platform = &header.platform;
        let wine = platform.wine.as_ref().map(|wine| format!(" (Wine {wine})")).unwrap_or_default();
        format!("{} {} {}{wine}", platform.os.name(), platform.arch, platform.kernel)
    };
    let shards = |header: &Header| header.shard.map_or("none".to_owned(), |shard| shard.of.to_string());
    let sh = |header: &Header| header.sh.clone().unwrap_or_else(|| "unknown".to_owned());
    let pairs = [
        ("the tool", first.tool.clone(), here.tool.clone()),
        ("the platform", platform(first), platform(here)),
        ("/bin/sh", sh(first), sh(here)),
        ("the number of shards", shards(first), shards(here)),
        ("the number of cells", first.cells.to_string(), here.cells.to_string()),
    ];
    for (what, first, here) in pairs {
        if first != here {
            return Err(MergeError::Differs { record, what, first, here });
        }
    }
    // Shards list the runtimes that their own cells use: only one that both have can differ.
    for (name, version) in &first.runtimes {
        if let Some(other) = here.runtimes.get(name)
            && other != version
        {
            let (first, here) = (format!("{name} {version}"), format!("{name} {other}"));
            return Err(MergeError::Differs { record, what: "a runtime", first, here });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
