//! What forms say.

use super::text::Text;

/// The form for the reason of a change: its title (Slack: 24 characters).
pub const ASK_TITLE: &str = "Why this change?";
/// The form for the reason of a denial.
pub const DENY_TITLE: &str = "Why not?";
/// The form in which an approver looks at the whole plan.
pub const REVIEW_TITLE: &str = "Approve this?";
/// The view in which anybody looks at the whole plan.
pub const DETAILS_TITLE: &str = "The whole plan";
/// The label of where a request is.
pub const NOW: &str = "Now";
/// The label of the approvals of a request that does not wait for any.
pub const APPROVALS: &str = "Approvals";
/// The title of the file with a plan that no form can show.
pub const PLAN_FILE_TITLE: &str = "The whole plan";
/// What is said with it.
pub const PLAN_FILE: &str = "The whole plan: it is too long to be shown in Slack.";

/// Over the things of a list.
pub const LIST_OF: &str = "The list";

/// Lines of a plan that do not fit.
pub fn not_shown(lines: usize, file: &str) -> Text {
    let lines = if lines == 1 { "1 more line does".to_owned() } else { format!("{lines} more lines do") };
    Text::new()
        .bold("Not all of it is shown: ")
        .plain(format!("{lines} not fit here. The file "))
        .code(file)
        .plain(" in the thread has the whole plan: look at it before you decide.")
}

/// How many things of a list are shown.
pub fn listed(shown: u32, all: u32, file: &str) -> Text {
    let text = if shown >= all {
        Text::new().plain(format!("These are all {all}. The file "))
    } else {
        let left = all - shown;
        Text::new()
            .bold("Not all of it is shown: ")
            .plain(format!("{left} of the {all} do not fit here. The file "))
    };
    text.code(file).plain(" in the thread has the whole list.")
}

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
/// The label of a pasted list.
pub const LIST: &str = "Datasets, one per line";
/// The hint under a pasted list.
pub const LIST_HINT: &str =
    "The slug, UUID or address of each. Slack takes 3,000 characters here; attach a longer list.";
/// The label of an attached list.
pub const FILE: &str = "Or a file with the list";
/// The hint under an attached list.
pub const FILE_HINT: &str =
    "Text or CSV, one dataset per line, or a column called name, id or url. At most 10,000 lines and 3 MB.";
/// Both a pasted list and a file.
pub const LIST_OR_FILE: &str =
    "There is a pasted list as well. Give one of the two: clear the list above, or take the file out.";
/// Neither a list, nor a file, nor a dataset in the command.
pub const LIST_MISSING: &str = "Say which datasets: paste one per line, or attach a file with the list.";
