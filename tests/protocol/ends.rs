//! Whether an end can be reached from everywhere.
//!
//! Stateright's `eventually` looks at single paths and does not follow cycles, of which crashes make many. So the space
//! is walked once more here, by itself and with whole states instead of fingerprints, and its arrows are followed back
//! from the ends.

use std::collections::HashMap;

use stateright::Model as _;

use crate::model::{Action, Protocol, World};

/// How many states there are, and those from which no end can be reached though every machine does its part: time
/// passes, what was left behind is looked at, and nobody presses a button.
pub(crate) fn without_end(protocol: &Protocol) -> (usize, Vec<World>) {
    let mut space = Space::default();
    for world in protocol.init_states() {
        space.place(world);
    }
    let mut place = 0;
    while let Some(world) = space.states.get(place).cloned() {
        let mut actions = vec![];
        protocol.actions(&world, &mut actions);
        for action in actions {
            let by_itself = is_by_itself(&action);
            let Some(next) = protocol.next_state(&world, action) else { continue };
            let next = space.place(next);
            if by_itself {
                space.before[next].push(place);
            }
        }
        place += 1;
    }
    let ended = |world: &World| protocol.rows(world).get(world.row).state.is_final();
    let mut ends: Vec<bool> = space.states.iter().map(ended).collect();
    let mut open: Vec<usize> = (0..ends.len()).filter(|place| ends[*place]).collect();
    while let Some(place) = open.pop() {
        for before in &space.before[place] {
            if !ends[*before] {
                ends[*before] = true;
                open.push(*before);
            }
        }
    }
    let (size, states) = (ends.len(), space.states.into_iter());
    (size, states.zip(ends).filter(|(_, ends)| !ends).map(|(world, _)| world).collect())
}

fn is_by_itself(action: &Action) -> bool {
    match action {
        Action::Commit { what, .. } => what.is_the_machines(),
        Action::RulesChange => false,
        Action::Read(_) | Action::PlanAgain(_) | Action::Send(_) | Action::Crash(_) => true,
    }
}

/// All states, and for each those from which one step by itself leads there.
#[derive(Default)]
struct Space {
    places: HashMap<World, usize>,
    states: Vec<World>,
    before: Vec<Vec<usize>>,
}

impl Space {
    fn place(&mut self, world: World) -> usize {
        *self.places.entry(world).or_insert_with_key(|world| {
            self.states.push(world.clone());
            self.before.push(vec![]);
            self.states.len() - 1
        })
    }
}
