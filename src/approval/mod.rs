//! The rule: what may happen to a request, who may make it happen, and when.
//!
//! Guarantees that every state change of a request goes through [`transition::apply`], which is pure: no I/O, no
//! SQL, no Slack, no clock of its own. Leaves to the store that a step is committed at most once, and to `slack`
//! that an [`policy::Account`] was read afresh.

pub mod bulk;
pub mod freeze;
pub mod matter;
pub mod plan;
pub mod policy;
mod reach;
pub mod readings;
pub mod refusal;
pub mod replay;
pub mod request;
pub mod risk;
pub mod rule;
pub mod ticket;
pub mod transition;

pub use bulk::{Bulk, Item, ItemState};
pub use freeze::{Freeze, Hold};
pub use matter::Matter;
pub use plan::{Change, Plan, PlanDigest, Target};
pub use policy::{Account, Admission, Policy, Role};
pub use refusal::Refusal;
pub use request::{Attempt, Outcome, Request, State, Verdict, Vote};
pub use risk::Risk;
pub use rule::Rule;
pub use transition::{Event, Step, apply};
