//! Parses, wires, runs: nothing else.

fn main() {}
