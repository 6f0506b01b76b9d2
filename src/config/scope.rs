//! Where a rule or a freeze holds: its `name`, `environments` and `operations`.
//!
//! Guarantees that every word of them is one this bot knows, so that a slip of the pen makes nothing laxer in silence.
//! Leaves what holds there to `rules` and `freezes`.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Place, Report};
use super::section::{Placed, Section};
use super::values;
use crate::approval::Risk;
use crate::operations::{Meta, Operation, Registry};
use crate::suggestion::nearest;

/// What people call what holds everywhere; no rule may.
const RESERVED: [&str; 4] = ["access", "policy", "risk", "two_approvals_above"];

const LONGEST_NAME: usize = 60;

/// What the file's words may be about.
pub(super) struct Known {
    /// The environments that the file names, sound or not.
    pub(super) environments: Vec<String>,
    /// Every operation.
    pub(super) registry: Registry,
    names: BTreeMap<String, &'static str>,
}

/// Where something holds; an empty part: everywhere.
pub(super) struct Scope {
    pub(super) environments: BTreeSet<String>,
    pub(super) operations: BTreeSet<String>,
}

impl Known {
    pub(super) fn new(environments: Vec<String>) -> Self {
        Self { environments, registry: Registry::all(), names: BTreeMap::new() }
    }

    /// Every operation that needs an approval.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Operation> {
        self.registry.iter().filter(|operation| operation.meta.risk != Risk::Read)
    }

    /// The same on every environment; where the file has none, on one without a name.
    pub(super) fn every_change(&self) -> impl Iterator<Item = (&str, Meta)> {
        const NAMELESS: [&str; 1] = [""];
        let nameless = NAMELESS.into_iter().filter(|_| self.environments.is_empty());
        let environments = self.environments.iter().map(String::as_str).chain(nameless);
        environments
            .flat_map(|environment| self.changes().map(move |operation| (environment, operation.meta)))
    }

    /// The name of a rule or a freeze, which nothing else in the file may have. `of` is one of those.
    pub(super) fn name(
        &mut self,
        report: &mut Report<'_>,
        section: &mut Section<'_>,
        of: &'static str,
        example: &str,
    ) -> Option<String> {
        let Placed { value, place } =
            section.required(report, "name", example, |text| line(text, LONGEST_NAME))?;
        if value.contains(',') {
            report.at(place, "name has a comma, which stands between names in the audit; write it without");
        }
        if RESERVED.contains(&value.as_str()) {
            report
                .at(place, format!("name is \"{value}\", which the bot calls its own rules; write another"));
        }
        if let Some(other) = self.names.insert(value.clone(), of) {
            report.at(place, format!("name is that of another {other} too; write one that nothing else has"));
        }
        Some(value)
    }

    /// Where it holds.
    pub(super) fn scope(&self, report: &mut Report<'_>, section: &mut Section<'_>) -> Scope {
        let environments =
            section.chosen(report, "environments", "[\"production\"]", |text| self.environment(text));
        let operations = section.chosen(report, "operations", "[\"dataset\"]", |text| self.operation(text));
        Scope { environments, operations }
    }

    fn environment(&self, text: &str) -> Result<String, String> {
        if self.environments.iter().any(|known| known == text) {
            return Ok(text.to_owned());
        }
        let known = self.environments.iter().map(String::as_str);
        Err(match nearest(text, known) {
            Some(known) => format!("is no environment of this file; did you mean \"{known}\"?"),
            None => format!("is no environment of this file; it has {}", listed(&self.environments)),
        })
    }

    fn operation(&self, text: &str) -> Result<String, String> {
        const READS: &str = "changes nothing, so nobody has to approve it; leave it out";
        if let Some(operation) = self.registry.find(text) {
            return if operation.meta.risk == Risk::Read {
                Err(READS.to_owned())
            } else {
                Ok(text.to_owned())
            };
        }
        if self.changes().any(|operation| operation.noun() == text) {
            return Ok(text.to_owned());
        }
        if self.registry.iter().any(|operation| operation.noun() == text) {
            return Err(READS.to_owned());
        }
        if let Some(long) = self.changes().find(|operation| operation.meta.short.contains(&text)) {
            return Err(format!("is short for an operation; write \"{}\"", long.meta.name));
        }
        let known = self.changes().flat_map(|operation| [operation.noun(), operation.meta.name]);
        if let Some(known) = nearest(text, known) {
            return Err(format!("is no operation; did you mean \"{known}\"?"));
        }
        let families: BTreeSet<_> = self.changes().map(|one| one.noun().to_owned()).collect();
        Err(format!(
            "is no operation; write a family ({}) or a whole name, like \"dataset purge\"",
            listed(&families)
        ))
    }
}

/// A text for people on one line.
pub(super) fn line(text: &str, longest: usize) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("has a line break or another control character; write it on one line".to_owned());
    }
    if text.chars().count() > longest {
        return Err(format!("is longer than {longest} characters; write fewer"));
    }
    values::text(text)
}

fn listed<'t>(names: impl IntoIterator<Item = &'t String>) -> String {
    names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// What was read, and where it stands.
pub(super) struct Standing<T> {
    pub(super) what: T,
    pub(super) place: Place,
}
