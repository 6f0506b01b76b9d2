//! Many datasets under one request.
//!
//! Guarantees that what is approved of each is its UUID, slug, title, state, publisher, last change and harvester;
//! that what is typed must all be there, while lines of a list that cannot be withdrawn are left out and counted on
//! the card; and that CKAN's own `bulk_update_delete`, which answers 200 to ids that it ignores, is never used.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Arguments, DatasetWithdraw};
use crate::approval::{Bulk, Item, Owner, Plan};
use crate::ckan::{CallError, Cause, Dataset, DatasetState, Harvester, Restoring, Site, many};
use crate::operations::bulk::{BulkWork, Look, Moved, Seen, each};
use crate::operations::dataset_restore::{DatasetRestore, PreviousState};
use crate::operations::resolve::{self, LeftOut, RECORDS_AT_ONCE};
use crate::operations::target::DatasetTarget;
use crate::operations::{ChangeOperation as _, Facts, Inverse, PlanError, owners, visibility};

/// Harvesters that are asked about and told of.
const MOST_HARVESTERS: usize = 5;

/// What is approved of one dataset, and what a restore needs.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::operations) struct Before {
    pub(in crate::operations) state: PreviousState,
    pub(in crate::operations) private: bool,
    pub(in crate::operations) publisher: Option<String>,
    pub(in crate::operations) modified: String,
    pub(in crate::operations) groups: Vec<String>,
    pub(in crate::operations) resources: usize,
    pub(in crate::operations) harvest_source: Option<String>,
    /// The search has it, so that its absence afterwards tells something.
    pub(in crate::operations) indexed: bool,
}

#[derive(Serialize, Deserialize)]
struct Work {
    sources: Vec<String>,
    offers_restore: bool,
}

/// What is found on the way to a plan.
#[derive(Default)]
struct Findings {
    found: Vec<(Uuid, String, String, String)>,
    withdrawn: LeftOut,
    not_datasets: LeftOut,
    odd_state: LeftOut,
    drafts: LeftOut,
    private: LeftOut,
    in_groups: usize,
    /// Source id to how many of the datasets are its.
    harvested: BTreeMap<String, usize>,
    contacts_hidden: bool,
    owners: BTreeSet<Owner>,
}

impl Findings {
    fn take(&mut self, key: &str, dataset: &Dataset, indexed: bool) {
        if dataset.kind != "dataset" {
            return self.not_datasets.add(key);
        }
        let state = match &dataset.state {
            DatasetState::Active => PreviousState::Active,
            DatasetState::Draft => PreviousState::Draft,
            DatasetState::Deleted => return self.withdrawn.add(key),
            DatasetState::Other(_) => return self.odd_state.add(key),
        };
        if state == PreviousState::Draft {
            self.drafts.add(&dataset.name);
        }
        if dataset.private {
            self.private.add(&dataset.name);
        }
        self.in_groups += usize::from(!dataset.groups.is_empty());
        self.contacts_hidden |= dataset.contacts_hidden;
        self.owners.extend(dataset.organisation.as_ref().map(owners::publisher));
        let harvest_source = dataset.harvested_by.as_ref().map(|by| by.source_id.clone());
        if let Some(source) = &harvest_source {
            *self.harvested.entry(source.clone()).or_default() += 1;
        }
        let before = Before {
            state,
            private: dataset.private,
            publisher: dataset.organisation.as_ref().map(|publisher| publisher.id.clone()),
            modified: dataset.modified.clone(),
            groups: dataset.groups.clone(),
            resources: dataset.resources,
            harvest_source,
            indexed,
        };
        self.found.push((dataset.id, dataset.name.clone(), dataset.title.clone(), json!(before).to_string()));
    }
}

/// The plan for what the arguments name.
pub(super) async fn plan(site: &Site, arguments: &Arguments) -> Result<Plan, PlanError> {
    let proof = site.prove().await?;
    let mut findings = Findings::default();
    let mut lines = resolve::Lines::default();
    let mut whose = None;
    match (&arguments.publisher, arguments.targets.is_empty()) {
        (Some(_), false) => {
            return Err(PlanError::Refused(
                "Name either datasets or a publisher with `--publisher`, not both in one request.".to_owned(),
            ));
        }
        (Some(publisher), true) => {
            let publisher = Publisher::of(site, publisher).await?;
            resolve::each_of_publisher(site, &publisher.id, |dataset| {
                findings.take(&dataset.name.clone(), &dataset, true);
            })
            .await?;
            whose = Some(publisher);
        }
        (None, _) => {
            lines = resolve::each_named(site, &arguments.targets, |key, dataset, indexed| {
                findings.take(key, &dataset, indexed);
            })
            .await?;
            for key in &arguments.repeated {
                lines.duplicate.add(key);
            }
            for line in &arguments.bad_lines {
                lines.unreadable.add(&format!("line {line}"));
            }
        }
    }
    if !arguments.list {
        refuse_what_was_typed_in_vain(site, &findings, &lines)?;
    }
    refuse_if_nothing_is_left(&findings, &lines, whose.as_ref())?;
    let restoring = Restoring::of_many(site, findings.contacts_hidden, proof.ckan_version.as_deref());
    put_together(site, findings, &lines, whose.as_ref(), restoring).await
}

