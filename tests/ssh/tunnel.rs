//! A bot whose CKAN is behind `ssh -L`, from its start to its end.

use std::path::Path;

use ckan_chatops::config::Config;
use ckan_chatops::serve::Server;
use rustix::process::{Pid, Signal, kill_process};
use sandbox::ckan::{CkanConfig, CkanSandbox};
use sandbox::slack::{SlackConfig, SlackSandbox};

use crate::world::{is_gone, ssh_config, until};

struct Bot {
    server: Server,
    http: reqwest::Client,
}

impl Bot {
    async fn start(folder: &Path, slack: &SlackSandbox, ckan: &CkanSandbox, port: u16) -> Self {
        ckan_chatops::http::install_crypto_provider();
        let far_end = ckan.url().trim_start_matches("http://").to_owned();
        let text = format!(
            r#"listen = "127.0.0.1:0"
database_url = "sqlite://{folder}/ckan-chatops.db"
[slack]
api_url = "{slack}"
team_id = "T0001"
app_id = "A0001"
channel = "C0001"
[access]
requesters = {{ usergroups = ["S0ENG"] }}
approvers = {{ usergroups = ["S0ENG"] }}
[environments.production]
default = true
ckan_url = "http://127.0.0.1:{port}"
api_token_env = "CKAN_TOKEN_PRODUCTION"
tunnel = ["sh", "-c", "echo $$ >> {folder}/pids; exec ssh -F {config} -N -o ExitOnForwardFailure=yes -L 127.0.0.1:{port}:{far_end} ckan-host"]
"#,
            folder = folder.display(),
            slack = slack.api_url(),
            config = ssh_config(),
        );
        let file = folder.join("ckan-chatops.toml");
        std::fs::write(&file, text).unwrap();
        let team = SlackConfig::small_team();
        let secret = |name: &str| match name {
            "SLACK_SIGNING_SECRET" => Some(team.signing_secret.clone()),
            "SLACK_BOT_TOKEN" => Some(team.bot_token.clone()),
            "CKAN_TOKEN_PRODUCTION" => Some(ckan.sysadmin_token().to_owned()),
            _ => None,
        };
        let (config, secrets) = Config::read(&file, &secret).unwrap();
        let server = Server::start(config, secrets).await.unwrap();
        Self { server, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn says(&self, line: &str) -> bool {
        let url = format!("http://{}/readyz", self.server.address());
        let report = self.http.get(url).send().await.unwrap().text().await.unwrap();
        report.lines().any(|said| said == line)
    }
}

#[tokio::test]
async fn a_tunnel_is_opened_watched_opened_again_and_closed_with_the_bot() {
    let anywhere = || "127.0.0.1:0".parse().unwrap();
    let mut team = SlackConfig::small_team();
    team.scopes = ckan_chatops::slack::manifest::SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
    let slack = SlackSandbox::start(team, anywhere()).await.unwrap();
    let ckan = CkanSandbox::start(CkanConfig::default(), anywhere()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bot = Bot::start(folder.path(), &slack, &ckan, port).await;
    let pids = || std::fs::read_to_string(folder.path().join("pids")).unwrap_or_default();

    until("the tunnel stands", async || bot.says("tunnel.production: stands").await).await;
    until("CKAN answers through it", async || bot.says("ckan.production: good").await).await;
    assert_eq!(pids().lines().count(), 1);

    let first = Pid::from_raw(pids().trim().parse().unwrap()).unwrap();
    kill_process(first, Signal::KILL).unwrap();
    until("the tunnel's end is told", async || {
        bot.says("tunnel.production: down: its program ended; it is started again").await
    })
    .await;
    until("the tunnel stands again", async || bot.says("tunnel.production: stands").await).await;
    assert_eq!(pids().lines().count(), 2);
    until("CKAN answers through it again", async || bot.says("ckan.production: good").await).await;

    let second = pids().lines().last().unwrap().to_owned();
    assert!(!is_gone(&second));
    bot.server.stop().await.unwrap();
    until("ssh is gone with the bot", async || is_gone(&second)).await;
}
