//! `[access]`, `[policy]` and `[[people]]`: who may ask, who may approve, and under which rules.
//!
//! Guarantees that what comes out is a policy under which somebody can ask and somebody else can approve, as far as
//! the file alone can tell. Leaves the members of user groups to Slack.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;
use std::time::Duration;

use super::problem::{Place, Report};
use super::section::{Placed, Section};
use super::values::{self, USER, USERGROUP};
use crate::approval::Policy;
use crate::approval::policy::AccessList;

const LONGEST_PENDING: (Duration, &str) = (Duration::from_hours(7 * 24), "7 days");
const LONGEST_APPROVED: (Duration, &str) = (Duration::from_hours(24), "one day");
const MOST_APPROVALS: i64 = 9;

struct Rules {
    approvals: NonZeroU8,
    pending_ttl: Duration,
    approved_ttl: Duration,
    ticket_pattern: Option<String>,
}

/// Reads the three tables out of the whole file.
pub(super) fn policy(report: &mut Report<'_>, root: &mut Section<'_>) -> Option<Policy> {
    let people = people(report, root);
    let rules = rules(report, root);
    let Some(mut access) = root.table(report, "access", "[access]", "a table") else {
        report.whole(
            "[access] is missing; write requesters = { users = [\"U…\"] } and approvers = { users = [\"U…\"] } in it",
        );
        return None;
    };
    let requesters = access_list(report, &mut access, "requesters");
    let approvers = access_list(report, &mut access, "approvers");
    access.finish(report);
    let ((requesters, _), (approvers, place)) = (requesters?, approvers?);
    let policy = Policy {
        requesters,
        approvers,
        people,
        approvals: rules.approvals,
        pending_ttl: rules.pending_ttl,
        approved_ttl: rules.approved_ttl,
        ticket_pattern: rules.ticket_pattern,
        two_approvals_above: 50,
        held_ttl: Duration::from_hours(96),
        remind_after: Duration::from_mins(10),
        open_requests: 10,
        cool_down: Duration::from_mins(10),
        rules: vec![],
        freezes: vec![],
    };
    refuse_if_nobody_could_approve(report, &policy, place);
    Some(policy)
}

fn access_list(
    report: &mut Report<'_>,
    access: &mut Section<'_>,
    key: &'static str,
) -> Option<(AccessList, Place)> {
    const EXAMPLE: &str = "write users = [\"U…\"] or usergroups = [\"S…\"]";
    let table_place = access.place;
    let Some(mut list) = access.table(report, key, key, "{ users = [\"U…\"], usergroups = [] }") else {
        report.at(table_place, format!("[access] has no {key}; {EXAMPLE} in it"));
        return None;
    };
    let place = list.place;
    let before = report.count();
    let mut ids = |list: &mut Section<'_>, inner: &'static str, kind: values::IdKind, example: &str| {
        let mut ids = BTreeSet::new();
        for Placed { value, place } in list.texts(report, inner, example).unwrap_or_default() {
            match values::id(&value, kind) {
                Ok(id) => {
                    ids.insert(id);
                }
                Err(why) => {
                    report.at(place, format!("{key}.{inner}: {} {why}", values::shown(&value)));
                }
            }
        }
        ids
    };
    let users = ids(&mut list, "users", USER, "[\"U…\"]");
    let usergroups = ids(&mut list, "usergroups", USERGROUP, "[\"S…\"]");
    list.finish(report);
    let list = AccessList { users, usergroups };
    let clean = report.count() == before;
    if clean && list.is_empty() {
        report.at(place, format!("{key} is empty; {EXAMPLE}"));
    }
    (clean && !list.is_empty()).then_some((list, place))
}

