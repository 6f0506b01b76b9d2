//! What takes CKAN's command line or a service: purging the queues, and restarting a worker. The programs are scripts
//! of the test's own, which note what they were asked.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use ckan_chatops::approval::Risk;
use ckan_chatops::ckan::{
    Cause, CommandLineSettings, Effect, ProgramSettings, Service, ServiceSettings, Site,
};
use ckan_chatops::operations::{PlanError, Registry, Sighting};
use sandbox::ckan::{Fault, FaultKind};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harvest::masked;
use crate::world::{Op, Sandbox, refusal, settings, told};

/// A folder with the test's programs.
struct Programs {
    folder: TempDir,
}

impl Programs {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What was asked of the program of this name, a line each.
    fn asked(&self, name: &str) -> Vec<String> {
        let noted = fs::read_to_string(self.file(&format!("{name}.asked"))).unwrap_or_default();
        noted.lines().map(str::to_owned).collect()
    }

    /// The argv of a shell script that notes its arguments first.
    fn script(&self, name: &str, text: &str) -> Vec<String> {
        let noted = self.file(&format!("{name}.asked"));
        let file = self.file(name);
        fs::write(&file, format!("echo \"$*\" >> '{}'\n{text}\n", noted.display())).unwrap();
        ["sh", &file.display().to_string()].map(str::to_owned).to_vec()
    }

    /// A gather worker whose process is the number in a file; `restart` is what its restart command does.
    fn worker(&self, restart: &str) -> ProgramSettings {
        let pid = self.file("pid");
        fs::write(&pid, "1\n").unwrap();
        let status = format!("echo \"gather RUNNING pid $(cat '{}'), uptime $(date +%N)\"", pid.display());
        let service = ServiceSettings {
            status: Some(self.script("status", &status)),
            restart: Some(self.script("restart", &restart.replace("PID", &pid.display().to_string()))),
            logs: None,
        };
        ProgramSettings {
            services: BTreeMap::from([(Service::Gather, service)]),
            ..ProgramSettings::default()
        }
    }

    fn command_line(&self, text: &str) -> ProgramSettings {
        let settings = CommandLineSettings {
            argv: self.script("ckan", text),
            remote_shell: false,
            time_limit: std::time::Duration::from_secs(20),
        };
        ProgramSettings { command_line: Some(settings), ..ProgramSettings::default() }
    }
}

impl Sandbox {
    fn with_programs(&self, programs: ProgramSettings) -> Site {
        let settings = settings(&self.ckan.url(), self.ckan.sysadmin_token());
        Site::new(ckan_chatops::ckan::SiteSettings { programs, ..settings }).unwrap()
    }
}

fn gather() -> Value {
    json!({ "worker": "gather" })
}

#[tokio::test]
async fn a_worker_is_restarted_when_its_status_shows_another_process() {
    let world = Sandbox::start().await;
    let programs = Programs::new();
    let site = world.with_programs(programs.worker("echo 2 > 'PID'; echo restarted"));
    let registry = Registry::all();
    let restart = Op::of(&registry, "harvest restart-worker", &site);
    world.harvest("hanging-source").await;
    world.harvest("quick-source").await;
    let plan = restart.plan(gather()).await.unwrap();
    let shown =
        regex::Regex::new("uptime [0-9]+").unwrap().replace_all(&told(&plan), "uptime ‹n›").into_owned();
    insta::assert_snapshot!(masked(&shown), @"
    Restart the gather worker of production
    Worker: gather
    Its status: gather RUNNING pid 1, uptime ‹n›
    Harvests not gathered yet: 2
    hanging-source: since ‹moment›; objects: none yet
    quick-source: since ‹moment›; objects: none yet
    + The worker ends what it is doing, starts anew and takes the next harvest from the queue.
    ! If it has one of these harvests in hand, that one stays running without going on, until `harvester run` queues it again after two hours. To begin it anew at once: `/ckan harvest restart` and the source.
    !! What the worker has in hand is cut off where it is.
    ");
    assert_eq!(
        restart.plan(gather()).await.unwrap().digest(),
        plan.digest(),
        "an uptime is no reason to stop"
    );
    let Sighting::NotHappened(seen) = restart.probe(&plan).await.unwrap() else {
        panic!("nobody restarted it")
    };
    assert_eq!(seen, ["The gather worker is still the same process as before: pid 1."]);
    restart.execute(&plan).await.unwrap();
    let Sighting::Happened(seen) = restart.probe(&plan).await.unwrap() else { panic!("it was restarted") };
    assert_eq!(seen, ["The gather worker runs as another process than before: pid 2."]);
    assert_eq!(programs.asked("restart"), [""], "once, and with nothing added");
    assert_ne!(restart.plan(gather()).await.unwrap().digest(), plan.digest(), "it is another process by now");
}

#[tokio::test]
async fn hazard_5_a_restart_that_does_nothing_and_exits_with_0_is_no_success() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let programs = Programs::new();
    let site = world.with_programs(programs.worker("exit 0"));
    let restart = Op::of(&registry, "harvest restart-worker", &site);
    let plan = restart.plan(gather()).await.unwrap();
    restart.execute(&plan).await.unwrap();
    assert!(matches!(restart.probe(&plan).await.unwrap(), Sighting::NotHappened(_)));
}

