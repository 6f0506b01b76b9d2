//! `ckan harvester`: jobs and queues by the command line, as the site's own user.
//!
//! Guarantees: what it does is what the actions of the same names do, with ckanext-harvest's own printing. Unlike the
//! action, `job` takes a source by its name as well, and says why there is no new job.

use super::super::harvest::{NoJob, abort, create_job, finish_jobs};
use super::super::rows::{Kind, Package};
use super::terminal::{Gone, Terminal};

const UPDATES: &str = "ckanext.harvest.logic.action.update";
const CREATES: &str = "ckanext.harvest.logic.action.create";

fn printed_job(id: &str, status: &str, source: &str) -> String {
    // Neither key is in what the action answers, so both counts are always 0.
    format!(
        "\tJob id: {id}\n\t\tstatus: {status}\n\t\tsource: {source}\n\t\tobjects: 0\n\t\tgather_errors: 0\n"
    )
}

fn there_are(count: usize, what: &str) -> String {
    if count == 1 { format!("There is 1 {what}\n") } else { format!("There are {count} {what}s\n") }
}

pub(super) async fn job(terminal: &mut Terminal, wanted: &str) -> Result<i32, Gone> {
    let mut made = None;
    terminal.change(|state| {
        let now = state.clock.now();
        let source = state.catalogue.package(wanted).map(|source| source.id.clone());
        let job = source.map(|source| create_job(&mut state.catalogue, &source, true, now));
        let new = state.catalogue.harvest.jobs.iter().filter(|job| job.status == "New").count();
        let changed = matches!(job, Some(Ok(_)));
        made = Some((job, new));
        changed
    });
    let Some((Some(job), new)) = made else {
        return terminal.traceback("ckan.logic.NotFound").await;
    };
    match job {
        Ok(job) => {
            terminal.log(CREATES, &format!("Harvest job saved {}", job.id)).await?;
            terminal.log(UPDATES, &format!("Sent job {} to the gather queue", job.id)).await?;
            let shown = printed_job(&job.id, job.status, &job.source_id);
            terminal.out(&format!("{shown}{}\n", there_are(new, "new harvest job"))).await?;
            Ok(0)
        }
        Err(NoJob::Exists) => {
            terminal.err("There already is an unrun job for this source\nAborted!\n").await?;
            Ok(1)
        }
        Err(NoJob::Inactive) => {
            let exception =
                "ckanext.harvest.logic.HarvestSourceInactiveError: Can not create jobs on inactive sources";
            terminal.traceback(exception).await
        }
    }
}

/// Every job that there ever was.
pub(super) async fn jobs(terminal: &mut Terminal) -> Result<i32, Gone> {
    let shown = terminal.look(|state| {
        let jobs = &state.catalogue.harvest.jobs;
        let rows = jobs.iter().rev().map(|job| printed_job(&job.id, job.status, &job.source_id));
        format!("{}{}\n", rows.collect::<String>(), there_are(jobs.len(), "harvest job"))
    });
    terminal.out(&shown).await?;
    Ok(0)
}

pub(super) async fn job_abort(terminal: &mut Terminal, wanted: &str) -> Result<i32, Gone> {
    let mut aborted = None;
    terminal.change(|state| {
        let before = |id: &str| state.catalogue.harvest.job(id).map(|job| job.status);
        let statuses: Vec<(String, Option<&str>)> =
            state.catalogue.harvest.jobs.iter().map(|job| (job.id.clone(), before(&job.id))).collect();
        let Ok((job, changed)) = abort(&mut state.catalogue, wanted) else { return false };
        let was = statuses.into_iter().find(|(id, _)| *id == job.id).and_then(|(_, status)| status);
        aborted = Some((job, was.unwrap_or("Finished")));
        changed
    });
    let Some((job, was)) = aborted else {
        terminal.err("Job not found.\nAborted!\n").await?;
        return Ok(1);
    };
    let line = if was == "Finished" {
        format!("Harvest job unchanged. Source {} status is: \"Finished\"", job.id)
    } else {
        format!("Harvest job changed status from \"{was}\" to \"Finished\"")
    };
    terminal.log(UPDATES, &line).await?;
    terminal.out(&format!("Job status: {}\n", job.status)).await?;
    Ok(0)
}

pub(super) async fn job_all(terminal: &mut Terminal) -> Result<i32, Gone> {
    let mut made = 0;
    terminal.change(|state| {
        let now = state.clock.now();
        let is_active = |source: &&Package| {
            matches!(source.kind, Kind::Harvest { .. }) && source.fields.state == "active"
        };
        let sources: Vec<String> =
            state.catalogue.packages.iter().filter(is_active).map(|source| source.id.clone()).collect();
        for source in sources {
            made += usize::from(create_job(&mut state.catalogue, &source, true, now).is_ok());
        }
        made > 0
    });
    terminal.out(&format!("Created {made} new harvest jobs\n")).await?;
    Ok(0)
}

pub(super) async fn run(terminal: &mut Terminal) -> Result<i32, Gone> {
    terminal.log(UPDATES, "Harvest job run: {}").await?;
    terminal.change(|state| {
        let now = state.clock.now();
        finish_jobs(&mut state.catalogue, None, now)
    });
    Ok(0)
}

/// The queues alone: jobs stay as they are.
pub(super) async fn purge_queues(terminal: &mut Terminal) -> Result<i32, Gone> {
    terminal.change(|state| {
        let harvest = &mut state.catalogue.harvest;
        let held = harvest.gather_queue.len() + harvest.fetch_queue.len();
        harvest.gather_queue.clear();
        harvest.fetch_queue.clear();
        held > 0
    });
    terminal.log("ckanext.harvest.queue", "Redis gather queue purged").await?;
    terminal.log("ckanext.harvest.queue", "Redis fetch queue purged").await?;
    Ok(0)
}

pub(super) async fn reindex(terminal: &mut Terminal) -> Result<i32, Gone> {
    terminal.log(UPDATES, "Reindexing all harvest sources").await?;
    terminal.change(|state| {
        let is_source = |package: &&Package| matches!(package.kind, Kind::Harvest { .. });
        let ids: Vec<String> =
            state.catalogue.packages.iter().filter(is_source).map(|source| source.id.clone()).collect();
        let mut changed = false;
        for id in ids {
            changed |= state.catalogue.index.put(&id);
        }
        changed
    });
    Ok(0)
}
