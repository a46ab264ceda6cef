//! The harness: loads scenarios, runs their cells, judges, records and reports.
//!
//! `cli` and `commands` are the way in; `load` reads, `prepare` finds what cells need, `schedule` orders
//! them, `execute` runs one.

pub mod cli;
pub mod commands;
pub mod execute;
pub mod load;
pub mod prepare;
pub mod report;
pub mod runtimes;
pub mod schedule;
