//! Stopping, starting and restarting harvests, and what the probes see of it. On the sandbox's CKAN, where the
//! consumers do one thing at a time when they are told.

use ckan_chatops::ckan::{CallError, DatabaseAddresses, Effect, Site, SiteSettings};
use ckan_chatops::operations::{Look, PlanError, Registry, Sighting};
use sandbox::ckan::{Fault, FaultKind, seeded_id};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::world::{Op, Sandbox, parsed, refusal, settings, told};

/// Slugs of the seed's sources.
const SLOW: &str = "slow-source";
const QUICK: &str = "quick-source";
const HANGING: &str = "hanging-source";

pub(crate) fn source(name: &str) -> Value {
    json!({ "source": name })
}

impl Sandbox {
    /// Somebody starts a harvest on CKAN's own page; its id.
    pub(crate) async fn harvest(&self, name: &str) -> String {
        let id = seeded_id("source", name);
        self.site.write("harvest_job_create", &json!({ "source_id": id })).await.unwrap();
        let jobs = self.control.harvest().await["jobs"].clone();
        let jobs = jobs.as_array().unwrap();
        let newest = jobs.iter().rfind(|job| job["source_id"] == json!(id)).unwrap();
        newest["id"].as_str().unwrap().to_owned()
    }

    /// A harvest of the slow source of which seven of twenty objects are done.
    pub(crate) async fn half_way(&self) -> String {
        self.control.set_consumer("fetch", "stop").await;
        let job = self.harvest(SLOW).await;
        self.control.harvest().await;
        self.control.step_consumer("fetch", 7).await;
        job
    }

    /// The job as the database has it.
    pub(crate) async fn job(&self, id: &str) -> Value {
        let jobs = self.control.harvest().await["jobs"].clone();
        jobs.as_array().unwrap().iter().find(|job| job["id"] == id).unwrap().clone()
    }

    /// The calls that changed something, or tried to, since the first `skip`: action and what it named.
    async fn calls(&self, skip: usize) -> Vec<(String, String)> {
        let writes = self.control.writes().await;
        writes.into_iter().skip(skip).map(|write| (write.action, write.id)).collect()
    }

    /// As the site's cron does it.
    async fn harvester_run(&self) {
        self.site.write("harvest_jobs_run", &json!({})).await.unwrap();
    }
}

/// A text without what differs from run to run: ids and moments.
pub(crate) fn masked(text: &str) -> String {
    let masks = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "‹id›"),
        (r"\b\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC", "‹moment›"),
        (r"\b(?:a second|\d+ seconds|\d+ minutes)\b", "‹while›"),
    ];
    masks.iter().fold(text.to_owned(), |text, (pattern, mask)| {
        regex::Regex::new(pattern).unwrap().replace_all(&text, *mask).into_owned()
    })
}

fn sighted(sighting: &Sighting) -> String {
    let (word, seen) = match sighting {
        Sighting::Happened(seen) => ("happened", seen),
        Sighting::Partly(seen) => ("partly", seen),
        Sighting::NotHappened(seen) => ("not happened", seen),
    };
    masked(&format!("{word}: {}", seen.join(" ")))
}

