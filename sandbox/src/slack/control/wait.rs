//! The client's waiting methods. They have a bound and long-poll; they never sleep. When the bound is reached, the
//! error lists what was there instead.

use std::time::{Duration, Instant};

use super::super::message::Message;
use super::super::record::Call;
use super::super::view::Modal;
use super::client::{Control, ControlError};
use super::reply::UserState;

impl Control {
    /// The first message that this person sees and that fits.
    pub async fn wait_message(
        &self,
        user: &str,
        fits: impl Fn(&Message) -> bool,
    ) -> Result<Message, ControlError> {
        let found = |state: &UserState| state.messages.iter().find(|message| fits(message)).cloned();
        self.wait(user, "such a message", found).await
    }

    /// The first message that this person sees and that holds these words, in its text or its blocks.
    pub async fn wait_text(&self, user: &str, needle: &str) -> Result<Message, ControlError> {
        let what = format!("a message with {needle:?}");
        let holds = |message: &&Message| message.all_text().contains(needle);
        self.wait(user, &what, |state| state.messages.iter().find(holds).cloned()).await
    }

    /// The modal on top of this person's stack.
    pub async fn wait_modal(&self, user: &str) -> Result<Modal, ControlError> {
        self.wait(user, "a modal", |state| state.modals.last().cloned()).await
    }

    /// Waits until `find` finds something in what this person sees.
    pub async fn wait<T>(
        &self,
        user: &str,
        what: &str,
        find: impl Fn(&UserState) -> Option<T>,
    ) -> Result<T, ControlError> {
        let deadline = Instant::now() + self.patience;
        let mut state = self.state(user).await?;
        loop {
            if let Some(found) = find(&state) {
                return Ok(found);
            }
            let Some(left) = milliseconds_until(deadline) else {
                return Err(self.in_vain(user, what, &describe(&state)));
            };
            state = self.wait_state(user, state.version, left).await?;
        }
    }

    /// The first call of the app that fits.
    pub async fn wait_call(&self, fits: impl Fn(&Call) -> bool) -> Result<Call, ControlError> {
        let deadline = Instant::now() + self.patience;
        let mut version = self.wait_version(0, 0).await?;
        loop {
            let calls = self.calls().await?;
            if let Some(call) = calls.iter().find(|call| fits(call)) {
                return Ok(call.clone());
            }
            let Some(left) = milliseconds_until(deadline) else {
                let line = |call: &Call| format!("{} {} {}", call.n, call.method, call.http);
                let lines: Vec<String> = calls.iter().map(line).collect();
                return Err(self.in_vain("the sandbox Slack", "such a call", &lines));
            };
            version = self.wait_version(version, left).await?;
        }
    }

    fn in_vain(&self, user: &str, what: &str, visible: &[String]) -> ControlError {
        ControlError::TimedOut {
            user: user.to_owned(),
            what: what.to_owned(),
            waited: self.patience,
            visible: if visible.is_empty() { "nothing at all".to_owned() } else { visible.join("\n") },
        }
    }
}

/// At least one, and none once the deadline has passed.
fn milliseconds_until(deadline: Instant) -> Option<u64> {
    let left = deadline.saturating_duration_since(Instant::now());
    (left > Duration::ZERO).then(|| u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1))
}

fn describe(state: &UserState) -> Vec<String> {
    let messages = state.messages.iter().map(|message| {
        let kind = if message.ephemeral_for.is_some() { "only for this person" } else { "message" };
        format!("{kind} {} of {}: {}", message.ts, message.user, message.all_text())
    });
    let modals = state.modals.iter().map(|modal| format!("modal {}: {}", modal.callback_id, modal.view));
    let notices = state.notices.iter().map(|notice| format!("notice {}: {}", notice.code, notice.text));
    messages.chain(modals).chain(notices).collect()
}
