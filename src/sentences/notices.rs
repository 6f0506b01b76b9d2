//! What the bot says of itself: at the door, and when something of its own fails.

use super::text::Text;
use crate::ids::Reference;

/// The acknowledgement of a command (Slack: within 3,000 ms).
pub const LOOKING_UP: &str = "Looking that up …";

/// The store refused to keep a delivery.
pub const NOT_RECORDED: &str = "I could not write your command down, so I did nothing with it. Try again in a minute; if this stays, \
     the bot's disk or database needs a look.";

/// Something failed that should not.
pub fn incident(reference: &Reference) -> Text {
    Text::new()
        .plain("Something went wrong on my side and I stopped. I changed nothing on CKAN for this. Quote ")
        .code(reference.as_str())
        .plain(" to whoever looks after the bot.")
}

/// Slack would not open the form, or may have opened it.
pub fn form_did_not_open() -> Text {
    Text::new()
        .plain("Slack did not say that the form is open. If you see it, fill it in. If not, nothing was done: press or type it again, or give the reason in the command: ")
        .code("--reason \"…\"")
        .plain(".")
}

/// Slack refused a file for good.
pub fn file_not_taken(name: &str) -> Text {
    Text::new()
        .plain("Slack did not take the file ")
        .code(name)
        .plain(", so it is missing here. Whoever looks after the bot finds the reason in its log.")
}

/// Slack refused the card of a request for good.
pub fn card_not_taken(request: &Reference) -> Text {
    Text::new()
        .plain("Slack did not take the card of your request ")
        .code(request.as_str())
        .plain(", so nobody can approve it and nothing will be done. Take it back with ")
        .code(format!("/ckan request cancel {request}"))
        .plain(". Whoever looks after the bot finds the reason in its log; ask again once that is put right.")
}