#[tokio::test]
async fn a_restart_that_failed_is_unknown_until_the_status_is_seen() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    for (restart, happened) in [("exit 1", false), ("echo 2 > 'PID'; exit 1", true)] {
        let programs = Programs::new();
        let site = world.with_programs(programs.worker(restart));
        let op = Op::of(&registry, "harvest restart-worker", &site);
        let plan = op.plan(gather()).await.unwrap();
        assert_eq!(op.execute(&plan).await.unwrap_err().effect, Effect::Unknown);
        assert_eq!(matches!(op.probe(&plan).await.unwrap(), Sighting::Happened(_)), happened, "{restart}");
    }
}

#[tokio::test]
async fn a_status_that_names_no_process_proves_no_restart() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let programs = Programs::new();
    let mut worker = programs.worker("exit 0");
    let service = worker.services.get_mut(&Service::Gather).unwrap();
    service.status = Some(programs.script("status", "echo successfully rolled out"));
    let site = world.with_programs(worker);
    let restart = Op::of(&registry, "harvest restart-worker", &site);
    let plan = restart.plan(gather()).await.unwrap();
    assert!(plan.warnings.iter().any(|warning| warning.contains("cannot see afterwards")), "{plan:?}");
    restart.execute(&plan).await.unwrap();
    let Sighting::Partly(seen) = restart.probe(&plan).await.unwrap() else { panic!("nobody can tell") };
    insta::assert_snapshot!(seen.join("\n"), @"The gather worker runs, but its status does not tell which process it is, so I cannot see whether it was restarted: successfully rolled out");
    programs.script("status", "echo CrashLoopBackOff; exit 3");
    let Sighting::NotHappened(seen) = restart.probe(&plan).await.unwrap() else { panic!("it is down") };
    insta::assert_snapshot!(seen.join("\n"), @"Its status command says that it is not well: CrashLoopBackOff");
}

#[tokio::test]
async fn a_worker_whose_commands_nobody_configured_is_refused_in_words() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let programs = Programs::new();
    let site = world.with_programs(programs.worker("exit 0"));
    let restart = Op::of(&registry, "harvest restart-worker", &site);
    let said = refusal(restart.plan(json!({ "worker": "fetch" })).await);
    insta::assert_snapshot!(said, @"The bot does not know how to do this: nobody has configured the restart and status command of the fetch worker on production. Whoever runs the bot has to add it to the services of this environment.");
}

const PURGE: &str = "harvest purge-queues";

#[tokio::test]
async fn hazard_11_a_purge_names_every_source_and_ends_every_job_so_that_none_comes_back() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let programs = Programs::new();
    let site = world.with_programs(programs.command_line("exit 0"));
    let purge = Op::of(&registry, PURGE, &site);
    let slow = world.half_way().await;
    let hanging = world.harvest("hanging-source").await;
    let plan = purge.plan(json!({})).await.unwrap();
    assert_eq!(plan.confirmation.as_deref(), Some("purge production"));
    assert_eq!(registry.find(PURGE).unwrap().meta.risk, Risk::Irreversible);
    assert_eq!(plan.risk.least_approvals().get(), 2);
    insta::assert_snapshot!(masked(&told(&plan)), @"
    Empty the harvest queues of production
    Harvests that end: 2
    slow-source: importing, since ‹moment›; objects: 20: 7 added, 0 updated, 0 unchanged, 0 deleted, 0 errored, 13 open
    hanging-source: waiting to be gathered, or being gathered, since ‹moment›; objects: none yet
    + Both harvest queues are emptied, for every source.
    + Each of these harvests is ended: CKAN calls it finished, and puts what it has not imported yet into error. What was imported stays.
    ! This stops no worker. What a worker has in hand goes on; restart the worker if it hangs.
    !! No queue comes back. Each source has to be harvested again, one by one.
    ? To free one source, stop its harvest: `/ckan stop` and its name. If one that hangs keeps the others waiting, `/ckan harvest restart-worker gather`.
    ");
    purge.execute(&plan).await.unwrap();
    assert!(matches!(purge.probe(&plan).await.unwrap(), Sighting::Happened(_)));
    assert_eq!(programs.asked("ckan"), ["harvester purge-queues"]);
    // The next `harvester run` finds nothing to queue again.
    site.write("harvest_jobs_run", &json!({})).await.unwrap();
    world.control.set_consumer("fetch", "work").await;
    for job in [&slow, &hanging] {
        assert_eq!(world.job(job).await["status"], "Finished");
    }
    assert_eq!(world.job(&slow).await["objects"], json!({"COMPLETE": 7, "ERROR": 13}));
}

