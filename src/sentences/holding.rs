//! What is said of a request that is approved and must not run yet.
//!
//! Guarantees that every sentence says why, until when, and that nobody has to do anything for it to go on; or that it
//! runs out before. Leaves the freeze's own words to the configuration and the operation's to the operation.

use super::refusals;
use super::text::Text;
use crate::approval::{Hold, Request};

/// It was approved, or about to be carried out, and must not run now.
pub fn held(request: &Request, hold: &Hold) -> Text {
    Text::new().plain("Approved, and held: ").then(why_and_until_when(request, hold))
}

/// It was held before, by something else or until another time.
pub fn still_held(request: &Request, hold: &Hold) -> Text {
    Text::new().plain("Still held: ").then(why_and_until_when(request, hold))
}

/// Nothing holds it any more.
pub fn released() -> Text {
    Text::from("Nothing holds this any more. Carrying it out now.")
}

/// Why it waits, until when, and what happens then.
pub fn why_and_until_when(request: &Request, hold: &Hold) -> Text {
    let runs_out_before = hold.until >= request.expires_at;
    let text = match &hold.freeze {
        Some(_) => refusals::held(hold).plain(" "),
        None => Text::new().plain(&hold.why).plain(" "),
    };
    match (&hold.freeze, runs_out_before) {
        (Some(_), true) => text
            .plain("It runs out before that, ")
            .moment(request.expires_at)
            .plain(": ask again after the freeze."),
        (Some(_), false) => text.plain("It goes on by itself then."),
        (None, true) => {
            text.plain("It runs out ").moment(request.expires_at).plain(" if that is not over by then.")
        }
        (None, false) => text
            .plain("I look again ")
            .moment(hold.until)
            .plain(", and it goes on by itself as soon as that is over."),
    }
}

/// Another request runs that this one must not run beside.
pub fn beside(other: &Request) -> String {
    format!(
        "Request {} is not over ({}), and the two must not run at the same time.",
        other.id.reference(),
        other.plan.summary
    )
}

/// An interrupted run of many that does not go on in a freeze.
pub fn interrupted(hold: &Hold) -> Text {
    Text::new().plain(" Nothing is sent before the freeze is over. ").then(refusals::held(hold))
}

/// It was held until its time ran out.
pub fn ran_out(request: &Request) -> Text {
    let text = Text::new()
        .person(&request.requester_user)
        .plain(": this was approved, and held until it has run out. Nothing was done. ");
    let text = match &request.hold {
        Some(hold) => text.plain("What held it: ").then(refusals::held(hold)).plain(" "),
        None => text,
    };
    text.plain("Ask again after that if it is still wanted.")
}
