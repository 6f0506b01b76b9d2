//! The binary as it is shipped, in a process of its own: for what only the end of a process shows.

use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::world::World;

const BINARY: &str = env!("CARGO_BIN_EXE_ckan-chatops");
/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running bot.
pub struct Process {
    child: Child,
    url: String,
    admin_url: Option<String>,
    log: Arc<Mutex<Vec<String>>>,
}

fn command(world: &World, arguments: &[&str]) -> Command {
    command_after(world, "true", arguments)
}

/// After something that the shell does first.
fn command_after(world: &World, first: &str, arguments: &[&str]) -> Command {
    // A file that grows beyond its limit is to be an error for the bot, as a full disk is, and not its end.
    let script = format!("trap '' XFSZ; {first}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, BINARY]).args(arguments);
    command.arg("--config").arg(world.config_file()).env_clear();
    for name in ["SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN", "CKAN_TOKEN_PRODUCTION"] {
        command.env(name, world.secret(name).unwrap());
    }
    // Only a lab has them.
    for name in ["CKAN_DATABASE_READ", "CKAN_DATABASE_WRITE"] {
        if let Some(address) = world.secret(name) {
            command.env(name, address);
        }
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs the binary to its end.
pub async fn ran(world: &World, arguments: &[&str]) -> Output {
    ends(command(world, arguments)).await
}

/// The same where no file may grow.
pub async fn ran_on_a_full_disk(world: &World, arguments: &[&str]) -> Output {
    ends(command_after(world, "ulimit -f 0", arguments)).await
}

async fn ends(mut command: Command) -> Output {
    tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends").unwrap()
}

/// `audit verify`: its exit code, and all that it says.
pub async fn audit_verify(world: &World) -> (Option<i32>, String) {
    let output = ran(world, &["audit", "verify"]).await;
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// A world whose bot is this process.
pub async fn world_of_a_process() -> (World, Process) {
    let mut world = World::start().await;
    world.stop_bot().await;
    let bot = Process::start(&world).await;
    (world, bot)
}

impl Process {
    /// Starts one on the world's configuration and points Slack to it.
    pub async fn start(world: &World) -> Self {
        Self::start_with(world, &[]).await
    }

    pub async fn start_with(world: &World, variables: &[(&str, &str)]) -> Self {
        world.write_config();
        let mut child = command(world, &["serve"])
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(vec![]));
        let (tell, mut told) = watch::channel(None);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let fields = serde_json::from_str::<Value>(&line).unwrap_or_default()["fields"].take();
                kept.lock().unwrap().push(line);
                if fields["message"] == "listening" {
                    tell.send_replace(Some(fields));
                }
            }
        });
        let listening = tokio::time::timeout(PATIENCE, told.wait_for(Option::is_some)).await;
        let Ok(Ok(fields)) = listening.map(|fields| fields.map(|fields| fields.clone().unwrap())) else {
            panic!("the bot did not start: {:?}", log.lock().unwrap());
        };
        let url = |field: &str| fields[field].as_str().map(|address| format!("http://{address}"));
        let bot = Self { child, url: url("address").unwrap(), admin_url: url("admin_address"), log };
        world.slack.set_app_url(&bot.url);
        bot
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn admin_url(&self) -> &str {
        self.admin_url.as_deref().expect("a listener for machines")
    }

    pub fn id(&self) -> String {
        self.child.id().expect("it runs").to_string()
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// SIGKILL.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM; how it ended.
    pub async fn terminate(mut self) -> ExitStatus {
        let asked = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &self.id()]).status().await.unwrap();
        assert!(asked.success());
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap()
    }

    /// Status and body of a page of its own.
    pub async fn page(&self, path: &str) -> (u16, String) {
        page(&format!("{}{path}", self.url)).await
    }
}

/// Status and body.
pub async fn page(url: &str) -> (u16, String) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}
