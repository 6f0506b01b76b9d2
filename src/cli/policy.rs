//! `policy explain` and `policy replay`: what a configuration means, and what another one would have meant.
//!
//! Guarantees that neither needs a secret but the store's own password, nor writes anything but its answer, and that a replay holds one page of
//! requests at a time. Leaves the rule to `approval` and the words to `sentences`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use super::Failed;
use crate::approval::readings::Readings;
use crate::approval::replay::{Difference, Replay};
use crate::approval::{Matter, Request, Risk};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, EnvironmentSettings, secrets};
use crate::operations::registry::Kind;
use crate::operations::{Operation, Registry};
use crate::sentences::explanation::{self, Subject};
use crate::sentences::replayed::{self, Count};
use crate::store::past::{Cursor, PastRequests};
use crate::store::{self, StoreError};
use crate::suggestion::nearest;

/// How many requests are in memory at once.
const PAGE: u32 = 200;

/// What can be asked of a policy.
#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Say who may ask for an operation, who may approve it, how many must, and why.
    Explain {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Only on this environment.
        #[arg(long = "env", value_name = "ENVIRONMENT")]
        environment: Option<String>,
        /// For so many things at once; left out: for one, and for each number from which it becomes stricter.
        #[arg(long, value_name = "NUMBER")]
        size: Option<u32>,
        /// Operations or families of them, for example `dataset purge` or `dataset`; left out: all that change something.
        #[arg(value_name = "OPERATION")]
        operations: Vec<String>,
    },
    /// Say which past requests another configuration would have treated differently.
    Replay {
        /// The configuration file of the bot.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// How far to look back, for example `90d`.
        #[arg(long, value_name = "TIME", default_value = "90d", value_parser = humantime::parse_duration)]
        since: Duration,
        /// The other configuration file; of it only the policy counts.
        #[arg(value_name = "NEW")]
        new: PathBuf,
    },
}

pub(super) async fn run(command: PolicyCommand) -> Result<String, Failed> {
    match command {
        PolicyCommand::Explain { config, environment, size, operations } => {
            explain(&config, environment.as_deref(), size, &operations)
        }
        PolicyCommand::Replay { config, since, new } => replay(&config, since, &new).await,
    }
}

fn explain(
    file: &Path,
    environment: Option<&str>,
    size: Option<u32>,
    operations: &[String],
) -> Result<String, Failed> {
    let config = Config::read_file(file)?;
    let registry = Registry::all();
    let operations = named(&registry, operations)?;
    let environments: Vec<&str> = match environment {
        Some(name) => vec![one(&config.environments, name)?],
        None => config.environments.iter().map(|environment| environment.name.as_str()).collect(),
    };
    // Of what takes one thing only, no step is worth telling.
    let sizes = |operation: &Operation| match size {
        Some(size) => vec![size],
        None if takes_many(operation) => config.policy.sizes().into_iter().collect(),
        None => vec![1],
    };
    let mut subjects = vec![];
    for environment in environments {
        for operation in &operations {
            subjects.extend(sizes(operation).into_iter().map(|at_once| {
                let (operation, risk) = (operation.meta.name, operation.meta.risk);
                let matter = Matter { operation, environment, risk, size: at_once };
                Subject { matter, and_more: size.is_none() }
            }));
        }
    }
    Ok(explanation::explain(&config.policy, &subjects, SystemClock.now()))
}

fn takes_many(operation: &Operation) -> bool {
    matches!(&operation.kind, Kind::Change(change) if change.bulk().is_some())
}

/// The environment of this name.
fn one<'c>(environments: &'c [EnvironmentSettings], name: &str) -> Result<&'c str, Failed> {
    let known: Vec<&str> = environments.iter().map(|environment| environment.name.as_str()).collect();
    if let Some(found) = known.iter().find(|known| **known == name) {
        return Ok(found);
    }
    Err(match nearest(name, known.iter().copied()) {
        Some(known) => format!("there is no environment `{name}`; did you mean `{known}`?"),
        None => format!("there is no environment `{name}`; there is {}", known.join(", ")),
    }
    .into())
}

