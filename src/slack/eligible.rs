//! Who could approve something at this moment, for people to read.
//!
//! Guarantees that everybody named was read from Slack for this very question and is admitted by the policy, that
//! nobody is named twice and the person who asks never, and that where Slack cannot say, nobody is named at all.
//! Leaves every decision to a look-up of its own: being named here opens nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::payload::Sender;
use super::people::{self, Home};
use super::web::{SlackError, SlackWeb};
use crate::approval::{Account, Matter, Policy, Refusal, Role};
use crate::ids::{PersonId, TeamId, UserId};

/// Accounts looked at; Slack lets an app ask about some hundred a minute.
const AT_MOST: usize = 50;
/// Accounts asked about at once.
const AT_ONCE: usize = 8;

/// Slack's codes for an account that is not there: an answer, and not a failure to answer.
const NOBODY: [&str; 2] = ["user_not_found", "user_not_visible"];

/// Who could approve.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Eligible {
    /// One account of each person, the first by its id.
    pub users: Vec<UserId>,
    /// True where not everybody on the lists was looked at.
    pub and_others: bool,
}

/// Who could approve this, were it asked for by this person.
pub async fn approvers(
    web: &SlackWeb,
    home: &Home,
    policy: &Policy,
    matter: &Matter<'_>,
    requester: (&PersonId, &UserId),
) -> Result<Eligible, Refusal> {
    let members = members(web, policy, matter).await?;
    let mut candidates = candidates(policy, matter, requester, &members);
    let and_others = candidates.len() > AT_MOST;
    candidates.truncate(AT_MOST);
    let reads: Vec<_> = candidates.into_iter().map(|user| read(web, home, &members, user)).collect();
    let accounts: Vec<Option<Account>> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(Eligible { users: one_of_each(policy, matter, accounts.into_iter().flatten()), and_others })
}

/// The members of every group on the lists that are about this.
async fn members(
    web: &SlackWeb,
    policy: &Policy,
    matter: &Matter<'_>,
) -> Result<BTreeMap<String, BTreeSet<String>>, Refusal> {
    let groups: BTreeSet<&String> =
        policy.lists_for(Role::Approver, matter).flat_map(|(_, list)| &list.usergroups).collect();
    let reads: Vec<_> = groups.into_iter().map(|group| read_group(web, group.clone())).collect();
    stream::iter(reads).buffered(AT_ONCE).try_collect().await
}

async fn read_group(web: &SlackWeb, group: String) -> Result<(String, BTreeSet<String>), Refusal> {
    let members = web.usergroup(&group).await.map_err(|_| Refusal::CannotIdentify)?;
    Ok((group, members.into_iter().collect()))
}

/// The accounts that every list holds, but for those of the person who asks and those that the registry does not
/// know.
fn candidates(
    policy: &Policy,
    matter: &Matter<'_>,
    (requester, own): (&PersonId, &UserId),
    members: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<UserId> {
    let held = policy
        .lists_for(Role::Approver, matter)
        .map(|(_, list)| {
            let grouped = list.usergroups.iter().filter_map(|group| members.get(group)).flatten();
            list.users.iter().chain(grouped).collect::<BTreeSet<&String>>()
        })
        .reduce(|all, one| all.intersection(&one).copied().collect());
    held.into_iter()
        .flatten()
        .map(UserId::new)
        .filter(|user| policy.people.is_empty() || policy.people.contains_key(user.as_str()))
        .filter(|user| user != own && policy.person(user) != *requester)
        .filter(|user| policy.person(user) != policy.person(own))
        .collect()
}

async fn read(
    web: &SlackWeb,
    home: &Home,
    members: &BTreeMap<String, BTreeSet<String>>,
    user: UserId,
) -> Result<Option<Account>, Refusal> {
    let found = match web.user(user.as_str()).await {
        Ok(found) if found.id == user.as_str() => found,
        Err(SlackError::Refused(code)) if NOBODY.contains(&code.as_str()) => return Ok(None),
        Ok(_) | Err(_) => return Err(Refusal::CannotIdentify),
    };
    let groups = members
        .iter()
        .filter(|(_, members)| members.contains(user.as_str()))
        .map(|(group, _)| group.clone())
        .collect();
    // There is no payload: what Slack says of the account decides alone.
    let sender = Sender { user, team: TeamId::new(home.team.as_str()), enterprise: home.enterprise.clone() };
    Ok(Some(people::account(&found, home, &sender, groups)))
}

/// The first admitted account of each person, in the order of the ids.
fn one_of_each(policy: &Policy, matter: &Matter<'_>, accounts: impl Iterator<Item = Account>) -> Vec<UserId> {
    let mut people = BTreeSet::new();
    accounts
        .filter_map(|account| policy.admit(&account, Role::Approver, matter).ok())
        .filter(|admission| people.insert(admission.person.clone()))
        .map(|admission| admission.user)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::policy::AccessList;
    use crate::approval::policy::tests::{account, policy};
    use crate::approval::{Risk, Rule};

    const MATTER: Matter<'static> =
        Matter { operation: "dataset withdraw", environment: "production", risk: Risk::Reversible, size: 1 };

    fn list(users: &[&str], groups: &[&str]) -> AccessList {
        let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        AccessList { users: set(users), usergroups: set(groups) }
    }

    fn members(group: &str, users: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        BTreeMap::from([(group.to_owned(), users.iter().map(|user| (*user).to_owned()).collect())])
    }

    fn named(policy: &Policy, own: &str, members: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
        let own = UserId::new(own);
        let found = candidates(policy, &MATTER, (&policy.person(&own), &own), members);
        found.into_iter().map(|user| user.to_string()).collect()
    }

    #[test]
    fn whoever_asks_is_left_out_with_every_account() {
        assert_eq!(named(&policy(), "UALICE2", &BTreeMap::new()), ["UBOB", "UCARA"]);
        assert_eq!(named(&policy(), "UBOB", &BTreeMap::new()), ["UALICE", "UALICE2", "UCARA"]);
    }

    #[test]
    fn every_list_must_hold_an_account_by_its_id_or_by_a_group() {
        let mut policy = policy();
        policy.people.clear();
        policy.approvers = list(&["UBOB"], &["S1"]);
        let group = members("S1", &["UCARA", "UZOE"]);
        assert_eq!(named(&policy, "UALICE", &group), ["UBOB", "UCARA", "UZOE"]);
        policy.rules = vec![Rule { approvers: Some(list(&["UZOE", "UELSE"], &[])), ..Rule::default() }];
        assert_eq!(named(&policy, "UALICE", &group), ["UZOE"]);
    }

    #[test]
    fn whom_the_registry_does_not_know_is_not_even_looked_at() {
        let mut policy = policy();
        policy.approvers.users.insert("UZOE".to_owned());
        assert_eq!(named(&policy, "UALICE", &BTreeMap::new()), ["UBOB", "UCARA"]);
    }

    #[test]
    fn of_two_accounts_of_one_person_the_first_that_is_admitted_is_named() {
        let policy = policy();
        let named = |accounts: Vec<Account>| {
            let users = one_of_each(&policy, &MATTER, accounts.into_iter());
            users.into_iter().map(|user| user.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(named(vec![account("UALICE"), account("UALICE2"), account("UBOB")]), ["UALICE", "UBOB"]);
        let gone = Account { deactivated: true, ..account("UALICE") };
        assert_eq!(named(vec![gone, account("UALICE2")]), ["UALICE2"]);
    }
}
