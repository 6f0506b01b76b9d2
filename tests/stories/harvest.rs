//! Harvests are listed, started, stopped and recovered. The remote sites are the lab's, or what the sandbox CKAN keeps
//! in their place.

use std::time::Duration;

use regex::Regex;
use sandbox::slack::Message;
use serde_json::{Value, json};

use crate::world::{ALICE, BOB, CARA, World, said};

/// A text without what differs from run to run and from one CKAN to another.
fn masked(text: &str) -> String {
    let masks = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "‹id›"),
        (r"127\.0\.0\.1:\d+", "‹remote›"),
        (r"\b\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC", "‹moment›"),
        (r"\b(?:a second|\d+ seconds|\d+ minutes|\d+ hours|\d+ days)\b", "‹while›"),
        (r"pid \d+|\d+ restarts?", "‹process›"),
        (r"(?m)^(Its status|Gather worker|Fetch worker): .*$", "$1: ‹status›"),
    ];
    masks.iter().fold(said(text), |text, (pattern, mask)| {
        Regex::new(pattern).unwrap().replace_all(&text, *mask).into_owned()
    })
}

/// Counts of a harvest that was cut off somewhere.
fn without_counts(text: &str) -> String {
    let counts = Regex::new(r"\b\d+ (added|open)|(Datasets on the site): \d+").unwrap();
    counts.replace_all(&masked(text), "‹n› $1$2").into_owned()
}

impl World {
    /// The id of a source.
    async fn source(&self, name: &str) -> Value {
        self.ckan.action("harvest_source_show", json!({"id": name})).await["id"].clone()
    }

    /// Somebody starts a harvest on CKAN's own page; its id.
    async fn harvest(&self, name: &str) -> String {
        let job = self.ckan.action("harvest_job_create", json!({"source_id": self.source(name).await})).await;
        job["id"].as_str().expect("a job").to_owned()
    }

    async fn job(&self, id: &str) -> Value {
        self.ckan.action("harvest_job_show", json!({"id": id})).await
    }

    /// The newest job of a source.
    async fn newest_job(&self, name: &str) -> Value {
        let id = self.source(name).await;
        self.ckan.action("harvest_source_show_status", json!({"id": id})).await["last_job"].clone()
    }

