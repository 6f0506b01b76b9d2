//! What forms say.

/// The form for the reason of a change: its title (Slack: 24 characters).
pub const ASK_TITLE: &str = "Why this change?";
/// The form for the reason of a denial.
pub const DENY_TITLE: &str = "Why not?";
/// The form in which an approver looks at the whole plan.
pub const REVIEW_TITLE: &str = "Approve this?";
/// The button that approves after the review.
pub const REVIEW_SUBMIT: &str = "Approve";
/// The hint under what has to be typed.
pub const CONFIRMATION_HINT: &str = "This cannot be undone. What you type must be the same to the letter.";
/// The button that sends a wish.
pub const ASK_SUBMIT: &str = "Ask for approval";
/// The button that sends a denial.
pub const DENY_SUBMIT: &str = "Deny";
/// The button that closes a form. Closing decides nothing.
pub const CLOSE: &str = "Back";
/// The label of the reason.
pub const REASON: &str = "Reason";
/// The hint under the reason of a wish.
pub const REASON_HINT: &str = "The approver and the audit see this. No personal data, please.";
/// The hint under the reason of a denial.
pub const DENY_HINT: &str = "The person who asked and the audit see this.";
/// The label of the ticket.
pub const TICKET: &str = "Ticket number";
/// What the form will do.
pub const NOTHING_YET: &str = "Nothing happens yet: a second engineer has to approve.";

/// The label of what an approver has to type (Slack: 2,000 characters).
pub fn confirmation(wanted: &str) -> String {
    format!("Type {wanted} to approve")
}
