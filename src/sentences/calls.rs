//! What a failed call to CKAN means, for people.
//!
//! Guarantees one text for every cause: what went wrong, whether anything was changed, what to do next. Leaves to its
//! callers whom to tell.

use crate::ckan::{CallError, Cause, Effect};

/// What went wrong, whether anything was changed, and what to do next.
pub fn call_failed(error: &CallError, environment: &str) -> String {
    format!("{} {} {}", what(error.cause, environment), changed(error), next(error.cause, error.effect))
}

/// Why the bot cannot see what came of a request. A look changes nothing, but that is not what is asked here.
pub fn could_not_look(error: &CallError, environment: &str) -> String {
    format!(
        "{} So the bot cannot see whether it happened. Look at it on CKAN before you ask again.",
        what(error.cause, environment)
    )
}

/// What went wrong, in one sentence.
pub fn what(cause: Cause, environment: &str) -> String {
    match cause {
        Cause::Unreachable => {
            format!("CKAN on {environment} cannot be reached: nothing answers at its address.")
        }
        Cause::TimedOut => format!("CKAN on {environment} did not answer in time."),
        Cause::ConnectionLost => {
            format!("The connection to CKAN on {environment} broke before it had answered.")
        }
        Cause::TokenNotSysadmin => {
            format!("CKAN on {environment} does not take the bot's token for a sysadmin's.")
        }
        Cause::NotAuthorised => format!("CKAN on {environment} does not let the bot do this."),
        Cause::ProxyRefused => {
            format!("A proxy in front of CKAN on {environment} does not let this through.")
        }
        Cause::ProxyGaveUp => {
            format!("A proxy in front of CKAN on {environment} got no answer from it, or none in time.")
        }
        Cause::NotFound => format!("CKAN on {environment} does not have this any more."),
        Cause::Invalid => {
            format!("CKAN on {environment} does not accept the values, or they have changed meanwhile.")
        }
        Cause::LegacyName => {
            format!("CKAN on {environment} refuses every change of an account with such a log-in name.")
        }
        Cause::AddressRefused => format!("CKAN on {environment} does not take this address."),
        Cause::UnknownAction => format!("CKAN on {environment} does not know what the bot asked for."),
        Cause::BadRequest => format!("CKAN on {environment} does not understand what the bot asked."),
        Cause::ServerError => format!("CKAN on {environment} failed with an error of its own."),
        Cause::SearchIndex => format!("The search index of CKAN on {environment} failed or does not follow."),
        Cause::NotCkan => {
            format!("What answers at the address of CKAN on {environment} does not answer as CKAN does.")
        }
        Cause::WrongSite => {
            format!(
                "What answers at the address of CKAN on {environment} is another site than the configured one."
            )
        }
        Cause::DatabaseUnreachable => {
            format!("The database of CKAN on {environment} cannot be reached, or takes no more connections.")
        }
        Cause::DatabaseRefused => {
            format!("The database of CKAN on {environment} does not let the bot's role do this.")
        }
        Cause::DatabaseBusy => {
            format!("The database of CKAN on {environment} was busy for too long.")
        }
        Cause::DatabaseLost => format!("The connection to the database of CKAN on {environment} broke."),
        Cause::DatabaseChanged => {
            format!("In the database of CKAN on {environment} things have changed meanwhile.")
        }
        Cause::DatabaseUnexpected => {
            format!("The database of CKAN on {environment} is not as the bot knows CKAN's.")
        }
        Cause::DatabaseNotConfigured => {
            format!("The bot has no database of CKAN on {environment} that it may write to.")
        }
        Cause::ArchiveNotWritten => "The copy that has to be kept before could not be written.".to_owned(),
        Cause::CommandNotConfigured => {
            format!("Nobody has told the bot which command does this on {environment}.")
        }
        Cause::CommandNotStarted => {
            format!("The command for CKAN on {environment} could not be started.")
        }
        Cause::CommandFailed => format!("The command for CKAN on {environment} ended with an error."),
        Cause::CommandTimedOut => {
            format!("The command for CKAN on {environment} took longer than it may, and was stopped.")
        }
        Cause::CommandCutOff => {
            format!(
                "The command for CKAN on {environment}, or the connection to it, broke off before its end."
            )
        }
        Cause::TunnelDown => format!("The tunnel to CKAN on {environment} does not stand."),
    }
}

fn changed(error: &CallError) -> &'static str {
    match error.effect {
        Effect::NotApplied => error.earlier.unwrap_or("Nothing was changed."),
        Effect::Unknown => "It is not known whether CKAN has done it, or still will.",
    }
}

