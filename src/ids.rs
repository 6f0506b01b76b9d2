//! Identifiers: what they look like and where new ones come from.
//!
//! Guarantees that ids are opaque, sort by time and cannot be guessed (80 random bits), and that one kind is never
//! taken for another. Leaves uniqueness across processes to those bits and to the store's primary keys.

use std::fmt;
use std::sync::Mutex;

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::clock::SharedClock;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a text that is known to be such an id.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// One request.
    RequestId
);
identifier!(
    /// One try at executing an approved request; the fencing token of the worker that makes it.
    AttemptId
);
identifier!(
    /// One process that may execute.
    WorkerId
);
identifier!(
    /// One delivery from Slack, kept before it is acknowledged.
    InboundId
);
identifier!(
    /// One message to Slack that is to be delivered.
    MessageId
);
identifier!(
    /// A file in Slack (`F…`).
    FileId
);
identifier!(
    /// A Slack user (`U…` or `W…`).
    UserId
);
identifier!(
    /// A Slack workspace (`T…`) or, on Enterprise Grid, organisation (`E…`).
    TeamId
);
identifier!(
    /// A human, who may own several Slack ids: the registry's name, else the user id itself.
    PersonId
);
identifier!(
    /// What a person quotes when asking for help: the tail of a request's id, or an incident's own id.
    Reference
);

impl RequestId {
    /// The last six characters: what people read, type and say.
    pub fn reference(&self) -> Reference {
        let tail = self.0.len().saturating_sub(6);
        Reference(self.0.get(tail..).unwrap_or(&self.0).to_owned())
    }
}

/// Makes new ids: time from the clock, the rest from a random source that tests can seed.
pub struct IdSource {
    clock: SharedClock,
    random: Mutex<StdRng>,
}

impl IdSource {
    /// Ids that nobody can guess.
    pub fn unpredictable(clock: SharedClock) -> Self {
        Self { clock, random: Mutex::new(StdRng::from_rng(&mut rand::rng())) }
    }

    /// Ids whose random part repeats with the seed.
    pub fn seeded(clock: SharedClock, seed: u64) -> Self {
        Self { clock, random: Mutex::new(StdRng::seed_from_u64(seed)) }
    }

    fn next(&self) -> String {
        let mut bits = [0_u8; 16];
        match self.random.lock() {
            Ok(mut source) => source.fill_bytes(&mut bits),
            Err(poisoned) => poisoned.into_inner().fill_bytes(&mut bits),
        }
        let milliseconds = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        Ulid::from_parts(milliseconds, u128::from_le_bytes(bits)).to_string()
    }

    /// A new request id.
    pub fn request(&self) -> RequestId {
        RequestId(self.next())
    }

    /// A new attempt id.
    pub fn attempt(&self) -> AttemptId {
        AttemptId(self.next())
    }

    /// A new worker id, one for each process start.
    pub fn worker(&self) -> WorkerId {
        WorkerId(self.next())
    }

    /// A new inbound id.
    pub fn inbound(&self) -> InboundId {
        InboundId(self.next())
    }

    /// A new message id.
    pub fn message(&self) -> MessageId {
        MessageId(self.next())
    }

    /// A new reference for something that went wrong.
    pub fn incident(&self) -> Reference {
        RequestId(self.next()).reference()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn a_seed_repeats_the_random_part() {
        let first = IdSource::seeded(Arc::new(SystemClock), 7).request().reference();
        let second = IdSource::seeded(Arc::new(SystemClock), 7).request().reference();
        assert_eq!(first, second);
        assert_eq!(first.as_str().len(), 6);
    }

    #[test]
    fn a_short_id_is_its_own_reference() {
        assert_eq!(RequestId::new("AB").reference().as_str(), "AB");
    }
}
