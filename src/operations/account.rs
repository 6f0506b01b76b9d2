//! What every operation on an account finds out first, and how it is shown.
//!
//! Guarantees that the token was proved before anything CKAN said is believed, that addresses are masked in everything
//! shown here, and which accounts nobody changes through the bot. Leaves what is done with an account to operations.

use super::PlanError;
use super::user_target::UserTarget;
use crate::approval::Target;
use crate::ckan::{Cause, Membership, Site, SiteProof, User, UserState};
use crate::sentences::address::{mask, without_addresses};

/// Accounts that CKAN and its extensions act as, by the names that they give them.
const OF_PROGRAMS: [&str; 4] = ["harvest", "default", "visitor", "logged_in"];

/// An account as it stands.
pub struct Account {
    /// The account.
    pub user: User,
    /// The publishers that it belongs to.
    pub memberships: Vec<Membership>,
    /// Whose the site and the token are.
    pub proof: SiteProof,
}

impl Account {
    /// Looks at the account of this name.
    pub async fn of(site: &Site, target: &UserTarget) -> Result<Self, PlanError> {
        let (proof, user) = tokio::join!(site.prove(), User::show(site, target.key()));
        let proof = proof?;
        let user = user.map_err(|error| match error.cause {
            Cause::NotFound => PlanError::Refused(format!(
                "There is no user `{}` on {}. Capitals count; `/ckan user find` finds names.",
                target.key(),
                site.environment
            )),
            _ => PlanError::Ckan(error),
        })?;
        let memberships = user.memberships(site).await?;
        Ok(Self { user, memberships, proof })
    }

    /// Refuses the accounts that nobody changes through the bot.
    pub fn must_not_be_protected(&self) -> Result<(), PlanError> {
        let name = &self.user.name;
        let why = if *name == self.proof.user_name {
            "is the bot's own account"
        } else if OF_PROGRAMS.contains(&name.as_str()) {
            "is an account that CKAN's own programs act as"
        } else if self.user.sysadmin {
            "is a sysadmin: whoever reads a sysadmin's mail can take over all of CKAN"
        } else {
            return Ok(());
        };
        Err(PlanError::Refused(format!(
            "`{name}` {why}, so the bot leaves it alone. A sysadmin can change it on CKAN's own page."
        )))
    }

    /// What a request about it acts on.
    pub fn target(&self) -> Target {
        Target { id: self.user.id, name: self.user.name.clone(), title: self.title() }
    }

    /// The person's name, for people. Some give their address for it.
    pub fn title(&self) -> String {
        without_addresses(self.user.label())
    }

    /// The address, masked.
    pub fn masked_address(&self) -> String {
        self.user.email.as_ref().map_or_else(|| "none".to_owned(), |address| mask(address.whole()))
    }

    /// What it may do, for people.
    pub fn state(&self) -> String {
        state(&self.user)
    }

    /// The publishers and roles, for people.
    pub fn memberships_in_words(&self) -> String {
        if self.user.sysadmin {
            return "all of them, as a sysadmin".to_owned();
        }
        if self.memberships.is_empty() {
            return "none".to_owned();
        }
        let told = self.memberships.iter().map(|one| format!("{} ({})", one.publisher, one.role));
        told.collect::<Vec<_>>().join(", ")
    }

    /// Label and value, in reading order.
    pub fn shown(&self) -> Vec<(String, String)> {
        let lines = [
            ("Name", self.title()),
            ("Log-in name", self.user.name.clone()),
            ("UUID", self.user.id.to_string()),
            ("Account", self.state()),
            ("Address", self.masked_address()),
            ("Publishers", self.memberships_in_words()),
            ("Sysadmin", if self.user.sysadmin { "yes" } else { "no" }.to_owned()),
        ];
        lines.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
    }
}

/// What an account may do, for people.
pub(super) fn state(user: &User) -> String {
    match &user.state {
        UserState::Active => "active".to_owned(),
        UserState::Pending => "pending: invited, and has not yet come".to_owned(),
        UserState::Deleted => "deleted".to_owned(),
        UserState::Other(state) => {
            format!("in a state that CKAN does not know: {}", without_addresses(state))
        }
    }
}
