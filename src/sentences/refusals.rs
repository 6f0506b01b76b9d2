//! Why somebody may not do what they tried.
//!
//! Guarantees one sentence for every refusal, in the second person, that says what to do next.

use super::text::Text;
use crate::approval::policy::EVERYWHERE;
use crate::approval::{Hold, Refusal, Request, State};

/// The sentence for a refused decision or wish.
pub fn refusal(refusal: &Refusal) -> Text {
    let text = Text::new();
    match refusal {
        Refusal::Deactivated => text.plain("Your Slack account is deactivated, so this was refused. Nothing was done."),
        Refusal::Bot => text.plain("Bots and apps cannot ask or decide here. Nothing was done."),
        Refusal::OtherTeam => text.plain(
            "Your account belongs to another workspace, so you cannot ask or decide here. Nothing was done. \
             An engineer of the data.gov.uk team has to do it.",
        ),
        Refusal::Guest => text.plain(
            "You are a guest in this workspace, and guests cannot ask or decide here. Nothing was done. \
             An engineer of the data.gov.uk team has to do it.",
        ),
        Refusal::NotRegistered => text
            .plain("The registry of people does not know your account, so you cannot ask or decide here. Nothing was done. Have it added to your entry in ")
            .code("[[people]]")
            .plain(" in the bot's configuration."),
        Refusal::NotARequester { rule } => text
            .plain("You are not on the list of people who may ask for this")
            .then(by_rule(rule))
            .plain(". Nothing was done. Ask an engineer on the list, or have yourself added to its ")
            .code("requesters")
            .plain(" in the bot's configuration."),
        Refusal::NotAnApprover { rule } => text
            .plain("You are not on the list of people who may approve or deny this")
            .then(by_rule(rule))
            .plain(". Nothing was done. Ask an engineer on the list, or have yourself added to its ")
            .code("approvers")
            .plain(" in the bot's configuration."),
        Refusal::CannotIdentify => text.plain(
            "Slack could not tell me who you are just now, or who sees the channel for requests, so the answer is no. Nothing was done. Try again in a minute.",
        ),
        Refusal::OwnRequest => text.plain(
            "You asked for this yourself, so you cannot decide on it. A second engineer has to. \
             If you changed your mind, press Cancel.",
        ),
        Refusal::AlreadyVoted => text.plain("Your vote on this request is in already. Nothing was changed."),
        Refusal::DenyWithoutReason => text.plain("Please say why you deny it. Nothing was done."),
        Refusal::NotReviewed => text.plain(
            "The card does not show all of this, so it is not approved by a press alone: press Approve and look at the \
             whole plan. Nothing was decided.",
        ),
        Refusal::NotConfirmed { wanted } => text
            .plain("This cannot be undone, so it is not approved by a press alone: press Approve and type ")
            .code(wanted)
            .plain(" exactly. Nothing was decided."),
        Refusal::NotYourRequest => text.plain("Only the person who asked can cancel. Press Deny instead to say no."),
        Refusal::AlreadyDecided { state, by, at } => {
            let text = text.plain(became(*state));
            let text = match by {
                Some(user) => text.plain(" Decided by ").person(user).plain(" on ").moment(*at).plain("."),
                None => text.plain(" That was on ").moment(*at).plain("."),
            };
            text.plain(" Your click changed nothing.")
        }
        Refusal::TooLate => text.plain(
            "This request has run out of time, so nothing was done. Ask again with the same command if it is still wanted.",
        ),
        Refusal::Frozen(hold) => text
            .plain("Nothing is changed at this time. ")
            .then(held(hold))
            .plain(" Nothing was done. Ask again after that."),
        Refusal::TooManyOpen { most } => text.plain(format!(
            "You have {most} requests open, and that is as many as one person may have. Nothing was done. Have them decided \
             on first, or take some back: ",
        )).code("/ckan request list").plain(" shows them."),
        Refusal::CoolingDown { until, by } => {
            let text = text.plain("This was denied a moment ago");
            let text = match by {
                Some(user) => text.plain(" by ").person(user),
                None => text,
            };
            text.plain(". Nothing was done. Talk to them first; you can ask again on ").moment(*until).plain(".")
        }
        Refusal::NobodyElse { needed, eligible } => text
            .plain(match (needed, eligible) {
                (_, 0) => "Nobody but you could approve this".to_owned(),
                (needed, 1) => format!("This needs the approval of {needed} other people, and only one could give it"),
                (needed, eligible) => {
                    format!("This needs the approval of {needed} other people, and only {eligible} could give it")
                }
            })
            .plain(
                ", so it could never be done and I did not post it. Nothing was done. Whoever looks after the bot has to add \
                 people to ",
            )
            .code("approvers")
            .plain(" in its configuration, or to the user group in Slack that stands there."),
        Refusal::SharedChannel => text.plain(
            "The channel for requests is shared with another organisation, or is about to be, so nothing is asked or decided \
             in it. Nothing was done. Whoever looks after the bot has to end that, or name another channel.",
        ),
        Refusal::Running => text.plain("This request is being carried out and can no longer be stopped. Follow the thread."),
        Refusal::OutOfOrder => text.plain("That does not fit what has become of this request. Nothing was changed."),
    }
}

