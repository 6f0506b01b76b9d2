//! Operations on the search index, by CKAN's command line as the sandbox has it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ckan_chatops::ckan::{Cause, CommandLineSettings, Effect, ProgramSettings, Site, SiteSettings};
use ckan_chatops::operations::{Registry, Sighting};
use sandbox::ckan::{
    CkanConfig, CkanControl, CkanSandbox, CommandFault, CommandFaultKind, Fault, FaultKind, IndexDisturbance,
    programs,
};
use serde_json::json;

use crate::world::{Op, refusal, settings, told};

/// A sandbox CKAN with its command line.
struct World {
    control: CkanControl,
    site: Site,
    /// Kept alive.
    _ckan: CkanSandbox,
}

impl World {
    async fn with(version: &str, more_datasets: usize, time_limit: Duration) -> Self {
        let mut config = CkanConfig { version: version.to_owned(), ..CkanConfig::default() };
        config.seed = config.seed.with_more(more_datasets);
        let ckan = CkanSandbox::start(config, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let argv = ckan.command_line(programs::built_program());
        let command_line = Some(CommandLineSettings { argv, remote_shell: false, time_limit });
        let programs = ProgramSettings { command_line, ..ProgramSettings::default() };
        let settings = settings(&ckan.url(), ckan.sysadmin_token());
        let site = Site::new(SiteSettings { programs, ..settings }).unwrap();
        Self { control: ckan.control(), site, _ckan: ckan }
    }

    async fn of_version(version: &str) -> Self {
        Self::with(version, 0, Duration::from_mins(1)).await
    }
}

#[tokio::test]
async fn of_many_missing_ones_the_count_and_the_first_names_are_told() {
    let world = World::with("2.12.0", 150, Duration::from_mins(1)).await;
    let lost = (1..=150).map(|number| format!("bulk-{number:05}")).collect();
    world.control.disturb_index(IndexDisturbance::Lose(lost)).await;
    let registry = Registry::all();
    let missing = Op::of(&registry, "index missing", &world.site);
    let plan = missing.plan(json!({})).await.unwrap();
    let told = told(&plan);
    let names = (1..=10).map(|number| format!("bulk-{number:05}")).collect::<Vec<_>>().join(", ");
    assert!(told.contains(&format!("Missing: 150 ({names}, …)\n")), "{told}");
    let Sighting::NotHappened(seen) = missing.probe(&plan).await.unwrap() else { panic!("it was not run") };
    assert_eq!(seen.last().unwrap(), &format!("Still missing: 150 ({names}, …)."));
    missing.execute(&plan).await.unwrap();
    assert!(matches!(missing.probe(&plan).await.unwrap(), Sighting::Happened(_)));
}

/// Every operation on the index, and arguments for it.
fn operations() -> [(&'static str, serde_json::Value); 5] {
    [
        ("index missing", json!({})),
        ("index refresh", json!({})),
        ("index rebuild", json!({})),
        ("index dataset", json!({ "target": "house-price-index" })),
        ("index publisher", json!({ "publisher": "office-for-national-statistics" })),
    ]
}

#[tokio::test]
async fn hazard_27_a_command_that_ended_with_1_is_unknown_until_a_look_tells_otherwise() {
    let registry = Registry::all();
    for (name, arguments) in operations() {
        let world = World::of_version("2.10.7").await;
        world.control.disturb_index(IndexDisturbance::Lose(vec!["house-price-index".to_owned()])).await;
        let operation = Op::of(&registry, name, &world.site);
        let plan = operation.plan(arguments).await.unwrap();
        // As `kubectl exec` ends where its connection breaks.
        world
            .control
            .command_fault(CommandFault {
                command: "search-index rebuild".to_owned(),
                kind: CommandFaultKind::Fail { code: 1, message: "error: EOF".to_owned() },
                times: 3,
            })
            .await;
        let error = operation.execute(&plan).await.unwrap_err();
        assert_eq!((error.cause, error.effect), (Cause::CommandFailed, Effect::Unknown), "{name}");
    }
}

#[tokio::test]
async fn a_look_that_fails_after_the_command_does_not_make_it_not_applied() {
    let registry = Registry::all();
    for (name, arguments) in operations() {
        let world = World::of_version("2.12.0").await;
        world.control.disturb_index(IndexDisturbance::Lose(vec!["house-price-index".to_owned()])).await;
        let operation = Op::of(&registry, name, &world.site);
        let plan = operation.plan(arguments).await.unwrap();
        for action in ["package_list", "package_show", "package_search"] {
            world.control.fault(Fault { times: 20, ..Fault::once(action, FaultKind::Error500) }).await;
        }
        operation.execute(&plan).await.unwrap();
        world.control.clear_faults().await;
        assert!(matches!(operation.probe(&plan).await.unwrap(), Sighting::Happened(_)), "{name}");
    }
}

#[tokio::test]
async fn a_clear_whose_end_was_not_seen_is_followed_by_the_rebuild() {
    let world = World::with("2.12.0", 0, Duration::from_secs(4)).await;
    let registry = Registry::all();
    let rebuild = Op::of(&registry, "index rebuild", &world.site);
    let plan = rebuild.plan(json!({})).await.unwrap();
    world
        .control
        .command_fault(CommandFault {
            command: "search-index clear".to_owned(),
            kind: CommandFaultKind::Hang { after: 1 },
            times: 1,
        })
        .await;
    let error = rebuild.execute(&plan).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::CommandTimedOut, Effect::Unknown));
    let commands: Vec<String> = world.control.commands().await.iter().map(|run| run.argv.join(" ")).collect();
    assert_eq!(commands, ["search-index clear", "search-index rebuild -i --keep-orphans"]);
    assert!(matches!(rebuild.probe(&plan).await.unwrap(), Sighting::Happened(_)));
}

#[tokio::test]
async fn what_would_be_ended_half_way_is_not_begun() {
    let world = World::with("2.12.0", 150, Duration::from_secs(4)).await;
    let registry = Registry::all();
    let rebuild = Op::of(&registry, "index rebuild", &world.site);
    insta::assert_snapshot!(refusal(rebuild.plan(json!({})).await), @"The index would stay empty in part: 177 datasets and sources take about 17 seconds at least, and the bot ends a command after 4 seconds. Whoever runs the bot has to raise `command_time_limit` of production, to a day at most. What takes longer than that has to be run on the machine of CKAN itself.");
    let refresh = told(&Op::of(&registry, "index refresh", &world.site).plan(json!({})).await.unwrap());
    assert!(refresh.contains("have the limit raised first"), "{refresh}");
    let enough = World::with("2.12.0", 150, Duration::from_hours(24)).await;
    let told = told(&Op::of(&registry, "index rebuild", &enough.site).plan(json!({})).await.unwrap());
    assert!(told.contains("! The bot ends the command if it takes longer than 24 hours"), "{told}");
}
