//! How much one person may ask for, and how soon again (S27).
//!
//! Guarantees that a person, with whichever account, has no more requests open than the policy allows, also where
//! several are asked for at the same moment (the commit guards that), and does not ask again for what was just denied
//! to them: the same operation, on one of the same things, in the same environment. What acts on no thing of CKAN's is
//! the same where operation and environment are. Leaves who may ask at all to `approval::policy`.

use uuid::Uuid;

use super::Bot;
use crate::approval::transition::later;
use crate::approval::{Plan, Policy, Refusal, Request, State};
use crate::ids::{PersonId, UserId};
use crate::store::{Asker, Filter, StoreError};

/// Targets asked about in one question to the store.
pub(super) const TARGETS_AT_ONCE: usize = 300;

/// As many of a person's latest denied requests are looked through.
const LATEST: u32 = 500;

/// Everything that this plan acts on.
pub(super) fn targets(plan: &Plan) -> Vec<Uuid> {
    let items = plan.bulk.iter().flat_map(|bulk| &bulk.items).map(|item| item.target);
    plan.targets.iter().map(|target| target.id).chain(items).collect()
}

/// This person with every account that the registry knows.
pub(super) fn asker(policy: &Policy, person: &PersonId, user: &UserId) -> Asker {
    let known = policy.people.iter().filter(|(_, name)| name.as_str() == person.as_str());
    let mut users: Vec<UserId> = known.map(|(id, _)| UserId::new(id.as_str())).collect();
    if !users.contains(user) {
        users.push(user.clone());
    }
    Asker { person: person.clone(), users }
}

/// Whether this person has as much open as they may, asked before CKAN is bothered with one more.
pub(super) async fn too_many_open(bot: &Bot, asker: &Asker) -> Result<Option<Refusal>, StoreError> {
    let most = bot.policy.open_requests;
    let open = Filter {
        states: vec![State::Pending, State::Approved, State::Held],
        requested_by: Some(asker.clone()),
        limit: most.max(1),
        ..Filter::default()
    };
    let open = bot.store.requests(open).await?.len();
    let is_full = u32::try_from(open).map_or(true, |open| open >= most);
    Ok(is_full.then_some(Refusal::TooManyOpen { most }))
}

/// Whether the same was denied to this person a moment ago.
pub(super) async fn cooling_down(
    bot: &Bot,
    asker: &Asker,
    plan: &Plan,
) -> Result<Option<Refusal>, StoreError> {
    let now = bot.clock.now();
    let denied = Filter {
        states: vec![State::Denied],
        requested_by: Some(asker.clone()),
        limit: LATEST,
        ..Filter::default()
    };
    let targets = targets(plan);
    let mut questions: Vec<Filter> = targets
        .chunks(TARGETS_AT_ONCE)
        .map(|some| Filter { any_target: Some((plan.environment.clone(), some.to_vec())), ..denied.clone() })
        .collect();
    if questions.is_empty() {
        questions.push(denied);
    }
    let until = |request: &Request| later(request.state_since, bot.policy.cool_down);
    for question in questions {
        let refused = bot
            .store
            .requests(question)
            .await?
            .into_iter()
            .filter(|request| request.operation == plan.operation && request.environment == plan.environment)
            .filter(|request| now < until(request))
            .max_by_key(until);
        if let Some(request) = refused {
            let by = request.decided_by().map(|vote| vote.user.clone());
            return Ok(Some(Refusal::CoolingDown { until: until(&request), by }));
        }
    }
    Ok(None)
}
