//! What goes wrong on the way, and what is then known.

use std::time::Duration;

use ckan_chatops::ckan::{Cause, Effect, Site};
use ckan_chatops::operations::{Registry, Sighting};
use ckan_chatops::sentences::calls::call_failed;
use sandbox::ckan::{Fault, FaultKind};
use serde_json::json;

use crate::world::{Op, Sandbox, only, settings, these};

/// Withdraws under a fault: what the call said, and whether it happened.
async fn withdrawn_under(fault: FaultKind) -> (Cause, Effect, bool) {
    let mut world = Sandbox::start().await;
    let mut quick = settings(&world.ckan.url(), world.ckan.sysadmin_token());
    quick.request_timeout = Duration::from_millis(500);
    world.site = Site::new(quick).unwrap();
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let plan = withdraw.plan(these("house-price-index")).await.unwrap();
    world.control.fault(Fault::once("package_delete", fault)).await;
    let error = withdraw.execute(&plan).await.unwrap_err();
    assert!(world.writes().await.len() <= 1, "a write is never sent again");
    let asked = world.control.requests().await;
    assert_eq!(asked.iter().filter(|request| request.action == "package_delete").count(), 1);
    let happened = matches!(withdraw.probe(&plan).await.unwrap(), Sighting::Happened(_));
    (error.cause, error.effect, happened)
}

#[tokio::test]
async fn what_a_fault_leaves_unknown_the_probe_decides() {
    for (fault, cause, happened) in [
        (FaultKind::LoseRequest, Cause::ConnectionLost, false),
        (FaultKind::LoseResponse, Cause::ConnectionLost, true),
        (FaultKind::ErrorAfterCommit, Cause::ServerError, true),
        (FaultKind::Error500, Cause::ServerError, false),
        (FaultKind::SearchIndexError, Cause::SearchIndex, false),
        (FaultKind::Html502, Cause::ProxyGaveUp, false),
        (FaultKind::Html504, Cause::ProxyGaveUp, false),
        (FaultKind::Html504AfterCommit, Cause::ProxyGaveUp, true),
        (FaultKind::SlowAnswer { ms: 5_000 }, Cause::TimedOut, true),
        (FaultKind::Slow { ms: 5_000 }, Cause::TimedOut, false),
    ] {
        assert_eq!(withdrawn_under(fault).await, (cause, Effect::Unknown, happened), "{fault:?}");
    }
}

#[tokio::test]
async fn what_is_refused_before_ckan_is_known_not_to_have_happened() {
    for (fault, cause) in
        [(FaultKind::Html403, Cause::ProxyRefused), (FaultKind::WrongToken, Cause::NotAuthorised)]
    {
        assert_eq!(withdrawn_under(fault).await, (cause, Effect::NotApplied, false), "{fault:?}");
    }
}

#[tokio::test]
async fn a_ckan_that_is_down_is_known_not_to_have_acted() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    let plan = withdraw.plan(these("house-price-index")).await.unwrap();
    let Sandbox { ckan, site, .. } = world;
    ckan.stop().await;
    let withdraw = Op::of(&registry, "dataset withdraw", &site);
    let error = withdraw.execute(&plan).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::Unreachable, Effect::NotApplied));
}

#[tokio::test]
async fn a_read_is_tried_again_and_gives_up_in_time() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let withdraw = Op::of(&registry, "dataset withdraw", &world.site);
    world.control.fault(Fault::times("package_show", FaultKind::LoseRequest, 2)).await;
    withdraw.plan(these("house-price-index")).await.unwrap();
    world.control.fault(Fault::times("package_show", FaultKind::Html502, 3)).await;
    let error = withdraw.plan(these("house-price-index")).await.unwrap_err();
    assert_eq!(error.to_string(), "package_show failed: ProxyGaveUp (HTTP 502)");
    assert!(world.control.faults().await.is_empty());
}

#[tokio::test]
async fn a_restore_that_lost_its_first_call_has_not_happened() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let restore = Op::of(&registry, "dataset restore", &world.site);
    let plan = restore.plan(only("business-counts-2015")).await.unwrap();
    world.control.fault(Fault::once("member_create", FaultKind::LoseResponse)).await;
    let error = restore.execute(&plan).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::ConnectionLost, Effect::NotApplied));
    insta::assert_snapshot!(call_failed(&error, "production"), @"The connection to CKAN on production broke before it had answered. It was not restored; at most its tie to its publisher was mended, which nobody sees while it is withdrawn. Ask again in a few minutes.");
    assert!(matches!(restore.probe(&plan).await.unwrap(), Sighting::NotHappened(_)));
}

#[tokio::test]
async fn a_restore_whose_second_call_was_refused_tells_what_the_first_one_did() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let restore = Op::of(&registry, "dataset restore", &world.site);
    let plan = restore.plan(only("business-counts-2015")).await.unwrap();
    world.control.fault(Fault::once("package_revise", FaultKind::Html403)).await;
    let error = restore.execute(&plan).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::ProxyRefused, Effect::NotApplied));
    insta::assert_snapshot!(call_failed(&error, "production"), @"A proxy in front of CKAN on production does not let this through. It was not restored; only its tie to its publisher was mended, which nobody sees while it is withdrawn. Whoever runs the bot has to give it an address that leads to CKAN itself, past the public proxy.");
    assert_eq!(world.writes().await, ["member_create"]);
    assert!(matches!(restore.probe(&plan).await.unwrap(), Sighting::NotHappened(_)));
}

#[tokio::test]
async fn a_restore_that_lost_something_is_partly_done() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let restore = Op::of(&registry, "dataset restore", &world.site);
    let mut plan = restore.plan(only("business-counts-2015")).await.unwrap();
    restore.execute(&plan).await.unwrap();
    assert!(matches!(restore.probe(&plan).await.unwrap(), Sighting::Happened(_)));
    // As if all this had been there when the plan was made.
    plan.work["resources"] = json!(3);
    plan.work["publisher"] = json!("another");
    plan.work["private"] = json!(true);
    plan.work["groups"] = json!(["roads", "health"]);
    insta::assert_debug_snapshot!(restore.probe(&plan).await.unwrap(), @r#"
    Partly(
        [
            "CKAN has it as “active” again.",
            "The search finds it.",
            "A visitor who is not signed in can read it.",
            "Resources are missing: it has 1 now, and had 3.",
            "Its publisher is Office for National Statistics now, which it was not before.",
            "It is not private now, and was before.",
            "It is not back in these of its groups: roads, health.",
        ],
    )
    "#);
}

#[tokio::test]
async fn a_restore_changes_only_a_dataset_that_is_still_withdrawn() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let restore = Op::of(&registry, "dataset restore", &world.site);
    let plan = restore.plan(only("business-counts-2015")).await.unwrap();
    restore.execute(&plan).await.unwrap();
    let error = restore.execute(&plan).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::Invalid, Effect::NotApplied));
    let revised = |write: &sandbox::ckan::Write| write.action == "package_revise" && write.changed;
    assert_eq!(world.control.writes().await.iter().filter(|write| revised(write)).count(), 1);
}
