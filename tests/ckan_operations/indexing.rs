//! Operations on the search index, by CKAN's command line as the sandbox has it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ckan_chatops::ckan::{CommandLineSettings, ProgramSettings, Site, SiteSettings};
use ckan_chatops::operations::{Registry, Sighting};
use sandbox::ckan::{CkanConfig, CkanControl, CkanSandbox, IndexDisturbance, programs};
use serde_json::json;

use crate::world::{Op, settings, told};

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
