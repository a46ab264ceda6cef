//! Windows: an agent for each target, Job Objects, consoles. It is developed and tested under Wine.
//!
//! The way of a cell: the harness creates an agent, suspended, puts it into a job that ends everything in
//! it when the harness is gone, and lets it run (`pool`); the agent creates the target on its own private
//! console (`agent`); what the target writes comes through named pipes (`port`, `stream`).

mod agent;
mod console;
mod job;
mod machine;
mod pool;
mod port;
mod process;
mod protocol;
mod stream;
mod sys;

pub use machine::{Interrupts, die_of, facts, listening, ports_of};
pub use pool::{Pool, Running};
pub use stream::{Stream, evidence};

/// Hidden first arguments of the program that belong to this platform (an agent); `None` means that
/// the arguments are the user's. It returns the exit status.
pub fn hidden_main(arguments: &[String]) -> Option<i32> {
    match arguments {
        [first] if first == protocol::AGENT => Some(agent::main()),
        [first, what, pid] if first == protocol::ATTACH => Some(console::attach_main(what, pid)),
        _ => None,
    }
}
