//! A program of the configuration, run as a child of the bot.
//!
//! Guarantees that no shell stands in between, that the child reads nothing, inherits none of the bot's secrets, has
//! a process group of its own, and that the whole group is killed where the child is no longer wanted: on its end, on
//! a time limit, and where whoever waits for it goes away. Leaves the meaning of what it prints and of its exit code
//! to its callers. What it cannot do: where the bot itself is killed outright (`kill -9`), its children live on until
//! they write to a pipe that is gone; a container or systemd's control group ends them with it.

use std::io;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::signal::unix::{SignalKind, signal};

/// What a child inherits of the bot's environment. All else stays with the bot, most of all its secrets; whoever
/// needs more begins the configured command with `env NAME=value`.
const INHERITED: [&str; 31] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "TZ",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "SSH_AUTH_SOCK",
    "KUBECONFIG",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    // What `aws eks get-token`, which kubectl runs, finds its role by.
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NO_PROXY",
    // The path of CKAN's own configuration.
    "CKAN_INI",
    "VIRTUAL_ENV",
];

/// Variables that children are given.
#[derive(Debug, Clone, Default)]
pub struct Inheritance(Vec<(&'static str, String)>);

impl Inheritance {
    /// Those of the permitted variables that `environment` has.
    pub fn of(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        Self(INHERITED.into_iter().filter_map(|name| Some((name, environment(name)?))).collect())
    }
}

/// A child that runs. Dropped, it is killed with everything in its group.
pub(super) struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Running {
    /// Starts it. An error means that nothing of it has run.
    pub(super) fn start(argv: &[String], inheritance: &Inheritance) -> io::Result<Self> {
        let Some((program, arguments)) = argv.split_first() else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(inheritance.0.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Self { child, group })
    }

    /// What it prints, once.
    pub(super) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Waits for it to end by itself, then ends what it left behind in its group.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        let mut children = signal(SignalKind::child())?;
        while !self.is_over() {
            children.recv().await;
        }
        self.kill_group();
        let status = self.child.wait().await;
        // The number may be another's from now on.
        self.group = None;
        status
    }

    /// Whether it has ended. Not reaped, so that its group's number stays its own until the group is gone.
    fn is_over(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match self.group {
            Some(pid) => !matches!(waitid(WaitId::Pid(pid), options), Ok(None)),
            None => true,
        }
    }

    fn kill_group(&self) {
        if let Some(group) = self.group {
            // An error means that nobody is left in it.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill_group();
    }
}