/// The change operations that these words name, in the registry's order. A name may come as one word or as two.
fn named<'r>(registry: &'r Registry, words: &[String]) -> Result<Vec<&'r Operation>, Failed> {
    let changes: Vec<&Operation> =
        registry.iter().filter(|operation| operation.meta.risk != Risk::Read).collect();
    let is = |operation: &Operation, word: &str| {
        operation.meta.name == word || operation.noun() == word || operation.meta.short.contains(&word)
    };
    let mut wanted: Vec<String> = vec![];
    let mut words = words.iter().map(String::as_str).peekable();
    let mut before = "";
    while let Some(first) = words.next() {
        let two = words.peek().map(|next| format!("{first} {next}"));
        let whole = two.filter(|two| registry.find(two).is_some());
        if whole.is_some() {
            words.next();
        }
        let word = whole.unwrap_or_else(|| first.to_owned());
        if !changes.iter().any(|operation| is(operation, &word)) {
            return Err(unknown(registry, &changes, before, &word).into());
        }
        before = first;
        wanted.push(word);
    }
    Ok(changes
        .into_iter()
        .filter(|operation| wanted.is_empty() || wanted.iter().any(|word| is(operation, word)))
        .collect())
}

/// What is wrong with a word; `before` is the one before it.
fn unknown(registry: &Registry, changes: &[&Operation], before: &str, word: &str) -> String {
    if registry.iter().any(|operation| operation.meta.name == word || operation.noun() == word) {
        return format!("`{word}` changes nothing, so nobody has to approve it");
    }
    let known = || changes.iter().flat_map(|operation| [operation.meta.name, operation.noun()]);
    match nearest(word, known()).or_else(|| nearest(&format!("{before} {word}"), known())) {
        Some(known) => format!("there is no operation `{word}`; did you mean `{known}`?"),
        None => format!("there is no operation `{word}`; `ckan-chatops operations` lists them"),
    }
}

async fn replay(file: &Path, since: Duration, new: &Path) -> Result<String, Failed> {
    let (present, other) = (Config::read_file(file)?, Config::read_file(new)?);
    let now = SystemClock.now();
    let since = SignedDuration::try_from(since).ok().and_then(|since| now.checked_sub(since).ok());
    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
    let password = secrets::database_password(&secrets::process_environment)?;
    let password = password.as_ref().map(ExposeSecret::expose_secret);
    let reader = store::open_past(&present.database_url, password).await?;
    let mut readings = Readings::under(&present.policy);
    let unreadable = each(reader.as_ref(), since, |request| {
        readings.note(request);
        Ok(())
    })
    .await?;
    let replay = Replay::of(&other.policy);
    let mut count = Count { unreadable, ..Count::default() };
    each(reader.as_ref(), since, |request| {
        count.requests += 1;
        let differences = replay.differences(request, |moment| readings.at(moment));
        match (differences.is_empty(), differences.iter().any(Difference::is_certain)) {
            (true, _) => return Ok(()),
            (false, true) => count.different += 1,
            (false, false) => count.unclear += 1,
        }
        writeln!(io::stdout(), "{}", replayed::request(request, &differences, &present.policy))
    })
    .await?;
    Ok(replayed::count(count, since))
}

/// Does this with each request made since then, the oldest first; how many could not be read.
async fn each(
    reader: &dyn PastRequests,
    since: Timestamp,
    mut act: impl FnMut(&Request) -> io::Result<()>,
) -> Result<usize, StoreError> {
    let mut unreadable = 0;
    let mut place = Some(Cursor::since(since));
    while let Some(after) = place {
        let page = reader.requests_after(&after, PAGE).await?;
        unreadable += page.unreadable;
        for request in &page.requests {
            // Where nobody reads what is printed, there is nobody to tell.
            if act(request).is_err() {
                return Ok(unreadable);
            }
        }
        place = page.next;
    }
    Ok(unreadable)
}
