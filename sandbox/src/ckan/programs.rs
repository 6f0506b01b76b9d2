//! Where a test or a person finds `sandbox-ckan`, the program that stands for `ckan`.
//!
//! Guarantees: the argv of a site's command line and of its services, as a configuration wants them. Leaves running
//! them to whoever has the argv.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program's name.
const NAME: &str = "sandbox-ckan";

/// The program, which is built where it is not there: for tests of other packages, for which cargo does not build it.
/// Tests of this package have it from `CARGO_BIN_EXE_sandbox-ckan`.
///
/// # Panics
/// Where it cannot be built: nothing that needs it can go on.
#[expect(clippy::panic, reason = "a test cannot go on without it")]
pub fn built_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(program) = beside_this_program() {
            return program;
        }
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "sandbox", "--bin", NAME, "--profile", profile])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        match (built, beside_this_program()) {
            (Ok(status), Some(program)) if status.success() => program,
            (built, program) => panic!("{NAME} was not built ({built:?}) or not found ({program:?})"),
        }
    })
}

/// The program, where it was built together with the running one: in the same folder, or above a test's.
pub fn beside_this_program() -> Option<PathBuf> {
    let running = std::env::current_exe().ok()?;
    let folders = running.ancestors().skip(1).take(2);
    folders.map(|folder| folder.join(NAME)).find(|program| program.is_file())
}

/// The services around CKAN that can be asked for.
pub const SERVICES: [&str; 3] = ["gather", "fetch", "csw"];
/// What each of them can be asked.
pub const SERVICE_VERBS: [&str; 3] = ["status", "restart", "logs"];
/// What stands before a service and a verb in place of the arguments of `ckan`.
pub const SERVICE_OPTION: &str = "--service";

/// The argv of `program`, which may be several words, at the sandbox with this address.
pub fn argv(program: &[String], url: &str, arguments: &[&str]) -> Vec<String> {
    let control = ["--control", url].into_iter().chain(arguments.iter().copied());
    program.iter().cloned().chain(control.map(str::to_owned)).collect()
}
