//! What commands take besides an operation's own arguments.
//!
//! Guarantees that every change takes a reason, a ticket, who asked for it and an environment under the same names, and that help and
//! grammar are made from one definition. Leaves the checking of their values to `slack::command`.

use clap::{Args, Command};

use super::Operation;
use super::registry::Kind;

/// Nouns whose commands ask no CKAN, so that an environment would mean nothing.
const WITHOUT_SITE: [&str; 2] = ["help", "request"];

/// What every change takes.
#[derive(Debug, Args)]
pub struct ChangeOptions {
    /// Why, for the approver and for the record, in quotation marks. You are asked for it if you leave it out.
    #[arg(long, short = 'r')]
    pub reason: Option<String>,
    /// The number of the ticket that this belongs to.
    #[arg(long, short = 't')]
    pub ticket: Option<String>,
    /// Who asked the team for it, by the e-mail address: CKAN is asked whether they may.
    #[arg(long, value_name = "EMAIL")]
    pub requested_by: Option<String>,
}

/// What every command takes that asks a CKAN.
#[derive(Debug, Args)]
pub struct SiteOptions {
    /// The environment, if not the default one.
    #[arg(long = "env", short = 'e', value_name = "ENVIRONMENT")]
    pub environment: Option<String>,
}

/// True for the names that are made here and are no operation's own.
pub fn is_common(argument: &str) -> bool {
    matches!(argument, "reason" | "ticket" | "requested_by" | "environment")
}

/// The whole command of an operation: its own arguments, then the common ones.
pub fn command(operation: &Operation) -> Command {
    let command = Command::new(operation.meta.name)
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true);
    let command = operation.augment(command);
    let command = match operation.kind {
        Kind::Change(_) => ChangeOptions::augment_args(command),
        Kind::Read(_) => command,
    };
    if WITHOUT_SITE.contains(&operation.noun()) { command } else { SiteOptions::augment_args(command) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::Registry;

    #[test]
    fn every_command_is_one_that_clap_accepts() {
        for operation in Registry::all().iter() {
            command(operation).debug_assert();
        }
    }
}