struct Publisher {
    id: String,
    label: String,
}

impl Publisher {
    async fn of(site: &Site, key: &str) -> Result<Self, PlanError> {
        #[derive(Deserialize)]
        struct Shown {
            id: String,
            name: String,
            title: Option<String>,
        }
        let key = key.trim();
        let is_key = (2..=100).contains(&key.len())
            && !key.starts_with('-')
            && key.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
            });
        if !is_key {
            return Err(PlanError::Refused(
                "That is no publisher's slug. Type it as it stands at the end of the address of the publisher's \
                 page, or give its UUID."
                    .to_owned(),
            ));
        }
        let question = json!({"id": key, "include_users": false, "include_datasets": false});
        let shown: Shown =
            site.read("organization_show", &question).await.map_err(|error| match error.cause {
                Cause::NotFound => PlanError::Refused(format!(
                    "There is no publisher `{key}` on {}. Check it against the address of the publisher's page, and \
                     the environment.",
                    site.environment
                )),
                _ => PlanError::Ckan(error),
            })?;
        let label = shown.title.filter(|title| !title.trim().is_empty()).unwrap_or(shown.name);
        // It goes into a question to the search.
        let id = Uuid::try_parse(&shown.id)
            .map_err(|_| CallError::nothing_done("organization_show", Cause::NotCkan))?;
        Ok(Self { id: id.to_string(), label })
    }
}

/// Somebody who types names means all of them: one that is not there is a mistake, perhaps a word of the reason.
fn refuse_what_was_typed_in_vain(
    site: &Site,
    findings: &Findings,
    lines: &resolve::Lines,
) -> Result<(), PlanError> {
    if lines.unknown.count > 0 {
        return Err(PlanError::Refused(format!(
            "There is no dataset `{}` on {}, so nothing was asked for. Check each name, and put a reason of several \
             words in quotation marks.",
            lines.unknown.first.join("`, `"),
            site.environment
        )));
    }
    if findings.not_datasets.count > 0 {
        return Err(PlanError::Refused(format!(
            "`{}` is not a dataset but, for example, a harvest source: withdrawing it would switch its harvester off. \
             Leave it out.",
            findings.not_datasets.first.join("`, `")
        )));
    }
    Ok(())
}

fn left_out(findings: &Findings, lines: &resolve::Lines) -> Vec<(String, String)> {
    [
        ("Unreadable, left out", &lines.unreadable),
        ("Unknown, left out", &lines.unknown),
        ("Named twice, left out", &lines.duplicate),
        ("Already withdrawn, left out", &findings.withdrawn),
        ("Not datasets, left out", &findings.not_datasets),
        ("In a state CKAN does not know, left out", &findings.odd_state),
    ]
    .into_iter()
    .filter(|(_, kind)| kind.count > 0)
    .map(|(label, kind)| (label.to_owned(), kind.told()))
    .collect()
}

fn refuse_if_nothing_is_left(
    findings: &Findings,
    lines: &resolve::Lines,
    whose: Option<&Publisher>,
) -> Result<(), PlanError> {
    if !findings.found.is_empty() {
        return Ok(());
    }
    if let Some(publisher) = whose {
        return Err(PlanError::Refused(format!(
            "The search finds no active dataset of {}, so there is nothing to withdraw.",
            publisher.label
        )));
    }
    let why: Vec<String> = left_out(findings, lines)
        .into_iter()
        .map(|(label, told)| format!("{} ({told})", label.replace(", left out", "").to_lowercase()))
        .collect();
    if why.is_empty() {
        return Err(PlanError::Refused("No dataset is named, so there is nothing to withdraw.".to_owned()));
    }
    Err(PlanError::Refused(format!("There is nothing to withdraw: {}.", why.join("; "))))
}

