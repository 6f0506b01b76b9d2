//! Many datasets back at once: the undoing of a withdrawal of many.
//!
//! Guarantees that exactly those come back that the withdrawal withdrew and that are still withdrawn, each to the
//! state, publisher and groups that it had; and that nothing is offered where CKAN's way of restoring loses something.
//! Leaves each single restore to the parent module.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    DatasetRestore, MENDED, PERHAPS_MENDED, PreviousState, Work, by_database, publisher_tie, revision,
};
use crate::approval::{Bulk, Item, Owner, Plan};
use crate::ckan::{
    CallError, Cause, CkanVersion, Dataset, DatasetState, Effect, Reindexing, Restoring, Site, many,
};
use crate::operations::bulk::{BulkWork, Look, Moved, Seen, each};
use crate::operations::dataset_withdraw;
use crate::operations::resolve::{self, LeftOut, RECORDS_AT_ONCE};
use crate::operations::{Facts, PlanError, Progress, Sighting, owners};

/// What is approved of one dataset.
#[derive(Serialize, Deserialize)]
struct Before {
    #[serde(flatten)]
    work: Work,
    modified: String,
}

fn before(item: &Item) -> Result<Before, CallError> {
    serde_json::from_str(&item.before)
        .map_err(|_| CallError::nothing_done("package_revise", Cause::BadRequest))
}

/// What is found of what was withdrawn.
#[derive(Default)]
struct Findings {
    found: Vec<(Uuid, String, String, String)>,
    back_already: LeftOut,
    gone: LeftOut,
    drafts: usize,
    renamed: LeftOut,
    version: Option<String>,
    in_database: bool,
    owners: BTreeSet<Owner>,
}

impl Findings {
    fn take(&mut self, site: &Site, item: &Item, dataset: &Dataset) -> Result<(), PlanError> {
        if dataset.state != DatasetState::Deleted {
            self.back_already.add(&item.name);
            return Ok(());
        }
        let was = dataset_withdraw::before(item)?;
        let restoring = Restoring::of_many(site, dataset.contacts_hidden, self.version.as_deref());
        let in_database = way(site, restoring, was.publisher.is_some(), self.version.as_deref())?;
        self.in_database |= in_database.is_some();
        if dataset.name != item.name {
            self.renamed.add(&item.name);
        }
        self.owners.extend(dataset.organisation.as_ref().map(owners::publisher));
        self.drafts += usize::from(was.state == PreviousState::Draft);
        let before = Before {
            work: Work {
                id: dataset.id,
                to: was.state,
                private: was.private,
                resources: was.resources,
                publisher: was.publisher,
                groups: was.groups,
                keep_resources_aside: restoring == Restoring::Complete,
                in_database,
            },
            modified: dataset.modified.clone(),
        };
        self.found.push((dataset.id, dataset.name.clone(), dataset.title.clone(), json!(before).to_string()));
        Ok(())
    }
}

/// How the database is the way, where it is; refused where something would be lost.
fn way(
    site: &Site,
    restoring: Restoring,
    has_publisher: bool,
    version: Option<&str>,
) -> Result<Option<Reindexing>, PlanError> {
    let lossy = match restoring {
        Restoring::Complete => return Ok(None),
        Restoring::InDatabase(tie) if has_publisher => return Ok(Some(tie)),
        Restoring::InDatabase(_) => {
            let version = version.and_then(CkanVersion::parse);
            match Reindexing::of(site, false, version) {
                Some(command) => return Ok(Some(command)),
                None => "have no publisher, and the bot has no way to bring the search index to follow",
            }
        }
        Restoring::ErasesRemovedResources => {
            "may have had resources removed earlier, which a restore over the API of a CKAN before 2.12 erases"
        }
        Restoring::BlanksContacts => {
            "would lose author and maintainer, which this CKAN hides and a restore over its API blanks"
        }
    };
    Err(PlanError::Refused(format!(
        "The bot does not restore them: some {lossy}. Have them restored in the database, or give the bot a role that \
         may do it."
    )))
}

async fn plan(site: &Site, items: Vec<Item>) -> Result<Plan, PlanError> {
    let proof = site.prove().await?;
    let mut findings = Findings { version: proof.ckan_version, ..Findings::default() };
    for some in items.chunks(many::SEEN_AT_ONCE) {
        let shown = each(some, RECORDS_AT_ONCE, |item| async move {
            resolve::shown(site, &item.target.to_string()).await
        })
        .await?;
        for (item, dataset) in some.iter().zip(shown) {
            match dataset {
                Some(dataset) => {
                    findings.take(site, item, &dataset)?;
                    // A copy of this site has the same UUIDs: its database must not be written in place of this one's.
                    if findings.in_database && dataset.state == DatasetState::Deleted {
                        by_database::must_agree(site, &dataset).await?;
                    }
                }
                None => findings.gone.add(&item.name),
            }
        }
    }
    if findings.found.is_empty() {
        return Err(PlanError::Refused(
            "None of them is withdrawn any more, so there is nothing to restore.".to_owned(),
        ));
    }
    Ok(put_together(site, findings))
}

