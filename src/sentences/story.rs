//! The story of a request: what its card says of its state, and what its thread tells step by step.
//!
//! Guarantees that success is never claimed but from a probe, that *unknown* is called unknown, and that every end
//! says what to do next. Leaves whose approval it waits for to `waiting`.

use std::time::Duration;

use super::text::Text;
use crate::approval::{Change, Outcome, Request, State, Verdict};
use crate::ids::{Reference, UserId};
use crate::operations::progress::Step;

/// Over what a change will do.
pub const EFFECTS: &str = "What will happen";
/// Over what an approver should think about.
pub const WARNINGS: &str = "Mind";
/// Over what stays.
pub const IRREVERSIBLE: &str = "Cannot be undone";
/// Before a safer way to the same end.
pub const SAFER: &str = "Safer: ";

/// The button that shows the whole plan.
pub const SEE_WHOLE_PLAN: &str = "See the whole plan";

/// Over a card that Slack's limits made shorter than its plan.
pub const IS_CUT: &str =
    "Some of this is too long for a card and is cut. “See the whole plan” shows all of it.";

/// A watch whose time is over.
pub const WATCH_ENDS: &str =
    "I have stopped looking: it takes longer than I watch. Look at it yourself from here on.";

/// The label of how long the last one of the same operation took.
pub const LAST_TOOK: &str = "The last one took";

/// There was no last one.
pub const NOT_YET_RUN: &str = "the bot has not done this here yet";

/// Cells of a progress bar.
const CELLS: u64 = 20;

/// How far an execution is, with a bar and what is left where that is known.
pub fn progress(step: &Step, elapsed: Duration) -> String {
    let Some(total) = step.total.filter(|total| *total > 0) else {
        return format!("{}, for {} now.", step.doing, rough(elapsed));
    };
    let done = step.done.min(total);
    let full = usize::try_from(done * CELLS / total).unwrap_or_default();
    let empty = usize::try_from(CELLS).unwrap_or_default().saturating_sub(full);
    let bar = format!("{}{}", "▓".repeat(full), "░".repeat(empty));
    let left = if (1..total).contains(&done) {
        let elapsed = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let left = elapsed.saturating_mul(total - done) / done;
        format!(" · about {} left", rough(Duration::from_millis(left)))
    } else {
        String::new()
    };
    format!("{bar} {}% · {} · {done} of {total}{left}", done * 100 / total, step.doing)
}

/// A duration as people say it.
pub fn rough(while_: Duration) -> String {
    match while_.as_secs() {
        0..=1 => "a second".to_owned(),
        seconds @ 2..=89 => format!("{seconds} seconds"),
        seconds @ 90..=5399 => format!("{} minutes", (seconds + 30) / 60),
        seconds @ 5400..=172_799 => format!("{} hours", (seconds + 1800) / 3600),
        seconds => format!("{} days", (seconds + 43_200) / 86_400),
    }
}

/// The private answer to somebody whose request was posted.
pub fn asked(request: &Request) -> Text {
    Text::new()
        .plain("Your request ")
        .code(request.id.reference().as_str())
        .plain(" is posted in the channel. Nothing happens until a second engineer approves it. You can cancel it there or with ")
        .code(format!("/ckan request cancel {}", request.id.reference()))
        .plain(".")
}

/// The first message of the thread.
pub fn opened(request: &Request) -> Text {
    let text =
        Text::new().person(&request.requester_user).plain(" asks: ").plain(&request.plan.summary).plain(".");
    let text = match &request.undoes {
        Some(undone) => text.plain(" This undoes request ").code(undone.reference().as_str()).plain("."),
        None => text,
    };
    text.plain(" Reason: ").plain(&request.reason)
}

/// One line on the card: where the request is.
pub fn status(request: &Request) -> Text {
    let text = Text::new();
    match request.state {
        State::Pending => super::waiting::status(request),
        State::Approved => {
            text.bold("Approved").plain(" by ").then(approvers(request)).plain("; about to be carried out.")
        }
        State::Held => {
            let text = text.bold("Held").plain(", approved by ").then(approvers(request)).plain(". ");
            match &request.hold {
                Some(hold) => text.then(super::holding::why_and_until_when(request, hold)),
                None => text,
            }
        }
        State::Running => text
            .bold("Being carried out")
            .plain(" since ")
            .moment(request.state_since)
            .plain(", approved by ")
            .then(approvers(request))
            .plain("."),
        State::Unknown if request.plan.bulk.is_some() => text
            .bold("Outcome unknown")
            .plain(". CKAN is being asked what happened; nothing is sent twice. See the thread."),
        State::Unknown => text
            .bold("Outcome unknown")
            .plain(". CKAN is being asked what happened; nothing will be run again. See the thread."),
        State::Succeeded => text
            .bold("Done and verified")
            .plain(", ")
            .moment(request.state_since)
            .plain(", approved by ")
            .then(approvers(request))
            .plain(". See the thread."),
        State::Partly => {
            text.bold("Partly done").plain(", ").moment(request.state_since).plain(". See the thread.")
        }
        State::NotApplied => {
            text.bold("Not carried out").plain(": nothing of what was approved was done. See the thread.")
        }
        State::Denied => match request.decided_by() {
            Some(vote) => text
                .bold("Denied")
                .plain(" by ")
                .person(&vote.user)
                .plain(": ")
                .plain(vote.reason.as_deref().unwrap_or_default()),
            None => text.bold("Denied"),
        },
        State::Cancelled => {
            text.bold("Cancelled").plain(" by ").person(&request.requester_user).plain(". Nothing was done.")
        }
        State::Expired => text
            .bold("Ran out of time")
            .plain(", ")
            .moment(request.state_since)
            .plain(". Nothing was done. Ask again if it is still wanted."),
        State::Stale => {
            text.bold("CKAN had changed").plain(" since this was asked, so nothing was done. See the thread.")
        }
    }
}

