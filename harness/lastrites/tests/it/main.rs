//! The command line, run as a user runs it: each test in a folder of its own, against real programs.

mod after;
mod bad_days;
mod commands;
mod errors;
mod interrupted;
mod results;
mod review;
mod sandbox;
mod versions;