    /// Waits until so many objects of a job have been imported.
    async fn imported(&self, id: &str, least: u64) {
        // A worker that was restarted on a busy machine takes its time.
        for _ in 0..600 {
            if self.job(id).await["stats"]["added"].as_u64() >= Some(least) {
                return;
            }
            match &self.ckan.control {
                Some(control) => control.advance_clock(1).await,
                None => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        panic!("{least} objects of {id} are not imported: {}", self.job(id).await);
    }

    /// The remote site of `hanging-source` answers from now on.
    async fn release_the_remote(&self) {
        match (&self.ckan.lab, &self.ckan.control) {
            (Some(lab), _) => {
                let url = format!("{}/lab/release", lab.word("REMOTE"));
                reqwest::Client::new().post(url).send().await.expect("the lab's remote");
            }
            (None, Some(control)) => {
                control.set_remote("hanging-source", json!({"gather_ms": 0})).await;
            }
            (None, None) => panic!("neither a lab nor a sandbox"),
        }
    }

    /// Asks for a change and waits for its card, which holds `words`.
    async fn asks(&self, command: &str, words: &str) -> Message {
        self.types(ALICE, &format!("{command} --reason \"It is needed\" --ticket 51236")).await;
        self.card(words).await
    }

    /// Asks for a change that Bob approves; the card, once it is done and verified.
    async fn has_done(&self, command: &str, words: &str) -> (Message, Message) {
        let card = self.asks(command, words).await;
        self.presses(BOB, &card, "approve").await;
        let done = self.thread(&card, "Done and verified").await;
        (card, done)
    }

    /// Somebody approves what has to be confirmed in words.
    async fn confirms(&self, user: &str, card: &Message, words: &str) {
        self.presses(user, card, "approve").await;
        let form = self.control.wait_modal(user).await.unwrap();
        let typed = json!({"confirmation": {"confirmation": words}});
        self.control.submit(user, &form.view_id, &typed).await.unwrap();
    }
}

#[tokio::test]
async fn a_source_is_harvested_and_its_thread_tells_how_it_went() {
    let world = World::start().await;
    let card = world.asks("/ckan reharvest quick-source", "Quick Source").await;
    insta::assert_snapshot!(masked(&card.text), @"
    Harvest “Quick Source” on production
    Harvest source: Quick Source (ckan)
    Slug: quick-source
    UUID: ‹id›
    Publisher: Office for National Statistics
    Harvests from: http://‹remote›/quick/5/0
    State: active
    Runs by itself: only when somebody starts it
    Datasets on the site: 0
    Last harvest: none yet
    Environment: production
    Asked by: <@U0ALICE>
    Reason: It is needed
    Ticket: 51236
    What will happen
    - CKAN queues a harvest of this source; it begins when the gather worker is free.
    - Datasets that are new at the publisher's are made, and changed ones are replaced. None is withdrawn.
    - The thread tells how it goes until it is done.
    Mind
    - A harvest may bring back datasets of this source that were withdrawn here, where the publisher has changed them.
    Cannot be undone
    - What it changes in datasets is not given back as a whole.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    assert_eq!(world.newest_job("quick-source").await, Value::Null);
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "asked for this yourself").await;
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(masked(&done.text), @"
    Done and verified: Harvest “Quick Source” on production.
    What I saw
    - CKAN has the new harvest job ‹id›, asked for ‹moment›. I watch it and tell here how it goes.
    ");
    world.imported(world.newest_job("quick-source").await["id"].as_str().unwrap(), 5).await;
    world.clock.advance_ms(130_000);
    let result = world.thread(&card, "The harvest is done").await;
    insta::assert_snapshot!(masked(&result.text), @"
    The harvest is done. Gathered 5 objects: 5 added, 0 updated, 0 unchanged, 0 deleted, 0 errored.
    CKAN marks it as finished at its next harvester run.
    ");
    world.ckan.action("harvest_jobs_run", json!({})).await;
    world.clock.advance_ms(130_000);
    world.thread(&card, "CKAN has marked the harvest as finished").await;
    let job = world.newest_job("quick-source").await;
    assert_eq!((&job["status"], &job["stats"]["added"]), (&json!("Finished"), &json!(5)));
}

#[tokio::test]
async fn the_first_errors_of_a_harvest_are_told() {
    let world = World::start().await;
    let (card, _) = world.has_done("/ckan harvest reharvest failing-source", "Failing Source").await;
    world.imported(world.newest_job("failing-source").await["id"].as_str().unwrap(), 3).await;
    let result = world.thread(&card, "The harvest is done").await;
    insta::assert_snapshot!(masked(&result.text), @r#"
    The harvest is done. Gathered 6 objects: 3 added, 0 updated, 0 unchanged, 0 deleted, 3 errored.
    Error, once: Invalid package with GUID ‹id›: {'extras_validation': ['Duplicate key "twice"']}
    Error, once: Invalid package with GUID ‹id›: {'extras_validation': ['Duplicate key "twice"']}
    Error, once: Invalid package with GUID ‹id›: {'extras_validation': ['Duplicate key "twice"']}
    CKAN marks it as finished at its next harvester run.
    "#);
    world.types(ALICE, "/ckan harvest status failing-source").await;
    let status = world.told(ALICE, "Harvest source “Failing Source”").await;
    assert!(status.contains("3 added") && status.contains("Error, once:"), "{status}");
}

#[tokio::test]
async fn a_harvest_of_a_slow_remote_is_stopped_half_way() {
    let world = World::start().await;
    let (started, _) = world.has_done("/ckan reharvest slow-source", "Slow Source").await;
    let job = world.newest_job("slow-source").await["id"].as_str().unwrap().to_owned();
    world.imported(&job, 3).await;
    let card = world.asks("/ckan stop slow-source", "Stop the harvest").await;
    insta::assert_snapshot!(without_counts(&card.text), @"
    Stop the harvest of “Slow Source” on production
    Harvest source: Slow Source (ckan)
    Slug: slow-source
    UUID: ‹id›
    Publisher: Leeds City Council
    Harvests from: http://‹remote›/slow/20/2
    State: active
    Runs by itself: only when somebody starts it
    ‹n› Datasets on the site
    Running harvest: job ‹id›, asked for ‹moment›
    Its state: importing
    Its objects: 20: ‹n› added, 0 updated, 0 unchanged, 0 deleted, 0 errored, ‹n› open
    Running for: ‹while›
    Environment: production
    Asked by: <@U0ALICE>
    Reason: It is needed
    Ticket: 51236
    What will happen
    - CKAN calls the running harvest finished, and puts what it has not imported yet into error.
    - What it has imported stays. The source can be harvested again at once.
    Mind
    - This stops no worker: the fetch worker finishes what it has in hand and drops the rest.
    Cannot be undone
    - The stopped harvest does not go on; only a new one takes in what it left out.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(without_counts(&done.text), @"
    Done and verified: Stop the harvest of “Slow Source” on production.
    What I saw
    - CKAN has the job ‹id› as finished. Its 20 objects: ‹n› added, 0 updated, 0 unchanged, 0 deleted, 0 errored, ‹n› open. What is open there is not imported any more.
    ");
    world.clock.advance_ms(130_000);
    world.thread(&started, "The harvest was stopped").await;
    let job = world.job(&job).await;
    assert_eq!((&job["status"], &job["finished"]), (&json!("Finished"), &Value::Null));
    let added = job["stats"]["added"].as_u64().unwrap();
    assert!((3..20).contains(&added), "{job}");
    if let Some(lab) = &world.ckan.lab {
        let id = job["id"].as_str().unwrap();
        let open = lab.rows(&format!(
            "select count(*) from harvest_object where harvest_job_id = '{id}' and state not in ('COMPLETE', 'ERROR')"
        ));
        assert_eq!(open, "0");
    }
    world.types(ALICE, "/ckan harvest stop slow-source --reason \"Again\" --ticket 51236").await;
    world.told(ALICE, "No harvest of “Slow Source”").await;
}

#[tokio::test]
async fn a_harvest_that_hangs_is_recovered() {
    let world = World::start().await;
    let stuck = world.harvest("hanging-source").await;
    let refused =
        world.is_told(ALICE, "/ckan reharvest hanging-source --reason \"It hangs\" --ticket 51236").await;
    insta::assert_snapshot!(masked(&refused), @"A harvest of “Hanging Source” (hanging-source) is running already: it was asked for ‹while› ago, on ‹moment›, and is waiting to be gathered, or being gathered. To stop it and begin anew, type /ckan harvest restart hanging-source.");
    let jobs = world.is_told(ALICE, "/ckan harvest jobs").await;
    insta::assert_snapshot!(masked(&jobs), @"
    Harvests that wait or run on production: 1

    hanging-source: waiting to be gathered, or being gathered, for ‹while›; objects: none yet; job ‹id›

    /ckan stop and a source's name stops its harvest.
    ");

    let (restarted, done) =
        world.has_done("/ckan harvest restart hanging-source", "Restart the harvest of").await;
    insta::assert_snapshot!(masked(&restarted.text), @"
    Restart the harvest of “Hanging Source” on production
    Harvest source: Hanging Source (ckan)
    Slug: hanging-source
    UUID: ‹id›
    Publisher: Department for Transport
    Harvests from: http://‹remote›/hanging/3/3600
    State: active
    Runs by itself: only when somebody starts it
    Datasets on the site: 0
    Running harvest: job ‹id›, asked for ‹moment›
    Its state: waiting to be gathered, or being gathered
    Its objects: none yet
    Running for: ‹while›
    Environment: production
    Asked by: <@U0ALICE>
    Reason: It is needed
    Ticket: 51236
    What will happen
    - CKAN calls the running harvest finished, and puts what it has not imported yet into error.
    - CKAN queues a harvest of this source; it begins when the gather worker is free.
    - Datasets that are new at the publisher's are made, and changed ones are replaced. None is withdrawn.
    - The thread tells how it goes until it is done.
    Mind
    - This stops no worker. If the gather worker has this harvest in hand, it goes on with it, keeps every other source waiting until the remote answers, and puts what it finds into error. /ckan harvest restart-worker gather frees it.
    - If it still waits in the gather queue, it stays there: the gather worker gathers it all the same when its turn comes, and nothing of that is imported.
    - A harvest that was stopped before anything was gathered counts as one without errors: the next one may take only what changed since it began.
    - A harvest may bring back datasets of this source that were withdrawn here, where the publisher has changed them.
    Cannot be undone
    - The stopped harvest does not go on; only a new one takes in what it left out.
    - What it changes in datasets is not given back as a whole.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    insta::assert_snapshot!(masked(&done.text), @"
    Done and verified: Restart the harvest of “Hanging Source” on production.
    What I saw
    - CKAN has the job ‹id› as finished.
    - CKAN has the new harvest job ‹id›, asked for ‹moment›. I watch it and tell here how it goes.
    ");
    assert_eq!(world.job(&stuck).await["status"], "Finished");
    let newest = world.newest_job("hanging-source").await;
    assert_ne!(newest["id"], json!(stuck));

    // The gather worker still has the stopped one in hand.
    world.types(ALICE, "/ckan harvest workers").await;
    let workers = world.told(ALICE, "The harvest workers of").await;
    insta::assert_snapshot!(masked(&workers), @"
    The harvest workers of production
    Gather worker: ‹status›
    Waits for it, or is in its hand: 1 harvest, the oldest for ‹while›
    Fetch worker: ‹status›
    Waits for it, or is in its hand: 0 objects of 0 harvests

    /ckan harvest jobs shows what waits; /ckan harvest restart-worker restarts a worker that hangs.
    ");
    let (card, done) =
        world.has_done("/ckan harvest restart-worker gather", "Restart the gather worker").await;
    insta::assert_snapshot!(masked(&card.text), @"
    Restart the gather worker of production
    Worker: gather
    Its status: ‹status›
    Harvests not gathered yet: 1
    hanging-source: since ‹moment›; objects: none yet
    Environment: production
    Asked by: <@U0ALICE>
    Reason: It is needed
    Ticket: 51236
    What will happen
    - The worker ends what it is doing, starts anew and takes the next harvest from the queue.
    Mind
    - If it has one of these harvests in hand, that one stays running without going on, until harvester run queues it again after two hours. To begin it anew at once: /ckan harvest restart and the source.
    Cannot be undone
    - What the worker has in hand is cut off where it is.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    insta::assert_snapshot!(masked(&done.text), @"
    Done and verified: Restart the gather worker of production.
    What I saw
    - The gather worker runs as another process than before: ‹process›.
    ");
    world.release_the_remote().await;
    world.imported(newest["id"].as_str().unwrap(), 3).await;
    world.clock.advance_ms(130_000);
    let result = world.thread(&restarted, "The harvest is done").await;
    insta::assert_snapshot!(masked(&result.text), @"
    The harvest is done. Gathered 3 objects: 3 added, 0 updated, 0 unchanged, 0 deleted, 0 errored.
    CKAN marks it as finished at its next harvester run.
    ");
}

#[tokio::test]
async fn hazard_14_a_worker_has_one_open_restart_at_a_time() {
    let world = World::start().await;
    let card = world.asks("/ckan harvest restart-worker gather", "Restart the gather worker").await;
    let again = "/ckan harvest restart-worker gather --reason \"It hangs\" --ticket 51237";
    let refused = world.is_told(BOB, again).await;
    assert!(refused.contains("already"), "{refused}");
    world.asks("/ckan harvest restart-worker fetch", "Restart the fetch worker").await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    world.types(BOB, again).await;
    world.card("Ticket: 51237").await;
}

#[tokio::test]
async fn a_stuck_job_is_aborted_by_its_id_and_nothing_else_is_taken_for_one() {
    let world = World::start().await;
    let job = world.harvest("hanging-source").await;
    let source = world.source("hanging-source").await.as_str().unwrap().to_owned();
    let why = "--reason \"Stuck\" --ticket 51236";
    for (command, words) in [
        (format!("/ckan harvest abort {job} --source slow-source {why}"), "is not one of “Slow Source”"),
        (format!("/ckan harvest abort {source} {why}"), "is the UUID of the harvest source “Hanging Source”"),
        (format!("/ckan harvest abort hanging-source {why}"), "named by its UUID"),
    ] {
        let refused = world.is_told(ALICE, &command).await;
        assert!(refused.contains(words), "{command}: {refused}");
    }
    assert_eq!(world.job(&job).await["status"], "Running");
    let (card, done) = world
        .has_done(&format!("/ckan harvest abort {job} --source hanging-source"), "Abort a harvest job")
        .await;
    assert!(card.text.contains(&job), "{}", card.text);
    insta::assert_snapshot!(masked(&done.text), @"
    Done and verified: Abort a harvest job of “Hanging Source” on production.
    What I saw
    - CKAN has the job ‹id› as finished.
    ");
    assert_eq!(world.job(&job).await["status"], "Finished");
    world.types(ALICE, &format!("/ckan harvest abort {job} {why}")).await;
    world.told(ALICE, "is over already").await;
    world.release_the_remote().await;
}

#[tokio::test]
async fn a_stuck_job_is_ended_in_the_database_where_there_is_one() {
    let world = World::start().await;
    let job = world.harvest("hanging-source").await;
    let command = format!("/ckan harvest abort {job} --in-database");
    let Some(lab) = &world.ckan.lab else {
        let refused = world.is_told(ALICE, &format!("{command} --reason \"Stuck\" --ticket 51236")).await;
        assert!(refused.contains("may not write to CKAN's database"), "{refused}");
        return;
    };
    let other = world.harvest("slow-source").await;
    world.has_done(&command, "in the database").await;
    let row =
        |id: &str| lab.rows(&format!("select status, finished is null from harvest_job where id = '{id}'"));
    assert_eq!((row(&job).as_str(), row(&other).as_str()), ("Finished|f", "Running|t"));
    world.release_the_remote().await;
}

#[tokio::test]
async fn the_queues_are_purged_by_two_approvers_who_type_it() {
    let world = World::start().await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let hanging = world.harvest("hanging-source").await;
    let quick = world.harvest("quick-source").await;
    let card = world.asks("/ckan harvest purge-queues", "Empty the harvest queues").await;
    insta::assert_snapshot!(masked(&card.text), @"
    Empty the harvest queues of production
    Harvests that end: 2
    hanging-source: waiting to be gathered, or being gathered, since ‹moment›; objects: none yet
    quick-source: waiting to be gathered, or being gathered, since ‹moment›; objects: none yet
    Environment: production
    Asked by: <@U0ALICE>
    Reason: It is needed
    Ticket: 51236
    What will happen
    - Both harvest queues are emptied, for every source.
    - Each of these harvests is ended: CKAN calls it finished, and puts what it has not imported yet into error. What was imported stays.
    Mind
    - This stops no worker. What a worker has in hand goes on; restart the worker if it hangs.
    Cannot be undone
    - No queue comes back. Each source has to be harvested again, one by one.
    Safer: To free one source, stop its harvest: /ckan stop and its name. If one that hangs keeps the others waiting, /ckan harvest restart-worker gather.
    Waiting for approval: 0 of 2 · can approve: <@U0BOB>, <@U0CARA> · runs out ‹moment›
    Two approvals, because it cannot be undone.
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.confirms(BOB, &card, "purge production").await;
    world.card_says(&card, "1 of 2").await;
    assert_eq!(world.job(&hanging).await["status"], "Running");
    world.confirms(CARA, &card, "purge production").await;
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(masked(&done.text), @"
    Done and verified: Empty the harvest queues of production.
    What I saw
    - CKAN has the job ‹id› as finished.
    - CKAN has the job ‹id› as finished.
    - I cannot look into the queues themselves; the harvests were to be ended only once the purge had gone through.
    ");
    world.release_the_remote().await;
    world.ckan.action("harvest_jobs_run", json!({})).await;
    for job in [&hanging, &quick] {
        assert_eq!(world.job(job).await["status"], "Finished");
    }
}

#[tokio::test]
async fn harvest_sources_are_listed_and_shown() {
    let world = World::start().await;
    world.harvest("hanging-source").await;
    insta::assert_snapshot!(masked(&world.is_told(ALICE, "/ckan harvest list").await), @"
    Harvest sources on production: 6

    hanging-source Hanging Source (ckan): waiting to be gathered, or being gathered, for ‹while›

    environment-agency-catalogue Environment Agency Catalogue (ckan): last on ‹moment›: 2 added, 0 updated, 0 unchanged, 0 deleted, 0 errored

    failing-source Failing Source (ckan): no harvest yet

    leeds-data-mill Leeds Data Mill (ckan): no harvest yet

    quick-source Quick Source (ckan): no harvest yet

    slow-source Slow Source (ckan): no harvest yet

    /ckan harvest status and a name shows one of them, and those that were switched off, which are not listed.
    ");
    insta::assert_snapshot!(masked(&world.is_told(ALICE, "/ckan harvest list environment").await), @"
    Harvest sources on production: 1

    environment-agency-catalogue Environment Agency Catalogue (ckan): last on ‹moment›: 2 added, 0 updated, 0 unchanged, 0 deleted, 0 errored

    /ckan harvest status and a name shows one of them, and those that were switched off, which are not listed.
    ");
    insta::assert_snapshot!(
        masked(&world.is_told(ALICE, "/ckan harvest status environment-agency-catalogue").await),
        @"
    Harvest source “Environment Agency Catalogue” on production
    Harvest source: Environment Agency Catalogue (ckan)
    Slug: environment-agency-catalogue
    UUID: ‹id›
    Publisher: Environment Agency
    Harvests from: http://‹remote›/environment-agency/6/0
    State: active
    Runs by itself: only when somebody starts it
    Datasets on the site: 2
    Last harvest: ‹moment›, finished: 2 added, 0 updated, 0 unchanged, 0 deleted, 0 errored

    ‹moment›, ‹while› ago, finished: 2 added, 0 updated, 0 unchanged, 0 deleted, 0 errored. Job ‹id›.
    "
    );
    let dataset = world.is_told(ALICE, "/ckan harvest status road-accidents-2019").await;
    assert!(dataset.contains("is a dataset, not a harvest source"), "{dataset}");
    let none = world.is_told(ALICE, "/ckan harvest jobs --source quick-source").await;
    assert!(none.contains("No harvest of “Quick Source” is waiting or running on production"), "{none}");
    world.release_the_remote().await;
}
