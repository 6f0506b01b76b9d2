//! `[[rules]]`: what is stricter than usual, and where.
//!
//! Guarantees that a rule has an effect, and that it can only tighten. Leaves what holds everywhere to `access`, and
//! whether anybody can still approve to `enough`.

use std::num::NonZeroU8;

use super::access::{self, Listed};
use super::problem::Report;
use super::scope::{Known, Scope, Standing};
use super::section::{Placed, Section};
use crate::approval::{Risk, Rule};
use crate::suggestion::nearest;

/// More things than this are never asked for at once.
pub(super) const MOST_THINGS: u32 = 10_000;

const RISKS: [(&str, Risk); 3] =
    [("reversible", Risk::Reversible), ("partly", Risk::Partly), ("irreversible", Risk::Irreversible)];

/// Reads every rule without a mistake in it, with where it stands and whom it names.
pub(super) fn rules(
    report: &mut Report<'_>,
    root: &mut Section<'_>,
    known: &mut Known,
    usual: NonZeroU8,
) -> Vec<(Standing<Rule>, Vec<Listed>)> {
    let sections = root.tables(report, "rules");
    sections.into_iter().filter_map(|section| rule(report, section, known, usual)).collect()
}

fn rule(
    report: &mut Report<'_>,
    mut section: Section<'_>,
    known: &mut Known,
    usual: NonZeroU8,
) -> Option<(Standing<Rule>, Vec<Listed>)> {
    let (place, before) = (section.place, report.count());
    let name = known.name(report, &mut section, "rule", "\"production is stricter\"");
    let Scope { environments, operations } = known.scope(report, &mut section);
    let risks = section.chosen(report, "risks", "[\"irreversible\"]", risk);
    let more_than = section.number_within(report, "more_than", (1, MOST_THINGS), 50);
    let requesters = access::list(report, &mut section, "requesters");
    let approvers = access::list(report, &mut section, "approvers");
    let approvals = access::approvals(report, &mut section);
    section.finish(report);
    if let Some(Placed { value, place }) = &approvals
        && *value <= usual
    {
        report.at(
            *place,
            format!(
                "approvals is {value}, but {usual} is needed everywhere and a rule lowers nothing; write more, or leave \
                 it out"
            ),
        );
    }
    if before == report.count() && requesters.is_none() && approvers.is_none() && approvals.is_none() {
        report.at(place, "[[rules]] asks for nothing; write requesters, approvers or approvals in it");
    }
    if before != report.count() {
        return None;
    }
    let ids = |listed: &Option<Listed>| listed.as_ref().map(|listed| listed.list.clone());
    let rule = Rule {
        name: name?,
        environments,
        operations,
        risks,
        more_than,
        requesters: ids(&requesters),
        approvers: ids(&approvers),
        approvals: approvals.map(|approvals| approvals.value),
    };
    Some((Standing { what: rule, place }, [requesters, approvers].into_iter().flatten().collect()))
}

fn risk(text: &str) -> Result<Risk, String> {
    if text == "read" {
        return Err("changes nothing, so nobody has to approve it; leave it out".to_owned());
    }
    RISKS.iter().find(|(name, _)| *name == text).map(|(_, risk)| *risk).ok_or_else(|| {
        match nearest(text, RISKS.map(|(name, _)| name)) {
            Some(known) => format!("is no risk; did you mean \"{known}\"?"),
            None => "is no risk; write \"reversible\", \"partly\" or \"irreversible\"".to_owned(),
        }
    })
}
