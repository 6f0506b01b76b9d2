//! `[access]`, `[policy]` and `[[people]]`: who may ask, who may approve, and under which rules.
//!
//! Guarantees that what comes out is a policy under which somebody can ask and somebody else can approve, as far as
//! the file alone can tell. Leaves the members of user groups to Slack.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;
use std::time::Duration;

use super::problem::{Place, Report};
use super::rules::MOST_THINGS;
use super::scope::Known;
use super::section::{Placed, Section};
use super::values::{self, USER, USERGROUP};
use super::{enough, freezes, rules};
use crate::approval::Policy;
use crate::approval::policy::AccessList;

const LONGEST_PENDING: (Duration, &str) = (Duration::from_hours(7 * 24), "7 days");
const LONGEST_APPROVED: (Duration, &str) = (Duration::from_hours(24), "one day");
const LONGEST_HELD: (Duration, &str) = (Duration::from_hours(14 * 24), "14 days");
const LONGEST_REMINDER: (Duration, &str) = LONGEST_APPROVED;
const LONGEST_COOL_DOWN: (Duration, &str) = LONGEST_APPROVED;
const MOST_APPROVALS: i64 = 9;
const MOST_OPEN: u32 = 100;

/// A list of people, and where it stands.
pub(super) struct Listed {
    pub(super) key: &'static str,
    pub(super) list: AccessList,
    pub(super) place: Place,
    /// Each user, where it stands.
    pub(super) users: Vec<Placed<String>>,
}

/// Reads all tables that make the policy out of the whole file.
pub(super) fn policy(report: &mut Report<'_>, root: &mut Section<'_>) -> Option<Policy> {
    let mut known = Known::new(root.names_in("environments"));
    let before = report.count();
    let people = people(report, root);
    let people_are_sound = report.count() == before;
    let usual = usual(report, root, people);
    let (rules, listed): (Vec<_>, Vec<_>) =
        rules::rules(report, root, &mut known, usual.approvals).into_iter().unzip();
    let freezes = freezes::freezes(report, root, &mut known);
    let Some(mut access) = root.table(report, "access", "[access]", "a table") else {
        report.whole(
            "[access] is missing; write requesters = { users = [\"U…\"] } and approvers = { users = [\"U…\"] } in it",
        );
        return None;
    };
    let requesters = access_list(report, &mut access, "requesters");
    let approvers = access_list(report, &mut access, "approvers");
    access.finish(report);
    let named = report.count();
    let lists = requesters.iter().chain(&approvers).chain(listed.iter().flatten());
    if people_are_sound {
        refuse_unregistered(report, &usual.people, lists);
    }
    let everybody_is_known = people_are_sound && report.count() == named;
    let (requesters, approvers) = (requesters?, approvers?);
    let place = approvers.place;
    let places: Vec<_> = rules.iter().map(|rule| rule.place).collect();
    let policy = Policy {
        requesters: requesters.list,
        approvers: approvers.list,
        rules: rules.into_iter().map(|rule| rule.what).collect(),
        freezes,
        ..usual
    };
    if everybody_is_known {
        enough::refuse_if_nobody_could(report, &policy, &known, place, &places);
    }
    Some(policy)
}

fn access_list(report: &mut Report<'_>, access: &mut Section<'_>, key: &'static str) -> Option<Listed> {
    if !access.has(key) {
        report.at(access.place, format!("[access] has no {key}; {LIST_EXAMPLE} in it"));
    }
    list(report, access, key)
}

const LIST_EXAMPLE: &str = "write users = [\"U…\"] or usergroups = [\"S…\"]";

