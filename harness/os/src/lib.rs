//! The effects of lastrites on an operating system: start a process in a given way, notice its end, do
//! things to it, count what it leaves.
//!
//! All `unsafe` and every `cfg` on an operating system of the whole workspace live here, one folder per
//! system. Each offers the same items; the interface is documented on `unsupported`, the explicit
//! fallback for systems without a backend.

pub mod spec;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as sys;
#[cfg(any(target_os = "macos", target_os = "freebsd"))]
mod bsd;
#[cfg(any(target_os = "macos", target_os = "freebsd"))]
use bsd as sys;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
mod unix;
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
pub use {
    sys::{facts, listening, ports_of},
    unix::{Interrupts, Pool, Running, Stream, die_of, evidence, hidden_main},
};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::{
    Interrupts, Pool, Running, Stream, die_of, evidence, facts, hidden_main, listening, ports_of,
};

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd", windows)))]
mod unsupported;
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd", windows)))]
pub use unsupported::{
    Interrupts, Pool, Running, Stream, die_of, evidence, facts, hidden_main, listening, ports_of,
};

mod paths;
pub use paths::{executable, is_empty, terminal_width};
