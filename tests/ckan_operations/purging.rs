//! A purge on the sandbox CKAN: what it needs, and what is left where it fails.

use ckan_chatops::ckan::{Cause, Effect, Site};
use ckan_chatops::operations::{Registry, Sighting};
use sandbox::ckan::CkanSandbox;
use serde_json::{Value, json};

use crate::world::{Op, Sandbox, only, refusal, settings};

/// The site once more, with a folder for copies.
fn with_archive(ckan: &CkanSandbox, folder: &std::path::Path) -> Site {
    let mut settings = settings(&ckan.url(), ckan.sysadmin_token());
    settings.archive = Some(folder.to_owned());
    Site::new(settings).unwrap()
}

#[tokio::test]
async fn hazard_11_only_what_is_withdrawn_is_purged_and_only_where_a_copy_can_be_kept() {
    let sandbox = Sandbox::start().await;
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::all();
    let site = with_archive(&sandbox.ckan, folder.path());
    let purge = Op::of(&registry, "dataset purge", &site);
    let active = refusal(purge.plan(only("road-accidents-2019")).await);
    let source = refusal(purge.plan(only("leeds-data-mill")).await);
    let without = Op::of(&registry, "dataset purge", &sandbox.site);
    let without = refusal(without.plan(only("business-counts-2015")).await);
    insta::assert_snapshot!([active, source, without].join("\n"), @"
    “Road Safety Data 2019” (`road-accidents-2019`) is not withdrawn, and only what is withdrawn can be purged. To take it off the site, type `/ckan withdraw road-accidents-2019`: that can be undone.
    “Leeds Data Mill” (`leeds-data-mill`) is a harvest source, not a dataset: the bot does not remove harvesters. Give the slug, UUID or address of a dataset.
    The bot purges nothing without a place for a copy: whoever runs the bot has to set `archive_dir` in its configuration. Until then it stays withdrawn, which hides it from everybody but sysadmins.
    ");
    assert_eq!(sandbox.writes().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_purged_dataset_is_gone_and_its_copy_stays() {
    let sandbox = Sandbox::start().await;
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::all();
    let site = with_archive(&sandbox.ckan, folder.path());
    let purge = Op::of(&registry, "dataset purge", &site);
    let plan = purge.plan(only("business-counts-2015")).await.unwrap();
    assert_eq!(plan.confirmation.as_deref(), Some("business-counts-2015"));
    assert!(plan.alternative.as_deref().unwrap().contains("Leave it withdrawn"));
    assert!(matches!(purge.probe(&plan).await.unwrap(), Sighting::NotHappened(_)));
    purge.execute(&plan).await.unwrap();
    let Sighting::Happened(seen) = purge.probe(&plan).await.unwrap() else { panic!("it is gone") };
    let name = seen.last().unwrap().split('`').nth(1).unwrap().to_owned();
    let copy: Value = serde_json::from_slice(&std::fs::read(folder.path().join(&name)).unwrap()).unwrap();
    assert_eq!((&copy["name"], &copy["state"]), (&json!("business-counts-2015"), &json!("deleted")));
    assert_eq!(sandbox.writes().await, ["dataset_purge"]);
    assert!(purge.inverse(&plan).is_none());
    // A copy that somebody moved away is not passed over.
    std::fs::remove_file(folder.path().join(name)).unwrap();
    assert!(matches!(purge.probe(&plan).await.unwrap(), Sighting::Partly(_)));
}

#[tokio::test]
async fn hazard_11_without_its_copy_nothing_is_purged() {
    let sandbox = Sandbox::start().await;
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::all();
    let site = with_archive(&sandbox.ckan, &folder.path().join("a-file/purged"));
    let purge = Op::of(&registry, "dataset purge", &site);
    let plan = purge.plan(only("business-counts-2015")).await.unwrap();
    std::fs::write(folder.path().join("a-file"), "").unwrap();
    let error = purge.execute(&plan).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::ArchiveNotWritten, Effect::NotApplied));
    assert_eq!(sandbox.writes().await, Vec::<String>::new());
}
