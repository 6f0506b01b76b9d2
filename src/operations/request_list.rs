//! `request list`: the requests that are open, or the latest ones.
//!
//! Guarantees the newest first and says so where there are more than it shows. Changes nothing.

use serde::{Deserialize, Serialize};

use super::reference::store_failed;
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::approval::{Request, State};
use crate::sentences::text::Text;
use crate::store::Filter;

/// As many as a person reads, and few enough for one message.
const MOST: usize = 20;

/// Lists requests.
pub struct RequestList;

/// What `request list` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The latest requests, settled ones too
    #[arg(long, short = 'a')]
    all: bool,
}

impl ReadOperation for RequestList {
    const META: Meta = Meta {
        name: "request list",
        short: &["list", "requests"],
        summary: "List the open requests, or the latest ones.",
        risk: Risk::Read,
        example: "request list --all",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, arguments: &Arguments) -> Result<Reply, PlanError> {
        let open = || State::ALL.into_iter().filter(|state| !state.is_final()).collect();
        let filter = Filter {
            states: if arguments.all { vec![] } else { open() },
            limit: u32::try_from(MOST + 1).unwrap_or(u32::MAX),
            ..Filter::default()
        };
        let requests = asking.store.requests(filter).await.map_err(|error| store_failed(&error))?;
        Ok(Reply::Say(answer(&requests, arguments.all)))
    }
}

fn answer(requests: &[Request], all: bool) -> Answer {
    let title = match (requests.is_empty(), all) {
        (true, true) => "There is no request yet.",
        (true, false) => "No request is open.",
        (false, true) => "The latest requests",
        (false, false) => "Open requests",
    };
    let mut lines: Vec<Text> = requests.iter().take(MOST).map(line).collect();
    if requests.len() > MOST {
        lines.push(Text::from(format!("There are more; these are the latest {MOST}.")));
    }
    if requests.is_empty() && !all {
        lines.push(Text::from("`/ckan request list --all` shows the latest ones."));
    }
    if !requests.is_empty() {
        lines.push(Text::from("`/ckan request show` and a reference shows one of them."));
    }
    Answer { title: title.to_owned(), lines, ..Answer::default() }
}

fn line(request: &Request) -> Text {
    Text::new()
        .code(request.id.reference().as_str())
        .plain(" ")
        .plain(&request.plan.summary)
        .plain(": ")
        .plain(words(request.state))
        .then(held_until(request))
        .plain(", asked by ")
        .person(&request.requester_user)
        .plain(" ")
        .moment(request.created_at)
}

/// The time that it waits for.
fn held_until(request: &Request) -> Text {
    match &request.hold {
        Some(hold) if request.state == State::Held && hold.freeze.is_some() => {
            Text::new().plain(" until ").moment(hold.until)
        }
        _ => Text::new(),
    }
}

fn words(state: State) -> &'static str {
    match state {
        State::Pending => "waits for approval",
        State::Approved => "approved, about to be carried out",
        State::Held => "approved and held",
        State::Running => "being carried out",
        State::Unknown => "outcome unknown",
        State::Succeeded => "done",
        State::Partly => "partly done",
        State::NotApplied => "not carried out",
        State::Denied => "denied",
        State::Cancelled => "cancelled",
        State::Expired => "ran out of time",
        State::Stale => "not carried out, CKAN had changed",
    }
}

#[cfg(test)]
pub(super) mod tests {

    use jiff::Timestamp;

    use super::*;
    use crate::approval::plan;
    use crate::approval::request::sample;
    use crate::ids::UserId;

    pub(in crate::operations) fn request(id: &str, state: State) -> Request {
        let plan = plan::sample();
        let at: Timestamp = "2026-11-21T09:05:00Z".parse().unwrap();
        Request {
            state,
            requester_user: UserId::new("U1"),
            reason: "Published by mistake".to_owned(),
            expires_at: at,
            ..sample(id, plan, at)
        }
    }

    fn shown(requests: &[Request], all: bool) -> String {
        let Answer { title, lines, .. } = answer(requests, all);
        [title].into_iter().chain(lines.iter().map(Text::notation)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn requests_are_listed_a_line_each() {
        let requests: Vec<Request> = State::ALL
            .into_iter()
            .enumerate()
            .map(|(index, state)| request(&format!("01KAPTESTTESTTESTTEST7Q2{index:02}"), state))
            .collect();
        insta::assert_snapshot!(shown(&requests, true), @"
        The latest requests
        T7Q200 Withdraw “Road Safety Data 2019”: waits for approval, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q201 Withdraw “Road Safety Data 2019”: approved, about to be carried out, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q202 Withdraw “Road Safety Data 2019”: approved and held, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q203 Withdraw “Road Safety Data 2019”: being carried out, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q204 Withdraw “Road Safety Data 2019”: outcome unknown, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q205 Withdraw “Road Safety Data 2019”: done, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q206 Withdraw “Road Safety Data 2019”: partly done, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q207 Withdraw “Road Safety Data 2019”: not carried out, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q208 Withdraw “Road Safety Data 2019”: denied, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q209 Withdraw “Road Safety Data 2019”: cancelled, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q210 Withdraw “Road Safety Data 2019”: ran out of time, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        T7Q211 Withdraw “Road Safety Data 2019”: not carried out, CKAN had changed, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        /ckan request show and a reference shows one of them.
        ");
        insta::assert_snapshot!(shown(&requests[..1], false), @"
        Open requests
        T7Q200 Withdraw “Road Safety Data 2019”: waits for approval, asked by <@U1> <!date^1795251900^{date_short_pretty} at {time}|21 Nov 2026 09:05 UTC>
        /ckan request show and a reference shows one of them.
        ");
    }

    #[test]
    fn nothing_to_list_is_said() {
        insta::assert_snapshot!(shown(&[], false), @"
        No request is open.
        /ckan request list --all shows the latest ones.
        ");
        insta::assert_snapshot!(shown(&[], true), @"There is no request yet.");
    }

    #[test]
    fn more_than_is_shown_is_said() {
        let requests = vec![request("01KAPTESTTESTTESTTEST7Q2M4", State::Pending); MOST + 1];
        let said = shown(&requests, false);
        assert!(said.contains("There are more; these are the latest 20."));
        assert_eq!(said.matches("waits for approval").count(), MOST);
    }
}