#[tokio::test]
async fn a_running_harvest_is_stopped_half_way() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let stop = Op::of(&registry, "harvest stop", &world.site);
    let job = world.half_way().await;
    let plan = stop.plan(source(SLOW)).await.unwrap();
    insta::assert_snapshot!(masked(&told(&plan)), @"
    Stop the harvest of “Slow Source” on production
    Harvest source: Slow Source (ckan)
    Slug: slow-source
    UUID: ‹id›
    Publisher: Leeds City Council
    Harvests from: http://127.0.0.1:15800/slow/20/2
    State: active
    Runs by itself: only when somebody starts it
    Datasets on the site: 7
    Running harvest: job ‹id›, asked for ‹moment›
    Its state: importing
    Its objects: 20: 7 added, 0 updated, 0 unchanged, 0 deleted, 0 errored, 13 open
    Running for: ‹while›
    + CKAN calls the running harvest finished, and puts what it has not imported yet into error.
    + What it has imported stays. The source can be harvested again at once.
    ! This stops no worker: the fetch worker finishes what it has in hand and drops the rest.
    !! The stopped harvest does not go on; only a new one takes in what it left out.
    ");
    insta::assert_snapshot!(sighted(&stop.probe(&plan).await.unwrap()), @"not happened: CKAN still has the job ‹id› as running.");
    stop.execute(&plan).await.unwrap();
    insta::assert_snapshot!(sighted(&stop.probe(&plan).await.unwrap()), @"happened: CKAN has the job ‹id› as finished. Its 20 objects: 7 added, 0 updated, 0 unchanged, 0 deleted, 0 errored, 13 open. What is open there is not imported any more.");
    assert_eq!(world.job(&job).await["objects"], json!({"COMPLETE": 7, "ERROR": 13}));
    assert_eq!(world.calls(1).await, [("harvest_job_abort".to_owned(), job)]);
    let again = stop.inverse(&plan).unwrap();
    assert_eq!(again.operation, "harvest reharvest");
    let reharvest = Op::of(&registry, "harvest reharvest", &world.site);
    reharvest.plan(again.arguments).await.unwrap();
}

#[tokio::test]
async fn hazard_3_a_stop_ends_the_job_that_was_approved_and_never_the_sources_latest() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let stop = Op::of(&registry, "harvest stop", &world.site);
    let approved = world.harvest(HANGING).await;
    let plan = stop.plan(source(HANGING)).await.unwrap();
    world.site.write("harvest_job_abort", &json!({ "id": approved })).await.unwrap();
    let later = world.harvest(HANGING).await;
    // The plan made again is another one: the executor stops here.
    assert_ne!(stop.plan(source(HANGING)).await.unwrap().digest(), plan.digest());
    stop.execute(&plan).await.unwrap();
    assert_eq!(world.job(&later).await["status"], "Running");
    assert_eq!(world.calls(3).await, [("harvest_job_abort".to_owned(), approved)]);
}

#[tokio::test]
async fn hazard_15_a_stop_during_the_gathering_warns_of_the_worker_that_goes_on() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let stop = Op::of(&registry, "harvest stop", &world.site);
    let job = world.harvest(HANGING).await;
    let plan = stop.plan(source(HANGING)).await.unwrap();
    insta::assert_snapshot!(masked(&plan.warnings.join("\n")), @"
    This stops no worker. If the gather worker has this harvest in hand, it goes on with it, keeps every other source waiting until the remote answers, and puts what it finds into error. `/ckan harvest restart-worker gather` frees it.
    If it still waits in the gather queue, it stays there: the gather worker gathers it all the same when its turn comes, and nothing of that is imported.
    A harvest that was stopped before anything was gathered counts as one without errors: the next one may take only what changed since it began.
    ");
    stop.execute(&plan).await.unwrap();
    assert!(matches!(stop.probe(&plan).await.unwrap(), Sighting::Happened(_)));
    // The remote answers at last: what it has is put into error, and nothing is imported.
    world.control.advance_clock(100_000).await;
    assert_eq!(world.job(&job).await["objects"], json!({"ERROR": 3}));
    assert!(matches!(stop.probe(&plan).await.unwrap(), Sighting::Happened(_)));
}