/// The people under this key; `None` where it is missing, or there is a mistake in it.
pub(super) fn list(report: &mut Report<'_>, section: &mut Section<'_>, key: &'static str) -> Option<Listed> {
    let mut list = section.table(report, key, key, "{ users = [\"U…\"], usergroups = [] }")?;
    let place = list.place;
    let before = report.count();
    let mut ids = |list: &mut Section<'_>, inner: &'static str, kind: values::IdKind, example: &str| {
        let mut ids = vec![];
        for Placed { value, place } in list.texts(report, inner, example).unwrap_or_default() {
            match values::id(&value, kind) {
                Ok(value) => ids.push(Placed { value, place }),
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
    let set = |ids: &[Placed<String>]| ids.iter().map(|id| id.value.clone()).collect();
    let list = AccessList { users: set(&users), usergroups: set(&usergroups) };
    let clean = report.count() == before;
    if clean && list.is_empty() {
        report.at(place, format!("{key} is empty; {LIST_EXAMPLE}"));
    }
    (clean && !list.is_empty()).then_some(Listed { key, list, place, users })
}

/// How many must approve; `None` where it is not said, or wrongly.
pub(super) fn approvals(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Placed<NonZeroU8>> {
    let Placed { value, place } = section.number(report, "approvals")?;
    let given = value.filter(|number| *number <= MOST_APPROVALS).and_then(|number| u8::try_from(number).ok());
    match given.map(NonZeroU8::new) {
        Some(Some(value)) => return Some(Placed { value, place }),
        Some(None) => {
            report.at(
                place,
                "approvals is 0, but at least one other person has to approve; write approvals = 1",
            );
        }
        None => report
            .at(place, format!("approvals is not a number from 1 to {MOST_APPROVALS}; write approvals = 1")),
    }
    None
}

/// `[policy]`: what holds everywhere, in a policy that names nobody yet.
fn usual(report: &mut Report<'_>, root: &mut Section<'_>, people: BTreeMap<String, String>) -> Policy {
    let mut usual = Policy {
        requesters: AccessList::default(),
        approvers: AccessList::default(),
        people,
        approvals: NonZeroU8::MIN,
        two_approvals_above: 50,
        pending_ttl: Duration::from_hours(1),
        approved_ttl: Duration::from_mins(15),
        held_ttl: Duration::from_hours(96),
        remind_after: Duration::from_mins(10),
        open_requests: 10,
        cool_down: Duration::from_mins(10),
        ticket_pattern: None,
        rules: vec![],
        freezes: vec![],
    };
    let Some(mut section) = root.table(report, "policy", "[policy]", "a table") else { return usual };
    if let Some(approvals) = approvals(report, &mut section) {
        usual.approvals = approvals.value;
    }
    if let Some(above) = section.number_within(report, "two_approvals_above", (1, MOST_THINGS), 50) {
        usual.two_approvals_above = above;
    }
    let mut length = |key, example, longest, length: &mut Duration| {
        if let Some(given) = section.optional(report, key, example, |text| values::duration(text, longest)) {
            *length = given.value;
        }
    };
    length("pending_ttl", "\"1h\"", LONGEST_PENDING, &mut usual.pending_ttl);
    length("approved_ttl", "\"15m\"", LONGEST_APPROVED, &mut usual.approved_ttl);
    length("held_ttl", "\"96h\"", LONGEST_HELD, &mut usual.held_ttl);
    length("remind_after", "\"10m\"", LONGEST_REMINDER, &mut usual.remind_after);
    length("cool_down", "\"10m\"", LONGEST_COOL_DOWN, &mut usual.cool_down);
    if let Some(most) = section.number_within(report, "open_requests", (1, MOST_OPEN), 10) {
        usual.open_requests = most;
    }
    let pattern = section.optional(report, "ticket_pattern", "'^[0-9]{5,8}$'", values::pattern);
    section.finish(report);
    usual.ticket_pattern = pattern.map(|pattern| pattern.value);
    usual
}

/// Where the registry has anybody, whoever it does not know is refused, so a list that names them is a mistake.
fn refuse_unregistered<'l>(
    report: &mut Report<'_>,
    people: &BTreeMap<String, String>,
    lists: impl Iterator<Item = &'l Listed>,
) {
    for listed in lists.filter(|_| !people.is_empty()) {
        for Placed { value, place } in listed.users.iter().filter(|user| !people.contains_key(&user.value)) {
            report.at(
                *place,
                format!(
                    "{}.users: {value} is nobody's in [[people]], so it would be refused; add it to the slack_ids of \
                     its owner, or take it out",
                    listed.key
                ),
            );
        }
    }
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
