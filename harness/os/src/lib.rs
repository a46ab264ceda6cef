//! The effects of lastrites on an operating system: start a process in a given way, notice its end, do
//! things to it, count what it leaves.
//!
//! All `unsafe` and every `cfg` on an operating system of the whole workspace live here, one folder per
//! system. Each offers the same items; the interface is documented on `unsupported`, the explicit
//! fallback for systems without a backend.

pub mod spec;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::{Interrupts, Pool, Running, Stream, die_of, evidence, facts, hidden_main, listening};

#[cfg(not(windows))]
mod unsupported;
#[cfg(not(windows))]
pub use unsupported::{Interrupts, Pool, Running, Stream, die_of, evidence, facts, hidden_main, listening};

mod paths;
pub use paths::executable;
