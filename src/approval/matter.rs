//! What a decision is about, as far as the rules can tell it apart.
//!
//! Guarantees that a request and the wish it came from are judged by the same words. Leaves the judgement to `policy`.

use std::collections::BTreeSet;

use super::{Plan, Request, Risk};

/// What somebody asks for, or decides on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matter<'a> {
    /// The operation's name, for example `dataset withdraw`.
    pub operation: &'a str,
    /// The environment's name.
    pub environment: &'a str,
    /// How much it may break.
    pub risk: Risk,
    /// How many things it acts on; 0 before that is known.
    pub size: u32,
}

impl<'a> Matter<'a> {
    /// What this plan is about.
    pub fn of_plan(plan: &'a Plan) -> Self {
        Self {
            operation: &plan.operation,
            environment: &plan.environment,
            risk: plan.risk,
            size: plan.size(),
        }
    }

    /// What this request is about.
    pub fn of(request: &'a Request) -> Self {
        Self {
            operation: &request.operation,
            environment: &request.environment,
            ..Self::of_plan(&request.plan)
        }
    }

    /// The family of the operation: its noun, such as `dataset`.
    pub fn family(&self) -> &'a str {
        self.operation.split(' ').next().unwrap_or(self.operation)
    }

    /// True where the environment is one of these, or these are none.
    pub fn is_on(&self, environments: &BTreeSet<String>) -> bool {
        environments.is_empty() || environments.contains(self.environment)
    }

    /// True where the operation or its family is one of these, or these are none.
    pub fn is_among(&self, operations: &BTreeSet<String>) -> bool {
        operations.is_empty() || operations.contains(self.operation) || operations.contains(self.family())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::approval::{Bulk, plan, request};

    #[test]
    fn a_request_is_judged_by_what_it_says_itself_and_by_its_plan() {
        let mut request = request::sample("01REQUEST", plan::sample(), Timestamp::UNIX_EPOCH);
        request.operation = "dataset purge".to_owned();
        request.environment = "staging".to_owned();
        request.plan.risk = Risk::Partly;
        let matter =
            Matter { operation: "dataset purge", environment: "staging", risk: Risk::Partly, size: 1 };
        assert_eq!(Matter::of(&request), matter);
        assert_eq!(matter.family(), "dataset");
    }

    #[test]
    fn its_size_is_the_number_of_things_it_acts_on() {
        let mut plan = plan::sample();
        plan.targets.extend(plan.targets.clone());
        assert_eq!(Matter::of_plan(&plan).size, 2);
        plan.bulk = Some(Bulk { count: 7, ..Bulk::of([]) });
        assert_eq!(Matter::of_plan(&plan).size, 7);
    }
}