#[tokio::test]
async fn what_cannot_be_stopped_is_refused_in_words() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let stop = Op::of(&registry, "harvest stop", &world.site);
    world.harvest(HANGING).await;
    let mut said = vec![];
    for name in [QUICK, "environment-agency-catalogue", "road-accidents-2019", "quick-sorce", "no-such-thing"]
    {
        said.push(refusal(stop.plan(source(name)).await));
    }
    insta::assert_snapshot!(masked(&said.join("\n")), @"
    No harvest of “Quick Source” (`quick-source`) is running. There has not been one yet. To start one, type `/ckan reharvest quick-source`.
    No harvest of “Environment Agency Catalogue” (`environment-agency-catalogue`) is running. Its last one: ‹moment›, finished: 2 added, 0 updated, 0 unchanged, 0 deleted, 0 errored. To start one, type `/ckan reharvest environment-agency-catalogue`.
    “Road Safety Data 2019” (`road-accidents-2019`) is a dataset, not a harvest source. Give the slug, UUID or address of a harvest source; `/ckan harvest list` shows them, and `/ckan show road-accidents-2019` says who harvests this dataset.
    There is no harvest source with the slug `quick-sorce` on production. Did you mean `quick-source`?
    There is no harvest source with the slug `no-such-thing` on production. `/ckan harvest list` shows them all.
    ");
    assert_eq!(world.calls(1).await, []);
}

#[tokio::test]
async fn a_harvest_is_started_and_watched_to_its_end() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let reharvest = Op::of(&registry, "harvest reharvest", &world.site);
    world.control.set_consumer("gather", "stop").await;
    world.control.set_consumer("fetch", "stop").await;
    world
        .control
        .set_remote(SLOW, json!({ "errored": 2, "error": "Cannot import {guid} of a@example.org" }))
        .await;
    let plan = reharvest.plan(source(SLOW)).await.unwrap();
    insta::assert_snapshot!(masked(&told(&plan)), @"
    Harvest “Slow Source” on production
    Harvest source: Slow Source (ckan)
    Slug: slow-source
    UUID: ‹id›
    Publisher: Leeds City Council
    Harvests from: http://127.0.0.1:15800/slow/20/2
    State: active
    Runs by itself: only when somebody starts it
    Datasets on the site: 0
    Last harvest: none yet
    + CKAN queues a harvest of this source; it begins when the gather worker is free.
    + Datasets that are new at the publisher's are made, and changed ones are replaced. None is withdrawn.
    + The thread tells how it goes until it is done.
    ! A harvest may bring back datasets of this source that were withdrawn here, where the publisher has changed them.
    !! What it changes in datasets is not given back as a whole.
    ");
    insta::assert_snapshot!(sighted(&reharvest.probe(&plan).await.unwrap()), @"not happened: CKAN has no new harvest job of it.");
    reharvest.execute(&plan).await.unwrap();
    insta::assert_snapshot!(sighted(&reharvest.probe(&plan).await.unwrap()), @"happened: CKAN has the new harvest job ‹id›, asked for ‹moment›. I watch it and tell here how it goes.");

    let mut memory = reharvest.watch(&plan).unwrap().memory;
    let mut thread: Vec<String> = vec![];
    for step in ["", "gather", "fetch 3", "fetch 3", "fetch 1", "fetch 12", "fetch 1", "", "run"] {
        match step.split_once(' ') {
            Some((_, times)) => drop(world.control.step_consumer("fetch", times.parse().unwrap()).await),
            None if step == "gather" => drop(world.control.step_consumer("gather", 1).await),
            None if step == "run" => world.harvester_run().await,
            None => {}
        }
        match reharvest.look_with(&plan, &memory).await {
            Look::Again { memory: next, said, .. } => {
                assert_ne!(step, "run", "it is over then");
                memory = next;
                thread.push(format!("[{step}] {}", said.join("\n  ")));
            }
            Look::Over(said) => thread.push(format!("[{step}, over] {}", said.join("\n  "))),
        }
    }
    insta::assert_snapshot!(masked(&thread.join("\n")), @"
    [] 
    [gather] Gathered 20 objects; they are being imported.
    [fetch 3] 
    [fetch 3] Done so far: 6 of 20 objects: 6 added, 0 updated, 0 unchanged, 0 deleted, 0 errored, 14 open.
    [fetch 1] 
    [fetch 12] Done so far: 19 of 20 objects: 18 added, 0 updated, 0 unchanged, 0 deleted, 1 errored, 1 open.
    [fetch 1] The harvest is done. Gathered 20 objects: 18 added, 0 updated, 0 unchanged, 0 deleted, 2 errored.
      Error, once: Cannot import ‹id› of a…@example.org
      Error, once: Cannot import ‹id› of a…@example.org
      CKAN marks it as finished at its next `harvester run`.
    [] 
    [run, over] CKAN has marked the harvest as finished.
    ");
}

#[tokio::test]
async fn a_watched_harvest_that_somebody_stops_or_clears_is_over() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let reharvest = Op::of(&registry, "harvest reharvest", &world.site);
    let plan = reharvest.plan(source(HANGING)).await.unwrap();
    let Look::Over(said) = reharvest.look_with(&plan, &Value::Null).await else { panic!("there is no job") };
    insta::assert_snapshot!(said.join("\n"), @"CKAN no longer has this harvest job: somebody cleared the source's history.");
    reharvest.execute(&plan).await.unwrap();
    let Look::Again { memory, pause, said } = reharvest.look_with(&plan, &Value::Null).await else {
        panic!("it hangs")
    };
    assert_eq!((said.len(), pause.as_secs()), (0, 2));
    let stop = Op::of(&registry, "harvest stop", &world.site);
    let stopping = stop.plan(source(HANGING)).await.unwrap();
    stop.execute(&stopping).await.unwrap();
    let Look::Over(said) = reharvest.look_with(&plan, &memory).await else { panic!("it was stopped") };
    insta::assert_snapshot!(said.join("\n"), @"The harvest was stopped, or timed out, before anything was gathered.");
}

