//! Copies of a card that we posted without knowing: where Slack took a card and its answer was lost, the card is
//! posted once more, and nobody can tell from here where the first one stands, until somebody presses a button on it.
//!
//! Guarantees that a message counts as a copy only where Slack itself shows that it is ours: it lets an app replace its
//! own messages and no others, so the card as it is now is put there, and Slack's yes is the proof. What the message
//! said before decides nothing. From then on it is kept as one of the request's cards, and is replaced with them.
//! A message that we know, of this request or of another one, is never touched.

use super::Bot;
use crate::approval::Request;
use crate::slack::card::button;
use crate::slack::web::SlackError;
use crate::store::{Commit, Delivery, MessageAddress, MessageFate, StoreError};

/// The buttons that stand on cards and on no other message of ours.
const OF_CARDS: [&str; 4] = [button::APPROVE, button::DENY, button::CANCEL, button::DETAILS];

/// Whether the unknown message on which this button was pressed is a copy of the request's card; if so, it is known
/// as one from here on.
pub(super) async fn is_one(
    bot: &Bot,
    request: &Request,
    address: &MessageAddress,
    pressed: &str,
) -> Result<bool, StoreError> {
    let could_be = address.channel == bot.channel && OF_CARDS.contains(&pressed);
    // A request whose card Slack never took has no copy of it.
    if !could_be
        || bot.store.card(&request.id).await?.is_none()
        || bot.store.posted_for(address).await?.is_some()
    {
        return Ok(false);
    }
    let body = bot.card_body(request, None);
    match bot.web.update_message(address, &body).await {
        Ok(()) => {}
        Err(SlackError::Refused(code)) => {
            tracing::warn!(request.id = %request.id, code, "a button on a message that is not ours was pressed");
            return Ok(false);
        }
        // Where Slack cannot say, the answer is no.
        Err(SlackError::RateLimited(_) | SlackError::Unclear) => return Ok(false),
    }
    let copy = bot.message(request, Delivery::CardCopy { at: address.clone() }, body);
    let id = copy.id.clone();
    bot.store.commit(Commit { messages: vec![copy], ..Commit::default() }).await?;
    match bot.store.settle_message(&id, MessageFate::Delivered(Some(address.clone()))).await {
        // The outbox was first; it does the same.
        Ok(()) | Err(StoreError::Conflict) => {}
        Err(error) => return Err(error),
    }
    tracing::info!(request.id = %request.id, "a copy of a card was found");
    // Somebody may have decided on the other copy meanwhile, and this one was not known then.
    if let Some(now) = bot.store.request(&request.id).await?.filter(|now| now.version != request.version) {
        bot.store.commit(Commit { messages: vec![bot.card_update(&now)], ..Commit::default() }).await?;
    }
    Ok(true)
}