async fn put_together(
    site: &Site,
    findings: Findings,
    lines: &resolve::Lines,
    whose: Option<&Publisher>,
    restoring: Restoring,
) -> Result<Plan, PlanError> {
    let count = findings.found.len();
    let mut most: Vec<(&String, &usize)> = findings.harvested.iter().collect();
    most.sort_by(|(_, a), (_, b)| b.cmp(a));
    let sources: Vec<String> =
        most.iter().take(MOST_HARVESTERS).map(|(source, _)| (*source).clone()).collect();
    let harvesters = harvesters(site, &sources).await?;
    let work = Work { sources, offers_restore: restoring.loses_nothing() };
    let mut shown = vec![("Datasets".to_owned(), count.to_string())];
    shown.extend(whose.map(|publisher| ("Publisher".to_owned(), publisher.label.clone())));
    let first: Vec<&str> = findings.found.iter().take(5).map(|(_, name, ..)| name.as_str()).collect();
    let more = if count > first.len() { ", …" } else { "" };
    shown.push(("The first of them".to_owned(), format!("{}{more}", first.join(", "))));
    let harvested: usize = findings.harvested.values().sum();
    let by_hand = count - harvested;
    shown.push(("Harvested".to_owned(), format!("{harvested}; published by hand: {by_hand}")));
    shown.extend(left_out(&findings, lines));
    let mut warnings = vec![];
    for (kind, what) in [
        (&findings.drafts, "are drafts: the public has never seen them in this form"),
        (&findings.private, "are private: only their publisher's members see them now"),
    ] {
        if kind.count > 0 {
            warnings.push(format!("Some {what} ({}).", kind.told()));
        }
    }
    for harvester in &harvesters {
        let its = findings.harvested.get(&harvester.source_id).copied().unwrap_or_default();
        warnings.push(format!("{its} of them: {}", harvester.outlook()));
    }
    if findings.harvested.len() > harvesters.len() {
        warnings.push(format!(
            "They belong to {} harvesters; those with the most of them are told here.",
            findings.harvested.len()
        ));
    }
    if whose.is_some() {
        warnings.push(
            "Only what the search finds is among them: drafts and datasets that are missing in the search are not."
                .to_owned(),
        );
    }
    if restoring == Restoring::ErasesRemovedResources {
        warnings.push(
            "On this CKAN, older than 2.12, a restore over the API erases resources that were removed from a dataset \
             earlier, so no button offers it for all of them: each has to be restored by itself."
                .to_owned(),
        );
    }
    let mut effects = vec![
        "They disappear from the site, the search and the API for everybody but sysadmins.".to_owned(),
        "CKAN keeps them with their resources and files.".to_owned(),
        "First one is withdrawn and verified, then five, then the rest; too many failures stop it."
            .to_owned(),
    ];
    if findings.in_groups > 0 {
        effects.push(match restoring {
            Restoring::Complete | Restoring::InDatabase(_) => {
                "They leave their groups; the Restore that is offered afterwards puts them back into them."
                    .to_owned()
            }
            Restoring::ErasesRemovedResources | Restoring::BlanksContacts => {
                "They leave their groups.".to_owned()
            }
        });
    }
    let irreversible = match restoring {
        Restoring::BlanksContacts => vec![
            "The bot cannot give them back: this CKAN hides author and maintainer, and its restore would blank them. \
             They would have to be restored in the database."
                .to_owned(),
        ],
        Restoring::Complete | Restoring::InDatabase(_) | Restoring::ErasesRemovedResources => vec![],
    };
    let summary = match count {
        1 => format!("Withdraw 1 dataset from {}", site.environment),
        _ => format!("Withdraw {count} datasets from {}", site.environment),
    };
    // What the bot cannot give back at all is not approved by a press alone.
    let confirmation = (!irreversible.is_empty()).then(|| format!("withdraw {count}"));
    Ok(Plan {
        shown,
        effects,
        warnings,
        irreversible,
        confirmation,
        facts: facts_of(&harvesters),
        work: json!(work),
        bulk: Some(Bulk::of(findings.found)),
        owners: findings.owners.into_iter().collect(),
        ..Plan::of(summary)
    })
}

async fn harvesters(site: &Site, sources: &[String]) -> Result<Vec<Harvester>, CallError> {
    each(sources, RECORDS_AT_ONCE, |source| Harvester::of_source(site, source)).await
}

/// An approver's "they stay away" hangs on what the harvesters will do.
fn facts_of(harvesters: &[Harvester]) -> Facts {
    harvesters
        .iter()
        .map(|harvester| (format!("What “{}” does", harvester.label()), harvester.outlook()))
        .collect()
}

/// The way back, where the bot offers one.
pub(super) fn inverse(plan: &Plan) -> Option<Inverse> {
    let offered = Work::deserialize(&plan.work).is_ok_and(|work| work.offers_restore);
    offered.then_some(Inverse {
        label: "Restore all",
        operation: DatasetRestore::META.name,
        arguments: Value::Null,
    })
}

/// What is bound of an item. One that another version of the bot wrote may not be readable; then nothing was done.
pub(in crate::operations) fn before(item: &Item) -> Result<Before, CallError> {
    serde_json::from_str(&item.before)
        .map_err(|_| CallError::nothing_done("package_delete", Cause::BadRequest))
}

