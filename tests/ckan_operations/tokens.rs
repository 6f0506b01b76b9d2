//! Whose token it is, and which site.

use std::time::Duration;

use ckan_chatops::ckan::{Cause, Effect, PublicPage, Site};
use ckan_chatops::operations::{Look, PlanError, Registry};
use sandbox::ckan::{CkanConfig, Fault, FaultKind};
use serde_json::Value;

use crate::world::{Op, Sandbox, World, settings, these};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_good_token_is_proved_with_its_owner_and_the_site() {
    let world = World::enter().await;
    let proof = world.site.prove().await.unwrap();
    assert_eq!(proof.user_name, "chatops");
    assert!(proof.ckan_version.unwrap().starts_with("2."));
    assert!(proof.site_url.starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn a_wrong_token_is_named_as_the_cause_of_everything() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let editor = CkanConfig::default().editor_token;
    for token in ["wrong", &editor] {
        let site = Site::new(settings(&world.ckan.url(), token)).unwrap();
        assert_eq!(site.prove().await.unwrap_err().cause, Cause::TokenNotSysadmin);
        let withdraw = Op::of(&registry, "dataset withdraw", &site);
        // To an anonymous visitor, the first is there, the second is forbidden, the third is not there.
        for target in ["consumer-price-index", "cycling-traffic-index", "no-such-dataset"] {
            match withdraw.plan(these(target)).await {
                Err(PlanError::Ckan(error)) => assert_eq!(error.cause, Cause::TokenNotSysadmin, "{target}"),
                other => panic!("{target}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_was_revoked_after_the_plan_is_named_too() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let plan = Op::of(&registry, "dataset withdraw", &world.site).plan(these("consumer-price-index")).await;
    let revoked = Site::new(settings(&world.ckan.url(), "revoked")).unwrap();
    let withdraw = Op::of(&registry, "dataset withdraw", &revoked);
    let error = withdraw.execute(&plan.unwrap()).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::TokenNotSysadmin, Effect::NotApplied));
}

#[tokio::test]
async fn no_write_goes_to_another_site_than_the_configured_one() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let plan = Op::of(&registry, "dataset withdraw", &world.site).plan(these("consumer-price-index")).await;
    let mut elsewhere = settings(&world.ckan.url(), world.ckan.sysadmin_token());
    elsewhere.site_url = Some("https://ckan.example.org".to_owned());
    let site = Site::new(elsewhere).unwrap();
    assert_eq!(site.prove().await.unwrap_err().cause, Cause::WrongSite);
    let withdraw = Op::of(&registry, "dataset withdraw", &site);
    let error = withdraw.execute(&plan.unwrap()).await.unwrap_err();
    assert_eq!((error.cause, error.effect), (Cause::WrongSite, Effect::NotApplied));
    assert!(world.writes().await.is_empty());

    let mut here = settings(&world.ckan.url(), world.ckan.sysadmin_token());
    here.site_url = Some(format!("{}/", world.ckan.url()));
    Site::new(here).unwrap().prove().await.unwrap();
}

#[tokio::test]
async fn the_public_site_is_asked_where_there_is_one() {
    let world = Sandbox::start().await;
    let registry = Registry::all();
    let mut public = settings(&world.ckan.url(), world.ckan.sysadmin_token());
    public.public_url = Some(world.ckan.url().parse().unwrap());
    let site = Site::new(public).unwrap();
    let withdraw = Op::of(&registry, "dataset withdraw", &site);
    let plan = withdraw.plan(these("consumer-price-index")).await.unwrap();
    let id = plan.targets[0].id;
    assert_eq!(world.site.public_page(id).await, None);
    assert_eq!(site.public_page(id).await, Some(PublicPage::StillThere));
    world.control.set_public_lag(600).await;
    withdraw.execute(&plan).await.unwrap();
    assert_eq!(site.public_page(id).await, Some(PublicPage::StillThere));
    assert_eq!(withdraw.look(&plan).await, Look::Again { pause: MINUTE, memory: Value::Null, said: vec![] });
    world.control.advance_clock(601).await;
    let gone = "The public site does not show it any more.";
    assert_eq!(withdraw.look(&plan).await, Look::Over(vec![gone.to_owned()]));
    world.control.fault(Fault::once("public", FaultKind::Html502)).await;
    assert_eq!(site.public_page(id).await, Some(PublicPage::Unclear));
}

#[test]
fn an_address_or_a_token_that_cannot_be_one_is_no_site() {
    assert!(Site::new(settings("ftp://127.0.0.1/", "token")).is_err());
    assert!(Site::new(settings("http://127.0.0.1/", " ")).is_err());
    assert!(Site::new(settings("http://127.0.0.1/", "two\nlines")).is_err());
}
