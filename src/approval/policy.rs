//! Who may ask and who may approve.
//!
//! Guarantees: only ids decide (never a name, an e-mail or a channel); guests, bots, deactivated and external
//! accounts are refused whatever a list says; two accounts of one person are one person; the number of approvals is
//! never below one. Leaves to the caller that the [`Account`] was read from Slack for this very act.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Refusal, Risk};
use crate::ids::{PersonId, TeamId, UserId};

/// What somebody wants to be for one act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// May ask for changes.
    Requester,
    /// May approve or deny other people's requests.
    Approver,
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
    fn holds(&self, account: &Account) -> bool {
        self.users.contains(account.user.as_str()) || !self.usergroups.is_disjoint(&account.groups)
    }

    /// True where nobody is on the list.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.usergroups.is_empty()
    }
}

/// The rules in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Who may ask.
    pub requesters: AccessList,
    /// Who may approve.
    pub approvers: AccessList,
    /// Which accounts are one person: Slack user id to the person's name in the registry.
    pub people: BTreeMap<String, String>,
    /// How many approvals a request needs.
    pub approvals: NonZeroU8,
    /// How long a request may wait for its approvals.
    pub pending_ttl: Duration,
    /// How long an approved request may wait for its execution.
    pub approved_ttl: Duration,
    /// What a ticket number looks like, as a regular expression; `None`: any.
    pub ticket_pattern: Option<String>,
}

impl Policy {
    /// The human behind an account.
    pub fn person(&self, user: &UserId) -> PersonId {
        PersonId::new(self.people.get(user.as_str()).map_or(user.as_str(), String::as_str))
    }

    /// How many approvals a change of this risk needs.
    pub fn approvals_for(&self, risk: Risk) -> NonZeroU8 {
        self.approvals.max(risk.least_approvals())
    }

    /// Whether this account may act in this role, and if not, why.
    pub fn admit(&self, account: &Account, role: Role) -> Result<PersonId, Refusal> {
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
        let (list, refusal) = match role {
            Role::Requester => (&self.requesters, Refusal::NotARequester),
            Role::Approver => (&self.approvers, Refusal::NotAnApprover),
        };
        if list.holds(account) { Ok(self.person(&account.user)) } else { Err(refusal) }
    }

    /// Every user group the policy speaks of: the ones whose members must be read.
    pub fn usergroups(&self) -> BTreeSet<&str> {
        self.requesters.usergroups.iter().chain(&self.approvers.usergroups).map(String::as_str).collect()
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
pub(crate) mod tests {
    use super::*;

    pub(crate) fn policy() -> Policy {
        let listed = |users: &[&str]| AccessList {
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            usergroups: BTreeSet::new(),
        };
        Policy {
            requesters: listed(&["UALICE", "UBOB", "UCARA", "UALICE2"]),
            approvers: listed(&["UALICE", "UBOB", "UCARA", "UALICE2"]),
            people: BTreeMap::from([
                ("UALICE".to_owned(), "alice".to_owned()),
                ("UALICE2".to_owned(), "alice".to_owned()),
            ]),
            approvals: NonZeroU8::MIN,
            pending_ttl: Duration::from_hours(1),
            approved_ttl: Duration::from_mins(15),
            ticket_pattern: None,
        }
    }

    pub(crate) fn account(user: &str) -> Account {
        Account {
            user: UserId::new(user),
            team: TeamId::new("T0001"),
            ours: true,
            deactivated: false,
            guest: false,
            bot: false,
            groups: BTreeSet::new(),
        }
    }

    #[test]
    fn s13_guests_bots_deactivated_and_external_accounts_are_refused_even_when_listed() {
        let refused = |edit: fn(&mut Account)| {
            let mut account = account("UBOB");
            edit(&mut account);
            policy().admit(&account, Role::Approver)
        };
        assert_eq!(refused(|a| a.guest = true), Err(Refusal::Guest));
        assert_eq!(refused(|a| a.bot = true), Err(Refusal::Bot));
        assert_eq!(refused(|a| a.deactivated = true), Err(Refusal::Deactivated));
        assert_eq!(refused(|a| a.ours = false), Err(Refusal::OtherTeam));
        assert_eq!(refused(|_| ()), Ok(PersonId::new("UBOB")));
    }

    #[test]
    fn s12_two_accounts_of_one_person_are_one_person() {
        let policy = policy();
        assert_eq!(policy.person(&UserId::new("UALICE")), policy.person(&UserId::new("UALICE2")));
        assert_ne!(policy.person(&UserId::new("UALICE")), policy.person(&UserId::new("UBOB")));
    }

    #[test]
    fn a_group_admits_its_members_only() {
        let mut policy = policy();
        policy.approvers =
            AccessList { users: BTreeSet::new(), usergroups: BTreeSet::from(["S1".to_owned()]) };
        let mut member = account("UZOE");
        assert_eq!(policy.admit(&member, Role::Approver), Err(Refusal::NotAnApprover));
        member.groups.insert("S1".to_owned());
        assert_eq!(policy.admit(&member, Role::Approver), Ok(PersonId::new("UZOE")));
        assert_eq!(policy.admit(&member, Role::Requester), Err(Refusal::NotARequester));
    }

    #[test]
    fn the_digest_moves_with_the_rules() {
        let mut other = policy();
        other.pending_ttl = Duration::from_secs(1);
        assert_ne!(policy().digest(), other.digest());
    }
}