#[tokio::test]
async fn the_pauses_of_a_watch_grow_up_to_two_minutes() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let reharvest = Op::of(&registry, "harvest reharvest", &world.site);
    let plan = reharvest.plan(source(HANGING)).await.unwrap();
    reharvest.execute(&plan).await.unwrap();
    let watch = reharvest.watch(&plan).unwrap();
    assert_eq!((watch.first.as_secs(), watch.longest.as_secs()), (2, 13 * 3600));
    let (mut memory, mut pauses) = (watch.memory, vec![]);
    for _ in 0..8 {
        let Look::Again { memory: next, pause, .. } = reharvest.look_with(&plan, &memory).await else {
            panic!()
        };
        memory = next;
        pauses.push(pause.as_secs());
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 120, 120]);
}

#[tokio::test]
async fn a_source_that_is_harvested_or_switched_off_is_not_harvested_again() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let reharvest = Op::of(&registry, "harvest reharvest", &world.site);
    world.half_way().await;
    world.site.write("package_delete", &json!({ "id": seeded_id("source", QUICK) })).await.unwrap();
    let mut said = vec![];
    for name in [SLOW, QUICK, "road-accidents-2019"] {
        said.push(refusal(reharvest.plan(source(name)).await));
    }
    insta::assert_snapshot!(masked(&said.join("\n")), @"
    A harvest of “Slow Source” (`slow-source`) is running already: it was asked for ‹while› ago, on ‹moment›, and is importing. To stop it and begin anew, type `/ckan harvest restart slow-source`.
    “Quick Source” (`quick-source`) is switched off, so CKAN does not harvest it. Have it switched on on its page first.
    “Road Safety Data 2019” (`road-accidents-2019`) is a dataset, not a harvest source. Give the slug, UUID or address of a harvest source; `/ckan harvest list` shows them, and `/ckan show road-accidents-2019` says who harvests this dataset.
    ");
}

/// Reharvests under a fault: what the call said, and whether it happened.
async fn reharvested_under(fault: FaultKind) -> (Effect, bool) {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let reharvest = Op::of(&registry, "harvest reharvest", &world.site);
    let plan = reharvest.plan(source(QUICK)).await.unwrap();
    world.control.fault(Fault::once("harvest_job_create", fault)).await;
    let effect = reharvest.execute(&plan).await.unwrap_err().effect;
    assert!(world.calls(0).await.len() <= 1, "never sent again");
    (effect, matches!(reharvest.probe(&plan).await.unwrap(), Sighting::Happened(_)))
}

