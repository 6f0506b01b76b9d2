//! Why something was not allowed.
//!
//! Guarantees one variant for each reason. Leaves the sentence that a person reads to `sentences`.

use jiff::Timestamp;

use super::{Hold, State};
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
    /// The registry of people is on and does not know the account.
    NotRegistered,
    /// Not on the requesters' list.
    NotARequester {
        /// The name of the rule whose list it is.
        rule: String,
    },
    /// Not on the approvers' list.
    NotAnApprover {
        /// The name of the rule whose list it is.
        rule: String,
    },
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
    /// Nothing is changed at this time.
    Frozen(Hold),
    /// This person has too many requests open.
    TooManyOpen {
        /// How many a person may have open.
        most: u32,
    },
    /// Somebody said no to the same thing a moment ago.
    CoolingDown {
        /// When it may be asked for again.
        until: Timestamp,
        /// Who said no.
        by: Option<UserId>,
    },
    /// Too few other people could approve it.
    NobodyElse {
        /// How many approvals it needs.
        needed: u8,
        /// How many people could give one.
        eligible: u8,
    },
    /// The channel of the cards is shared with another organisation, or is about to be.
    SharedChannel,
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
            Self::NotRegistered => "not_registered",
            Self::NotARequester { .. } => "not_a_requester",
            Self::NotAnApprover { .. } => "not_an_approver",
            Self::CannotIdentify => "cannot_identify",
            Self::OwnRequest => "own_request",
            Self::AlreadyVoted => "already_voted",
            Self::DenyWithoutReason => "deny_without_reason",
            Self::NotReviewed => "not_reviewed",
            Self::NotConfirmed { .. } => "not_confirmed",
            Self::NotYourRequest => "not_your_request",
            Self::AlreadyDecided { .. } => "already_decided",
            Self::TooLate => "too_late",
            Self::Frozen(_) => "frozen",
            Self::TooManyOpen { .. } => "too_many_open",
            Self::CoolingDown { .. } => "cooling_down",
            Self::NobodyElse { .. } => "nobody_else",
            Self::SharedChannel => "shared_channel",
            Self::Running => "running",
            Self::OutOfOrder => "out_of_order",
        }
    }
    /// The rule of the policy that decided, where it was one of its rules; of others, [`Refusal::name`] says it.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::NotARequester { rule } | Self::NotAnApprover { rule } => Some(rule),
            Self::Frozen(hold) => hold.freeze.as_deref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_rule_of_the_policy_that_decided_and_nothing_else() {
        let rule = || "night".to_owned();
        let hold = |freeze: Option<String>| Hold { until: Timestamp::UNIX_EPOCH, why: String::new(), freeze };
        assert_eq!(Refusal::NotARequester { rule: rule() }.rule(), Some("night"));
        assert_eq!(Refusal::NotAnApprover { rule: rule() }.rule(), Some("night"));
        assert_eq!(Refusal::Frozen(hold(Some(rule()))).rule(), Some("night"));
        assert_eq!(Refusal::Frozen(hold(None)).rule(), None);
        assert_eq!(Refusal::OwnRequest.rule(), None);
    }
}
