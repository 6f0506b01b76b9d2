//! The way to the sshd that `deploy/ckan-lab/sshd` started.

use std::time::{Duration, Instant};

use ckan_chatops::ckan::{CommandLineSettings, Inheritance, Line, ProgramSettings, Site};

use crate::site::with_programs;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The ssh configuration that leads to `ckan-host`.
#[expect(clippy::disallowed_methods, reason = "the test script says where it is")]
pub(crate) fn ssh_config() -> String {
    std::env::var("CKAN_CHATOPS_SSH_CONFIG").expect(
        "CKAN_CHATOPS_SSH_CONFIG is not set: run `./test ssh`, or set it to what `deploy/ckan-lab/sshd up` prints",
    )
}

pub(crate) fn inheritance() -> Inheritance {
    Inheritance::of(&ckan_chatops::config::process_environment)
}

/// A site whose command line is this one on `ckan-host`.
pub(crate) fn with_remote(prefix: &[&str], time_limit: Duration) -> Site {
    with_ssh(&["ssh", "-F", &ssh_config(), "ckan-host", "--"], prefix, time_limit)
}

pub(crate) fn with_ssh(ssh: &[&str], prefix: &[&str], time_limit: Duration) -> Site {
    let argv = ssh.iter().chain(prefix).map(|&word| word.to_owned()).collect();
    let command_line = Some(CommandLineSettings { argv, remote_shell: true, time_limit });
    let programs = ProgramSettings { command_line, inheritance: inheritance(), ..ProgramSettings::default() };
    with_programs("http://127.0.0.1:9", programs)
}

pub(crate) fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

/// Whether no process of this number does anything any more. One that nobody has reaped is done, too.
pub(crate) fn is_gone(pid: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')),
        Err(_) => true,
    }
}

/// Waits until it holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