#[tokio::test]
async fn hazard_7_what_a_fault_leaves_unknown_the_probe_decides() {
    for (fault, effect, happened) in [
        (FaultKind::LoseRequest, Effect::Unknown, false),
        (FaultKind::LoseResponse, Effect::Unknown, true),
        (FaultKind::Error500, Effect::Unknown, false),
        (FaultKind::ErrorAfterCommit, Effect::Unknown, true),
        (FaultKind::Html504AfterCommit, Effect::Unknown, true),
        (FaultKind::Html403, Effect::NotApplied, false),
    ] {
        assert_eq!(reharvested_under(fault).await, (effect, happened), "{fault:?}");
    }
}

#[tokio::test]
async fn a_job_that_somebody_else_made_meanwhile_is_a_500_that_the_probe_explains() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let reharvest = Op::of(&registry, "harvest reharvest", &world.site);
    let plan = reharvest.plan(source(HANGING)).await.unwrap();
    world.harvest(HANGING).await;
    assert!(matches!(reharvest.plan(source(HANGING)).await, Err(PlanError::Refused(_))), "found stale");
    let error: CallError = reharvest.execute(&plan).await.unwrap_err();
    assert_eq!((error.effect, error.status), (Effect::Unknown, Some(500)));
    assert!(matches!(reharvest.probe(&plan).await.unwrap(), Sighting::Happened(_)));
}

#[tokio::test]
async fn a_restart_stops_and_begins_anew() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let restart = Op::of(&registry, "harvest restart", &world.site);
    assert!(matches!(restart.plan(source(SLOW)).await, Err(PlanError::Refused(_))), "nothing runs");
    let job = world.half_way().await;
    let plan = restart.plan(source(SLOW)).await.unwrap();
    insta::assert_snapshot!(masked(&told(&plan)), @"
    Restart the harvest of “Slow Source” on production
    Harvest source: Slow Source (ckan)
    Slug: slow-source
    UUID: ‹id›
    Publisher: Leeds City Council
    Harvests from: http://127.0.0.1:15800/slow/20/2
    State: active
    Runs by itself: only when somebody starts it
    Datasets on the site: 7
    Running harvest: job ‹id›, asked for ‹moment›
    Its state: importing
    Its objects: 20: 7 added, 0 updated, 0 unchanged, 0 deleted, 0 errored, 13 open
    Running for: ‹while›
    + CKAN calls the running harvest finished, and puts what it has not imported yet into error.
    + CKAN queues a harvest of this source; it begins when the gather worker is free.
    + Datasets that are new at the publisher's are made, and changed ones are replaced. None is withdrawn.
    + The thread tells how it goes until it is done.
    ! This stops no worker: the fetch worker finishes what it has in hand and drops the rest.
    ! A harvest may bring back datasets of this source that were withdrawn here, where the publisher has changed them.
    !! The stopped harvest does not go on; only a new one takes in what it left out.
    !! What it changes in datasets is not given back as a whole.
    ");
    insta::assert_snapshot!(sighted(&restart.probe(&plan).await.unwrap()), @"not happened: CKAN still has the job ‹id› as running.");
    restart.execute(&plan).await.unwrap();
    insta::assert_snapshot!(sighted(&restart.probe(&plan).await.unwrap()), @"happened: CKAN has the job ‹id› as finished. Its 20 objects: 7 added, 0 updated, 0 unchanged, 0 deleted, 0 errored, 13 open. What is open there is not imported any more. CKAN has the new harvest job ‹id›, asked for ‹moment›. I watch it and tell here how it goes.");
    assert_eq!(
        world.calls(1).await,
        [
            ("harvest_job_abort".to_owned(), job),
            ("harvest_job_create".to_owned(), seeded_id("source", SLOW).to_string()),
        ]
    );
    assert!(matches!(restart.look_with(&plan, &Value::Null).await, Look::Again { .. }));
}

