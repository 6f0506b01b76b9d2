//! The small Slack.
//!
//! It guarantees that an app which works here keeps Slack's rules: tokens and scopes, Block Kit's limits, trigger
//! ids that live three seconds and once, response addresses that take five posts in thirty minutes, and the
//! three-second acknowledgement. What Slack refuses is refused here, with Slack's own code.
//! It leaves to the app everything that Slack leaves to it: signatures are sent, never enforced; a click by a
//! guest or by another company's employee is delivered like any other.
//!
//! [`SlackSandbox`] is the server, [`Control`] the HTTP client of the control API in `CONTROL.md`, which the page
//! and the tests both use.

mod api;
pub mod blocks;
mod capability;
mod clock;
mod config;
mod connection;
pub mod control;
mod delivery;
mod fault;
mod file;
mod form;
mod mention;
mod message;
mod page;
mod payload;
mod record;
mod respond;
mod server;
pub mod sign;
mod transfer;
mod view;
mod workspace;
mod world;

pub use config::{Command, Page, RequestUrls, SlackConfig};
pub use control::client::{Control, ControlError};
pub use control::reply::{AckReply, CommandReply, DeliverReply, SubmitReply, UserState};
pub use message::{Message, Notice};
pub use record::{Call, Delivery};
pub use server::SlackSandbox;
pub use view::Modal;
pub use workspace::{App, Channel, Person, Team, Usergroup, Workspace};
