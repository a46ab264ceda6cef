//! The pure half of lastrites: Scenario → Plan → Observation → Judgement, as values.
//!
//! Nothing in this crate has effects: no files, no processes, no clock, no `cfg(target_os)`. A
//! platform is a value, so a plan for Windows can be checked on Linux, and a saved record can be
//! judged again without running anything.

#![forbid(unsafe_code)]

pub mod claims;
pub mod compare;
pub mod filter;
pub mod judge;
pub mod language;
pub mod launch;
pub mod launches;
pub mod merge;
pub mod observation;
pub mod platform;
pub mod record;
pub mod record_io;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
pub mod scenario;
pub mod signals;
pub mod termination;
pub mod terminations;
pub mod wine;
pub mod words;
pub mod work;
