//! With whom the channel of the cards is shared, read from Slack for this very act.
//!
//! Guarantees a fresh look-up in the same round as the account's, and that a channel that Slack says is shared with
//! another organisation, or may soon be, or of which it cannot say so clearly, is refused (S14). Of people who would be
//! refused anyway, that comes first. Reading is answered privately and `/ckan request cancel` only stops something:
//! neither asks for this, in whichever channel it is typed. Leaves other channels alone: what is typed there is
//! answered to the person only, and the card stands in the configured one.

use futures_util::future::join;

use super::payload::Sender;
use super::people::{self, Home};
use super::web::{SlackChannel, SlackWeb};
use crate::approval::{Account, Policy, Refusal};

/// The account of somebody who asks or decides, where the channel is ours alone.
pub async fn look_up_with_account(
    web: &SlackWeb,
    home: &Home,
    policy: &Policy,
    sender: &Sender,
    channel: &str,
) -> Result<Account, Refusal> {
    let (account, channel) =
        join(people::look_up(web, home, policy, sender), look_up(web, home, channel)).await;
    let account = account?;
    policy.identify(&account)?;
    channel?;
    Ok(account)
}

/// Refuses unless this channel is ours alone.
async fn look_up(web: &SlackWeb, home: &Home, id: &str) -> Result<(), Refusal> {
    let channel = web.channel(id).await.map_err(|_| Refusal::CannotIdentify)?;
    match is_ours_alone(&channel, home, id) {
        Some(true) => Ok(()),
        Some(false) => Err(Refusal::SharedChannel),
        None => Err(Refusal::CannotIdentify),
    }
}

/// Whether the channel is ours alone; `None` where Slack does not say.
pub fn is_ours_alone(channel: &SlackChannel, home: &Home, id: &str) -> Option<bool> {
    let is_ext_shared = channel.is_ext_shared.filter(|_| channel.id == id)?;
    let is_invited_to = channel.is_pending_ext_shared
        || !channel.pending_shared.is_empty()
        || !channel.pending_connected_team_ids.is_empty();
    // Within our own organisation, several workspaces may share it; Slack lists those among the same ids.
    let within_organisation = channel.is_org_shared && home.enterprise.is_some();
    let has_others = [&channel.shared_team_ids, &channel.connected_team_ids]
        .into_iter()
        .flatten()
        .any(|team| *team != home.team && Some(team) != home.enterprise.as_ref());
    let is_shared = channel.is_org_shared || has_others;
    Some(!is_ext_shared && !is_invited_to && (within_organisation || !is_shared))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(enterprise: Option<&str>, edit: fn(&mut SlackChannel)) -> Option<bool> {
        let home = Home { team: "T0001".to_owned(), enterprise: enterprise.map(str::to_owned) };
        let mut channel = SlackChannel {
            id: "C0001".to_owned(),
            is_ext_shared: Some(false),
            shared_team_ids: vec!["T0001".to_owned()],
            ..SlackChannel::default()
        };
        edit(&mut channel);
        is_ours_alone(&channel, &home, "C0001")
    }

    #[test]
    fn s14_whatever_says_that_others_see_the_channel_or_will_is_believed() {
        assert_eq!(judged(None, |_| ()), Some(true));
        assert_eq!(judged(None, |c| c.shared_team_ids.clear()), Some(true));
        for enterprise in [None, Some("E1")] {
            assert_eq!(judged(enterprise, |c| c.is_ext_shared = Some(true)), Some(false));
            assert_eq!(judged(enterprise, |c| c.is_pending_ext_shared = true), Some(false));
            assert_eq!(judged(enterprise, |c| c.pending_shared.push("T0009".to_owned())), Some(false));
            let connects = |c: &mut SlackChannel| c.pending_connected_team_ids.push("T0009".to_owned());
            assert_eq!(judged(enterprise, connects), Some(false));
            assert_eq!(judged(enterprise, |c| c.shared_team_ids.push("T0009".to_owned())), Some(false));
            assert_eq!(judged(enterprise, |c| c.connected_team_ids.push("T0009".to_owned())), Some(false));
        }
    }

    #[test]
    fn s14_s15_workspaces_of_our_own_organisation_are_no_others_and_only_where_it_is_configured() {
        let grid = |c: &mut SlackChannel| {
            c.is_org_shared = true;
            c.shared_team_ids = ["T0001", "T0007", "E1"].map(str::to_owned).to_vec();
        };
        assert_eq!(judged(Some("E1"), grid), Some(true));
        assert_eq!(judged(None, grid), Some(false));
        assert_eq!(judged(None, |c| c.is_org_shared = true), Some(false));
        // One that is shared with other organisations too is shared.
        let both = |c: &mut SlackChannel| {
            c.is_org_shared = true;
            c.is_ext_shared = Some(true);
        };
        assert_eq!(judged(Some("E1"), both), Some(false));
    }

    #[test]
    fn s14_what_slack_does_not_say_is_not_taken_for_no() {
        assert_eq!(judged(None, |c| c.is_ext_shared = None), None);
        assert_eq!(judged(None, |c| c.id = "C0002".to_owned()), None);
    }
}