/// Slack did not say who could approve what somebody asks for.
pub fn approvers_not_known() -> Text {
    Text::from(
        "Slack could not tell me just now who could approve this, so the answer is no. Nothing was done. Try again in a \
         minute.",
    )
}

/// The rule's name, where it is not the list that holds everywhere.
fn by_rule(rule: &str) -> Text {
    if rule == EVERYWHERE { Text::new() } else { Text::new().plain(" (rule “").plain(rule).plain("”)") }
}

/// Why something waits, and until when.
pub fn held(hold: &Hold) -> Text {
    let text = match &hold.freeze {
        Some(name) => {
            Text::new().plain("Freeze “").plain(name).plain("”, until ").moment(hold.until).plain(": ")
        }
        None => Text::new().plain("Until ").moment(hold.until).plain(" at least: "),
    };
    text.plain(sentence(&hold.why))
}

/// What the configuration says, with the full stop that it may lack.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

fn became(state: State) -> &'static str {
    match state {
        State::Pending => "This request still waits for a decision.",
        State::Approved => "This request is approved already.",
        State::Held => "This request is approved already, and waits for the time when it may be carried out.",
        State::Running => "This request is being carried out.",
        State::Unknown => "This request was carried out with an unknown outcome.",
        State::Succeeded => "This request is done already.",
        State::Partly => "This request is partly done already.",
        State::NotApplied => "This request was approved already and could not be carried out.",
        State::Denied => "This request is denied already.",
        State::Cancelled => "This request was cancelled by the person who asked.",
        State::Expired => "This request has run out of time.",
        State::Stale => "CKAN had changed before this request could be carried out.",
    }
}

/// A button without a request.
pub fn no_such_request() -> Text {
    Text::from("This button belongs to no request that I know of. Nothing was done.")
}

/// A button on a message that is not ours for this request.
pub fn copied_button() -> Text {
    Text::from(
        "This button is not on a message that I posted for this request, so I ignored it. Nothing was done. \
         Use the buttons on the card itself.",
    )
}

/// A form that was opened too long ago, or by somebody else.
pub fn form_too_old() -> Text {
    Text::from(
        "This form is too old to be used. Nothing was done. Start again with the command or the button.",
    )
}

/// Something the bot offers nothing for.
pub fn unknown_act() -> Text {
    Text::new()
        .plain("I do not know what to do with that. Nothing was done. Type ")
        .code("/ckan help")
        .plain(" to see what I can do.")
}

/// An open request for the same thing.
pub fn already_open(other: &Request) -> Text {
    Text::new()
        .plain("There is an open request for the same thing already: ")
        .code(other.id.reference().as_str())
        .plain(" by ")
        .person(&other.requester_user)
        .plain(". Nothing was done. Decide on that one first, or look at it with ")
        .code(format!("/ckan request show {}", other.id.reference()))
        .plain(".")
}

/// The undo of something that was undone, or is being undone.
pub fn nothing_to_undo() -> Text {
    Text::from("This request has nothing to undo. Nothing was done.")
}
