//! Services: configured commands, run as they stand.

use std::collections::BTreeMap;

use ckan_chatops::ckan::{Cause, Effect, ProgramSettings, Service, ServiceSettings, Site, Stream};

use crate::world::{printed, site};

fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn with_services() -> Site {
    let gather = ServiceSettings {
        status: Some(argv(&["printf", "%s|", "a b", "$HOME", "*"])),
        restart: Some(argv(&["sh", "-c", "echo restarting; exit 5"])),
        logs: Some(argv(&["echo", "login of ann@example.gov.uk with our-own-secret-8f74"])),
    };
    let csw =
        ServiceSettings { status: Some(argv(&["no-such-program-anywhere"])), ..ServiceSettings::default() };
    let services = BTreeMap::from([(Service::Gather, gather), (Service::Csw, csw)]);
    site("http://127.0.0.1:9", ProgramSettings { services, ..ProgramSettings::default() })
}

#[tokio::test]
async fn a_services_commands_run_as_they_stand_and_are_filtered() {
    let site = with_services();
    let services = site.services();
    assert_eq!(services.names().collect::<Vec<_>>(), [Service::Gather, Service::Csw]);
    let status = services.status(Service::Gather).await.unwrap();
    assert_eq!(printed(&status.tail, Stream::Out), ["a b|$HOME|*|"]);
    let logs = services.logs(Service::Gather).await.unwrap();
    assert_eq!(printed(&logs.tail, Stream::Out), ["login of a…@example.gov.uk with [hidden]"]);
    let mut seen = vec![];
    let restart = services.restart(Service::Gather, &mut |line| seen.push(line.text.clone())).await.unwrap();
    assert_eq!((seen, restart.exit.code()), (vec!["restarting".to_owned()], 5));
    let error = restart.or_failed().unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::CommandFailed, Effect::Unknown));
}

#[tokio::test]
async fn what_a_service_cannot_do_is_not_applied() {
    let site = with_services();
    let services = site.services();
    for (result, cause) in [
        (services.status(Service::Fetch).await, Cause::CommandNotConfigured),
        (services.logs(Service::Csw).await, Cause::CommandNotConfigured),
        (services.restart(Service::Csw, &mut |_| ()).await, Cause::CommandNotConfigured),
        (services.status(Service::Csw).await, Cause::CommandNotStarted),
    ] {
        let error = result.unwrap_err();
        assert_eq!((error.cause, error.effect), (cause, Effect::NotApplied));
    }
}

#[test]
fn a_service_is_found_by_its_name_only() {
    for service in Service::ALL {
        assert_eq!(Service::named(service.name()), Some(service));
    }
    for name in ["", "Gather", "gather ", "all", "-", "solr"] {
        assert_eq!(Service::named(name), None);
    }
}
