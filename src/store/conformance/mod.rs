//! What every adapter must keep: each promise of [`Store`] as a named test.
//!
//! `store_suite!(open)` makes the tests for an adapter, where `open` is an async function that returns a
//! [`Fixture`] on an empty store. A promise that is not in the list is an unused function, which the build refuses.

pub(super) mod audit;
pub(super) mod inbox;
pub(super) mod items;
pub(super) mod outbox;
pub(super) mod requests;
pub(super) mod samples;
pub(super) mod watches;

use std::any::Any;
use std::sync::Arc;

use super::Store;

/// An empty store, and what must live as long as it does.
pub(super) struct Fixture {
    pub(super) store: Arc<dyn Store>,
    pub(super) _keeps: Box<dyn Any>,
}

macro_rules! store_suite {
    ($open:path) => {
        $crate::store::conformance::store_suite! { @tests $open;
            inbox: a_delivery_is_kept_and_comes_back_as_it_was;
            inbox: the_same_signature_is_a_replay_and_the_same_act_a_duplicate;
            inbox: the_same_delivery_many_times_at_once_is_kept_once;
            inbox: many_callers_at_once_each_get_their_own_answer;
            inbox: unfinished_deliveries_come_oldest_first_and_no_more_than_asked;
            inbox: each_kind_of_delivery_is_read_by_itself;
            inbox: a_delivery_is_finished_once_and_known_afterwards;
            inbox: only_finished_deliveries_before_the_moment_are_forgotten;
            requests: a_request_comes_back_as_it_was;
            requests: a_new_request_has_version_one_and_an_id_of_its_own;
            requests: an_update_follows_the_version_it_was_made_from;
            requests: a_conflict_takes_everything_back;
            requests: of_sixteen_racers_exactly_one_wins_each_round;
            requests: of_sixteen_new_requests_on_one_thing_exactly_one_is_made;
            requests: a_thing_is_free_again_once_its_request_has_ended;
            requests: of_sixteen_requests_on_one_thing_exactly_one_runs;
            requests: nobody_votes_on_their_own_request;
            requests: one_person_has_one_vote;
            requests: votes_are_never_taken_back;
            requests: requests_are_found_by_state_newest_first;
            requests: requests_are_found_by_expiry;
            requests: requests_are_found_by_what_people_quote;
            requests: requests_are_found_by_what_they_touch;
            requests: requests_are_found_by_who_asked_with_whichever_account;
            requests: s27_of_sixteen_racers_of_one_person_as_many_are_made_as_may_be_open;
            requests: a_question_without_a_limit_gets_a_hundred;
            items: items_come_with_their_request_and_are_read_in_pages;
            items: a_request_comes_with_as_many_items_as_it_says;
            items: only_whoever_holds_the_request_marks_its_items;
            items: nothing_is_sent_that_does_not_wait_and_done_stays_done;
            items: what_waits_is_marked_in_one_go;
            items: an_item_is_a_target_of_its_request;
            items: of_two_requests_with_one_common_item_one_is_made;
            items: ten_thousand_items_are_one_commit;
            outbox: messages_of_a_lane_leave_in_the_order_of_their_commit;
            outbox: lanes_do_not_wait_for_each_other;
            outbox: a_message_that_is_tried_again_holds_its_lane;
            outbox: a_message_that_was_given_up_frees_its_lane;
            outbox: a_message_is_settled_once;
            outbox: any_sequence_of_sending_and_settling_agrees_with_a_list;
            outbox: a_response_address_stays_until_the_message_is_settled;
            outbox: a_card_is_remembered_and_the_newest_one_counts;
            outbox: a_request_knows_its_own_messages;
            outbox: messages_without_an_address_are_forgotten_in_time;
            audit: entries_are_chained_in_the_order_of_their_commit;
            audit: the_chain_has_no_gaps_after_concurrent_commits;
            audit: a_request_has_its_own_entries;
            audit: an_entry_is_kept_even_where_nothing_else_happens;
            watches: a_watch_is_found_when_it_is_due_and_only_then;
            watches: a_request_has_one_watch_until_it_ends;
            audit: the_store_says_that_it_can_be_written;
        }
    };
    (@tests $open:path; $($topic:ident: $name:ident;)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let fixture = $open().await;
                $crate::store::conformance::$topic::$name(std::sync::Arc::clone(&fixture.store)).await;
            }
        )+
    };
}
pub(super) use store_suite;
