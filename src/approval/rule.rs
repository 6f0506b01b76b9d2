//! One rule of the policy: what is stricter than usual, and where.
//!
//! Guarantees that a rule only ever tightens: of several that fit, all hold, and the strictest number counts. Leaves
//! what holds everywhere to `policy`.

use std::collections::BTreeSet;
use std::num::NonZeroU8;

use serde::Serialize;

use super::Risk;
use super::matter::Matter;
use super::policy::AccessList;

/// What is stricter, and where. Of conditions, an empty or missing one fits everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// What people call it; unique. It stands in refusals and in the audit.
    pub name: String,
    /// Only on these environments.
    pub environments: BTreeSet<String>,
    /// Only for operations of these families (`dataset`) or names (`dataset purge`).
    pub operations: BTreeSet<String>,
    /// Only for these risks.
    pub risks: BTreeSet<Risk>,
    /// Only for more things than this at once.
    pub more_than: Option<u32>,
    /// Who may ask, of those who may ask at all.
    pub requesters: Option<AccessList>,
    /// Who may approve, of those who may approve at all.
    pub approvers: Option<AccessList>,
    /// At least so many approvals.
    pub approvals: Option<NonZeroU8>,
}

impl Rule {
    /// Whether the rule is about this.
    pub fn fits(&self, matter: &Matter<'_>) -> bool {
        matter.is_on(&self.environments)
            && matter.is_among(&self.operations)
            && (self.risks.is_empty() || self.risks.contains(&matter.risk))
            && self.more_than.is_none_or(|most| matter.size > most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn matter() -> Matter<'static> {
        Matter { operation: "index rebuild", environment: "production", risk: Risk::Partly, size: 7 }
    }

    #[test]
    fn every_condition_must_fit_and_none_fits_everything() {
        let fits = |edit: fn(&mut Rule)| {
            let mut rule = Rule::default();
            edit(&mut rule);
            rule.fits(&matter())
        };
        assert!(fits(|_| ()));
        assert!(fits(|r| r.environments = set(&["staging", "production"])));
        assert!(!fits(|r| r.environments = set(&["staging"])));
        assert!(fits(|r| r.operations = set(&["index"])));
        assert!(fits(|r| r.operations = set(&["index rebuild"])));
        assert!(!fits(|r| r.operations = set(&["index refresh", "rebuild", "dataset"])));
        assert!(fits(|r| r.risks = [Risk::Partly].into()));
        assert!(!fits(|r| r.risks = [Risk::Irreversible].into()));
        assert!(fits(|r| r.more_than = Some(6)));
        assert!(!fits(|r| r.more_than = Some(7)));
        assert!(!fits(|r| {
            r.operations = set(&["index"]);
            r.environments = set(&["staging"]);
        }));
    }
}
