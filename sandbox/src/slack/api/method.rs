//! The list of methods: name, scopes of which one is needed, whether JSON bodies count, and the function.

use super::error::ApiError;
use super::{Answer, Context, chat, conversations, files, people, views};

/// One Web API method.
pub(super) struct Method {
    name: &'static str,
    /// Any of these will do; none is needed where it is empty.
    pub(super) scopes: &'static [&'static str],
    pub(super) takes_json: bool,
    pub(super) run: fn(&mut Context<'_>) -> Answer,
}

const READ: &[&str] = &["channels:read", "groups:read", "im:read", "mpim:read"];
const HISTORY: &[&str] = &["channels:history", "groups:history", "im:history", "mpim:history"];
const OPEN: &[&str] = &["channels:manage", "groups:write", "im:write", "mpim:write"];

const METHODS: &[Method] = &[
    Method { name: "api.test", scopes: &[], takes_json: true, run: people::api_test },
    Method { name: "auth.test", scopes: &[], takes_json: true, run: people::auth_test },
    Method { name: "blocks.validate", scopes: &[], takes_json: true, run: chat::validate },
    Method { name: "chat.delete", scopes: &["chat:write"], takes_json: true, run: chat::delete },
    Method { name: "chat.getPermalink", scopes: &[], takes_json: false, run: chat::get_permalink },
    Method {
        name: "chat.postEphemeral",
        scopes: &["chat:write"],
        takes_json: true,
        run: chat::post_ephemeral,
    },
    Method { name: "chat.postMessage", scopes: &["chat:write"], takes_json: true, run: chat::post_message },
    Method { name: "chat.update", scopes: &["chat:write"], takes_json: true, run: chat::update },
    Method { name: "conversations.history", scopes: HISTORY, takes_json: true, run: conversations::history },
    Method { name: "conversations.info", scopes: READ, takes_json: false, run: conversations::info },
    Method { name: "conversations.members", scopes: READ, takes_json: false, run: conversations::members },
    Method { name: "conversations.open", scopes: OPEN, takes_json: true, run: conversations::open },
    Method { name: "conversations.replies", scopes: HISTORY, takes_json: false, run: conversations::replies },
    Method {
        name: "files.completeUploadExternal",
        scopes: &["files:write"],
        takes_json: true,
        run: files::complete_upload,
    },
    Method {
        name: "files.getUploadURLExternal",
        scopes: &["files:write"],
        takes_json: false,
        run: files::upload_address,
    },
    Method { name: "files.info", scopes: &["files:read"], takes_json: false, run: files::info },
    Method {
        name: "usergroups.list",
        scopes: &["usergroups:read"],
        takes_json: false,
        run: people::usergroups,
    },
    Method {
        name: "usergroups.users.list",
        scopes: &["usergroups:read"],
        takes_json: false,
        run: people::usergroup_members,
    },
    Method { name: "users.info", scopes: &["users:read"], takes_json: false, run: people::user_info },
    Method { name: "views.open", scopes: &[], takes_json: true, run: views::open },
    Method { name: "views.publish", scopes: &[], takes_json: true, run: views::publish },
    Method { name: "views.push", scopes: &[], takes_json: true, run: views::push },
    Method { name: "views.update", scopes: &[], takes_json: true, run: views::update },
];

impl Method {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
    }

    pub(super) fn check_scope(&self, granted: &[String]) -> Result<(), ApiError> {
        require_one(self.scopes, granted)
    }
}

/// Refuses unless one of these scopes was granted.
pub(super) fn require_one(needed: &[&str], granted: &[String]) -> Result<(), ApiError> {
    if needed.is_empty() || needed.iter().any(|scope| granted.iter().any(|has| has == scope)) {
        return Ok(());
    }
    let needed = needed.join(",");
    Err(ApiError::new("missing_scope").with("needed", needed).with("provided", granted.join(",")))
}
