//! The service as people run it: the release binary, a configuration file, a database file.
//!
//! Guarantees a process of its own with nothing but loopback around it, ended with this value. Its log goes to a file
//! beside the database. Leaves what is asked of it to the parts.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Failed;
use crate::delivery::{APP, APPROVER, BOT_TOKEN, CHANNEL, REQUESTER, SIGNING_SECRET, TEAM};

/// The longest that a start may take.
const LONGEST_START: Duration = Duration::from_secs(10);
/// The pause between two looks at a process that starts.
const LOOK_EVERY: Duration = Duration::from_micros(500);

/// Where the service finds what it depends on.
pub(crate) struct Surroundings {
    pub(crate) slack_api: String,
    pub(crate) ckan_url: String,
    pub(crate) ckan_token: String,
}

/// A folder with a configuration and, once it was started, a database.
pub(crate) struct Installation {
    folder: TempDir,
    address: SocketAddr,
    ckan_token: String,
}

impl Installation {
    pub(crate) fn new(around: &Surroundings) -> Result<Self, Failed> {
        // Free a moment ago; the service must be asked from its first moment on, so its port is chosen here.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let installation =
            Self { folder: tempfile::tempdir()?, address, ckan_token: around.ckan_token.clone() };
        let text = format!(
            r#"listen = "{address}"
database_url = "{}"
[slack]
api_url = "{}"
team_id = "{TEAM}"
app_id = "{APP}"
channel = "{CHANNEL}"
[access]
requesters = {{ users = ["{REQUESTER}"], usergroups = ["S0001"] }}
approvers = {{ users = ["{APPROVER}"], usergroups = ["S0001"] }}
[environments.production]
default = true
ckan_url = "{}"
api_token_env = "CKAN_TOKEN_PRODUCTION"
"#,
            installation.database_url(),
            around.slack_api,
            around.ckan_url,
        );
        fs::write(installation.config_file(), text)?;
        Ok(installation)
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.path().join("ckan-chatops.toml")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("ckan-chatops.db")
    }

    pub(crate) fn database_url(&self) -> String {
        format!("sqlite://{}", self.database().display())
    }

    /// A secret by the name of its variable.
    pub(crate) fn secret(&self, name: &str) -> Option<String> {
        match name {
            "SLACK_SIGNING_SECRET" => Some(SIGNING_SECRET.to_owned()),
            "SLACK_BOT_TOKEN" => Some(BOT_TOKEN.to_owned()),
            "CKAN_TOKEN_PRODUCTION" => Some(self.ckan_token.clone()),
            _ => None,
        }
    }

    /// Starts the service and waits until it says that it is ready.
    pub(crate) fn start(&self) -> Result<Service, Failed> {
        let log = self.folder.path().join("ckan-chatops.log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_ckan-chatops"));
        command.arg("serve").arg("--config").arg(self.config_file()).current_dir(self.folder.path());
        for name in ["SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN", "CKAN_TOKEN_PRODUCTION"] {
            command.env(name, self.secret(name).unwrap_or_default());
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let began = Instant::now();
        let mut service =
            Service { address: self.address, child: command.spawn()?, ready_after: began.elapsed() };
        loop {
            if is_ready(self.address)? {
                service.ready_after = began.elapsed();
                return Ok(service);
            }
            if service.child.try_wait()?.is_some() || began.elapsed() > LONGEST_START {
                return Err(format!("the service did not become ready: {}", last_words(&log)).into());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

fn last_words(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or("it said nothing").to_owned()
}

/// One question on a connection of its own. Nobody listening is no error, only too early.
fn is_ready(address: SocketAddr) -> Result<bool, Failed> {
    let mut stream = match TcpStream::connect(address) {
        Ok(stream) => stream,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    stream.set_read_timeout(Some(LONGEST_START))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

/// A running service.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first 200 of `/readyz`.
    pub(crate) ready_after: Duration,
    child: Child,
}

/// Memory of a process, in megabytes of 1,000,000 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) resident: f64,
    /// Resident at most so far.
    pub(crate) peak: f64,
}

impl Service {
    /// What the kernel says of its memory.
    pub(crate) fn memory(&self) -> Result<Memory, Failed> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let megabytes = |name: &str| -> Result<f64, Failed> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
            let kibibytes: f64 = line.trim_start_matches(':').trim_end_matches("kB").trim().parse()?;
            Ok(kibibytes * 1024.0 / 1e6)
        };
        Ok(Memory { resident: megabytes("VmRSS")?, peak: megabytes("VmHWM")? })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Gone already, or gone now: nothing else is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
