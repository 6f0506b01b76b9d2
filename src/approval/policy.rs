//! Who may ask and who may approve.
//!
//! Guarantees: only ids decide (never a name, an e-mail or a channel); guests, bots, deactivated and external
//! accounts are refused whatever a list says; two accounts of one person are one person; every list that fits must
//! hold the account, and the largest number of approvals that anything asks for counts, never below one. Leaves to the caller that the [`Account`] was read from Slack for this very act.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Freeze, Hold, Matter, Refusal, Rule, freeze};
use crate::ids::{PersonId, TeamId, UserId};

/// What somebody wants to be for one act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// May ask for changes.
    Requester,
    /// May approve or deny other people's requests.
    Approver,
}

impl Role {
    /// What somebody is told who is not on this rule's list.
    pub(super) fn refusal(self, rule: &str) -> Refusal {
        let rule = rule.to_owned();
        match self {
            Self::Requester => Refusal::NotARequester { rule },
            Self::Approver => Refusal::NotAnApprover { rule },
        }
    }
}

/// A Slack account as Slack described it a moment ago.
#[expect(clippy::struct_excessive_bools, reason = "they are Slack's own flags, and each refuses by itself")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's id, from a verified payload.
    pub user: UserId,
    /// The workspace the account belongs to.
    pub team: TeamId,
    /// True where the account belongs to our workspace or to our own Enterprise Grid organisation.
    pub ours: bool,
    /// A deactivated account.
    pub deactivated: bool,
    /// A guest of one or several channels.
    pub guest: bool,
    /// A bot or an app.
    pub bot: bool,
    /// The user groups of the policy that list this account.
    pub groups: BTreeSet<String>,
}

/// User ids and user group ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessList {
    /// Slack user ids.
    #[serde(default)]
    pub users: BTreeSet<String>,
    /// Slack user group ids (`S…`).
    #[serde(default)]
    pub usergroups: BTreeSet<String>,
}

impl AccessList {
    /// Whether the account is on it.
    pub fn holds(&self, account: &Account) -> bool {
        self.users.contains(account.user.as_str()) || !self.usergroups.is_disjoint(&account.groups)
    }

    /// True where nobody is on the list.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.usergroups.is_empty()
    }
}

/// Somebody who may act, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The human.
    pub person: PersonId,
    /// The account.
    pub user: UserId,
    /// The user groups of the policy that list the account.
    pub groups: BTreeSet<String>,
    /// The rules whose lists hold the account: [`EVERYWHERE`] and those of the policy that fit, in its order.
    pub rules: Vec<String>,
}

/// What the lists are called that hold everywhere.
pub const EVERYWHERE: &str = "access";

/// What the numbers are called that hold everywhere.
pub const USUAL: &str = "policy";

/// What the number is called that comes with how much may break.
pub const BY_RISK: &str = "risk";

/// What the number is called that comes with how many things there are.
pub const BY_SIZE: &str = "two_approvals_above";

/// The rules in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Who may ask.
    pub requesters: AccessList,
    /// Who may approve.
    pub approvers: AccessList,
    /// Which accounts are one person: Slack user id to the person's name in the registry. Where it has anybody, nobody
    /// else may act.
    pub people: BTreeMap<String, String>,
    /// How many approvals a request needs.
    pub approvals: NonZeroU8,
    /// More things than this at once take two approvals.
    pub two_approvals_above: u32,
    /// How long a request may wait for its approvals.
    pub pending_ttl: Duration,
    /// How long an approved request may wait for its execution.
    pub approved_ttl: Duration,
    /// How long an approved request may be held.
    pub held_ttl: Duration,
    /// How long before those are reminded who could approve a request; doubled each time.
    pub remind_after: Duration,
    /// How many requests one person may have open.
    pub open_requests: u32,
    /// How long after a denial the same may not be asked for again by the same person.
    pub cool_down: Duration,
    /// What a ticket number looks like, as a regular expression; `None`: any.
    pub ticket_pattern: Option<String>,
    /// What is stricter, and where.
    pub rules: Vec<Rule>,
    /// When nothing is changed, and where.
    pub freezes: Vec<Freeze>,
}

impl Policy {
    /// The human behind an account.
    pub fn person(&self, user: &UserId) -> PersonId {
        PersonId::new(self.people.get(user.as_str()).map_or(user.as_str(), String::as_str))
    }

