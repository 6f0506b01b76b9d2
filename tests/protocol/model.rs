//! Two replicas, one row, and everything that can come between them.
//!
//! The rule is the real one ([`Rows`]). Modelled is what the rule leaves to the store and to the workers: a row that is
//! replaced only where it still has the version that was read, a claim that is committed before anything is sent, a
//! memory that is lost in a crash. Any click of anybody may arrive at any replica, at any moment, any number of times
//! and in any order; the clock shows any moment at any step; either replica may take the other one's claim for lost.

use ckan_chatops::approval::{State, Verdict};
use stateright::{Model, Property};

use crate::properties;
use crate::rows::{Row, Rows, Rule, What};
use crate::world::{ACCOUNTS, Rules};

/// How the store and the workers go about it: rightly, or with a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hands {
    Right,
    /// The store replaces a row whatever was read.
    WithoutCompareAndSet,
    /// What a dead process left is sent again.
    SendAgain,
    /// Sent first, claimed afterwards.
    SendBeforeTheClaim,
}

/// Where a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Replica {
    /// It knows nothing: just started, or done with what it did.
    Idle,
    /// It has read the row, and will decide by that.
    HasRead(Row),
    /// Its claim is committed.
    HasClaimed(Row),
    /// The plan came out the same under the claim.
    HasPlannedAgain(Row),
    /// CKAN got it.
    HasSent(Row),
}

/// The claim, as the properties judge it: by the votes that were seen committed, and by the rules then in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    pub(crate) at: u8,
    pub(crate) others: u8,
    pub(crate) needed: u8,
    pub(crate) denied: bool,
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) story: usize,
    /// Whether the later rules are in force.
    pub(crate) later: bool,
    /// What the store holds.
    pub(crate) row: Row,
    /// The two are alike, so they stand in order.
    pub(crate) replicas: [Replica; 2],
    /// Writes that reached CKAN.
    pub(crate) sent: u8,
    /// What was said to be committed, by account: a yes or a no.
    pub(crate) votes: [Option<bool>; ACCOUNTS.len()],
    pub(crate) claims: u8,
    pub(crate) claim: Option<Claim>,
    /// The first end that was committed.
    pub(crate) ended: Option<State>,
}

/// A step of the replica at this place, or of the world around it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Read(usize),
    /// Decides by what was read, and commits.
    Commit {
        replica: usize,
        what: What,
        at: u8,
        row: Row,
    },
    /// The plan, made again under the claim, comes out the same.
    PlanAgain(usize),
    Send(usize),
    Crash(usize),
    /// The configuration changes.
    RulesChange,
}

/// The protocol under this rule and in these hands.
pub(crate) struct Protocol {
    stories: &'static [[Rules; 2]],
    rows: Vec<Rows>,
    hands: Hands,
}

impl Protocol {
    pub(crate) fn new(stories: &'static [[Rules; 2]], rule: Rule, hands: Hands) -> Self {
        Self { stories, rows: stories.iter().map(|story| Rows::new(*story, rule)).collect(), hands }
    }

    pub(crate) fn rows(&self, world: &World) -> &Rows {
        &self.rows[world.story]
    }

    /// How many rows there are over all stories.
    pub(crate) fn size(&self) -> usize {
        self.rows.iter().map(Rows::len).sum()
    }

    fn rules(&self, world: &World) -> Rules {
        self.stories[world.story][usize::from(world.later)]
    }

    /// Whether this replica would want that: what a claim is followed by is its holder's, but for the look at what
    /// seems to be left behind.
    fn wants(&self, world: &World, replica: Replica, what: What) -> bool {
        let state = |row| self.rows(world).get(row).state;
        match replica {
            Replica::Idle | Replica::HasPlannedAgain(_) => false,
            Replica::HasRead(row) if state(row) == State::Running => what == What::Lose,
            Replica::HasRead(_) => true,
            // CKAN could not be read, or is not as it was.
            Replica::HasClaimed(_) => matches!(what, What::Settle(Verdict::NotApplied) | What::Moved),
            Replica::HasSent(_) => matches!(what, What::Settle(_)),
        }
    }