#[tokio::test]
async fn a_purge_binds_to_the_jobs_that_it_names() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let programs = Programs::new();
    let site = world.with_programs(programs.command_line("exit 0"));
    let purge = Op::of(&registry, PURGE, &site);
    insta::assert_snapshot!(refusal(purge.plan(json!({})).await), @"No harvest on production is waiting or running, so there is none to end, and I cannot see what the queues still hold. If it is of harvests that were stopped, the gather worker gathers each of them all the same when its turn comes, and the fetch worker drops what it found. To empty the queues all the same, start a harvest first: `/ckan reharvest` and a source. Then this can be asked for, and ends that one too.");
    world.half_way().await;
    let plan = purge.plan(json!({})).await.unwrap();
    world.control.step_consumer("fetch", 1).await;
    assert_eq!(purge.plan(json!({})).await.unwrap().digest(), plan.digest(), "counts tick");
    world.harvest("hanging-source").await;
    assert_ne!(purge.plan(json!({})).await.unwrap().digest(), plan.digest(), "one more would lose its place");
    let no_command = Op::of(&registry, PURGE, &world.site);
    match no_command.plan(json!({})).await {
        Err(PlanError::Ckan(error)) => assert_eq!(error.effect, Effect::NotApplied),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn hazard_11_a_purge_that_may_have_run_is_never_called_not_done() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let programs = Programs::new();
    // The queues are empty by the time that the command fails.
    let site = world.with_programs(programs.command_line("exit 1"));
    let purge = Op::of(&registry, PURGE, &site);
    let slow = world.half_way().await;
    let plan = purge.plan(json!({})).await.unwrap();
    assert_eq!(purge.execute(&plan).await.unwrap_err().effect, Effect::Unknown);
    assert_eq!(world.job(&slow).await["status"], "Running");
    assert_eq!(world.writes().await, ["harvest_job_create"], "no job is ended");
    let Sighting::Partly(seen) = purge.probe(&plan).await.unwrap() else { panic!("nobody can tell") };
    insta::assert_snapshot!(masked(&seen.join("\n")), @"
    CKAN still has the job ‹id› as running.
    I cannot look into the queues themselves, so I cannot see whether they were emptied. Those of these harvests that are not ended may have lost their place, and then do not go on by themselves: ask for the purge again, or stop each with `/ckan stop` and its source.
    ");
}

#[tokio::test]
async fn hazard_11_an_abort_that_fails_after_a_purge_strands_no_other_job() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let programs = Programs::new();
    let site = world.with_programs(programs.command_line("exit 0"));
    let purge = Op::of(&registry, PURGE, &site);
    world.control.set_consumer("gather", "stop").await;
    let mut jobs = vec![];
    for name in ["slow-source", "quick-source", "hanging-source"] {
        jobs.push(world.harvest(name).await);
    }
    let plan = purge.plan(json!({})).await.unwrap();
    world.control.fault(Fault::once("harvest_job_abort", FaultKind::Html403)).await;
    let error = purge.execute(&plan).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::ProxyRefused, Effect::Unknown));
    let mut open = vec![];
    for job in &jobs {
        open.push(world.job(job).await["status"].clone());
    }
    assert_eq!(open, ["Running", "Finished", "Finished"]);
    let Sighting::Partly(seen) = purge.probe(&plan).await.unwrap() else { panic!("one is left") };
    assert!(seen.iter().any(|line| line.contains(&jobs[0]) && line.contains("still")), "{seen:?}");
}