fn next(cause: Cause, effect: Effect) -> &'static str {
    if effect == Effect::Unknown {
        return match cause {
            Cause::CommandTimedOut | Cause::CommandCutOff => {
                "The command may still be running there: look at CKAN before you ask again."
            }
            Cause::CommandFailed => "It may have done a part: look at CKAN before you ask again.",
            _ => "Look at it on CKAN before you ask again.",
        };
    }
    match cause {
        Cause::Unreachable | Cause::ProxyGaveUp => "Check that it is up, then ask again.",
        Cause::TimedOut
        | Cause::ConnectionLost
        | Cause::DatabaseBusy
        | Cause::DatabaseLost
        | Cause::CommandTimedOut
        | Cause::CommandCutOff => "Ask again in a few minutes.",
        Cause::TokenNotSysadmin => {
            "Whoever runs the bot has to give it a valid API token of a sysadmin; then ask again."
        }
        Cause::NotAuthorised => "Whoever runs CKAN has to say why not.",
        Cause::ProxyRefused => {
            "Whoever runs the bot has to give it an address that leads to CKAN itself, past the public proxy."
        }
        Cause::NotFound => "Look for it on CKAN: it may have another name by now.",
        Cause::Invalid => "CKAN's own page for editing it says which values those are.",
        Cause::LegacyName => {
            "Whoever runs CKAN has to rename the account to small letters, digits, - and _ first."
        }
        Cause::AddressRefused => {
            "Either another account got it meanwhile, or CKAN has a rule of its own for addresses."
        }
        Cause::UnknownAction | Cause::BadRequest => {
            "Whoever runs the bot has to check that the address is right and that this CKAN is 2.10 or newer."
        }
        Cause::ServerError => "CKAN's own log says more; ask again when that is put right.",
        Cause::SearchIndex => "Check that its Solr is up, then ask again.",
        Cause::DatabaseUnreachable => "Whoever runs CKAN has to check that it is up; then ask again.",
        Cause::DatabaseRefused => {
            "Whoever runs the bot has to check the role's password and rights; then ask again."
        }
        Cause::DatabaseChanged => "Look at what is there now, and ask again if it is still wanted.",
        Cause::DatabaseUnexpected => {
            "Whoever runs the bot has to check that the address is the one of CKAN's database, and that ckanext-harvest \
             is installed where it is about harvesters."
        }
        Cause::DatabaseNotConfigured => "Whoever runs the bot has to configure one; then ask again.",
        Cause::ArchiveNotWritten => {
            "Whoever runs the bot has to look at its `archive_dir`: whether it can be written to, has room, and has no \
             other copy of this name."
        }
        Cause::CommandNotConfigured => "Whoever runs the bot has to name the command in its configuration.",
        Cause::CommandNotStarted => {
            "Whoever runs the bot has to check that the configured program is installed beside it."
        }
        Cause::CommandFailed => "The end of what the command printed is in the audit.",
        Cause::TunnelDown => {
            "The bot keeps trying to open it: ask again in a few minutes. If it stays so, its log says why."
        }
        Cause::NotCkan | Cause::WrongSite => "Whoever runs the bot has to put the configured address right.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAUSES: [Cause; 31] = [
        Cause::Unreachable,
        Cause::TimedOut,
        Cause::ConnectionLost,
        Cause::TokenNotSysadmin,
        Cause::NotAuthorised,
        Cause::ProxyRefused,
        Cause::ProxyGaveUp,
        Cause::NotFound,
        Cause::Invalid,
        Cause::LegacyName,
        Cause::AddressRefused,
        Cause::UnknownAction,
        Cause::BadRequest,
        Cause::ServerError,
        Cause::SearchIndex,
        Cause::NotCkan,
        Cause::WrongSite,
        Cause::DatabaseUnreachable,
        Cause::DatabaseRefused,
        Cause::DatabaseBusy,
        Cause::DatabaseLost,
        Cause::DatabaseChanged,
        Cause::DatabaseUnexpected,
        Cause::DatabaseNotConfigured,
        Cause::ArchiveNotWritten,
        Cause::CommandNotConfigured,
        Cause::CommandNotStarted,
        Cause::CommandFailed,
        Cause::CommandTimedOut,
        Cause::CommandCutOff,
        Cause::TunnelDown,
    ];

    #[test]
    fn every_cause_is_told_as_reviewed() {
        let said: Vec<String> = CAUSES
            .into_iter()
            .map(|cause| call_failed(&CallError::nothing_done("package_delete", cause), "production"))
            .collect();
        insta::assert_snapshot!(said.join("\n"), @"
        CKAN on production cannot be reached: nothing answers at its address. Nothing was changed. Check that it is up, then ask again.
        CKAN on production did not answer in time. Nothing was changed. Ask again in a few minutes.
        The connection to CKAN on production broke before it had answered. Nothing was changed. Ask again in a few minutes.
        CKAN on production does not take the bot's token for a sysadmin's. Nothing was changed. Whoever runs the bot has to give it a valid API token of a sysadmin; then ask again.
        CKAN on production does not let the bot do this. Nothing was changed. Whoever runs CKAN has to say why not.
        A proxy in front of CKAN on production does not let this through. Nothing was changed. Whoever runs the bot has to give it an address that leads to CKAN itself, past the public proxy.
        A proxy in front of CKAN on production got no answer from it, or none in time. Nothing was changed. Check that it is up, then ask again.
        CKAN on production does not have this any more. Nothing was changed. Look for it on CKAN: it may have another name by now.
        CKAN on production does not accept the values, or they have changed meanwhile. Nothing was changed. CKAN's own page for editing it says which values those are.
        CKAN on production refuses every change of an account with such a log-in name. Nothing was changed. Whoever runs CKAN has to rename the account to small letters, digits, - and _ first.
        CKAN on production does not take this address. Nothing was changed. Either another account got it meanwhile, or CKAN has a rule of its own for addresses.
        CKAN on production does not know what the bot asked for. Nothing was changed. Whoever runs the bot has to check that the address is right and that this CKAN is 2.10 or newer.
        CKAN on production does not understand what the bot asked. Nothing was changed. Whoever runs the bot has to check that the address is right and that this CKAN is 2.10 or newer.
        CKAN on production failed with an error of its own. Nothing was changed. CKAN's own log says more; ask again when that is put right.
        The search index of CKAN on production failed or does not follow. Nothing was changed. Check that its Solr is up, then ask again.
        What answers at the address of CKAN on production does not answer as CKAN does. Nothing was changed. Whoever runs the bot has to put the configured address right.
        What answers at the address of CKAN on production is another site than the configured one. Nothing was changed. Whoever runs the bot has to put the configured address right.
        The database of CKAN on production cannot be reached, or takes no more connections. Nothing was changed. Whoever runs CKAN has to check that it is up; then ask again.
        The database of CKAN on production does not let the bot's role do this. Nothing was changed. Whoever runs the bot has to check the role's password and rights; then ask again.
        The database of CKAN on production was busy for too long. Nothing was changed. Ask again in a few minutes.
        The connection to the database of CKAN on production broke. Nothing was changed. Ask again in a few minutes.
        In the database of CKAN on production things have changed meanwhile. Nothing was changed. Look at what is there now, and ask again if it is still wanted.
        The database of CKAN on production is not as the bot knows CKAN's. Nothing was changed. Whoever runs the bot has to check that the address is the one of CKAN's database, and that ckanext-harvest is installed where it is about harvesters.
        The bot has no database of CKAN on production that it may write to. Nothing was changed. Whoever runs the bot has to configure one; then ask again.
        The copy that has to be kept before could not be written. Nothing was changed. Whoever runs the bot has to look at its `archive_dir`: whether it can be written to, has room, and has no other copy of this name.
        Nobody has told the bot which command does this on production. Nothing was changed. Whoever runs the bot has to name the command in its configuration.
        The command for CKAN on production could not be started. Nothing was changed. Whoever runs the bot has to check that the configured program is installed beside it.
        The command for CKAN on production ended with an error. Nothing was changed. The end of what the command printed is in the audit.
        The command for CKAN on production took longer than it may, and was stopped. Nothing was changed. Ask again in a few minutes.
        The command for CKAN on production, or the connection to it, broke off before its end. Nothing was changed. Ask again in a few minutes.
        The tunnel to CKAN on production does not stand. Nothing was changed. The bot keeps trying to open it: ask again in a few minutes. If it stays so, its log says why.
        ");
    }

    #[test]
    fn a_look_that_failed_says_nothing_of_what_was_changed() {
        let error = CallError::nothing_done("package_show", Cause::Unreachable);
        insta::assert_snapshot!(could_not_look(&error, "production"), @"CKAN on production cannot be reached: nothing answers at its address. So the bot cannot see whether it happened. Look at it on CKAN before you ask again.");
    }

    #[test]
    fn a_command_whose_end_nobody_saw_is_told_as_reviewed() {
        let said = [Cause::CommandFailed, Cause::CommandTimedOut, Cause::CommandCutOff].map(|cause| {
            let error = CallError {
                effect: Effect::Unknown,
                ..CallError::nothing_done("search-index rebuild", cause)
            };
            call_failed(&error, "production")
        });
        insta::assert_snapshot!(said.join("\n"), @"
        The command for CKAN on production ended with an error. It is not known whether CKAN has done it, or still will. It may have done a part: look at CKAN before you ask again.
        The command for CKAN on production took longer than it may, and was stopped. It is not known whether CKAN has done it, or still will. The command may still be running there: look at CKAN before you ask again.
        The command for CKAN on production, or the connection to it, broke off before its end. It is not known whether CKAN has done it, or still will. The command may still be running there: look at CKAN before you ask again.
        ");
    }

    #[test]
    fn an_unknown_effect_never_says_ask_again_at_once() {
        let error = CallError {
            action: "package_delete",
            cause: Cause::TimedOut,
            effect: Effect::Unknown,
            status: None,
            earlier: None,
        };
        insta::assert_snapshot!(call_failed(&error, "production"), @"CKAN on production did not answer in time. It is not known whether CKAN has done it, or still will. Look at it on CKAN before you ask again.");
    }
}
