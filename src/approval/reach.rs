//! How far the lists reach: whom they leave to ask and to approve, told without Slack.
//!
//! Guarantees an upper bound: whoever is not in it is refused for certain. Leaves the members of user groups, and
//! whether an account is still there, to the look-up at the click.

use std::collections::BTreeSet;

use super::policy::AccessList;
use super::{Matter, Policy, Role};
use crate::ids::{PersonId, UserId};

impl Policy {
    /// The numbers of things at which the policy becomes stricter, from 1 on: each is the first of its step.
    pub fn sizes(&self) -> BTreeSet<u32> {
        let steps = self.rules.iter().filter_map(|rule| rule.more_than).chain([self.two_approvals_above]);
        steps.map(|most| most.saturating_add(1)).chain([1]).collect()
    }

    /// Who could act in this role on this: whoever is on every list. `None` where each of the lists has user groups, and so
    /// leaves it open.
    pub fn could(&self, role: Role, matter: &Matter<'_>) -> Option<BTreeSet<PersonId>> {
        let whole = self.lists_for(role, matter).map(|(_, list)| list);
        self.people_of(whole.filter(|list| list.usergroups.is_empty()))
    }

    /// The most people who could approve a request for this, its requester not counted; `None` where that is open.
    pub fn most_others(&self, matter: &Matter<'_>) -> Option<usize> {
        let approvers = self.could(Role::Approver, matter)?;
        // Members of a requesting group do not make up for people who are named and have no approver.
        let requesters = self.could(Role::Requester, matter).or_else(|| {
            let named = self.people_of(self.lists_for(Role::Requester, matter).map(|(_, list)| list));
            named.filter(|people| !people.is_empty())
        });
        let one_must_ask = requesters.is_some_and(|requesters| requesters.is_subset(&approvers));
        Some(if one_must_ask { approvers.len().saturating_sub(1) } else { approvers.len() })
    }

    /// The people whose accounts are named by all of these lists; `None` where there is no list.
    fn people_of<'l>(&self, lists: impl Iterator<Item = &'l AccessList>) -> Option<BTreeSet<PersonId>> {
        let named = lists.map(|list| list.users.clone()).reduce(|one, other| &one & &other)?;
        let known = named.into_iter().filter(|user| self.people.is_empty() || self.people.contains_key(user));
        Some(known.map(|user| self.person(&UserId::new(user))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::policy::tests::policy;
    use crate::approval::{Risk, Rule};

    const MATTER: Matter<'static> =
        Matter { operation: "dataset withdraw", environment: "production", risk: Risk::Reversible, size: 1 };

    fn list(users: &[&str], usergroups: &[&str]) -> AccessList {
        let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        AccessList { users: set(users), usergroups: set(usergroups) }
    }

    fn nobody_is_registered(requesters: AccessList, approvers: AccessList) -> Policy {
        Policy { requesters, approvers, people: std::collections::BTreeMap::new(), ..policy() }
    }

    fn names(people: Option<BTreeSet<PersonId>>) -> Option<Vec<String>> {
        people.map(|people| people.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn each_step_is_named_by_its_first_number() {
        let mut policy = policy();
        assert_eq!(policy.sizes(), [1, 51].into());
        policy.rules = vec![
            Rule { more_than: Some(5), ..Rule::default() },
            Rule { more_than: None, ..Rule::default() },
            Rule { more_than: Some(u32::MAX), ..Rule::default() },
        ];
        assert_eq!(policy.sizes(), [1, 6, 51, u32::MAX].into());
    }

    #[test]
    fn those_could_who_are_on_every_list_and_known_to_the_registry() {
        let mut policy = policy();
        let all = policy.could(Role::Approver, &MATTER);
        assert_eq!(names(all).unwrap(), ["alice", "bob", "cara"]);
        policy.rules = vec![
            Rule { approvers: Some(list(&["UBOB", "UZOE"], &[])), ..Rule::default() },
            Rule {
                approvers: Some(list(&["UCARA"], &[])),
                environments: ["staging".into()].into(),
                ..Rule::default()
            },
        ];
        assert_eq!(names(policy.could(Role::Approver, &MATTER)).unwrap(), ["bob"]);
        assert_eq!(names(policy.could(Role::Requester, &MATTER)).unwrap(), ["alice", "bob", "cara"]);
        policy.approvers.users.insert("UZOE".to_owned());
        assert_eq!(names(policy.could(Role::Approver, &MATTER)).unwrap(), ["bob"]);
        policy.people.clear();
        assert_eq!(names(policy.could(Role::Approver, &MATTER)).unwrap(), ["UBOB", "UZOE"]);
    }

    #[test]
    fn groups_leave_it_open_but_for_a_list_beside_them_that_has_none() {
        let mut policy = nobody_is_registered(list(&["U1"], &["S1"]), list(&["U1"], &["S1"]));
        assert_eq!(policy.could(Role::Approver, &MATTER), None);
        assert_eq!(policy.most_others(&MATTER), None);
        policy.rules = vec![Rule { approvers: Some(list(&["U7"], &[])), ..Rule::default() }];
        assert_eq!(names(policy.could(Role::Approver, &MATTER)).unwrap(), ["U7"]);
        assert_eq!(policy.most_others(&MATTER), Some(1));
    }

    #[test]
    fn whoever_asks_does_not_count() {
        let most = |requesters: AccessList, approvers: &[&str]| {
            nobody_is_registered(requesters, list(approvers, &[])).most_others(&MATTER)
        };
        assert_eq!(most(list(&["U1"], &[]), &["U1"]), Some(0));
        assert_eq!(most(list(&["U1"], &[]), &["U1", "U2"]), Some(1));
        assert_eq!(most(list(&["U1", "U2"], &[]), &["U1"]), Some(1));
        assert_eq!(most(list(&["U1"], &[]), &["U2", "U3"]), Some(2));
        assert_eq!(most(list(&["U1"], &["S1"]), &["U1"]), Some(0), "a group does not make up for U1");
        assert_eq!(most(list(&[], &["S1"]), &["U1"]), Some(1), "somebody else of the group may ask");
        let mut two_accounts = policy();
        two_accounts.requesters = list(&["UALICE"], &[]);
        two_accounts.approvers = list(&["UALICE", "UALICE2"], &[]);
        assert_eq!(two_accounts.most_others(&MATTER), Some(0));
    }
}
