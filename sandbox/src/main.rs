//! `cargo run -p sandbox`: the real bot on an embedded SQLite file, a sandbox Slack with its page, and a small CKAN
//! (or any CKAN, with `--ckan-url` and `--ckan-token-file`), on loopback.
//!
//! `sandbox ckan --control <address> …` is that CKAN's command line, which the bot is configured with.
//!
//! Prints one address and opens nothing by force. Everything it writes stands in one folder, which it names.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use sandbox::ckan::{CkanConfig, CkanSandbox, CommandSettings, program, programs};
use sandbox::slack::{SlackConfig, SlackSandbox};

use ckan_chatops::config::Config;
use ckan_chatops::serve::Server;

/// First argument of the command line's program.
const COMMAND_LINE: &str = "ckan";
/// A reindex that can be watched, at the size of the small catalogue.
const INDEXING_MS: u64 = 150;
/// A minute, where a real site has an hour: somebody waits for it in front of the page.
const HARVESTER_RUN_S: u64 = 60;

/// Try ckan-chatops: a small Slack in your browser, the real bot, and a CKAN.
#[derive(Debug, Parser)]
struct Arguments {
    /// The port of the page.
    #[arg(long, default_value_t = 8900)]
    port: u16,
    /// A CKAN to use instead of the small one, for example <http://127.0.0.1:15000>.
    #[arg(long, requires = "ckan_token_file")]
    ckan_url: Option<String>,
    /// A file that holds a sysadmin's API token for that CKAN.
    #[arg(long, requires = "ckan_url")]
    ckan_token_file: Option<PathBuf>,
    /// Where the bot keeps its database and configuration; a new temporary folder where none is named.
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == COMMAND_LINE) {
        let code = program::run(std::env::args_os().skip(2)).await;
        return u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from);
    }
    ckan_chatops::telemetry::start_logging(Some("warn"));
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let folder = arguments
        .folder
        .unwrap_or_else(|| std::env::temp_dir().join(format!("ckan-chatops-sandbox-{}", std::process::id())));
    std::fs::create_dir_all(&folder)?;
    let slack = SlackSandbox::start(slack_config(), loopback(arguments.port)).await?;
    let mut small_ckan = None;
    let (ckan_url, token) = if let (Some(url), Some(file)) = (arguments.ckan_url, arguments.ckan_token_file) {
        (url, std::fs::read_to_string(file)?.trim().to_owned())
    } else {
        let ckan = CkanSandbox::start(CkanConfig::default(), loopback(0)).await?;
        ckan.control().set_harvester_cron(Some(HARVESTER_RUN_S)).await;
        ckan.control()
            .set_commands(CommandSettings { item_ms: INDEXING_MS, ..CommandSettings::default() })
            .await;
        let there = (ckan.url(), ckan.sysadmin_token().to_owned());
        small_ckan = Some(ckan);
        there
    };
    let programs = small_ckan.as_ref().map(small_ckans_programs).transpose()?.unwrap_or_default();
    let (config, secrets) = configuration(&folder, &slack, &ckan_url, &programs, &token)?;
    let bot = Server::start(config, secrets).await?;
    slack.set_app_url(&format!("http://{}", bot.address()));

    let mut out = std::io::stdout().lock();
    writeln!(out, "\n  The sandbox is open at  {}\n", slack.url())?;
    writeln!(
        out,
        "  Type for example:  /ckan withdraw road-accidents-2019 --reason \"Publisher asked\" --ticket 51234"
    )?;
    writeln!(
        out,
        "  CKAN: {ckan_url}    The bot: http://{}    Its files: {}",
        bot.address(),
        folder.display()
    )?;
    writeln!(out, "  Ctrl-C ends it.\n")?;
    drop(out);

    tokio::signal::ctrl_c().await?;
    bot.stop().await?;
    slack.stop().await;
    if let Some(ckan) = small_ckan {
        ckan.stop().await;
    }
    Ok(())
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The small team, with the scopes of the bot's own manifest and no others.
fn slack_config() -> SlackConfig {
    let mut config = SlackConfig::small_team();
    config.scopes = ckan_chatops::slack::manifest::SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
    // What cannot be undone needs two approvers beside whoever asks.
    for group in &mut config.workspace.usergroups {
        group.users.push("U0CARA".to_owned());
    }
    config
}

/// What else the small CKAN has for the bot: its public site, its command line and its services.
fn small_ckans_programs(ckan: &CkanSandbox) -> std::io::Result<String> {
    let program = std::env::current_exe()?;
    let prefix = [program.to_string_lossy().as_ref(), COMMAND_LINE].map(str::to_owned);
    let argv = |more: &[&str]| serde_json::json!(programs::argv(&prefix, &ckan.url(), more));
    let services = programs::SERVICES.map(|name| {
        let verbs = programs::SERVICE_VERBS
            .map(|verb| format!("{verb} = {}", argv(&[programs::SERVICE_OPTION, name, verb])));
        format!("{name} = {{ {} }}", verbs.join(", "))
    });
    Ok(format!(
        "public_url = \"{}\"\ncommand_line = {}\nservices = {{ {} }}\n",
        ckan.url(),
        argv(&[]),
        services.join(", ")
    ))
}

/// Writes the configuration a real installation would have, and reads it as `serve` does.
fn configuration(
    folder: &Path,
    slack: &SlackSandbox,
    ckan_url: &str,
    programs: &str,
    token: &str,
) -> Result<(Config, ckan_chatops::config::Secrets), Box<dyn std::error::Error>> {
    let file = folder.join("ckan-chatops.toml");
    let database = folder.join("ckan-chatops.db");
    std::fs::write(
        &file,
        format!(
            r#"listen = "127.0.0.1:0"
database_url = "sqlite://{}"

[slack]
api_url = "{}"
team_id = "T0001"
app_id = "A0001"
channel = "C0001"

[access]
requesters = {{ usergroups = ["S0ENG"] }}
approvers = {{ usergroups = ["S0ENG"] }}

[policy]
approvals = 1
pending_ttl = "1h"
approved_ttl = "15m"
ticket_pattern = '^[0-9]{{5,8}}$'

[environments.production]
default = true
ckan_url = "{ckan_url}"
api_token_env = "CKAN_TOKEN_PRODUCTION"
{programs}"#,
            database.display(),
            slack.api_url(),
        ),
    )?;
    let slack_config = SlackConfig::small_team();
    let given = |name: &str| match name {
        "SLACK_SIGNING_SECRET" => Some(slack_config.signing_secret.clone()),
        "SLACK_BOT_TOKEN" => Some(slack_config.bot_token.clone()),
        "CKAN_TOKEN_PRODUCTION" => Some(token.to_owned()),
        _ => None,
    };
    Config::read(&file, &given).map_err(|problems| problems.to_string().into())
}
