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
