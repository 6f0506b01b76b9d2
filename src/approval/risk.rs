//! How much a change may break, and how many people that takes.
//!
//! Guarantees that what nothing gives back needs two approvals, whatever the configuration says. Leaves to each
//! operation which risk it has.

use std::num::NonZeroU8;

use serde::{Deserialize, Serialize};

const TWO: NonZeroU8 = NonZeroU8::MIN.saturating_add(1);

/// How much an operation may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Changes nothing; answered at once, no approval.
    Read,
    /// The inverse gives everything back.
    Reversible,
    /// Some of it can be given back.
    Partly,
    /// Nothing gives it back.
    Irreversible,
}

impl Risk {
    /// The approvals that no configuration goes below.
    pub fn least_approvals(self) -> NonZeroU8 {
        match self {
            Self::Read | Self::Reversible | Self::Partly => NonZeroU8::MIN,
            Self::Irreversible => TWO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_gives_back_needs_two() {
        assert_eq!(Risk::Irreversible.least_approvals().get(), 2);
        assert_eq!(Risk::Partly.least_approvals().get(), 1);
    }
}
