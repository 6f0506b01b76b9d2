//! Who asked the team for a change, as CKAN knows them.
//!
//! Guarantees that people see of their address only what is masked; that an account which nobody can log in with speaks
//! for no publisher; and that CKAN's silence, or its not knowing them, is a warning that an approver judges and never a
//! refusal, since departments succeed one another. Nothing of it is part of what an approval binds to. Leaves the words to
//! `sentences::source`.

use std::collections::BTreeMap;

use crate::approval::{Owner, Plan, Source};
use crate::ckan::{CallError, Site, User, UserState};
use crate::operations::ChangeOperation as _;
use crate::operations::dataset_purge::DatasetPurge;
use crate::operations::dataset_withdraw::DatasetWithdraw;
use crate::operations::user_email::UserEmail;
use crate::sentences::source::{REQUESTED_BY, Standing, nobody_named, told};

/// Puts on the plan who asked, and what CKAN says of them.
pub(super) async fn check(site: &Site, source: &Source, plan: &mut Plan) {
    let standing = match standing(site, source.whole(), &plan.owners).await {
        Ok(standing) => standing,
        Err(error) => {
            tracing::warn!(error = %error, "CKAN could not say who asked for a change");
            Standing::Silent
        }
    };
    let (row, warning) = told(source.whole(), &site.environment, &standing);
    plan.shown.push((REQUESTED_BY.to_owned(), row));
    plan.warnings.extend(warning);
}

/// Puts on the plan that nobody said who asked, where the runbook demands that they are checked.
pub(super) fn warn_of_nobody(plan: &mut Plan) {
    let operation = plan.operation.as_str();
    if [DatasetWithdraw::META.name, DatasetPurge::META.name].contains(&operation) {
        plan.warnings.push(nobody_named(false));
    } else if operation == UserEmail::META.name {
        plan.warnings.push(nobody_named(true));
    }
}

async fn standing(site: &Site, address: &str, owners: &[Owner]) -> Result<Standing, CallError> {
    let accounts = User::with_address(site, address).await?;
    let changed: Vec<_> = owners
        .iter()
        .filter_map(|owner| match owner {
            Owner::Account(id) => Some(*id),
            Owner::Publisher { .. } => None,
        })
        .collect();
    if !changed.is_empty() {
        let own = accounts.iter().any(|account| changed.contains(&account.id));
        return Ok(if own { Standing::OwnAccount } else { Standing::AnothersAccount });
    }
    let active: Vec<&User> = accounts.iter().filter(|account| account.state == UserState::Active).collect();
    if active.is_empty() {
        if accounts.iter().any(|account| account.state == UserState::Pending) {
            return Ok(Standing::Pending);
        }
        let mut deleted = User::deleted(site, address).await?;
        deleted.retain(|account| account.email.as_ref().is_some_and(|email| email.is_same_as(address)));
        let deactivated = !accounts.is_empty() || !deleted.is_empty();
        return Ok(if deactivated { Standing::Deactivated } else { Standing::NoAccount });
    }
    if active.iter().any(|account| account.sysadmin) {
        return Ok(Standing::Sysadmin);
    }
    let mut roles = BTreeMap::new();
    for account in active {
        let memberships = account.memberships(site).await?;
        roles.extend(memberships.into_iter().map(|one| (one.publisher_id, one.role)));
    }
    let (mut held, mut missing) = (vec![], vec![]);
    for owner in owners {
        let Owner::Publisher { id, name } = owner else { continue };
        match roles.get(id) {
            Some(role) => held.push((role.clone(), name.clone())),
            None => missing.push(name.clone()),
        }
    }
    Ok(Standing::Roles { held, missing })
}
