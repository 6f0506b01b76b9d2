//! What the audit gets for each step.
//!
//! Guarantees that an entry names the request, its plan and its policy wherever there are any, and carries ids, not
//! names. Leaves order and hashing to `audit` and `store`.

use crate::approval::{Policy, Refusal, Request, Step};
use crate::audit::{Act, Actor, Entry};
use crate::ckan::Site;
use crate::ids::PersonId;
use crate::slack::payload::Sender;
use jiff::Timestamp;

/// The human behind a verified payload.
pub fn human(person: PersonId, sender: &Sender) -> Actor {
    Actor::Human { person, user: sender.user.clone(), team: sender.team.clone() }
}

/// An entry about a request.
pub fn of_request(at: Timestamp, actor: Actor, act: Act, request: &Request) -> Entry {
    Entry {
        request: Some(request.id.clone()),
        operation: Some(request.operation.clone()),
        environment: Some(request.environment.clone()),
        targets: targets(request),
        plan: Some(request.digest.to_string()),
        policy: Some(request.policy_digest.clone()),
        ..Entry::new(at, actor, act)
    }
}

/// What was said with a new request: why, what it repeats, and who is said to have asked, by a mark that only this bot
/// can make of the address.
pub fn words(request: &Request, site: &Site) -> String {
    let repeats = request.repeats.as_ref().map(|id| format!(" (asked again after {id})"));
    let source = request.source.as_ref().map(|source| {
        let tag = site.tag(source.whole());
        format!(" (source mark {})", tag.get(..16).unwrap_or_default())
    });
    format!("{}{}{}", request.reason, repeats.unwrap_or_default(), source.unwrap_or_default())
}

/// CKAN's ids; of a list only how long it is and its digest, which binds the ids that stand beside the request.
fn targets(request: &Request) -> Vec<String> {
    match &request.plan.bulk {
        Some(bulk) => vec![format!("{} items, sha256 {}", bulk.count, bulk.digest)],
        None => request.plan.targets.iter().map(|target| target.id.to_string()).collect(),
    }
}

/// An entry about a committed step.
pub fn of_step(at: Timestamp, actor: Actor, act: Act, step: &Step) -> Entry {
    of_request(at, actor, act, &step.request).result(step.request.state.name())
}

/// An entry about a refused wish.
pub fn refused_wish(
    at: Timestamp,
    actor: Actor,
    policy: &Policy,
    operation: Option<&str>,
    result: &str,
) -> Entry {
    Entry {
        operation: operation.map(str::to_owned),
        policy: Some(policy.digest()),
        ..Entry::new(at, actor, Act::RequestRefused).result(result)
    }
}

/// An entry about a refused decision, with today's policy, which refused it.
pub fn refused_decision(
    at: Timestamp,
    actor: Actor,
    policy: &Policy,
    request: &Request,
    refusal: &Refusal,
) -> Entry {
    Entry { policy: Some(policy.digest()), ..of_request(at, actor, Act::DecisionRefused, request) }
        .result(refusal.name())
        .rule(refusal.rule().unwrap_or(refusal.name()))
}