    fn may_send(&self, world: &World, replica: Replica) -> bool {
        let state = |row| self.rows(world).get(row).state;
        match replica {
            Replica::HasPlannedAgain(_) => true,
            Replica::HasRead(row) => match self.hands {
                Hands::SendAgain => state(row) == State::Unknown,
                Hands::SendBeforeTheClaim => state(row) == State::Approved,
                Hands::Right | Hands::WithoutCompareAndSet => false,
            },
            _ => false,
        }
    }

    /// Whether the store takes what was made from this row.
    fn takes(&self, world: &World, read: Row) -> bool {
        let version = |row| self.rows(world).get(row).version;
        self.hands == Hands::WithoutCompareAndSet || version(world.row) == version(read)
    }

    fn commit(&self, world: &mut World, replica: usize, (what, at, row): (What, u8, Row)) {
        world.row = row;
        world.replicas[replica] = Replica::Idle;
        match what {
            What::Approve(account) => world.votes[account] = Some(true),
            What::Deny(account) => world.votes[account] = Some(false),
            What::Claim => {
                let rules = self.rules(world);
                world.replicas[replica] = Replica::HasClaimed(row);
                world.claims = (world.claims + 1).min(2);
                world.claim = Some(Claim {
                    at,
                    others: rules.others(|account| world.votes[account] == Some(true)),
                    needed: rules.needed.max(self.stories[world.story][0].needed),
                    denied: world.votes.contains(&Some(false)),
                });
            }
            _ => {}
        }
        let state = self.rows(world).get(row).state;
        if state.is_final() && world.ended.is_none() {
            world.ended = Some(state);
        }
    }
}

impl Replica {
    fn row(self) -> Option<Row> {
        match self {
            Self::Idle => None,
            Self::HasRead(row) | Self::HasClaimed(row) | Self::HasPlannedAgain(row) | Self::HasSent(row) => {
                Some(row)
            }
        }
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        (0..self.stories.len())
            .map(|story| World {
                story,
                later: false,
                row: 0,
                replicas: [Replica::Idle; 2],
                sent: 0,
                votes: [None; ACCOUNTS.len()],
                claims: 0,
                claim: None,
                ended: None,
            })
            .collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        let [first, second] = self.stories[world.story];
        if !world.later && first != second {
            actions.push(Action::RulesChange);
        }
        for (place, replica) in world.replicas.into_iter().enumerate() {
            if place == 1 && replica == world.replicas[0] {
                break; // They are alike.
            }
            let Some(row) = replica.row() else {
                actions.push(Action::Read(place));
                continue;
            };
            actions.push(Action::Crash(place));
            if matches!(replica, Replica::HasClaimed(_)) {
                actions.push(Action::PlanAgain(place));
            }
            if self.may_send(world, replica) {
                actions.push(Action::Send(place));
            }
            // What the store will not take comes to the same, whatever it is: one of it is enough.
            let many = if self.takes(world, row) { usize::MAX } else { 1 };
            let wanted = self.rows(world).next(row, world.later).iter();
            let wanted = wanted.filter(|(what, ..)| self.wants(world, replica, *what)).take(many);
            actions.extend(wanted.map(|(what, at, row)| Action::Commit {
                replica: place,
                what: *what,
                at: *at,
                row: *row,
            }));
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        match action {
            Action::Read(place) => world.replicas[place] = Replica::HasRead(world.row),
            Action::Commit { replica, what, at, row } => {
                if self.takes(&world, world.replicas[replica].row()?) {
                    self.commit(&mut world, replica, (what, at, row));
                } else {
                    world.replicas[replica] = Replica::Idle;
                }
            }
            Action::PlanAgain(place) => {
                world.replicas[place] = Replica::HasPlannedAgain(world.replicas[place].row()?);
            }
            Action::Send(place) => {
                let row = world.replicas[place].row()?;
                world.sent = (world.sent + 1).min(2);
                world.replicas[place] = match (self.hands, world.replicas[place]) {
                    (Hands::SendBeforeTheClaim, Replica::HasRead(_)) => Replica::HasRead(row),
                    _ => Replica::HasSent(row),
                };
            }
            Action::Crash(place) => world.replicas[place] = Replica::Idle,
            Action::RulesChange => world.later = true,
        }
        world.replicas.sort_unstable();
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