    /// The rules that are about this, in the order of the policy.
    pub fn rules_for<'p>(&'p self, matter: &'p Matter<'_>) -> impl Iterator<Item = &'p Rule> {
        self.rules.iter().filter(|rule| rule.fits(matter))
    }

    /// How many approvals this needs: the most that anything asks for.
    pub fn approvals_for(&self, matter: &Matter<'_>) -> NonZeroU8 {
        self.asked_for(matter).map(|(_, approvals)| approvals).max().unwrap_or(self.approvals)
    }

    /// What asks for the most approvals of this, by name; empty where one is enough.
    pub fn approvals_because(&self, matter: &Matter<'_>) -> Vec<String> {
        let most = self.approvals_for(matter);
        self.asked_for(matter)
            .filter(|(_, approvals)| *approvals == most && most > NonZeroU8::MIN)
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    /// Everything that asks for approvals of this, by name, with how many.
    pub fn asked_for<'p>(&'p self, matter: &'p Matter<'_>) -> impl Iterator<Item = (&'p str, NonZeroU8)> {
        const TWO: NonZeroU8 = NonZeroU8::MIN.saturating_add(1);
        let many = (matter.size > self.two_approvals_above).then_some((BY_SIZE, TWO));
        [(USUAL, self.approvals), (BY_RISK, matter.risk.least_approvals())]
            .into_iter()
            .chain(many)
            .chain(self.rules_for(matter).filter_map(|rule| Some((rule.name.as_str(), rule.approvals?))))
    }

    /// The lists that somebody has to be on, each of them, with the names of their rules.
    pub fn lists_for<'p>(
        &'p self,
        role: Role,
        matter: &'p Matter<'_>,
    ) -> impl Iterator<Item = (&'p str, &'p AccessList)> {
        let everywhere = match role {
            Role::Requester => &self.requesters,
            Role::Approver => &self.approvers,
        };
        let stricter = self.rules_for(matter).filter_map(move |rule| {
            let list = match role {
                Role::Requester => rule.requesters.as_ref(),
                Role::Approver => rule.approvers.as_ref(),
            };
            Some((rule.name.as_str(), list?))
        });
        std::iter::once((EVERYWHERE, everywhere)).chain(stricter)
    }

    /// Whether this account is one of ours that may act at all, and whose it is.
    pub fn identify(&self, account: &Account) -> Result<PersonId, Refusal> {
        if account.deactivated {
            return Err(Refusal::Deactivated);
        }
        if account.bot {
            return Err(Refusal::Bot);
        }
        if !account.ours {
            return Err(Refusal::OtherTeam);
        }
        if account.guest {
            return Err(Refusal::Guest);
        }
        if !self.people.is_empty() && !self.people.contains_key(account.user.as_str()) {
            return Err(Refusal::NotRegistered);
        }
        Ok(self.person(&account.user))
    }

    /// Whether this account may act in this role on this, and if not, why.
    pub fn admit(&self, account: &Account, role: Role, matter: &Matter<'_>) -> Result<Admission, Refusal> {
        let person = self.identify(account)?;
        let mut by = vec![];
        for (name, list) in self.lists_for(role, matter) {
            if !list.holds(account) {
                return Err(role.refusal(name));
            }
            by.push(name.to_owned());
        }
        Ok(Admission { person, user: account.user.clone(), groups: account.groups.clone(), rules: by })
    }

    /// Whether this account may ask for, or approve, anything that no rule is stricter about.
    pub fn admit_anywhere(&self, account: &Account, role: Role) -> Result<PersonId, Refusal> {
        let person = self.identify(account)?;
        let list = match role {
            Role::Requester => &self.requesters,
            Role::Approver => &self.approvers,
        };
        if list.holds(account) { Ok(person) } else { Err(role.refusal(EVERYWHERE)) }
    }

    /// What the calendar says about this at this moment; `None`: go ahead.
    pub fn frozen(&self, matter: &Matter<'_>, now: Timestamp) -> Option<Hold> {
        freeze::hold(&self.freezes, matter, now)
    }

    /// Every user group the policy speaks of: the ones whose members must be read.
    pub fn usergroups(&self) -> BTreeSet<&str> {
        let stricter = self.rules.iter().flat_map(|rule| rule.requesters.iter().chain(&rule.approvers));
        [&self.requesters, &self.approvers]
            .into_iter()
            .chain(stricter)
            .flat_map(|list| &list.usergroups)
            .map(String::as_str)
            .collect()
    }

    /// A short name of exactly these rules, kept with every request and in the audit.
    pub fn digest(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        let mut digest = hex::encode(Sha256::digest(text.as_bytes()));
        digest.truncate(16);
        digest
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
pub(crate) mod tests;
