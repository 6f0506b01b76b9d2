//! The end of a stuck harvest job, written into the database.

use ckan_chatops::ckan::{Cause, Effect};
use uuid::Uuid;

use crate::world::World;

/// Three jobs of one source: `stuck`, which runs, `older`, which is finished but left an object waiting, and `next`,
/// which is new. Their names come from `seed`.
struct Jobs {
    source: Uuid,
    stuck: Uuid,
    older: Uuid,
    next: Uuid,
}

async fn jobs(world: &World, seed: &str) -> Jobs {
    let of = |what: &str| Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{seed}/{what}").as_bytes());
    let jobs = Jobs { source: of("source"), stuck: of("stuck"), older: of("older"), next: of("next") };
    world
        .run(
            &[
                "DELETE FROM harvest_object WHERE harvest_source_id = $1",
                "DELETE FROM harvest_job WHERE source_id = $1",
                "DELETE FROM harvest_source WHERE id = $1",
                "DELETE FROM package WHERE id = $1",
                "INSERT INTO package (id, name, title, state, type, private) \
                 VALUES ($1, $1, 'A source', 'active', 'harvest', false)",
                "INSERT INTO harvest_source (id, url, title, type, active, frequency, next_run) \
                 VALUES ($1, $1, 'Not the title', 'ckan', true, 'WEEKLY', '2026-02-03 04:05:06')",
            ],
            &jobs.source.to_string(),
        )
        .await;
    for (id, status) in [(jobs.stuck, "Running"), (jobs.older, "Finished"), (jobs.next, "New")] {
        sqlx::query(
            "INSERT INTO harvest_job (id, source_id, status, created, gather_started) \
             VALUES ($1, $2, $3, '2026-01-02 03:04:05', '2026-01-02 03:04:06.5')",
        )
        .bind(id.to_string())
        .bind(jobs.source.to_string())
        .bind(status)
        .execute(&world.owner)
        .await
        .unwrap();
        for state in ["WAITING", "FETCH", "IMPORT", "COMPLETE", "ERROR"] {
            sqlx::query(
                "INSERT INTO harvest_object (id, harvest_job_id, harvest_source_id, state, report_status) \
                 VALUES ($1 || $3, $1, $2, $3, CASE WHEN $3 = 'COMPLETE' THEN 'added' END)",
            )
            .bind(id.to_string())
            .bind(jobs.source.to_string())
            .bind(state)
            .execute(&world.owner)
            .await
            .unwrap();
        }
    }
    jobs
}

async fn told(world: &World, job: Uuid) -> String {
    world
        .text(
            "SELECT concat_ws(' | ', status, CASE WHEN finished IS NULL THEN 'no end' ELSE 'ended' END, \
             (SELECT string_agg(concat_ws(' ', state, report_status), ', ' ORDER BY id) FROM harvest_object \
              WHERE harvest_job_id = j.id)) FROM harvest_job j WHERE id = $1",
            &job.to_string(),
        )
        .await
}

#[tokio::test]
async fn an_abort_ends_the_named_job_and_no_other() {
    let world = World::enter().await;
    let jobs = jobs(&world, "abort").await;
    let (older, next) = (told(&world, jobs.older).await, told(&world, jobs.next).await);
    assert_eq!(world.database.read().unfinished_harvest_objects(jobs.stuck).await.unwrap(), 3);
    let aborted = world.database.write().unwrap().abort_harvest_job(jobs.stuck, jobs.source).await.unwrap();
    assert_eq!(aborted.objects, 3);
    insta::assert_snapshot!(told(&world, jobs.stuck).await, @"Finished | ended | COMPLETE added, ERROR, ERROR errored, ERROR errored, ERROR errored");
    assert_eq!(told(&world, jobs.older).await, older);
    assert_eq!(told(&world, jobs.next).await, next);
    assert_eq!(world.database.read().unfinished_harvest_objects(jobs.stuck).await.unwrap(), 0);
}

#[tokio::test]
async fn hazard_25_the_end_is_written_in_utc_and_read_as_utc() {
    let world = World::enter().await;
    let jobs = jobs(&world, "utc").await;
    let job = world.database.read().harvest_job(jobs.stuck).await.unwrap().unwrap();
    assert_eq!(job.created.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(job.gather_started.unwrap().to_string(), "2026-01-02T03:04:06.5Z");
    world.database.write().unwrap().abort_harvest_job(jobs.stuck, jobs.source).await.unwrap();
    let off = world
        .text(
            "SELECT (abs(extract(epoch FROM finished - (now() AT TIME ZONE 'utc'))) < 60)::text FROM harvest_job \
             WHERE id = $1",
            &jobs.stuck.to_string(),
        )
        .await;
    assert_eq!(off, "true");
}

#[tokio::test]
async fn hazard_3_a_finished_job_a_source_and_a_job_of_another_source_are_refused() {
    let world = World::enter().await;
    let jobs = jobs(&world, "refused-abort").await;
    let elsewhere = Uuid::from_u128(7);
    let before = (told(&world, jobs.stuck).await, told(&world, jobs.older).await);
    for (job, source) in [(jobs.older, jobs.source), (jobs.source, jobs.source), (jobs.stuck, elsewhere)] {
        let error = world.database.write().unwrap().abort_harvest_job(job, source).await.unwrap_err();
        assert_eq!((error.cause, error.effect), (Cause::DatabaseChanged, Effect::NotApplied));
    }
    assert_eq!((told(&world, jobs.stuck).await, told(&world, jobs.older).await), before);
    assert_eq!(world.database.read().harvest_job(jobs.source).await.unwrap(), None);
}

#[tokio::test]
async fn open_jobs_and_all_sources_are_listed() {
    let world = World::enter().await;
    let jobs = jobs(&world, "listed").await;
    let open = world.database.read().open_harvest_jobs().await.unwrap();
    let mine: Vec<_> = open.iter().filter(|job| job.source_id == jobs.source).collect();
    let mut found: Vec<_> = mine.iter().map(|job| (job.id, job.status.as_str())).collect();
    found.sort_unstable();
    let mut expected = vec![(jobs.stuck, "Running"), (jobs.next, "New")];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(mine.iter().all(|job| job.source_title == "A source"));
    let sources = world.database.read().harvest_sources().await.unwrap();
    let source = sources.iter().find(|source| source.id == jobs.source).unwrap();
    assert_eq!((source.kind.as_str(), source.frequency.as_str(), source.active), ("ckan", "WEEKLY", true));
    assert_eq!(source.next_run.unwrap().to_string(), "2026-02-03T04:05:06Z");
    world.run(&["UPDATE package SET state = 'deleted' WHERE id = $1"], &jobs.source.to_string()).await;
    let sources = world.database.read().harvest_sources().await.unwrap();
    assert!(!sources.iter().find(|source| source.id == jobs.source).unwrap().active);
    let counts = world.database.read().harvest_objects_by_state(jobs.next).await.unwrap();
    let words: Vec<_> = counts.iter().map(|(state, count)| format!("{state} {count}")).collect();
    assert_eq!(words.join(", "), "COMPLETE 1, ERROR 1, FETCH 1, IMPORT 1, WAITING 1");
}
