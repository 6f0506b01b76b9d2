//! What is said of a request that waits for its approvals: how many it has, who could give the others, and why so many.
//!
//! Guarantees that people are named by ids that Slack gave, and that what is not named is counted. Leaves who they are
//! to `slack::eligible` and every other state to `story`.

use super::text::Text;
use crate::approval::Request;
use crate::approval::policy::{BY_RISK, BY_SIZE, USUAL};
use crate::ids::UserId;

/// So many people are named on a card; the others are counted.
const NAMED: usize = 5;

/// Numbers of approvals as words.
const NUMBERS: [&str; 9] = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];

/// One line on the card, and a second where it takes more than one approval.
pub fn status(request: &Request) -> Text {
    let text = Text::new().bold("Waiting for approval").plain(": ").then(so_far(request));
    let text = match can_approve(request) {
        Some(people) => text.plain(" · can approve: ").then(people),
        None => text.plain(" by somebody other than ").person(&request.requester_user),
    };
    let text = text.plain(" · runs out ").moment(request.expires_at);
    match why_so_many(request) {
        Some(why) => text.line_break().then(why),
        None => text,
    }
}

/// How many approvals there are, and whose.
pub fn so_far(request: &Request) -> Text {
    let count = request.approvals().count();
    let text = Text::new().plain(format!("{count} of {}", request.approvals_needed));
    if count == 0 { text } else { text.plain(", approved by ").then(super::story::approvers(request)) }
}

/// Who could still approve it, as far as it was looked at when it was made.
pub fn can_approve(request: &Request) -> Option<Text> {
    let users: Vec<&UserId> = request.could_still_approve().collect();
    let (named, counted) = users.split_at(users.len().min(NAMED));
    let text = named_people(named)?;
    Some(match (counted.len(), request.eligible_and_others) {
        (0, false) => text,
        (0, true) => text.plain(" and others"),
        (1, false) => text.plain(" and 1 other"),
        (more, false) => text.plain(format!(" and {more} others")),
        (more, true) => text.plain(format!(" and more than {more} others")),
    })
}

/// Why it takes more than one approval.
pub fn why_so_many(request: &Request) -> Option<Text> {
    let needed = usize::from(request.approvals_needed.get());
    let number = NUMBERS.get(needed.checked_sub(1).filter(|less| *less > 0)?)?;
    let because: Vec<String> = request
        .approvals_because
        .iter()
        .map(|name| match name.as_str() {
            BY_RISK => "because it cannot be undone".to_owned(),
            BY_SIZE => format!("because it is about {} things at once", request.plan.size()),
            USUAL => "as for every change here".to_owned(),
            rule => format!("by the rule “{rule}”"),
        })
        .collect();
    (!because.is_empty())
        .then(|| Text::new().plain(format!("{number} approvals, {}.", because.join(" and "))))
}

/// The people who are reminded that a request waits for them.
pub fn reminder(request: &Request, eligible: &[UserId]) -> Option<Text> {
    let text = named_people(&eligible.iter().collect::<Vec<_>>())?
        .plain(": this waits for your approval: ")
        .plain(&request.plan.summary)
        .plain(". So far ")
        .then(so_far(request))
        .plain("; it runs out ")
        .moment(request.expires_at)
        .plain(". Press Approve or Deny on the card above.");
    Some(text)
}

fn named_people(users: &[&UserId]) -> Option<Text> {
    users.iter().map(|user| Text::new().person(user)).reduce(|text, one| text.plain(", ").then(one))
}
