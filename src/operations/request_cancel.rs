//! `request cancel`: takes back one's own request.
//!
//! Guarantees that the request exists and can still be stopped. Leaves to the approval rule that it is one's own.

use serde::{Deserialize, Serialize};

use super::reference::RequestReference;
use super::{Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::approval::{Request, State};
use crate::ids::RequestId;

/// Takes back a request.
pub struct RequestCancel;

/// What `request cancel` needs to know.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {
    /// The request's reference: six letters and digits
    #[arg(value_name = "REFERENCE")]
    request: RequestReference,
}

impl ReadOperation for RequestCancel {
    const META: Meta = Meta {
        name: "request cancel",
        short: &["cancel"],
        summary: "Take back your own request, as long as it is not carried out.",
        risk: Risk::Read,
        example: "request cancel 7Q2M4K",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, arguments: &Arguments) -> Result<Reply, PlanError> {
        let request = arguments.request.find(asking.store).await?;
        stoppable(&request).map(Reply::Cancel)
    }
}

fn stoppable(request: &Request) -> Result<RequestId, PlanError> {
    let ended = match request.state {
        State::Pending | State::Approved | State::Held => return Ok(request.id.clone()),
        State::Running => "is being carried out and can no longer be stopped. Follow its thread.",
        State::Unknown => "was carried out, and CKAN is being asked what came of it. Follow its thread.",
        State::Succeeded | State::Partly => {
            "is carried out already. If it can be undone, its thread has a button for it."
        }
        State::NotApplied => "could not be carried out, so there is nothing to cancel.",
        State::Denied => "is denied already, so there is nothing to cancel.",
        State::Cancelled => "is cancelled already.",
        State::Expired => "has run out of time, so there is nothing to cancel.",
        State::Stale => "was not carried out, because CKAN had changed. There is nothing to cancel.",
    };
    Err(PlanError::Refused(format!("Request `{}` {ended}", request.id.reference())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::request_list::tests::request;

    #[test]
    fn only_what_has_not_begun_can_be_cancelled() {
        let mut said = vec![];
        for state in State::ALL {
            let request = request("01KAPTESTTESTTESTTEST7Q2M4", state);
            match stoppable(&request) {
                Ok(id) => {
                    assert_eq!(id, request.id);
                    said.push(format!("{}: cancelled", state.name()));
                }
                Err(why) => said.push(format!("{}: {why}", state.name())),
            }
        }
        insta::assert_snapshot!(said.join("\n"), @"
        pending: cancelled
        approved: cancelled
        held: cancelled
        running: Request `T7Q2M4` is being carried out and can no longer be stopped. Follow its thread.
        unknown: Request `T7Q2M4` was carried out, and CKAN is being asked what came of it. Follow its thread.
        succeeded: Request `T7Q2M4` is carried out already. If it can be undone, its thread has a button for it.
        partly: Request `T7Q2M4` is carried out already. If it can be undone, its thread has a button for it.
        not_applied: Request `T7Q2M4` could not be carried out, so there is nothing to cancel.
        denied: Request `T7Q2M4` is denied already, so there is nothing to cancel.
        cancelled: Request `T7Q2M4` is cancelled already.
        expired: Request `T7Q2M4` has run out of time, so there is nothing to cancel.
        stale: Request `T7Q2M4` was not carried out, because CKAN had changed. There is nothing to cancel.
        ");
    }
}
