//! The command `lastrites`.

fn main() {}
