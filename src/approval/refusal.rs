//! Why something was not allowed.
//!
//! Guarantees one variant for each reason. Leaves the sentence that a person reads to `sentences`.

use jiff::Timestamp;

use super::State;
use crate::ids::UserId;

/// Why an act was refused. Nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The account is switched off in Slack.
    Deactivated,
    /// The account is a bot's or an app's.
    Bot,
    /// The account belongs to another workspace.
    OtherTeam,
    /// The account is a guest's.
    Guest,
    /// Not on the requesters' list.
    NotARequester,
    /// Not on the approvers' list.
    NotAnApprover,
    /// Slack could not say who this is, so the answer is no.
    CannotIdentify,
    /// The requester, or another account of the same person, decides on the own request.
    OwnRequest,
    /// This person's vote is in already.
    AlreadyVoted,
    /// Denying needs a reason.
    DenyWithoutReason,
    /// The whole plan was not looked at.
    NotReviewed,
    /// What an approver has to type was not typed.
    NotConfirmed {
        /// What has to be typed, exactly.
        wanted: String,
    },
    /// Only the requester may cancel.
    NotYourRequest,
    /// The request is past deciding; `by` and `at` say who decided and when, where somebody did.
    AlreadyDecided {
        /// What became of it.
        state: State,
        /// Who decided.
        by: Option<UserId>,
        /// When it got there.
        at: Timestamp,
    },
    /// It ran out of time before this came.
    TooLate,
    /// It is being executed: too late to stop.
    Running,
    /// The event does not fit the state: a fault of ours, or a message out of order.
    OutOfOrder,
}

impl Refusal {
    /// A stable name for the audit and for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::Bot => "bot",
            Self::OtherTeam => "other_team",
            Self::Guest => "guest",
            Self::NotARequester => "not_a_requester",
            Self::NotAnApprover => "not_an_approver",
            Self::CannotIdentify => "cannot_identify",
            Self::OwnRequest => "own_request",
            Self::AlreadyVoted => "already_voted",
            Self::DenyWithoutReason => "deny_without_reason",
            Self::NotReviewed => "not_reviewed",
            Self::NotConfirmed { .. } => "not_confirmed",
            Self::NotYourRequest => "not_your_request",
            Self::AlreadyDecided { .. } => "already_decided",
            Self::TooLate => "too_late",
            Self::Running => "running",
            Self::OutOfOrder => "out_of_order",
        }
    }
}