#[tokio::test]
async fn a_restart_waits_for_ckans_word_and_not_for_the_objects_in_the_database() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    // Whoever asks this database for the objects of a job gets no answer.
    let database = DatabaseAddresses {
        read: Some(SecretString::from("postgres://reader@127.0.0.1:1/ckan")),
        ..DatabaseAddresses::default()
    };
    let plain = settings(&world.ckan.url(), world.ckan.sysadmin_token());
    let site = Site::new(SiteSettings { database, ..plain }).unwrap();
    let restart = Op::of(&registry, "harvest restart", &site);
    let job = world.half_way().await;
    let plan = restart.plan(source(SLOW)).await.unwrap();
    restart.execute(&plan).await.unwrap();
    assert!(matches!(restart.probe(&plan).await.unwrap(), Sighting::Happened(_)));
    assert_eq!(world.job(&job).await["status"], "Finished");
    let calls: Vec<String> = world.calls(1).await.into_iter().map(|(action, _)| action).collect();
    assert_eq!(calls, ["harvest_job_abort", "harvest_job_create"]);
}

#[tokio::test]
async fn a_restart_whose_second_half_fails_is_partly_done() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let restart = Op::of(&registry, "harvest restart", &world.site);
    world.half_way().await;
    let plan = restart.plan(source(SLOW)).await.unwrap();
    world.control.fault(Fault::once("harvest_job_create", FaultKind::Html403)).await;
    let error = restart.execute(&plan).await.unwrap_err();
    assert_eq!(error.effect, Effect::Unknown, "something was done");
    insta::assert_snapshot!(sighted(&restart.probe(&plan).await.unwrap()), @"partly: CKAN has the job ‹id› as finished. Its 20 objects: 7 added, 0 updated, 0 unchanged, 0 deleted, 0 errored, 13 open. What is open there is not imported any more. CKAN has no new harvest job of it.");
}

#[tokio::test]
async fn a_restart_whose_first_half_is_refused_changes_nothing() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let restart = Op::of(&registry, "harvest restart", &world.site);
    world.half_way().await;
    let plan = restart.plan(source(SLOW)).await.unwrap();
    world.control.fault(Fault::once("harvest_job_abort", FaultKind::Html403)).await;
    assert_eq!(restart.execute(&plan).await.unwrap_err().effect, Effect::NotApplied);
    assert!(matches!(restart.probe(&plan).await.unwrap(), Sighting::NotHappened(_)));
}

#[tokio::test]
async fn a_stuck_job_is_aborted_by_its_id() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let abort = Op::of(&registry, "harvest abort", &world.site);
    let job = world.half_way().await;
    let plan = abort.plan(json!({ "job": job, "source": SLOW })).await.unwrap();
    insta::assert_snapshot!(masked(&told(&plan)), @"
    Abort a harvest job of “Slow Source” on production
    Harvest source: Slow Source (ckan)
    Slug: slow-source
    Job: ‹id›
    Asked for: ‹moment›
    Running for: ‹while›
    Its state: importing
    Its objects: 20: 7 added, 0 updated, 0 unchanged, 0 deleted, 0 errored, 13 open
    + CKAN calls this job finished, and puts what it has not imported yet into error.
    + What it has imported stays. The source can be harvested again at once.
    ! This stops no worker: the fetch worker finishes what it has in hand and drops the rest.
    !! The stopped harvest does not go on; only a new one takes in what it left out.
    ");
    insta::assert_snapshot!(sighted(&abort.probe(&plan).await.unwrap()), @"not happened: CKAN still has the job ‹id› as running.");
    abort.execute(&plan).await.unwrap();
    insta::assert_snapshot!(sighted(&abort.probe(&plan).await.unwrap()), @"happened: CKAN has the job ‹id› as finished. Its 20 objects: 7 added, 0 updated, 0 unchanged, 0 deleted, 0 errored, 13 open. What is open there is not imported any more.");
    assert_eq!(world.calls(1).await, [("harvest_job_abort".to_owned(), job)]);
}

