//! Whether anybody could still approve, under all rules together.
//!
//! Guarantees that what the file itself asks for can be had from the people it names, for every environment, change and
//! number of things; where user groups leave that open it says nothing. Leaves what a risk asks for beyond the file to
//! the moment of a request, which refuses it in words: a team of two can do all but what nobody can undo.

use std::collections::BTreeSet;

use super::problem::{Place, Report};
use super::scope::Known;
use crate::approval::{Matter, Policy, Risk, Role};

/// Reports, once for each set of rules, where too few people could approve, or nobody could ask.
pub(super) fn refuse_if_nobody_could(
    report: &mut Report<'_>,
    policy: &Policy,
    known: &Known,
    access: Place,
    rules: &[Place],
) {
    let usual = Policy { rules: vec![], ..policy.clone() };
    // What the lists that hold everywhere lack is said once, whatever the rules add to it.
    if let Some(why) = too_few_anywhere(&usual) {
        report.at(access, why);
        return;
    }
    let mut said: Vec<BTreeSet<usize>> = vec![];
    for (environment, operation) in known.every_change() {
        for size in policy.sizes() {
            let matter = Matter { operation: operation.name, environment, risk: operation.risk, size };
            let about: BTreeSet<usize> =
                (0..).zip(&policy.rules).filter(|(_, rule)| rule.fits(&matter)).map(|(n, _)| n).collect();
            let Some(last) = about.last().and_then(|last| rules.get(*last)) else { continue };
            // Rules that come on top of those mend nothing.
            if said.iter().any(|said| said.is_subset(&about)) {
                continue;
            }
            if let Some(why) = too_few(policy, &matter) {
                report.at(*last, why);
                said.push(about);
            }
        }
    }
}

/// What the lists that hold everywhere lack for the approvals that are needed everywhere.
fn too_few_anywhere(usual: &Policy) -> Option<String> {
    // No list that holds everywhere asks what it is about.
    let matter = Matter { operation: "", environment: "", risk: Risk::Reversible, size: 1 };
    let needed = usize::from(usual.approvals.get());
    let others = usual.most_others(&matter).filter(|others| *others < needed)?;
    let only_the_requester = others == 0 && usual.could(Role::Approver, &matter)?.len() == 1;
    Some(if only_the_requester {
        "approvers holds only the requester, so nobody could approve; add another person's id to users, or \
         usergroups = [\"S…\"]"
            .to_owned()
    } else {
        format!(
            "approvers holds too few people for approvals = {needed}, of whom none may be the requester; add people to \
             users, or usergroups = [\"S…\"]"
        )
    })
}

/// What is wrong with the rules that are about this, if anything is.
fn too_few(policy: &Policy, matter: &Matter<'_>) -> Option<String> {
    let names: Vec<_> = policy.rules_for(matter).map(|rule| format!("\"{}\"", rule.name)).collect();
    let by = names.join(" and ");
    let many = if matter.size > 1 { format!(" of {} at once", matter.size) } else { String::new() };
    let what = format!("{}{many} on {}", matter.operation, matter.environment);
    if policy.could(Role::Requester, matter).is_some_and(|people| people.is_empty()) {
        return Some(format!(
            "under {by}, nobody may ask for {what}: no list of theirs has anybody whom the others have; write some of the \
             same people into each"
        ));
    }
    let needed = [policy.approvals]
        .into_iter()
        .chain(policy.rules_for(matter).filter_map(|rule| rule.approvals))
        .map(|approvals| usize::from(approvals.get()))
        .max()?;
    let others = policy.most_others(matter).filter(|others| *others < needed)?;
    let people = if needed == 1 { "person" } else { "people" };
    Some(format!(
        "under {by}, {what} takes {needed} {people} other than whoever asks, and the lists leave {others}; add people to \
         approvers, or usergroups = [\"S…\"]"
    ))
}
