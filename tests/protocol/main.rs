//! The approval protocol, looked through to its last reachable state.
//!
//! docs/approval-rule.md says what is bounded and what is left out.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(
    clippy::print_stderr,
    reason = "how large the space is, and how a mistake shows, is for people to read"
)]

mod ends;
mod model;
mod properties;
mod rows;
mod world;

use std::io::Write as _;

use model::{Hands, Protocol};
use properties::{ENDS_STAY, ENOUGH_PEOPLE, IN_TIME, NOT_AFTER_A_NO, NOT_IN_A_FREEZE, NOTHING_LOST, ONCE};
use rows::Rule;
use stateright::{Checker as _, HasDiscoveries, Model as _};
use world::STORIES;

/// Both cores of a small machine.
const THREADS: usize = 2;

#[test]
fn invariants_1_and_5_hold_in_every_reachable_state_of_the_protocol() {
    let protocol = Protocol::new(&STORIES, Rule::Real, Hands::Right);
    let rows = protocol.size();
    // A failure ends it; else it goes on until nothing new is found.
    let checker =
        protocol.checker().threads(THREADS).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let states = checker.unique_state_count();
    let size = format!("{rows} rows, {states} states");
    // Past the test harness, which would keep it to itself.
    let _ = writeln!(std::io::stderr(), "every reachable state: {size}, {} steps", checker.state_count());
    checker.assert_properties();
    insta::assert_snapshot!(size, @"6050 rows, 310017 states");
}

#[test]
fn every_request_can_always_still_end_by_itself() {
    let (states, stuck) = ends::without_end(&Protocol::new(&STORIES, Rule::Real, Hands::Right));
    assert_eq!(stuck, []);
    insta::assert_snapshot!(states, @"310017");
}

#[test]
fn a_rule_that_holds_for_ever_is_found() {
    let (_, stuck) = ends::without_end(&Protocol::new(&STORIES[..1], Rule::HoldsForEver, Hands::Right));
    assert!(!stuck.is_empty());
}

/// Checks one story of a protocol with a mistake until all of these are seen broken.
fn breaks(story: usize, rule: Rule, hands: Hands, properties: &[&'static str]) {
    let broken = HasDiscoveries::AllOf(properties.iter().copied().collect());
    let checker = Protocol::new(&STORIES[story..=story], rule, hands)
        .checker()
        .threads(THREADS)
        .finish_when(broken)
        .spawn_bfs()
        .join();
    for property in properties {
        let path = checker.assert_any_discovery(property);
        eprintln!("Not so with {rule:?}, {hands:?}: {property}.\n  {:?}", path.into_actions());
    }
}

#[test]
fn a_store_without_compare_and_set_is_found() {
    breaks(1, Rule::Real, Hands::WithoutCompareAndSet, &[ONCE, NOTHING_LOST, ENDS_STAY, NOT_AFTER_A_NO]);
}

#[test]
fn a_recovery_that_sends_again_is_found() {
    breaks(0, Rule::Real, Hands::SendAgain, &[ONCE]);
}

#[test]
fn an_executor_that_sends_before_its_claim_is_committed_is_found() {
    breaks(0, Rule::Real, Hands::SendBeforeTheClaim, &[ONCE, ENOUGH_PEOPLE]);
}

#[test]
fn a_claim_that_trusts_the_state_is_found() {
    breaks(0, Rule::TrustsTheState, Hands::Right, &[ENOUGH_PEOPLE, NOT_IN_A_FREEZE]);
}

#[test]
fn a_rule_that_counts_accounts_and_not_people_is_found() {
    breaks(0, Rule::CountsAccounts, Hands::Right, &[ENOUGH_PEOPLE]);
}

#[test]
fn a_rule_without_freezes_is_found() {
    breaks(0, Rule::KnowsNoFreeze, Hands::Right, &[NOT_IN_A_FREEZE]);
}

#[test]
fn a_claim_that_does_not_look_at_the_clock_is_found() {
    breaks(0, Rule::ClaimsWhatRanOut, Hands::Right, &[IN_TIME]);
}
