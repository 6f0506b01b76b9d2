//! `ckan search-index`: what it does to the index, and what it prints.
//!
//! Guarantees: a reindex works through the packages that were there when it began, and what it has indexed is found
//! only after its commit, unless it commits each; on 2.12 it takes out orphaned documents, also after a single
//! dataset. As in CKAN, the documents that it compares with are only as many as the database has rows.

use super::super::catalogue::Catalogue;
use super::super::rows::Package;
use super::click::{self, Call};
use super::terminal::{Gone, Terminal};

const LOGGER: &str = "ckan.lib.search";

pub(super) async fn rebuild(terminal: &mut Terminal, call: &Call) -> Result<i32, Gone> {
    let one = call.argument.clone().filter(|argument| !argument.is_empty());
    terminal.log(LOGGER, "Rebuilding search index...").await?;
    let problem = match &one {
        Some(wanted) => rebuild_one(terminal, wanted).await?,
        None => rebuild_all(terminal, call).await?,
    };
    let exit = match problem {
        None => {
            if terminal.release.rebuild_clears_orphans() && !call.has("--keep-orphans") {
                take_out_orphans(terminal);
            }
            0
        }
        Some(sentence) => {
            terminal.err(&format!("{sentence}\n")).await?;
            i32::from(terminal.release.rebuild_says_that_it_failed())
        }
    };
    if !call.has("--commit-each") {
        terminal.change(|state| state.catalogue.index.commit());
        terminal.log(LOGGER, "Committed pending changes on the search index").await?;
    }
    Ok(exit)
}

/// The problem, if there is one, as the release prints it.
async fn rebuild_one(terminal: &mut Terminal, wanted: &str) -> Result<Option<String>, Gone> {
    let found = terminal.look(|state| state.catalogue.package(wanted).cloned());
    if terminal.release.logs_the_argument_of_a_rebuild() || found.is_some() {
        let by_name = found.as_ref().map(|package| package.fields.name.as_str());
        let shown = by_name.filter(|_| !terminal.release.logs_the_argument_of_a_rebuild()).unwrap_or(wanted);
        terminal.log(LOGGER, &format!("Indexing just package '{shown}'...")).await?;
    }
    let Some(package) = found else {
        return Ok(Some(terminal.release.rebuild_of_nothing(wanted)));
    };
    if terminal.cannot_be_indexed(&package.id, &package.fields.name) {
        return Ok(Some(bad_document(&package)));
    }
    terminal.change(|state| state.catalogue.index.put(&package.id));
    terminal.item().await?;
    terminal.log(LOGGER, "Finished rebuilding search index.").await?;
    Ok(None)
}

async fn rebuild_all(terminal: &mut Terminal, call: &Call) -> Result<Option<String>, Gone> {
    let packages = if call.has("--only-missing") {
        terminal.log(LOGGER, "Indexing only missing packages...").await?;
        let missing = terminal.look(|state| unindexed(&state.catalogue));
        if missing.is_empty() {
            terminal.log(LOGGER, "All datasets are already indexed").await?;
            return Ok(None);
        }
        missing
    } else {
        terminal.log(LOGGER, "Rebuilding the whole index...").await?;
        if call.has("--clear") {
            terminal.change(|state| {
                state.catalogue.clear_index();
                true
            });
        }
        terminal.look(|state| indexable(&state.catalogue))
    };
    let total = packages.len();
    let quiet = call.has("--quiet") && !call.has("--verbose");
    for (done, package) in packages.iter().enumerate() {
        if !quiet {
            terminal.out(&format!("\rIndexing dataset {}/{total}", done + 1)).await?;
        }
        if terminal.cannot_be_indexed(&package.id, &package.fields.name) {
            let problem = bad_document(package);
            let line = format!("Error while indexing dataset {}: SearchIndexError('{problem}')", package.id);
            terminal.log_as("ERROR", LOGGER, &line).await?;
            if !call.has("--force") {
                return Ok(Some(problem));
            }
        } else if call.has("--commit-each") {
            terminal.change(|state| state.catalogue.index.put(&package.id));
        } else {
            terminal.change(|state| {
                state.catalogue.index.defer(&package.id);
                false
            });
        }
        terminal.item().await?;
    }
    terminal.log(LOGGER, "Finished rebuilding search index.").await?;
    Ok(None)
}

fn bad_document(package: &Package) -> String {
    format!(
        "Solr returned an error: Solr responded with an error (HTTP 400): [Reason: {}]",
        package.fields.name
    )
}

/// Everything that is not deleted, harvest sources too.
fn indexable(catalogue: &Catalogue) -> Vec<Package> {
    catalogue.packages.iter().filter(|package| package.is_indexed()).cloned().collect()
}

/// Ids of active documents, as many as asked for, those of gone packages first: nobody promises an order.
fn active_documents(catalogue: &Catalogue, most: usize) -> Vec<String> {
    let mut documents: Vec<&Package> =
        catalogue.indexed().filter(|document| document.fields.state == "active").collect();
    documents.reverse();
    documents.into_iter().take(most).map(|document| document.id.clone()).collect()
}

