//! The harness: loads scenarios, runs their cells, judges, records and reports.

pub mod runtimes;
