//! The card of a request and the messages of its thread.
//!
//! Guarantees that a button carries the request's opaque id and nothing else, and that the card always shows the
//! request as the store has it. Leaves wording to `sentences`.

use serde_json::Value;

use super::message::{Button, Message, Style};
use crate::approval::{Change, Outcome, Request, State};
use crate::operations::{Answer, Inverse};
use crate::sentences::story;
use crate::sentences::text::Text;

/// The buttons' names.
pub mod button {
    /// Says yes.
    pub const APPROVE: &str = "approve";
    /// Asks for the reason of a no.
    pub const DENY: &str = "deny";
    /// Takes the request back.
    pub const CANCEL: &str = "cancel";
    /// Shows the whole plan and decides nothing.
    pub const DETAILS: &str = "details";
    /// Asks for the reason of the undoing request.
    pub const UNDO: &str = "undo";
}

/// The card as the request stands now. Posting it rings once for those whom it names as able to approve; Slack rings
/// for nobody when a message is replaced.
pub fn card(request: &Request, ticket_url: Option<&str>, progress: Option<&str>) -> Value {
    let whole = laid_out(request, ticket_url, progress, false);
    let message = if whole.is_cut() { laid_out(request, ticket_url, progress, true) } else { whole };
    buttons(message, request).body()
}

fn laid_out(request: &Request, ticket_url: Option<&str>, progress: Option<&str>, is_cut: bool) -> Message {
    let plan = &request.plan;
    let mut facts: Vec<(String, Text)> =
        plan.shown.iter().map(|(label, value)| (label.clone(), Text::new().plain(value))).collect();
    facts.extend(asked_by(request, ticket_url));
    let texts = |sentences: &[String]| sentences.iter().map(|s| Text::from(s.as_str())).collect::<Vec<_>>();
    let mut message = Message::new().header(&plan.summary);
    if is_cut {
        // At the top, as the end of what is spoken is what falls off.
        message = message.paragraph(Text::new().bold(story::IS_CUT));
    }
    message = message
        .facts(facts)
        .list(story::EFFECTS, texts(&plan.effects))
        .list(story::WARNINGS, texts(&plan.warnings))
        .list(story::IRREVERSIBLE, texts(&plan.irreversible));
    if let Some(alternative) = &plan.alternative {
        message = message.paragraph(Text::new().bold(story::SAFER).then(Text::from(alternative.as_str())));
    }
    message = message.paragraph(story::status(request));
    if let Some(progress) = progress {
        message = message.paragraph(Text::from(progress));
    }
    let mut digest = request.digest.as_str().to_owned();
    digest.truncate(12);
    message.context(
        &Text::new()
            .plain("Request ")
            .plain(request.id.reference().as_str())
            .plain(" · plan ")
            .plain(digest)
            .plain(" · policy ")
            .plain(&request.policy_digest),
    )
}

/// Where, who, why and for which ticket.
pub(super) fn asked_by(request: &Request, ticket_url: Option<&str>) -> Vec<(String, Text)> {
    let mut facts = vec![
        ("Environment".to_owned(), Text::from(request.environment.as_str())),
        ("Asked by".to_owned(), Text::new().person(&request.requester_user)),
        ("Reason".to_owned(), Text::new().plain(&request.reason)),
    ];
    if let Some(ticket) = &request.ticket {
        let text = match ticket_url {
            Some(url) => Text::new().link(url.replace("{ticket}", &in_address(ticket)), ticket),
            None => Text::from(ticket.as_str()),
        };
        facts.push(("Ticket".to_owned(), text));
    }
    facts
}

/// What can be done with the request now.
fn buttons(message: Message, request: &Request) -> Message {
    let value = request.id.as_str();
    let cancel = Button {
        action: button::CANCEL,
        label: "Cancel",
        spoken: "Cancel your own request",
        value,
        style: Style::Plain,
    };
    let deny = Button {
        action: button::DENY,
        label: "Deny",
        spoken: "Deny this request and say why",
        value,
        style: Style::Danger,
    };
    let details = Button {
        action: button::DETAILS,
        label: story::SEE_WHOLE_PLAN,
        spoken: "See the whole plan; this decides nothing",
        value,
        style: Style::Plain,
    };
    match request.state {
        State::Pending => message.buttons(&[
            Button {
                action: button::APPROVE,
                label: "Approve",
                spoken: "Approve this request",
                value,
                style: Style::Primary,
            },
            deny,
            cancel,
            details,
        ]),
        State::Approved => message.buttons(&[cancel, details]),
        State::Held => message.buttons(&[deny, cancel, details]),
        _ => message,
    }
}

/// A ticket as part of an address: what is not plainly a letter or a digit is encoded.
fn in_address(ticket: &str) -> String {
    url::form_urlencoded::byte_serialize(ticket.as_bytes()).collect()
}

/// The last message of a thread: what came of it, what was seen, and the way back.
pub fn outcome(request: &Request, outcome: &Outcome, inverse: Option<&Inverse>) -> Value {
    let mut message = Message::of(story::outcome(request, outcome))
        .list("What I saw", outcome.seen.iter().map(|seen| Text::from(seen.as_str())));
    if let Some(inverse) = inverse {
        let spoken = format!("{}: ask for the undoing of this request", inverse.label);
        message = message.buttons(&[Button {
            action: button::UNDO,
            label: inverse.label,
            spoken: &spoken,
            value: request.id.as_str(),
            style: Style::Plain,
        }]);
    }
    message.body()
}

/// The private answer to somebody whose request was posted, with what only they and the approvers see.
pub fn asked(request: &Request) -> Value {
    let private = request.plan.private.iter();
    Message::of(story::asked(request))
        .facts(private.map(|(label, value)| (label.clone(), Text::new().plain(value))))
        .body()
}

/// What moved since the approvers looked.
pub fn stale(changes: &[Change]) -> Value {
    let mut message = Message::of(story::stale());
    for change in changes {
        message = message.paragraph(Text::new().line_break().then(story::change(change)));
    }
    message.body()
}

/// The answer of a read operation.
pub fn answer(answer: &Answer) -> Value {
    let mut message = Message::new().paragraph(Text::new().bold(&answer.title)).facts(answer.shown.clone());
    for line in &answer.lines {
        message = message.paragraph(Text::new().line_break().then(line.clone()));
    }
    message.body()
}