fn rules(report: &mut Report<'_>, root: &mut Section<'_>) -> Rules {
    let mut rules = Rules {
        approvals: NonZeroU8::MIN,
        pending_ttl: Duration::from_hours(1),
        approved_ttl: Duration::from_mins(15),
        ticket_pattern: None,
    };
    let Some(mut section) = root.table(report, "policy", "[policy]", "a table") else { return rules };
    if let Some(Placed { value, place }) = section.number(report, "approvals") {
        let approvals =
            value.filter(|number| *number <= MOST_APPROVALS).and_then(|number| u8::try_from(number).ok());
        match approvals.map(NonZeroU8::new) {
            Some(Some(approvals)) => rules.approvals = approvals,
            Some(None) => report.at(
                place,
                "approvals is 0, but at least one other person has to approve; write approvals = 1",
            ),
            None => report.at(
                place,
                format!("approvals is not a number from 1 to {MOST_APPROVALS}; write approvals = 1"),
            ),
        }
    }
    let pending =
        section.optional(report, "pending_ttl", "\"1h\"", |text| values::duration(text, LONGEST_PENDING));
    let approved =
        section.optional(report, "approved_ttl", "\"15m\"", |text| values::duration(text, LONGEST_APPROVED));
    let pattern = section.optional(report, "ticket_pattern", "'^[0-9]{5,8}$'", values::pattern);
    section.finish(report);
    if let Some(pending) = pending {
        rules.pending_ttl = pending.value;
    }
    if let Some(approved) = approved {
        rules.approved_ttl = approved.value;
    }
    rules.ticket_pattern = pattern.map(|pattern| pattern.value);
    rules
}

/// Slack user id to the person's name.
fn people(report: &mut Report<'_>, root: &mut Section<'_>) -> BTreeMap<String, String> {
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for mut section in root.tables(report, "people") {
        let place = section.place;
        let name = section.required(report, "name", "\"Alice Example\"", values::text);
        section.optional(report, "email", "\"alice@example.gov.uk\"", |text| {
            if text.contains('@') {
                Ok(())
            } else {
                Err("is not an e-mail address; write it in full".to_owned())
            }
        });
        let ids = section.texts(report, "slack_ids", "[\"U…\"]");
        section.finish(report);
        let Some(name) = name else { continue };
        if values::id(&name.value, USER).is_ok() {
            report.at(name.place, "name is a Slack id; write the person's name");
        }
        if !names.insert(name.value.clone()) {
            report.at(
                name.place,
                "name is the name of another person too; write one [[people]] with all slack_ids",
            );
        }
        let ids = ids.unwrap_or_default();
        if ids.is_empty() {
            report.at(place, "[[people]] has no slack_ids; write slack_ids = [\"U…\"]");
        }
        for Placed { value, place } in ids {
            if let Err(why) = values::id(&value, USER) {
                report.at(place, format!("slack_ids: {} {why}", values::shown(&value)));
            } else if let Some(owner) = owners.get(&value).filter(|owner| **owner != name.value) {
                report.at(
                    place,
                    format!("slack_ids: {value} belongs to {owner} already; write it for one person only"),
                );
            } else {
                owners.insert(value, name.value.clone());
            }
        }
    }
    owners
}

/// Where the file names every approver: at least one request must be able to get its approvals from people other
/// than the requester.
fn refuse_if_nobody_could_approve(report: &mut Report<'_>, policy: &Policy, place: Place) {
    if !policy.approvers.usergroups.is_empty() {
        return;
    }
    let persons = |users: &BTreeSet<String>| -> BTreeSet<String> {
        users.iter().map(|user| policy.people.get(user).unwrap_or(user).clone()).collect()
    };
    let approvers = persons(&policy.approvers.users);
    let requesters = persons(&policy.requesters.users);
    // Members of a requesting group are unknown here; they do not make up for a named requester without approver.
    let somebody_else_may_ask = requesters.is_empty() || !requesters.is_subset(&approvers);
    let others = if somebody_else_may_ask { approvers.len() } else { approvers.len() - 1 };
    let needed = usize::from(policy.approvals.get());
    if others >= needed {
        return;
    }
    if approvers.len() == 1 && !somebody_else_may_ask {
        report.at(
            place,
            "approvers holds only the requester, so nobody could approve; add another person's id to users, or \
             usergroups = [\"S…\"]",
        );
    } else {
        report.at(
            place,
            format!(
                "approvers holds too few people for approvals = {needed}, of whom none may be the requester; add \
                 people to users, or usergroups = [\"S…\"]"
            ),
        );
    }
}
