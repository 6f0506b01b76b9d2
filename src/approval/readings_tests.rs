//! Which groups were read when.

use super::*;
use crate::approval::policy::tests::policy;
use crate::approval::{plan, request};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn made(second: i64, digest: &str, groups: &[&str]) -> Request {
    Request {
        policy_digest: digest.to_owned(),
        requester_groups: set(groups),
        ..request::sample("01R", plan::sample(), at(second))
    }
}

fn set(groups: &[&str]) -> BTreeSet<String> {
    groups.iter().map(|group| (*group).to_owned()).collect()
}

#[test]
fn under_an_older_policy_those_were_read_in_which_somebody_was_found() {
    let mut readings = Readings::under(&policy());
    for request in
        [made(10, "old", &["S1"]), made(20, "old", &[]), made(30, "old", &["S2"]), made(40, "older", &["S3"])]
    {
        readings.note(&request);
    }
    assert_eq!(readings.at(at(10)), set(&["S1", "S2"]));
    assert_eq!(readings.at(at(25)), set(&["S1", "S2"]));
    assert_eq!(readings.at(at(30)), set(&["S1", "S2"]));
    assert_eq!(readings.at(at(40)), set(&["S3"]));
}

#[test]
fn between_two_policies_before_all_and_after_an_older_one_nothing_is_known() {
    let mut readings = Readings::under(&policy());
    assert_eq!(readings.at(at(5)), set(&[]));
    for request in [made(10, "old", &["S1"]), made(20, "new", &["S2"])] {
        readings.note(&request);
    }
    assert_eq!(readings.at(at(9)), set(&[]));
    assert_eq!(readings.at(at(11)), set(&[]));
    assert_eq!(readings.at(at(19)), set(&[]));
    assert_eq!(readings.at(at(20)), set(&["S2"]));
    assert_eq!(readings.at(at(21)), set(&[]));
}

#[test]
fn under_the_present_policy_all_its_groups_were_read() {
    let mut present = policy();
    present.requesters.usergroups = set(&["S1"]);
    present.approvers.usergroups = set(&["S2"]);
    let mut readings = Readings::under(&present);
    readings.note(&made(10, "old", &["S9"]));
    readings.note(&made(20, &present.digest(), &[]));
    assert_eq!(readings.at(at(20)), set(&["S1", "S2"]));
    assert_eq!(readings.at(at(99)), set(&["S1", "S2"]), "it is still in force");
    assert_eq!(readings.at(at(15)), set(&[]));
    // The same policy again, after another one.
    readings.note(&made(30, "between", &[]));
    readings.note(&made(40, &present.digest(), &[]));
    assert_eq!(readings.at(at(35)), set(&[]));
    assert_eq!(readings.at(at(40)), set(&["S1", "S2"]));
}
