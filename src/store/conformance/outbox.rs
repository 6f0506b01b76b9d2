//! Messages: in order within a lane, settled once, and known again when somebody clicks them.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::samples::{at, insert, message, request};
use crate::ids::{MessageId, RequestId};
use crate::store::{
    Commit, Delivery, MessageAddress, MessageCounts, MessageFate, Outgoing, Store, StoreError,
};

async fn send(store: &Arc<dyn Store>, messages: Vec<Outgoing>) {
    store.commit(Commit { messages, ..Commit::default() }).await.unwrap();
}

async fn due(store: &Arc<dyn Store>, now: Timestamp) -> Vec<String> {
    store.due_messages(now, 10).await.unwrap().into_iter().map(|message| message.id.to_string()).collect()
}

async fn settle(store: &Arc<dyn Store>, id: &str, fate: MessageFate) -> Result<(), StoreError> {
    store.settle_message(&MessageId::new(id), fate).await
}

fn address(ts: &str) -> MessageAddress {
    MessageAddress { channel: "C1".to_owned(), ts: ts.to_owned() }
}

fn dead() -> MessageFate {
    MessageFate::Dead { why: "channel_not_found".to_owned() }
}

pub(in crate::store) async fn messages_of_a_lane_leave_in_the_order_of_their_commit(store: Arc<dyn Store>) {
    // Ids made in one millisecond do not sort.
    send(&store, vec![message("01M9", "a", 0), message("01M5", "a", 0)]).await;
    send(&store, vec![message("01M1", "a", 0)]).await;
    for id in ["01M9", "01M5", "01M1"] {
        assert_eq!(due(&store, at(0)).await, [id]);
        settle(&store, id, MessageFate::Delivered(None)).await.unwrap();
    }
    assert_eq!(due(&store, at(0)).await, Vec::<String>::new());
    assert_eq!(store.next_message_at(at(0)).await.unwrap(), None);
}

pub(in crate::store) async fn lanes_do_not_wait_for_each_other(store: Arc<dyn Store>) {
    let sent =
        [message("01M1", "a", 0), message("01M2", "b", 0), message("01M3", "a", 0), message("01M4", "c", 9)];
    send(&store, sent.to_vec()).await;
    assert_eq!(store.due_messages(at(0), 10).await.unwrap(), sent[..2]);
    assert_eq!(store.due_messages(at(9), 2).await.unwrap(), sent[..2]);
    assert_eq!(due(&store, at(9)).await, ["01M1", "01M2", "01M4"]);
    assert_eq!(store.next_message_at(at(0)).await.unwrap(), Some(at(9)));
}

pub(in crate::store) async fn a_message_that_is_tried_again_holds_its_lane(store: Arc<dyn Store>) {
    send(&store, vec![message("01M1", "a", 0), message("01M2", "a", 0)]).await;
    settle(&store, "01M1", MessageFate::Again(at(5))).await.unwrap();
    assert_eq!(due(&store, at(4)).await, Vec::<String>::new());
    assert_eq!(store.next_message_at(at(4)).await.unwrap(), Some(at(5)));
    assert_eq!(store.next_message_at(at(5)).await.unwrap(), None);
    let again = store.due_messages(at(5), 10).await.unwrap();
    assert_eq!(again, [Outgoing { tries: 1, ..message("01M1", "a", 0) }]);
    // Never early, not even by part of a millisecond.
    let half = at(6) + jiff::SignedDuration::from_micros(500);
    settle(&store, "01M1", MessageFate::Again(half)).await.unwrap();
    assert_eq!(due(&store, half).await, Vec::<String>::new());
    assert_eq!(due(&store, at(7)).await, ["01M1"]);
}

pub(in crate::store) async fn a_message_that_was_given_up_frees_its_lane(store: Arc<dyn Store>) {
    send(&store, vec![message("01M1", "a", 0), message("01M2", "a", 0)]).await;
    assert_eq!(store.message_counts().await.unwrap(), MessageCounts { waiting: 2, dead: 0 });
    settle(&store, "01M1", dead()).await.unwrap();
    assert_eq!(due(&store, at(0)).await, ["01M2"]);
    assert_eq!(store.message_counts().await.unwrap(), MessageCounts { waiting: 1, dead: 1 });
}

pub(in crate::store) async fn a_message_is_settled_once(store: Arc<dyn Store>) {
    send(&store, vec![message("01M1", "a", 0)]).await;
    settle(&store, "01M1", MessageFate::Delivered(Some(address("1.1")))).await.unwrap();
    for fate in [MessageFate::Delivered(None), MessageFate::Again(at(9)), dead()] {
        assert!(matches!(settle(&store, "01M1", fate.clone()).await, Err(StoreError::Conflict)));
        assert!(matches!(settle(&store, "01M2", fate).await, Err(StoreError::Conflict)));
    }
    assert_eq!(store.message_counts().await.unwrap(), MessageCounts::default());
}

