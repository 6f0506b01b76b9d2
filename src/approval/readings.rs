//! Which user groups were read when, told from the requests of that time.
//!
//! Guarantees that a group counts as read only under a policy that is known to have named it: the present one, or one
//! under which somebody was found in it. Leaves what follows from it to `replay`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Policy, Request};

/// Requests one after the other under one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    first: Timestamp,
    last: Timestamp,
    policy: String,
}

/// What is known of the policies of some time. As long as there were policies, however many requests.
#[derive(Debug, Clone)]
pub struct Readings {
    present: String,
    spans: Vec<Span>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

impl Readings {
    /// Nothing but the policy that is in force now.
    pub fn under(present: &Policy) -> Self {
        let groups = present.usergroups().into_iter().map(str::to_owned).collect();
        let present = present.digest();
        Self { groups: [(present.clone(), groups)].into(), present, spans: vec![] }
    }

    /// Takes note of a request; older ones first.
    pub fn note(&mut self, request: &Request) {
        let (at, policy) = (request.created_at, &request.policy_digest);
        match self.spans.last_mut().filter(|span| span.policy == *policy) {
            Some(span) => span.last = at,
            None => self.spans.push(Span { first: at, last: at, policy: policy.clone() }),
        }
        // Whoever asks is looked for in every group that the policy names.
        let groups = self.groups.entry(policy.clone()).or_default();
        groups.extend(request.requester_groups.iter().cloned());
    }

    /// The groups that are known to have been read at this moment; none where the policy changed around it.
    pub fn at(&self, moment: Timestamp) -> BTreeSet<String> {
        let after = self.spans.partition_point(|span| span.first <= moment);
        let before = after.checked_sub(1).and_then(|n| self.spans.get(n));
        let policy = match (before, self.spans.get(after)) {
            (Some(span), _) if moment <= span.last => Some(&span.policy),
            // After the last request, the policy may have become the present one at any time.
            (Some(span), None) if span.policy == self.present => Some(&span.policy),
            _ => None,
        };
        policy.and_then(|policy| self.groups.get(policy)).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
#[path = "readings_tests.rs"]
mod tests;
