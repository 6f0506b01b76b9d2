//! Parses, wires, runs: nothing else.

use std::process::ExitCode;

use ckan_chatops::cli;
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(cli::Arguments::parse()).await
}
