//! What must be true of every state that can be reached, and what must be reachable at all.

use ckan_chatops::approval::State;
use stateright::Property;

use crate::model::{Protocol, Replica, World};
use crate::world::{ACCOUNTS, FREEZE};

pub(crate) const ENOUGH_PEOPLE: &str = "nothing is sent without the needed people other than the requester";
pub(crate) const ONCE: &str = "nothing is sent twice";
pub(crate) const NOT_AFTER_A_NO: &str = "nothing is sent after a no";
pub(crate) const NOT_IN_A_FREEZE: &str = "nothing is claimed in a freeze";
pub(crate) const IN_TIME: &str = "nothing is claimed after its time";
pub(crate) const NOTHING_LOST: &str = "no committed decision is lost";
pub(crate) const ENDS_STAY: &str = "an end stays";

pub(crate) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(ENOUGH_PEOPLE, |_, world: &World| {
            world.sent == 0 || world.claim.is_some_and(|claim| claim.others >= claim.needed)
        }),
        Property::always(ONCE, |_, world: &World| world.sent <= 1),
        Property::always("there is one claim", |_, world: &World| world.claims <= 1),
        Property::always(NOT_AFTER_A_NO, |_, world: &World| {
            world.sent == 0 || world.claim.is_some_and(|claim| !claim.denied)
        }),
        Property::always(NOT_IN_A_FREEZE, |_, world: &World| {
            world.claim.is_none_or(|claim| !FREEZE.contains(&claim.at))
        }),
        Property::always(IN_TIME, |model: &Protocol, world: &World| {
            let request = model.rows(world).get(world.row);
            let claimed = request.attempt.as_ref().map(|attempt| attempt.claimed_at);
            claimed.is_none_or(|claimed| claimed < request.expires_at)
        }),
        Property::always(NOTHING_LOST, nothing_lost),
        Property::always("an approval is for this plan", |model: &Protocol, world: &World| {
            let (first, now) = (model.rows(world).get(0), model.rows(world).get(world.row));
            now.plan == first.plan && now.digest == now.plan.digest() && now.requester == first.requester
        }),
        Property::always(ENDS_STAY, |model: &Protocol, world: &World| {
            let state = model.rows(world).get(world.row).state;
            let stays = !state.is_final() || model.rows(world).next(world.row, world.later).is_empty();
            stays && world.ended.is_none_or(|end| end == state)
        }),
        // Without these the rest would be true of a model in which nothing happens.
        Property::sometimes("it is carried out after a freeze", |model: &Protocol, world: &World| {
            is(model, world, State::Succeeded) && world.claim.is_some_and(|claim| claim.at >= FREEZE.end)
        }),
        Property::sometimes("it is carried out with one other person", |model: &Protocol, world: &World| {
            is(model, world, State::Succeeded) && world.claim.is_some_and(|claim| claim.others == 1)
        }),
        Property::sometimes("it is carried out with two other people", |model: &Protocol, world: &World| {
            is(model, world, State::Succeeded) && world.claim.is_some_and(|claim| claim.others == 2)
        }),
        Property::sometimes("what was sent is left behind", |model: &Protocol, world: &World| {
            world.sent == 1 && is(model, world, State::Unknown) && world.replicas == [Replica::Idle; 2]
        }),
        Property::sometimes("what was left behind is settled", |model: &Protocol, world: &World| {
            is(model, world, State::Partly) && world.replicas == [Replica::Idle; 2]
        }),
        Property::sometimes("it is held until it runs out", |model: &Protocol, world: &World| {
            is(model, world, State::Expired) && model.rows(world).get(world.row).hold.is_some()
        }),
        Property::sometimes("it is held, let go on and runs out", |model: &Protocol, world: &World| {
            let request = model.rows(world).get(world.row);
            is(model, world, State::Expired) && request.hold.is_none() && request.held_at_most_until.is_some()
        }),
        Property::sometimes("somebody says no after a yes", |model: &Protocol, world: &World| {
            is(model, world, State::Denied) && world.votes.contains(&Some(true))
        }),
        Property::sometimes("it is taken back", |model: &Protocol, world: &World| {
            is(model, world, State::Cancelled)
        }),
        Property::sometimes("it is stale", |model: &Protocol, world: &World| is(model, world, State::Stale)),
        Property::sometimes("what is being sent is taken for lost", |model: &Protocol, world: &World| {
            is(model, world, State::NotApplied)
                && world.replicas.iter().any(|replica| matches!(replica, Replica::HasSent(_)))
        }),
    ]
}

fn is(model: &Protocol, world: &World, state: State) -> bool {
    model.rows(world).get(world.row).state == state
}

fn nothing_lost(model: &Protocol, world: &World) -> bool {
    let votes = &model.rows(world).get(world.row).votes;
    (0..).zip(world.votes).all(|(n, said): (usize, _)| {
        said.is_none_or(|yes| {
            votes.iter().any(|vote| vote.user.as_str() == ACCOUNTS[n] && vote.approve == yes)
        })
    })
}
