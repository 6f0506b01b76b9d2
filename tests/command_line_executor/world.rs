//! A site whose command line is a shell script of the test's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ckan_chatops::ckan::{CommandLineSettings, Inheritance, Line, ProgramSettings, Site, Stream, Word};
use secrecy::SecretString;

use crate::site::with_programs;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What children may inherit, as a bot would have it beside its secrets.
pub(crate) fn inheritance() -> Inheritance {
    Inheritance::of(&|name| match name {
        "PATH" => Some("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
        "SLACK_BOT_TOKEN" | "SLACK_SIGNING_SECRET" | "CKAN_TOKEN_PRODUCTION" | "DATABASE_URL" => {
            Some("our-own-secret-8f74".to_owned())
        }
        "KUBECONFIG" => Some("/etc/kube".to_owned()),
        _ => None,
    })
}

pub(crate) fn site(url: &str, programs: ProgramSettings) -> Site {
    let secrets = vec![SecretString::from("our-own-secret-8f74")];
    with_programs(url, ProgramSettings { inheritance: inheritance(), secrets, ..programs })
}

/// A site with this command line.
pub(crate) fn with_command_line(argv: &[&str], remote_shell: bool, time_limit: Duration) -> Site {
    let argv = argv.iter().map(|&word| word.to_owned()).collect();
    let command_line = Some(CommandLineSettings { argv, remote_shell, time_limit });
    site(
        "http://127.0.0.1:9",
        ProgramSettings { command_line, services: BTreeMap::new(), ..ProgramSettings::default() },
    )
}

/// A site whose `ckan` is this script; the words of a command are `$1`, `$2` and so on.
pub(crate) fn with_script(script: &str) -> Site {
    with_command_line(&["sh", "-c", script, "ckan"], false, PATIENCE)
}

pub(crate) fn value(text: &str) -> Word {
    Word::value(text).unwrap()
}

/// What was printed there, one text for each line.
pub(crate) fn printed(lines: &[Line], from: Stream) -> Vec<&str> {
    lines.iter().filter(|line| line.from == from).map(|line| line.text.as_str()).collect()
}

/// Whether no process of this number does anything any more. One that nobody has reaped is done, too.
pub(crate) fn is_gone(pid: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')),
        Err(_) => true,
    }
}

/// Waits until it holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}: not in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