pub(super) fn approvers(request: &Request) -> Text {
    let mut text = Text::new();
    for (n, vote) in request.approvals().enumerate() {
        if n > 0 {
            text = text.plain(", ");
        }
        text = text.person(&vote.user);
    }
    text
}

/// A yes was counted. What is frozen is told of next.
pub fn approved(request: &Request, by: &UserId, is_frozen: bool) -> Text {
    let text = Text::new().person(by).plain(" approved.");
    if request.state == State::Approved {
        if is_frozen { text } else { text.plain(" Carrying it out now.") }
    } else {
        let missing = usize::from(request.approvals_needed.get()).saturating_sub(request.approvals().count());
        text.plain(format!(" {missing} more needed."))
    }
}

/// The private answer to somebody who took a request back by a command.
pub fn you_cancelled(reference: &Reference) -> Text {
    Text::new().plain("Request ").code(reference.as_str()).plain(" is cancelled. Nothing was done.")
}

/// A no ended it.
pub fn denied(by: &UserId, reason: &str) -> Text {
    Text::new().person(by).plain(" denied it: ").plain(reason).line_break().plain("Nothing was done.")
}

/// The requester took it back.
pub fn cancelled(by: &UserId) -> Text {
    Text::new().person(by).plain(" cancelled the request. Nothing was done.")
}

/// Time ran out.
pub fn expired(request: &Request, from: State) -> Text {
    let who = Text::new().person(&request.requester_user);
    if from == State::Held {
        super::holding::ran_out(request)
    } else if from == State::Approved {
        who.plain(": this was approved but not carried out in time, so it has run out. Nothing was done. Ask again if it is still wanted.")
    } else {
        who.plain(": nobody approved this in time, so it has run out. Nothing was done. Ask again if it is still wanted.")
    }
}

/// CKAN moved between request and execution.
pub fn stale() -> Text {
    Text::from(
        "CKAN has changed since this was asked, so the approval no longer fits and nothing was done. \
         Ask again to see the new plan. What changed:",
    )
}

/// One fact that moved.
pub fn change(change: &Change) -> Text {
    let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    Text::new()
        .bold(format!("{}: ", change.fact))
        .plain("was “")
        .plain(side(&change.was))
        .plain("”, is now “")
        .plain(side(&change.now))
        .plain("”")
}

/// How an attempt ended, as the first line of the last message.
pub fn outcome(request: &Request, outcome: &Outcome) -> Text {
    let text = Text::new();
    match outcome.verdict {
        Verdict::Succeeded => text.bold("Done and verified: ").plain(&request.plan.summary).plain("."),
        Verdict::Partly => text.bold("Partly done: ").plain(&request.plan.summary).plain("."),
        Verdict::NotApplied => text
            .bold("Not carried out. ")
            .plain("Nothing of what was approved was done."),
        Verdict::Unknown => text.bold("Outcome unknown. ").plain(
            "I cannot tell whether CKAN did it. I will keep asking CKAN and tell it here; I will not run it again. \
             If you need to know now, look at it on CKAN.",
        ),
    }
}

/// CKAN answered without a clear yes, so it is being watched.
pub fn watching(wait: Duration) -> Text {
    Text::new()
        .plain(
            "CKAN gave no clear answer, so I do not know yet whether it happened. I am looking, for up to ",
        )
        .plain(humantime::format_duration(Duration::from_secs(wait.as_secs())).to_string())
        .plain(". I will not run it again.")
}

/// Whoever carried it out is gone.
pub fn lost(request: &Request) -> Text {
    if request.plan.bulk.is_some() {
        return Text::from(super::bulk::LOST);
    }
    Text::from(
        "I was interrupted while carrying this out, so I do not know yet whether it happened. \
         I am asking CKAN; I will not run it again.",
    )
}

/// CKAN accepted the change, and a fresh look does not show it.
pub const ACCEPTED_BUT_NOT_SEEN: &str = "CKAN accepted the change, but looking again does not show it. Somebody may have changed it back, or CKAN lost it.";

/// The configuration changed while the request waited.
pub const NOT_KNOWN_ANY_MORE: &str =
    "The bot no longer knows this operation or environment, so nothing was sent to CKAN.";

/// The change was refused, and CKAN shows it done all the same.
pub const DONE_BY_SOMEBODY_ELSE: &str =
    "It is as it was wanted all the same: somebody else must have done it.";

/// A worker died and CKAN shows no trace, after CKAN had time enough.
pub const NO_TRACE: &str =
    "CKAN shows no trace of the change, and it had time enough to finish. Ask again if it is still wanted.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_bar_where_there_is_something_to_count() {
        let step = |done, total| Step { done, total, doing: "Withdrawing".to_owned() };
        let said = [
            progress(&step(0, None), Duration::from_secs(42)),
            progress(&step(0, Some(1000)), Duration::from_secs(1)),
            progress(&step(421, Some(1000)), Duration::from_secs(84)),
            progress(&step(1000, Some(1000)), Duration::from_secs(200)),
            progress(&step(1001, Some(1000)), Duration::from_hours(2)),
        ];
        insta::assert_snapshot!(said.join("\n"), @"
        Withdrawing, for 42 seconds now.
        ░░░░░░░░░░░░░░░░░░░░ 0% · Withdrawing · 0 of 1000
        ▓▓▓▓▓▓▓▓░░░░░░░░░░░░ 42% · Withdrawing · 421 of 1000 · about 2 minutes left
        ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ 100% · Withdrawing · 1000 of 1000
        ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ 100% · Withdrawing · 1000 of 1000
        ");
    }
}
