//! The restore where CKAN's API would lose something: in CKAN's database, and then in its index.
//!
//! Guarantees that the database is that of the same CKAN, that the state changes in one transaction, and that the
//! result is read from the database and the search, never from `package_show`, which may serve an old copy from the
//! index. Where the index does not follow, the restore counts as done in part.

use super::{PreviousState, VISIBLE, Work, comparison, otherwise, publisher_tie};
use crate::ckan::database::{PublisherTie, Restoration};
use crate::ckan::version::CommandLineRules;
use crate::ckan::{CallError, Cause, Database, Dataset, DatasetState, Effect, Reindexing, Site};
use crate::operations::{PlanError, Progress, Sighting, visibility};

/// For approvers.
pub(super) fn way(reindexing: Reindexing) -> &'static str {
    match reindexing {
        Reindexing::CommandLine(_) => {
            "CKAN's database, then its command line brings the search index up to date"
        }
        Reindexing::PublisherTie => {
            "CKAN's database, then its API ties it to its publisher, which brings the search index up to date"
        }
    }
}

/// Refuses where the database tells something else of the dataset than the API.
pub(super) async fn must_agree(site: &Site, dataset: &Dataset) -> Result<(), PlanError> {
    let row = database(site)?.read().package(dataset.id).await?;
    let agrees = row.is_some_and(|row| {
        let publisher = dataset.organisation.as_ref().map(|publisher| publisher.id.clone());
        row.state == DatasetState::Deleted && row.name == dataset.name && row.publisher == publisher
    });
    if agrees {
        return Ok(());
    }
    Err(PlanError::Refused(format!(
        "CKAN's database and its API tell different things of “{}”: the bot leaves it alone. Whoever runs the bot has \
         to check that the configured database is the one of CKAN on {}.",
        dataset.title, site.environment
    )))
}

/// Restores it and has CKAN index it. Once the database has it, what goes wrong is for the probe to see.
pub(super) async fn execute(
    site: &Site,
    work: &Work,
    reindexing: Reindexing,
    progress: &Progress,
) -> Result<(), CallError> {
    let missing = CallError::nothing_done("UPDATE package", Cause::DatabaseNotConfigured);
    let tie = match reindexing {
        Reindexing::CommandLine(_) => PublisherTie::Mend,
        Reindexing::PublisherTie => PublisherTie::LeaveToCkan,
    };
    let restoration = Restoration { id: work.id, to: work.to.ckan(), groups: work.groups.clone(), tie };
    progress.doing("Restoring it in the database");
    database(site)?.write().ok_or(missing)?.restore(&restoration).await?;
    progress.doing("Bringing the search index up to date");
    match reindex(site, work, reindexing).await {
        // That the index was not touched is certain; that the dataset was not is not what was asked.
        Err(error) if error.effect == Effect::NotApplied => {
            tracing::warn!(%error, "a restored dataset was not indexed");
            Ok(())
        }
        reindexed => reindexed,
    }
}

async fn reindex(site: &Site, work: &Work, reindexing: Reindexing) -> Result<(), CallError> {
    const NAME: &str = "search-index rebuild";
    match (reindexing, &work.publisher) {
        (Reindexing::CommandLine(version), _) => {
            let rules = CommandLineRules::of(Some(version))
                .map_err(|_| CallError::nothing_done(NAME, Cause::CommandNotConfigured))?;
            let words = rules.index_dataset(work.id);
            // Its exit code tells nothing before 2.11.4: the probe asks the search.
            site.needed_command_line(NAME)?.run(NAME, &words, &mut |_| ()).await.map(|_| ())
        }
        (Reindexing::PublisherTie, Some(publisher)) => {
            site.write("member_create", &publisher_tie(publisher, work.id)).await
        }
        (Reindexing::PublisherTie, None) => Err(CallError::nothing_done("member_create", Cause::BadRequest)),
    }
}

/// Whether it happened, by the database and then by what the world sees.
pub(super) async fn probe(site: &Site, work: &Work) -> Result<Sighting, CallError> {
    let row = database(site)?.read().package(work.id).await?;
    let Some(row) = row else { return Err(CallError::nothing_done("SELECT package", Cause::NotFound)) };
    if let Some(otherwise) = otherwise(&row.state, work) {
        return Ok(otherwise);
    }
    let mut seen = vec![format!("CKAN's database has it as “{}” again.", row.state.as_str())];
    let mut whole = true;
    if work.to == PreviousState::Active && !row.private {
        match visibility::agrees(site, work.id, true).await {
            Ok(()) => seen.extend(VISIBLE.map(str::to_owned)),
            Err(error) if error.cause == Cause::SearchIndex => {
                whole = false;
                seen.push(not_found(work));
            }
            Err(error) => return Err(error),
        }
    } else if !Dataset::is_in_search(site, work.id).await? {
        whole = false;
        seen.push(not_found(work));
    }
    let dataset = Dataset::show(site, &work.id.to_string()).await?;
    let compared = comparison::of(work, &dataset);
    whole &= compared.iter().all(Result::is_ok);
    seen.extend(compared.into_iter().map(|found| found.unwrap_or_else(|missing| missing)));
    Ok(if whole { Sighting::Happened(seen) } else { Sighting::Partly(seen) })
}

fn not_found(work: &Work) -> String {
    format!(
        "The search does not find it: CKAN's index did not follow. Have somebody run `ckan search-index rebuild {}`.",
        work.id
    )
}

fn database(site: &Site) -> Result<&Database, CallError> {
    site.database().ok_or(CallError::nothing_done("SELECT package", Cause::DatabaseNotConfigured))
}