#[tokio::test]
async fn hazard_3_an_id_that_is_no_open_job_of_the_source_is_refused_in_words() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let abort = Op::of(&registry, "harvest abort", &world.site);
    let job = world.half_way().await;
    let finished = seeded_id("harvest-job", "environment-agency-catalogue");
    let mut said = vec![];
    for arguments in [
        json!({ "job": job, "source": HANGING }),
        json!({ "job": job, "source": "road-accidents-2019" }),
        json!({ "job": finished }),
        json!({ "job": seeded_id("source", SLOW) }),
        json!({ "job": seeded_id("dataset", "road-accidents-2019") }),
        json!({ "job": "00000000-0000-4000-8000-000000000000" }),
        json!({ "job": job, "in_database": true }),
    ] {
        said.push(refusal(abort.plan(arguments).await));
    }
    insta::assert_snapshot!(masked(&said.join("\n")), @"
    The job `‹id›` is not one of “Hanging Source” (`hanging-source`) but of “Slow Source” (`slow-source`). If you mean it all the same, type `--source slow-source`.
    “Road Safety Data 2019” (`road-accidents-2019`) is a dataset, not a harvest source. Give the slug, UUID or address of a harvest source; `/ckan harvest list` shows them, and `/ckan show road-accidents-2019` says who harvests this dataset.
    The job `‹id›` of “Environment Agency Catalogue” is over already: it was asked for on ‹moment› and is finished. `/ckan harvest jobs` shows those that are not over.
    `‹id›` is the UUID of the harvest source “Slow Source”, not of a job. To stop its running harvest, type `/ckan stop slow-source`; `/ckan harvest jobs` shows the jobs.
    `‹id›` is the UUID of the dataset “Road Safety Data 2019”, not of a harvest job. `/ckan harvest jobs` shows the jobs.
    There is no harvest job with the UUID `‹id›` on production. `/ckan harvest jobs` shows those that are not over.
    The bot may not write to CKAN's database on production: nobody has configured a role for it. Ask again without --in-database, or have whoever runs the bot add `database_write_env` to the environment.
    ");
    for wrong in ["slow-source", "", "-x", "98b482820a095590954a9818be2884bc"] {
        let error = parsed("harvest abort", &[wrong]).unwrap_err().to_string();
        assert!(error.contains("harvest job") || error.contains("unexpected argument"), "{wrong}: {error}");
    }
    assert_eq!(world.job(&job).await["status"], "Running");
    assert_eq!(world.calls(1).await, []);
}

#[tokio::test]
async fn hazard_16_no_operation_has_the_site_run_its_harvester() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    world.half_way().await;
    for name in ["harvest stop", "harvest reharvest", "harvest restart"] {
        let op = Op::of(&registry, name, &world.site);
        let plan = op.plan(source(if name == "harvest restart" { HANGING } else { SLOW })).await;
        if let Ok(plan) = plan {
            op.execute(&plan).await.unwrap();
            op.probe(&plan).await.unwrap();
        }
        world
            .site
            .write("harvest_job_create", &json!({ "source_id": seeded_id("source", HANGING) }))
            .await
            .ok();
    }
    let asked = world.control.requests().await;
    assert!(asked.iter().any(|request| request.action == "harvest_job_abort"));
    assert!(asked.iter().any(|request| request.action == "harvest_job_create"));
    assert!(!asked.iter().any(|request| request.action == "harvest_jobs_run"));
}

#[test]
fn hazard_17_run_test_and_run_are_never_used() {
    let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut read = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for wrong in ["\"run-test\"", "\"harvest_jobs_run\"", "literal(\"run\")"] {
            assert!(!text.contains(wrong), "{} has {wrong}", path.display());
        }
        read += 1;
    }
    assert!(read > 100, "the program's own source is read");
}
