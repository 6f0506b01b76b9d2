//! Who and what a workspace holds: the team, the app, people, user groups, channels. Plain data; what it means
//! for a call is decided in `api` and `control`.

use serde::{Deserialize, Serialize};

/// A workspace as the sandbox starts with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Workspace {
    /// The team that installed the app.
    pub team: Team,
    /// The app and its bot user.
    pub app: App,
    /// Everyone, people of other companies included. The app's bot user is not listed.
    pub people: Vec<Person>,
    /// User groups.
    pub usergroups: Vec<Usergroup>,
    /// Channels; direct messages with the app come by themselves.
    pub channels: Vec<Channel>,
}

/// A Slack team.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Team {
    /// `T…`.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// First label of the team's address.
    pub domain: String,
}

/// The installed app.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct App {
    /// `A…`.
    pub id: String,
    /// `U…`, the user that the app posts as.
    pub bot_user_id: String,
    /// `B…`.
    pub bot_id: String,
    /// Shown name.
    pub name: String,
}

/// One Slack account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "the shape of Slack's user object")]
pub struct Person {
    /// `U…`.
    pub id: String,
    /// Handle.
    pub name: String,
    /// Full name.
    pub real_name: String,
    /// The person's own team, which is not the workspace's for people of other companies.
    pub team_id: String,
    /// Guest of several channels.
    pub is_restricted: bool,
    /// Guest of one channel.
    pub is_ultra_restricted: bool,
    /// Of another team and in no shared channel with the app.
    pub is_stranger: bool,
    /// A bot user.
    pub is_bot: bool,
    /// Deactivated.
    pub deleted: bool,
    /// A word for the page: engineer, guest, outsider.
    pub role: String,
}

/// A user group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Usergroup {
    /// `S…`.
    pub id: String,
    /// Without the `@`.
    pub handle: String,
    /// Members' ids.
    pub users: Vec<String>,
    /// Deactivated; its members are kept.
    #[serde(default)]
    pub disabled: bool,
}

/// A channel, or a direct message where the id starts with `D`.
#[expect(clippy::struct_excessive_bools, reason = "they are Slack's own flags")]
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Channel {
    /// `C…` or `D…`.
    pub id: String,
    /// Without the `#`.
    pub name: String,
    /// Members' ids, the bot's among them where it was invited.
    pub members: Vec<String>,
    /// Shared with another company through Slack Connect.
    pub is_ext_shared: bool,
    /// Another company was invited through Slack Connect and has not answered yet.
    #[serde(default)]
    pub is_pending_ext_shared: bool,
    /// Shared with other workspaces of an Enterprise Grid organisation.
    #[serde(default)]
    pub is_org_shared: bool,
    /// A private channel.
    #[serde(default)]
    pub is_private: bool,
    /// Archived: nobody can post.
    #[serde(default)]
    pub is_archived: bool,
}

impl Channel {
    /// A direct message between one person and the app.
    pub fn is_direct(&self) -> bool {
        self.id.starts_with('D')
    }

    /// Whether this user can read the channel.
    pub fn has(&self, user: &str) -> bool {
        self.members.iter().any(|member| member == user)
    }
}