/// One thing that happens to an outbox.
#[derive(Debug, Clone)]
enum Happening {
    Send { lane: u8, after: i64 },
    Deliver { place: prop::sample::Index },
    TryAgain { place: prop::sample::Index, after: i64 },
    GiveUp { place: prop::sample::Index },
    Wait { seconds: i64 },
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::{Deliver, GiveUp, Send, TryAgain, Wait};
    prop_oneof![
        3 => (0..4_u8, 0..5_i64).prop_map(|(lane, after)| Send { lane, after }),
        1 => any::<prop::sample::Index>().prop_map(|place| Deliver { place }),
        1 => (any::<prop::sample::Index>(), 0..9_i64).prop_map(|(place, after)| TryAgain { place, after }),
        1 => any::<prop::sample::Index>().prop_map(|place| GiveUp { place }),
        2 => (1..5_i64).prop_map(|seconds| Wait { seconds }),
    ]
}

/// A waiting message as the list holds it: id, lane, due.
type Waits = (String, u8, i64);

/// The first of each lane, in the list's order.
fn firsts(list: &[Waits]) -> Vec<&Waits> {
    let first =
        |(place, (_, lane, _)): &(usize, &Waits)| list[..*place].iter().all(|earlier| earlier.1 != *lane);
    list.iter().enumerate().filter(first).map(|(_, waits)| waits).collect()
}

pub(in crate::store) async fn any_sequence_of_sending_and_settling_agrees_with_a_list(store: Arc<dyn Store>) {
    let mut runner = TestRunner::deterministic();
    let sequences = prop::collection::vec(happening(), 300);
    let (mut list, mut now, mut sent) = (Vec::<Waits>::new(), 0, 0);
    for happening in sequences.new_tree(&mut runner).unwrap().current() {
        match happening {
            Happening::Send { lane, after } => {
                sent += 1;
                // Ids that sort against the order of sending.
                let id = format!("01M{:04}", 9999 - sent);
                send(&store, vec![message(&id, &format!("lane {lane}"), now + after)]).await;
                list.push((id, lane, now + after));
            }
            Happening::Wait { seconds } => now += seconds,
            _ if list.is_empty() => {}
            Happening::Deliver { place } => {
                let (id, ..) = list.remove(place.index(list.len()));
                settle(&store, &id, MessageFate::Delivered(None)).await.unwrap();
            }
            Happening::GiveUp { place } => {
                let (id, ..) = list.remove(place.index(list.len()));
                settle(&store, &id, dead()).await.unwrap();
            }
            Happening::TryAgain { place, after } => {
                let chosen = place.index(list.len());
                list[chosen].2 = now + after;
                settle(&store, &list[chosen].0, MessageFate::Again(at(now + after))).await.unwrap();
            }
        }
        let firsts = firsts(&list);
        let expected: Vec<_> =
            firsts.iter().filter(|first| first.2 <= now).map(|first| first.0.clone()).collect();
        assert_eq!(due(&store, at(now)).await, expected);
        let next = firsts.iter().map(|first| first.2).filter(|due| *due > now).min();
        assert_eq!(store.next_message_at(at(now)).await.unwrap(), next.map(at));
        assert_eq!(store.message_counts().await.unwrap().waiting, u64::try_from(list.len()).unwrap());
    }
}

pub(in crate::store) async fn a_response_address_stays_until_the_message_is_settled(store: Arc<dyn Store>) {
    let delivery = Delivery::Respond {
        response_url: "https://hooks.slack.com/commands/1".to_owned(),
        channel: "C1".to_owned(),
        user: "U1".to_owned(),
    };
    let sent = Outgoing { delivery, ..message("01M1", "a", 0) };
    send(&store, vec![sent.clone()]).await;
    settle(&store, "01M1", MessageFate::Again(at(1))).await.unwrap();
    assert_eq!(store.due_messages(at(1), 1).await.unwrap(), [Outgoing { tries: 1, ..sent }]);
    settle(&store, "01M1", dead()).await.unwrap();
    assert_eq!(due(&store, at(1)).await, Vec::<String>::new());
}

