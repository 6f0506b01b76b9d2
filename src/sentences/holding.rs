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

/// It was held for so long that its time ran out.
pub fn ran_out(request: &Request) -> Text {
    let text = Text::new()
        .person(&request.requester_user)
        .plain(": this was approved and held, and it has run out. Nothing was done. ");
    let text = match &request.hold {
        Some(hold) => text.plain("What held it: ").then(refusals::held(hold)).plain(" "),
        None => text,
    };
    text.plain("Ask again after that if it is still wanted.")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::approval::plan;
    use crate::approval::request::sample;
    use crate::sentences::text::Text;

    fn hold(until: &str, freeze: Option<&str>) -> Hold {
        let why = "A harvest is not over, and harvesters work from the index.".to_owned();
        Hold { until: until.parse().unwrap(), why, freeze: freeze.map(str::to_owned) }
    }

    #[test]
    fn what_held_it_and_what_comes_next_is_told_as_reviewed() {
        let now: Timestamp = "2026-11-21T09:05:00Z".parse().unwrap();
        let mut request = sample("01KAPTESTTESTTESTTEST7Q2M4", plan::sample(), now);
        // It runs out at ten.
        request.expires_at = "2026-11-21T10:00:00Z".parse().unwrap();
        let (soon, late) = ("2026-11-21T09:10:00Z", "2026-11-21T10:00:00Z");
        let texts = [
            still_held(&request, &hold(soon, None)),
            still_held(&request, &hold(late, None)),
            still_held(&request, &hold(soon, Some("Budget day"))),
            still_held(&request, &hold(late, Some("Budget day"))),
            interrupted(&Hold { why: "Budget day".to_owned(), ..hold(soon, Some("Budget day")) }),
            Text::from(beside(&request)),
        ];
        let said = texts.iter().map(Text::notation).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(said.replace("^{date_short_pretty} at {time}", ""), @"
        Still held: A harvest is not over, and harvesters work from the index. I look again <!date^1795252200|21 Nov 2026 09:10 UTC>, and it goes on by itself as soon as that is over.
        Still held: A harvest is not over, and harvesters work from the index. It runs out <!date^1795255200|21 Nov 2026 10:00 UTC> if that is not over by then.
        Still held: Freeze “Budget day”, until <!date^1795252200|21 Nov 2026 09:10 UTC>: A harvest is not over, and harvesters work from the index. It goes on by itself then.
        Still held: Freeze “Budget day”, until <!date^1795255200|21 Nov 2026 10:00 UTC>: A harvest is not over, and harvesters work from the index. It runs out before that, <!date^1795255200|21 Nov 2026 10:00 UTC>: ask again after the freeze.
         Nothing is sent before the freeze is over. Freeze “Budget day”, until <!date^1795252200|21 Nov 2026 09:10 UTC>: Budget day.
        Request T7Q2M4 is not over (Withdraw “Road Safety Data 2019”), and the two must not run at the same time.
        ");
    }
}