fn put_together(site: &Site, findings: Findings) -> Plan {
    let count = findings.found.len();
    let first: Vec<&str> = findings.found.iter().take(5).map(|(_, name, ..)| name.as_str()).collect();
    let more = if count > first.len() { ", …" } else { "" };
    let mut shown = vec![
        ("Datasets".to_owned(), count.to_string()),
        ("The first of them".to_owned(), format!("{}{more}", first.join(", "))),
        (
            "Come back as".to_owned(),
            match findings.drafts {
                0 => "active, as they were".to_owned(),
                drafts => format!("{} active, {drafts} draft, as they were", count - drafts),
            },
        ),
    ];
    if findings.in_database {
        shown.push(("Way".to_owned(), by_database::way(Reindexing::PublisherTie).to_owned()));
    }
    for (label, kind) in
        [("Restored meanwhile, left out", &findings.back_already), ("Gone, left out", &findings.gone)]
    {
        if kind.count > 0 {
            shown.push((label.to_owned(), kind.told()));
        }
    }
    let mut warnings = vec![];
    if findings.renamed.count > 0 {
        warnings.push(format!(
            "Another dataset took the slug of some meanwhile: they come back with their UUID in its place ({}).",
            findings.renamed.told()
        ));
    }
    let what = if count == 1 { "1 dataset".to_owned() } else { format!("{count} datasets") };
    Plan {
        shown,
        effects: vec![
            "Each comes back in its previous state, with its publisher, resources and groups.".to_owned(),
            "First one is restored and verified, then five, then the rest; too many failures stop it."
                .to_owned(),
        ],
        warnings,
        work: json!({}),
        bulk: Some(Bulk::of(findings.found)),
        owners: findings.owners.into_iter().collect(),
        ..Plan::of(format!("Restore {what} on {}", site.environment))
    }
}

#[async_trait]
impl BulkWork for DatasetRestore {
    fn doing(&self) -> &'static str {
        "Restoring"
    }

    fn done(&self) -> &'static str {
        "restored"
    }

    async fn facts(&self, _: &Site, _: &Plan) -> Result<Facts, CallError> {
        Ok(Facts::new())
    }

    async fn moved(&self, site: &Site, items: &[Item]) -> Result<Vec<Moved>, CallError> {
        let moved = each(items, RECORDS_AT_ONCE, |item| async move {
            let before = before(item)?;
            let now = match resolve::shown(site, &item.target.to_string()).await? {
                None => Some("CKAN does not have it any more.".to_owned()),
                Some(now) if now.state != DatasetState::Deleted => {
                    Some(format!("It is “{}” again.", now.state.as_str()))
                }
                Some(now) if now.modified != before.modified => {
                    Some(format!("It was changed on {}.", now.modified_for_people()))
                }
                Some(_) => None,
            };
            Ok(now.map(|now| Moved { position: item.position, now }))
        })
        .await?;
        Ok(moved.into_iter().flatten().collect())
    }

    async fn act(&self, site: &Site, item: &Item) -> Result<(), CallError> {
        let work = before(item)?.work;
        if let Some(reindexing) = work.in_database {
            return by_database::execute(site, &work, reindexing, &Progress::unseen()).await;
        }
        if let Some(publisher) = &work.publisher {
            let member = publisher_tie(publisher, work.id);
            site.write_one_of_many("member_create", &member).await.map_err(|error| {
                let earlier = (error.effect == Effect::Unknown).then_some(PERHAPS_MENDED);
                CallError { effect: Effect::NotApplied, earlier, ..error }
            })?;
        }
        let revised = site.write_one_of_many("package_revise", &revision(&work)).await;
        revised.map_err(|error| CallError { earlier: work.publisher.is_some().then_some(MENDED), ..error })
    }

    async fn look(&self, site: &Site, items: &[Item], look: Look) -> Result<Vec<Seen>, CallError> {
        if look == Look::Record {
            return each(items, RECORDS_AT_ONCE, |item| by_record(site, item)).await;
        }
        let mut found = vec![];
        for some in items.chunks(many::SEEN_AT_ONCE) {
            let ids: Vec<Uuid> = some.iter().map(|item| item.target).collect();
            let seen = many::seen(site, &ids).await?;
            for item in some {
                let work = before(item)?.work;
                found.push(match seen.get(&item.target) {
                    Some(now)
                        if now.state == work.to.ckan()
                            && now.private == work.private
                            && now.may_be_of(work.publisher.as_deref()) =>
                    {
                        Seen::Done
                    }
                    _ => Seen::NotDone("The search does not show it as it was.".to_owned()),
                });
            }
        }
        Ok(found)
    }

    fn seen(&self) -> Vec<String> {
        vec![
            "The search has all of them again, each in the state and with the publisher that it had.".to_owned(),
            "CKAN's own record of the first ones, and of each one whose answer was unclear, has their resources and \
             groups as well."
                .to_owned(),
        ]
    }

    async fn plan_undoing(&self, site: &Site, _: &Plan, items: Vec<Item>) -> Result<Plan, PlanError> {
        plan(site, items).await
    }
}

async fn by_record(site: &Site, item: &Item) -> Result<Seen, CallError> {
    let work = before(item)?.work;
    let looked = match &work.in_database {
        Some(_) => by_database::probe(site, &work).await,
        None => super::seen(site, &work).await,
    };
    let looked = match looked {
        Ok(looked) => looked,
        Err(error) if error.cause == Cause::SearchIndex => {
            return Ok(Seen::NotDone("CKAN has it back, but the search does not find it.".to_owned()));
        }
        Err(error) => return Err(error),
    };
    Ok(match looked {
        Sighting::Happened(_) => Seen::Done,
        Sighting::Partly(seen) => Seen::DoneBut(seen.join(" ")),
        Sighting::NotHappened(seen) => Seen::NotDone(seen.join(" ")),
    })
}
