//! Who somebody is, read from Slack for this very act.
//!
//! Guarantees a fresh look-up every time, of the account and of every user group the policy names, and that where
//! Slack cannot answer clearly the answer is no (S13). Leaves the decision to `approval::policy`.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};

use super::payload::Sender;
use super::web::{SlackUser, SlackWeb};
use crate::approval::{Account, Policy, Refusal};
use crate::ids::TeamId;

/// Our workspace, for telling ours from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The workspace's id.
    pub team: String,
    /// The Enterprise Grid organisation's id, where there is one.
    pub enterprise: Option<String>,
}

/// Reads the account behind a verified payload.
pub async fn look_up(
    web: &SlackWeb,
    home: &Home,
    policy: &Policy,
    sender: &Sender,
) -> Result<Account, Refusal> {
    let groups: Vec<&str> = policy.usergroups().into_iter().collect();
    let members = join_all(groups.iter().map(|group| web.usergroup(group)));
    let (user, members) = join(web.user(sender.user.as_str()), members).await;
    let user = user.map_err(|_| Refusal::CannotIdentify)?;
    if user.id != sender.user.as_str() {
        return Err(Refusal::CannotIdentify);
    }
    let mut mine = BTreeSet::new();
    for (group, members) in groups.into_iter().zip(members) {
        if members.map_err(|_| Refusal::CannotIdentify)?.contains(&user.id) {
            mine.insert(group.to_owned());
        }
    }
    Ok(account(&user, home, sender, mine))
}

pub(super) fn account(user: &SlackUser, home: &Home, sender: &Sender, groups: BTreeSet<String>) -> Account {
    let team = user.team_id.clone().unwrap_or_default();
    let same_organisation = home.enterprise.is_some()
        && user.enterprise_user.as_ref().and_then(|member| member.enterprise_id.clone()) == home.enterprise;
    // Both must be ours: what Slack says of the account, and where the payload says the act came from.
    let payload_is_ours = sender.team.as_str() == home.team
        || (home.enterprise.is_some() && sender.enterprise == home.enterprise);
    Account {
        user: sender.user.clone(),
        ours: !user.is_stranger && payload_is_ours && (team == home.team || same_organisation),
        team: TeamId::new(team),
        deactivated: user.deleted,
        guest: user.is_restricted || user.is_ultra_restricted,
        bot: user.is_bot || user.is_app_user,
        groups,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    fn home() -> Home {
        Home { team: "T0001".to_owned(), enterprise: None }
    }

    fn sender(team: &str) -> Sender {
        Sender { user: UserId::new("U1"), team: TeamId::new(team), enterprise: None }
    }

    fn user(team: &str) -> SlackUser {
        SlackUser { id: "U1".to_owned(), team_id: Some(team.to_owned()), ..SlackUser::default() }
    }

    #[test]
    fn s14_an_account_of_another_workspace_is_not_ours_whichever_side_says_so() {
        assert!(account(&user("T0001"), &home(), &sender("T0001"), BTreeSet::new()).ours);
        assert!(!account(&user("T9"), &home(), &sender("T0001"), BTreeSet::new()).ours);
        assert!(!account(&user("T0001"), &home(), &sender("T9"), BTreeSet::new()).ours);
        let stranger = SlackUser { is_stranger: true, ..user("T0001") };
        assert!(!account(&stranger, &home(), &sender("T0001"), BTreeSet::new()).ours);
        let nowhere = SlackUser { team_id: None, ..user("T0001") };
        assert!(!account(&nowhere, &home(), &sender("T0001"), BTreeSet::new()).ours);
    }

    #[test]
    fn s15_the_same_enterprise_organisation_is_ours_only_where_it_is_configured() {
        let grid = Home { team: "T0001".to_owned(), enterprise: Some("E1".to_owned()) };
        let member = SlackUser {
            enterprise_user: Some(EnterpriseUser { enterprise_id: Some("E1".to_owned()) }),
            ..user("E1")
        };
        let from_grid = Sender { enterprise: Some("E1".to_owned()), ..sender("T7") };
        assert!(account(&member, &grid, &from_grid, BTreeSet::new()).ours);
        assert!(!account(&member, &home(), &from_grid, BTreeSet::new()).ours);
        // Without an organisation of our own, nobody's missing one matches.
        assert!(!account(&user("T9"), &home(), &sender("T9"), BTreeSet::new()).ours);
    }

    use crate::slack::web::EnterpriseUser;
}