pub(in crate::store) async fn a_card_is_remembered_and_the_newest_one_counts(store: Arc<dyn Store>) {
    let one = insert(&store, request("01R1")).await;
    let card = |id| Outgoing {
        request: Some(one.id.clone()),
        delivery: Delivery::Card { channel: "C1".to_owned() },
        ..message(id, "01R1", 0)
    };
    send(&store, vec![card("01M1"), card("01M2")]).await;
    assert_eq!(store.card(&one.id).await.unwrap(), None);
    for (id, ts) in [("01M1", "1.1"), ("01M2", "2.2")] {
        settle(&store, id, MessageFate::Delivered(Some(address(ts)))).await.unwrap();
        assert_eq!(store.card(&one.id).await.unwrap(), Some(address(ts)));
        assert!(store.is_message_of(&one.id, &address("1.1")).await.unwrap());
    }
    let copy = |id, ts| Outgoing {
        delivery: Delivery::CardCopy { at: address(ts) },
        request: Some(one.id.clone()),
        ..message(id, "01R1", 0)
    };
    // One that was found twice is one copy; one that Slack did not take is none; a thread's message never is.
    let thread = Outgoing { delivery: Delivery::Thread, ..copy("01M6", "4.4") };
    send(&store, vec![copy("01M3", "3.3"), copy("01M4", "3.3"), copy("01M5", "4.4"), thread]).await;
    for (id, fate) in [
        ("01M3", MessageFate::Delivered(Some(address("3.3")))),
        ("01M4", MessageFate::Delivered(Some(address("3.3")))),
        ("01M5", dead()),
        ("01M6", MessageFate::Delivered(Some(address("5.5")))),
    ] {
        settle(&store, id, fate).await.unwrap();
    }
    let mut cards: Vec<String> =
        store.cards(&one.id).await.unwrap().into_iter().map(|address| address.ts).collect();
    cards.sort();
    assert_eq!(cards, ["1.1", "2.2", "3.3"]);
    assert_eq!(store.card(&one.id).await.unwrap(), Some(address("2.2")), "a copy takes no card's place");
    assert!(store.is_message_of(&one.id, &address("3.3")).await.unwrap());
}

pub(in crate::store) async fn a_request_knows_its_own_messages(store: Arc<dyn Store>) {
    let one = insert(&store, request("01R1")).await;
    let two = insert(&store, request("01R2")).await;
    let thread = |id: &str, request: &RequestId| Outgoing {
        request: Some(request.clone()),
        delivery: Delivery::Thread,
        ..message(id, request.as_str(), 0)
    };
    send(&store, vec![thread("01M1", &one.id), thread("01M2", &two.id), thread("01M3", &one.id)]).await;
    settle(&store, "01M1", MessageFate::Delivered(Some(address("1.1")))).await.unwrap();
    settle(&store, "01M2", MessageFate::Delivered(Some(address("2.2")))).await.unwrap();
    settle(&store, "01M3", MessageFate::Delivered(None)).await.unwrap();
    assert!(store.is_message_of(&one.id, &address("1.1")).await.unwrap());
    assert!(!store.is_message_of(&one.id, &address("2.2")).await.unwrap());
    assert!(!store.is_message_of(&one.id, &address("")).await.unwrap());
    let elsewhere = MessageAddress { channel: "C2".to_owned(), ..address("1.1") };
    assert!(!store.is_message_of(&one.id, &elsewhere).await.unwrap());
    assert_eq!(store.card(&one.id).await.unwrap(), None);
    assert!(store.cards(&one.id).await.unwrap().is_empty());
    assert_eq!(store.posted_for(&address("2.2")).await.unwrap(), Some(two.id));
    assert_eq!(store.posted_for(&address("3.3")).await.unwrap(), None);
    assert_eq!(store.posted_for(&elsewhere).await.unwrap(), None);
}

pub(in crate::store) async fn messages_without_an_address_are_forgotten_in_time(store: Arc<dyn Store>) {
    insert(&store, request("01REQUESTA")).await;
    let sent: Vec<Outgoing> = ["01M1", "01M2", "01M3", "01M4"]
        .into_iter()
        .map(|id| Outgoing { request: Some(RequestId::new("01REQUESTA")), ..message(id, id, 0) })
        .collect();
    send(&store, sent).await;
    settle(&store, "01M1", MessageFate::Delivered(None)).await.unwrap();
    settle(&store, "01M2", MessageFate::Delivered(Some(address("1.1")))).await.unwrap();
    settle(&store, "01M3", dead()).await.unwrap();
    assert_eq!(store.forget_finished(Timestamp::MIN).await.unwrap(), 0);
    assert_eq!(store.forget_finished(Timestamp::MAX).await.unwrap(), 1);
    assert_eq!(due(&store, at(0)).await, ["01M4"]);
    assert_eq!(store.message_counts().await.unwrap(), MessageCounts { waiting: 1, dead: 1 });
    assert!(store.is_message_of(&RequestId::new("01REQUESTA"), &address("1.1")).await.unwrap());
}
