//! The command line: what may be asked of the binary, and what it answers.
//!
//! Guarantees an exit code that tells (0 done, 1 failed, 2 not understood) and one readable reason on standard error.
//! Leaves the work to the modules that it names.

mod policy;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use secrecy::ExposeSecret;
use url::Url;

use self::policy::PolicyCommand;
use crate::audit;
use crate::config::{Config, Problems, secrets};
use crate::operations::{Registry, manual};
use crate::slack::manifest;
use crate::store::copy::Copied;
use crate::{serve, store, telemetry};

/// Run the CKAN runbook from Slack, with a second engineer's approval and a proof of the outcome.
#[derive(Debug, Parser)]
#[command(name = "ckan-chatops", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve Slack until told to stop.
    Serve {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Say what is wrong with a configuration, and in which line.
    CheckConfig {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Look into the audit.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Say what the policy means, and what another one would have meant.
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Look after the store.
    Store {
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Print the manifest of the Slack app.
    Manifest {
        /// Where Slack will reach the bot, for example <https://chatops.example.gov.uk>.
        #[arg(long, value_name = "URL", value_parser = slack_reaches)]
        url: Url,
    },
    /// Print everything that can be asked for, as Markdown.
    Operations,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check every entry of the chain; exit 0 only if it holds.
    Verify {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Copy everything from a file to an empty database on a server; stop the bot first.
    Copy {
        /// The file, for example <sqlite://ckan-chatops.db>.
        #[arg(long, value_name = "URL")]
        from: String,
        /// The database, for example <postgres://role@host/database>; its password comes from `DATABASE_PASSWORD`.
        #[arg(long, value_name = "URL")]
        to: String,
    },
}

/// A failure, as one readable reason.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Does what was asked.
pub async fn run(arguments: Arguments) -> ExitCode {
    let done = match arguments.command {
        Command::Serve { config } => serve(&config).await,
        Command::CheckConfig { config } => check(&config),
        Command::Audit { command: AuditCommand::Verify { config } } => verify(&config).await,
        Command::Policy { command } => policy::run(command).await,
        Command::Store { command: StoreCommand::Copy { from, to } } => copy(&from, &to).await,
        Command::Manifest { url } => manifest::of(&Registry::all(), &url).map_err(Into::into),
        Command::Operations => Ok(manual::markdown(&Registry::all())),
    };
    // Where nobody reads what is printed, there is nobody to tell.
    match done {
        Ok(words) => {
            let _ = write!(std::io::stdout(), "{words}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{}", reason(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// The failure with its causes. A configuration's problems begin with file and line, as editors and people expect.
fn reason(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    if error.is::<Problems>() {
        return error.to_string();
    }
    let mut words = format!("ckan-chatops: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some errors repeat their cause in their own words.
        if !words.ends_with(&text) {
            words = format!("{words}: {text}");
        }
        cause = error.source();
    }
    words
}

/// An address that Slack can send its requests to.
fn slack_reaches(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|_| "write it in full, like https://chatops.example.gov.uk".to_owned())?;
    if url.scheme() != "https" {
        return Err("Slack sends to https:// addresses only".to_owned());
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err("write it without user name, password, ? and #".to_owned());
    }
    Ok(url)
}

async fn serve(file: &Path) -> Result<String, Failed> {
    telemetry::start_logging(secrets::process_environment("RUST_LOG").as_deref());
    let (config, secrets) = Config::read(file, &secrets::process_environment)?;
    serve::run(config, secrets).await?;
    Ok(String::new())
}

fn check(file: &Path) -> Result<String, Failed> {
    Config::read(file, &secrets::process_environment)?;
    Ok("The configuration and its secrets can be used.\n".to_owned())
}

async fn verify(file: &Path) -> Result<String, Failed> {
    let config = Config::read_file(file)?;
    let password = secrets::database_password(&secrets::process_environment)?;
    let password = password.as_ref().map(ExposeSecret::expose_secret);
    let reader = store::open_audit(&config.database_url, password).await?;
    let head = audit::verify_store(reader.as_ref()).await?;
    Ok(format!("The audit holds: {} entries, the last one's hash is {}.\n", head.seq, head.hash))
}

async fn copy(from: &str, to: &str) -> Result<String, Failed> {
    let password = secrets::database_password(&secrets::process_environment)?;
    let password = password.as_ref().map(ExposeSecret::expose_secret);
    let Copied { rows, head } = store::copy::copy(from, to, password).await?;
    let mut words = String::new();
    for (table, count) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(words, "{count:>9}  {table}");
    }
    let _ = writeln!(
        words,
        "Copied. The audit holds on both sides: {} entries, the last one's hash is {}. Write the new database_url into the configuration.",
        head.seq, head.hash
    );
    Ok(words)
}
