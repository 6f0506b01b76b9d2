//! `request show`: one request, what was planned and what has become of it.
//!
//! Guarantees that it answers from the store alone. Changes nothing.

use serde::{Deserialize, Serialize};

use super::reference::RequestReference;
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::approval::{Request, State, Vote};
use crate::sentences::source::REQUESTED_BY;
use crate::sentences::text::Text;
use crate::sentences::{refusals, story};

/// Shows one request.
pub struct RequestShow;

/// What `request show` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The request's reference: six letters and digits
    #[arg(value_name = "REFERENCE")]
    request: RequestReference,
}

impl ReadOperation for RequestShow {
    const META: Meta = Meta {
        name: "request show",
        short: &[],
        summary: "Show one request and what has become of it.",
        risk: Risk::Read,
        example: "request show 7Q2M4K",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, arguments: &Arguments) -> Result<Reply, PlanError> {
        Ok(Reply::Say(answer(&arguments.request.find(asking.store).await?)))
    }
}

fn answer(request: &Request) -> Answer {
    let mut shown: Vec<(String, Text)> = vec![];
    let mut show = |label: &str, value: Text| shown.push((label.to_owned(), value));
    show("Now", story::status(request));
    show("Environment", Text::from(request.environment.as_str()));
    show("Asked by", Text::new().person(&request.requester_user).plain(", ").moment(request.created_at));
    for (label, value) in request.plan.shown.iter().filter(|(label, _)| label == REQUESTED_BY) {
        show(label, Text::new().plain(value));
    }
    show("Reason", Text::new().plain(&request.reason));
    if let Some(ticket) = &request.ticket {
        show("Ticket", Text::new().plain(ticket));
    }
    for target in &request.plan.targets {
        show(
            "Target",
            Text::new()
                .plain(&target.title)
                .plain(", ")
                .code(&target.name)
                .plain(", ")
                .code(target.id.to_string()),
        );
    }
    for vote in &request.votes {
        show(if vote.approve { "Approved by" } else { "Denied by" }, decided(vote));
    }
    if let Some(undone) = &request.undoes {
        show("Undoes request", Text::new().code(undone.reference().as_str()));
    }
    if let Some(repeated) = &request.repeats {
        show("Asked again after", Text::new().code(repeated.reference().as_str()));
    }
    // What is held now says so above.
    if let Some(hold) = request.hold.as_ref().filter(|_| request.state != State::Held) {
        show("Was held", refusals::held(hold));
    }
    if matches!(request.state, State::Approved | State::Held) {
        show("Runs out", Text::new().moment(request.expires_at));
    }
    let seen = request.outcome.iter().flat_map(|outcome| &outcome.seen);
    Answer {
        title: format!("Request {}: {}", request.id.reference(), request.plan.summary),
        lines: seen.map(|seen| Text::new().plain(seen)).collect(),
        shown,
    }
}

fn decided(vote: &Vote) -> Text {
    let text = Text::new().person(&vote.user).plain(", ").moment(vote.at);
    match &vote.reason {
        Some(reason) => text.plain(": ").plain(reason),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::approval::{Outcome, Verdict};
    use crate::ids::{PersonId, RequestId, UserId};
    use crate::operations::request_list::tests::request;

    fn shown(request: &Request) -> String {
        let Answer { title, shown, lines } = answer(request);
        let facts = shown.iter().map(|(label, value)| format!("{label}: {}", value.notation()));
        let lines = lines.iter().map(Text::notation);
        [title].into_iter().chain(facts).chain(lines).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_pending_request_shows_what_it_waits_for() {
        insta::assert_snapshot!(shown(&request("01KAPTESTTESTTESTTEST7Q2M4", State::Pending)), @"
        Request T7Q2M4: Withdraw “Road Safety Data 2019”
        Now: Waiting for approval: 0 of 1 by somebody other than <@U1> · runs out <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        Environment: production
        Asked by: <@U1>, <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        Reason: Published by mistake
        Ticket: 51234
        Target: Road Safety Data 2019, road-accidents-2019, 00000000-0000-0000-0000-000000000001
        ");
    }

    #[test]
    fn a_settled_request_shows_who_decided_and_what_was_seen() {
        let mut request = request("01KAPTESTTESTTESTTEST7Q2M4", State::Succeeded);
        request.votes.push(Vote {
            person: PersonId::new("bob"),
            user: UserId::new("U2"),
            approve: true,
            reason: None,
            at: request.created_at,
            groups: BTreeSet::new(),
        });
        request.outcome = Some(Outcome {
            verdict: Verdict::Succeeded,
            accepted: true,
            seen: vec!["CKAN says that it is deleted.".to_owned()],
        });
        request.undoes = Some(RequestId::new("01KAPTESTTESTTESTTESTABCDE"));
        request.repeats = Some(RequestId::new("01KAPTESTTESTTESTTESTAGAIN"));
        request.plan.shown.push((REQUESTED_BY.to_owned(), "j…@defra.gov.uk, who is a sysadmin".to_owned()));
        request.reason = "<!channel> & co".to_owned();
        insta::assert_snapshot!(shown(&request), @"
        Request T7Q2M4: Withdraw “Road Safety Data 2019”
        Now: Done and verified, <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>, approved by <@U2>. See the thread.
        Environment: production
        Asked by: <@U1>, <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        Requested by: j…@defra.gov.uk, who is a sysadmin
        Reason: &lt;!channel&gt; &amp; co
        Ticket: 51234
        Target: Road Safety Data 2019, road-accidents-2019, 00000000-0000-0000-0000-000000000001
        Approved by: <@U2>, <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        Undoes request: TABCDE
        Asked again after: TAGAIN
        CKAN says that it is deleted.
        ");
    }

    #[test]
    fn a_denied_request_shows_why() {
        let mut request = request("01KAPTESTTESTTESTTEST7Q2M4", State::Denied);
        request.votes.push(Vote {
            person: PersonId::new("bob"),
            user: UserId::new("U2"),
            approve: false,
            reason: Some("Ask the publisher first".to_owned()),
            at: request.created_at,
            groups: BTreeSet::new(),
        });
        request.ticket = None;
        insta::assert_snapshot!(shown(&request), @"
        Request T7Q2M4: Withdraw “Road Safety Data 2019”
        Now: Denied by <@U2>: Ask the publisher first
        Environment: production
        Asked by: <@U1>, <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        Reason: Published by mistake
        Target: Road Safety Data 2019, road-accidents-2019, 00000000-0000-0000-0000-000000000001
        Denied by: <@U2>, <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>: Ask the publisher first
        ");
    }
}
