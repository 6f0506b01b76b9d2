//! What every story is judged by: CKAN's own log of writes, the audit, and what stands in Slack.

use std::time::{Duration, Instant};

use ckan_chatops::audit::verify_store;
use ckan_chatops::store::sqlite::SqliteAuditReader;
use sandbox::ckan::CkanControl;
use sandbox::slack::Message;

use crate::world::{BOB, World, blocks};

/// What the stories are about, unless they say otherwise.
pub(crate) const SLUG: &str = "road-accidents-2019";

/// What the last message of a thread can begin with.
const ENDS: [&str; 7] = [
    "Done and verified",
    "Partly done",
    "Not carried out",
    "CKAN has changed",
    "denied it",
    "cancelled the request",
    "has run out",
];

/// What a card can say of its request.
const STATUSES: [&str; 11] = [
    "Waiting for approval",
    "Approved",
    "Being carried out",
    "Outcome unknown",
    "Done and verified",
    "Partly done",
    "Not carried out",
    "Denied",
    "Cancelled",
    "Ran out of time",
    "CKAN had changed",
];

pub(crate) fn ckan(world: &World) -> &CkanControl {
    world.ckan.control.as_ref().expect("faults need the sandbox CKAN")
}

/// Asks again and again, for a bounded time.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "it never came to this: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How often the bot sent this action to CKAN, whatever came of it.
pub(crate) async fn sent(ckan: &CkanControl, action: &str) -> usize {
    ckan.requests().await.iter().filter(|request| request.action == action).count()
}

/// CKAN carried out `committed` changes of the dataset, was asked for no more than one, and for none without a
/// second person's yes and a claim that were written down first; and the audit holds.
pub(crate) async fn ckan_was_changed(world: &World, slug: &str, committed: usize) {
    let ckan = ckan(world);
    let id = ckan.dataset(slug).await.expect("the dataset").id;
    let writes = ckan.writes().await;
    let of_it: Vec<_> = writes.iter().filter(|write| write.id == id).collect();
    assert_eq!(of_it.iter().filter(|write| write.committed).count(), committed, "{of_it:?}");
    let deletions = sent(ckan, "package_delete").await;
    assert!(deletions <= 1, "package_delete was sent {deletions} times");
    assert!(writes.iter().all(|write| write.id == id), "nothing else was changed: {writes:?}");
    let state = ckan.dataset(slug).await.expect("the dataset").state;
    assert_eq!(state, if committed > 0 { "deleted" } else { "active" });

    let acts = world.audit().await;
    let position = |act: &str| acts.iter().position(|line| line == act);
    if deletions > 0 {
        let approved = position("U0BOB approved approved").expect("an approval by somebody else");
        let claimed = position("bot claimed running").expect("a claim");
        assert!(approved < claimed, "{acts:?}");
    }
    audit_holds(world).await;
}

/// The chain, checked by what `audit verify` calls.
pub(crate) async fn audit_holds(world: &World) {
    let url = format!("sqlite://{}", world.database().display());
    let reader = SqliteAuditReader::open(&url).await.expect("the audit can be read");
    verify_store(&reader).await.expect("the audit holds");
}

/// The bot's messages that everybody sees, in order.
pub(crate) async fn in_channel(world: &World) -> Vec<Message> {
    let mut seen = world.control.state(BOB).await.unwrap().messages;
    seen.retain(|message| message.bot && message.ephemeral_for.is_none());
    seen
}

/// Nobody but the person who asked has read anything.
pub(crate) async fn nothing_in_channel(world: &World) {
    let seen = in_channel(world).await;
    assert!(seen.is_empty(), "{seen:?}");
}

/// Waits until card and thread say this, and sees that nothing in Slack contradicts it: one card, no button left on
/// it, one end in the thread, nothing said twice.
pub(crate) async fn slack_agrees(world: &World, card: &Message, end: &str) -> Message {
    let last = world.thread(card, end).await;
    let status = match end {
        "CKAN has changed" => "CKAN had changed",
        "denied it" => "Denied",
        "cancelled the request" => "Cancelled",
        "has run out" => "Ran out of time",
        same => same,
    };
    let card = world.card_says(card, status).await;
    for other in STATUSES.into_iter().filter(|other| *other != status) {
        assert!(!card.text.contains(other), "the card says “{other}” too: {}", card.text);
    }
    assert!(!blocks(&card).contains("\"actions\""), "no button stays on a settled card");
    let seen = in_channel(world).await;
    let (cards, replies): (Vec<_>, Vec<_>) = seen.iter().partition(|message| message.thread_ts.is_none());
    assert_eq!(cards.len(), 1, "{cards:?}");
    let mut texts: Vec<&str> = replies.iter().map(|message| message.text.as_str()).collect();
    let ends = texts.iter().filter(|text| ENDS.iter().any(|end| text.contains(end))).count();
    assert_eq!(ends, 1, "{texts:?}");
    let said = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), said, "something is said twice: {texts:?}");
    last
}
