//! `sandbox-ckan --control <address> <arguments…>`: `ckan`, and the scripts of the services, of a sandbox CKAN.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let code = sandbox::ckan::program::run(std::env::args_os().skip(1)).await;
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}