#[async_trait]
impl BulkWork for DatasetWithdraw {
    fn doing(&self) -> &'static str {
        "Withdrawing"
    }

    fn done(&self) -> &'static str {
        "withdrawn"
    }

    async fn facts(&self, site: &Site, plan: &Plan) -> Result<Facts, CallError> {
        let work = Work::deserialize(&plan.work)
            .map_err(|_| CallError::nothing_done("package_delete", Cause::BadRequest))?;
        Ok(facts_of(&harvesters(site, &work.sources).await?))
    }

    async fn moved(&self, site: &Site, items: &[Item]) -> Result<Vec<Moved>, CallError> {
        let mut doubtful: Vec<(&Item, Before)> = vec![];
        let parts: Vec<&[Item]> = items.chunks(many::SEEN_AT_ONCE).collect();
        let seen = each(&parts, RECORDS_AT_ONCE, |&some| async move {
            let ids: Vec<Uuid> = some.iter().map(|item| item.target).collect();
            many::seen(site, &ids).await
        })
        .await?;
        for (some, seen) in parts.into_iter().zip(seen) {
            for item in some {
                let before = before(item)?;
                let same = seen.get(&item.target).is_some_and(|now| {
                    now.state == before.state.ckan()
                        && now.private == before.private
                        && now.may_be_of(before.publisher.as_deref())
                        && many::same_moment(&now.modified, &before.modified)
                });
                if !same {
                    doubtful.push((item, before));
                }
            }
        }
        // What the search does not show as it was may have moved, or is only not in the search.
        let moved = each(&doubtful, RECORDS_AT_ONCE, |(item, before)| async move {
            let now = resolve::shown(site, &item.target.to_string()).await?;
            Ok(moved(before, now.as_ref()).map(|now| Moved { position: item.position, now }))
        })
        .await?;
        Ok(moved.into_iter().flatten().collect())
    }

    async fn act(&self, site: &Site, item: &Item) -> Result<(), CallError> {
        site.write_one_of_many("package_delete", &json!({ "id": item.target })).await
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
                found.push(if seen.contains_key(&item.target) {
                    Seen::NotDone("The search still finds it.".to_owned())
                } else if before(item)?.indexed {
                    Seen::Done
                } else {
                    // Its absence tells nothing.
                    by_record(site, item).await?
                });
            }
        }
        Ok(found)
    }

    fn seen(&self) -> Vec<String> {
        vec![
            "The search does not find any of them any more.".to_owned(),
            "CKAN's own record of the first ones, and of each one whose answer was unclear, has it as withdrawn, and \
             a visitor who is not signed in cannot read it."
                .to_owned(),
        ]
    }

    /// Withdraws again what a restore gave back.
    async fn plan_undoing(&self, site: &Site, _: &Plan, items: Vec<Item>) -> Result<Plan, PlanError> {
        let targets = items.into_iter().map(|item| DatasetTarget::of(item.target)).collect();
        plan(site, &Arguments { targets, list: true, ..Arguments::default() }).await
    }
}

fn moved(before: &Before, now: Option<&Dataset>) -> Option<String> {
    let Some(now) = now else { return Some("CKAN does not have it any more.".to_owned()) };
    let publisher = now.organisation.as_ref().map(|publisher| publisher.id.as_str());
    if now.state == DatasetState::Deleted {
        Some("It is withdrawn already.".to_owned())
    } else if now.state != before.state.ckan() {
        Some(format!("It is “{}” now.", now.state.as_str()))
    } else if now.modified != before.modified {
        Some(format!("It was changed on {}.", now.modified_for_people()))
    } else if now.private != before.private {
        Some("Whether it is private has changed.".to_owned())
    } else if publisher != before.publisher.as_deref() {
        Some("It has another publisher now.".to_owned())
    } else {
        None
    }
}

async fn by_record(site: &Site, item: &Item) -> Result<Seen, CallError> {
    let Some(dataset) = resolve::shown(site, &item.target.to_string()).await? else {
        return Ok(Seen::DoneBut("CKAN does not have it at all any more: somebody purged it.".to_owned()));
    };
    if dataset.state != DatasetState::Deleted {
        return Ok(Seen::NotDone(format!("CKAN still has it as “{}”.", dataset.state.as_str())));
    }
    match visibility::agrees(site, item.target, false).await {
        Ok(()) => Ok(Seen::Done),
        Err(error) if error.cause == Cause::SearchIndex => {
            Ok(Seen::NotDone("CKAN has it as withdrawn, but the search still finds it.".to_owned()))
        }
        Err(error) => Err(error),
    }
}