/// What `-o` takes for missing: drafts as well, since only active documents are asked for.
fn unindexed(catalogue: &Catalogue) -> Vec<Package> {
    let all = indexable(catalogue);
    let there = active_documents(catalogue, all.len());
    all.into_iter().filter(|package| !there.contains(&package.id)).collect()
}

/// Public documents of packages that are not in the database in any state.
fn orphans(catalogue: &Catalogue) -> Vec<String> {
    let gone = |document: &&Package| document.is_public() && catalogue.package(&document.id).is_none();
    catalogue.indexed().filter(gone).map(|document| document.id.clone()).collect()
}

fn take_out_orphans(terminal: &mut Terminal) {
    terminal.change(|state| {
        let orphans = orphans(&state.catalogue);
        for id in &orphans {
            state.catalogue.index.put(id);
        }
        !orphans.is_empty()
    });
}

pub(super) async fn check(terminal: &mut Terminal) -> Result<i32, Gone> {
    let (total, missing) = terminal.look(|state| {
        let catalogue = &state.catalogue;
        let active: Vec<&Package> =
            catalogue.packages.iter().filter(|package| package.fields.state == "active").collect();
        let there = active_documents(catalogue, active.len());
        let missing = active.iter().filter(|package| !there.contains(&package.id));
        let shown = missing.map(|package| {
            let day = package.modified.get(..10).unwrap_or_default();
            format!("('{day}', '{}')\n", package.fields.name)
        });
        (active.len(), shown.collect::<Vec<String>>())
    });
    let count = missing.len();
    terminal.out(&format!("Packages not indexed = {count} out of {total}\n{}", missing.concat())).await?;
    Ok(0)
}

pub(super) async fn show(terminal: &mut Terminal, wanted: &str) -> Result<i32, Gone> {
    let shown = terminal.look(|state| {
        let mut documents = state.catalogue.indexed();
        let found = documents.find(|document| document.id == wanted || document.fields.name == wanted)?;
        Some(format!(
            "{{'id': '{}', 'name': '{}', 'state': '{}', 'dataset_type': '{}', 'site_id': 'default'}}\n",
            found.id,
            found.fields.name,
            found.fields.state,
            found.type_name()
        ))
    });
    let Some(shown) = shown else {
        let exception = "ckan.lib.search.common.SearchError: Dataset not found in the search index";
        return terminal.traceback(&format!("{exception}: {wanted}")).await;
    };
    terminal.out(&shown).await?;
    Ok(0)
}

/// Without a name, or with an empty one, all of it, and nobody is asked.
pub(super) async fn clear(terminal: &mut Terminal, wanted: &str) -> Result<i32, Gone> {
    terminal.change(|state| {
        if wanted.is_empty() {
            state.catalogue.clear_index();
            return true;
        }
        let is_it = |document: &&Package| document.id == wanted || document.fields.name == wanted;
        let found: Vec<String> =
            state.catalogue.indexed().filter(is_it).map(|document| document.id.clone()).collect();
        for id in &found {
            state.catalogue.index.take_out(id);
        }
        !found.is_empty()
    });
    terminal.item().await?;
    Ok(0)
}

pub(super) async fn list_orphans(terminal: &mut Terminal) -> Result<i32, Gone> {
    let orphans = terminal.look(|state| orphans(&state.catalogue));
    terminal.out(&listed(&orphans, '[', ']', "orphaned")).await?;
    Ok(0)
}

pub(super) async fn list_unindexed(terminal: &mut Terminal) -> Result<i32, Gone> {
    let missing = terminal.look(|state| unindexed(&state.catalogue));
    let ids: Vec<String> = missing.into_iter().map(|package| package.id).collect();
    terminal.out(&listed(&ids, '{', '}', "unindexed")).await?;
    Ok(0)
}

/// As Python prints a list or a set of texts, and how many there are.
fn listed(ids: &[String], open: char, close: char, what: &str) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let list = if ids.is_empty() { String::new() } else { format!("{open}{}{close}\n", quoted.join(", ")) };
    format!("{list}Found {} {what} package(s).\n", ids.len())
}

/// On 2.10 it never worked: it hands each id to its own parser, one letter after the other.
pub(super) async fn clear_orphans(terminal: &mut Terminal, call: &Call) -> Result<i32, Gone> {
    let orphans = terminal.look(|state| orphans(&state.catalogue));
    for id in orphans {
        if call.has("--verbose") {
            terminal.out(&format!("Clearing search index for dataset {id}...\n")).await?;
        }
        if !terminal.release.can_clear_orphans() {
            let letters: Vec<String> = id.chars().skip(1).map(String::from).collect();
            let usage = "Usage: ckan [OPTIONS] [DATASET_NAME]\n";
            let refusal = click::refused(usage, Some("ckan"), &click::unexpected(&letters));
            let click::Parsed::Said { err, exit, .. } = refusal else { return Ok(2) };
            terminal.err(&err).await?;
            return Ok(exit);
        }
        terminal.change(|state| state.catalogue.index.put(&id));
        terminal.item().await?;
    }
    Ok(0)
}
