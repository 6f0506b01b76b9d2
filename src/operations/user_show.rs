//! `user show`: what CKAN says of one account.
//!
//! Guarantees that it is read over the API (`ckan user show` prints the password's hash and the keys) and that the
//! address is masked. Changes nothing.

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::user_target::UserTarget;
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::ckan::{Site, UserState};
use crate::sentences::text::Text;

/// Shows one account.
pub struct UserShow;

/// What `user show` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The user: the log-in name, the UUID, or the address of the user's page
    #[arg(value_name = "USER")]
    user: UserTarget,
}

impl ReadOperation for UserShow {
    const META: Meta = Meta {
        name: "user show",
        short: &[],
        summary: "Show what CKAN says of one user; the address is masked.",
        risk: Risk::Read,
        example: "user show dft-editor",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, arguments: &Arguments) -> Result<Reply, PlanError> {
        Ok(Reply::Say(describe(asking.site, &arguments.user).await?))
    }
}

async fn describe(site: &Site, target: &UserTarget) -> Result<Answer, PlanError> {
    let account = Account::of(site, target).await?;
    let mut lines: Vec<String> = vec![];
    if !account.user.has_a_name_of_today() {
        lines.push(
            "The log-in name is from before CKAN's rule for names (small letters, digits, - and _). A CKAN without a \
             patch for such names refuses every change of the account."
                .to_owned(),
        );
    }
    match account.user.state {
        UserState::Deleted => lines.push("It cannot log in and belongs to nobody any more.".to_owned()),
        UserState::Active | UserState::Pending if !account.user.sysadmin => lines.push(format!(
            "To change the address, type `/ckan email {} new.address@example.gov.uk`.",
            account.user.name
        )),
        _ => {}
    }
    Ok(Answer {
        title: format!("“{}” on {}", account.title(), site.environment),
        shown: account.shown().into_iter().map(|(label, value)| (label, Text::new().plain(value))).collect(),
        lines: lines.into_iter().map(Into::into).collect(),
    })
}
