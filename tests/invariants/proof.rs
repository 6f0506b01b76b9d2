//! Invariant 9: what CKAN answers is no proof.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::liar::Liar;
use crate::world::{ALICE, BOB, Wanted, World, blocks, said};

const SLUG: &str = "road-accidents-2019";

async fn before_a_liar(liar: &Liar) -> World {
    let world = World::with(Wanted {
        ckan_url: Some(liar.url.clone()),
        environment: "write_deadline = \"2s\"\nrequest_timeout = \"1s\"".to_owned(),
        ..Wanted::default()
    })
    .await;
    liar.before(&world.ckan.url);
    world
}

#[tokio::test]
async fn invariant_9_an_answer_of_success_alone_is_no_success() {
    let liar = Liar::start(Box::new(|action, _| {
        Box::pin(async move { (action == "package_delete").then_some(Value::Null) })
    }))
    .await;
    let world = before_a_liar(&liar).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "approve").await;
    let end = world.thread(&card, "Outcome unknown").await;
    insta::assert_snapshot!(said(&end.text), @"
    Outcome unknown. I cannot tell whether CKAN did it. I will keep asking CKAN and tell it here; I will not run it again. If you need to know now, look at it on CKAN.
    What I saw
    - CKAN accepted the change, but looking again does not show it. Somebody may have changed it back, or CKAN lost it.
    - CKAN still has it as “active”.
    ");
    assert!(!blocks(&end).contains("\"undo\""), "what was not seen is not undone");
    world.card_says(&card, "Outcome unknown").await;
    assert_eq!(world.ckan.state(SLUG).await, "active");
    let acts = world.audit().await;
    assert_eq!(acts.last().unwrap(), "bot settled unknown", "{acts:?}");
}

#[tokio::test]
async fn invariant_9_a_record_that_search_and_visitors_contradict_is_no_success() {
    let lies = Arc::new(AtomicBool::new(false));
    let says = lies.clone();
    ckan_chatops::http::install_crypto_provider();
    let truth = reqwest::Client::builder().no_proxy().build().unwrap();
    let target = Arc::new(std::sync::OnceLock::<(String, String)>::new());
    let asked = target.clone();
    let liar = Liar::start(Box::new(move |action, body| {
        let (says, truth, asked) = (says.clone(), truth.clone(), asked.clone());
        Box::pin(async move {
            if action == "package_delete" {
                says.store(true, Ordering::SeqCst);
                return Some(Value::Null);
            }
            if action != "package_show" || !says.load(Ordering::SeqCst) {
                return None;
            }
            let (url, token) = asked.get().expect("a CKAN");
            let answer = truth
                .post(format!("{url}/api/3/action/package_show"))
                .header("Authorization", token)
                .header("Content-Type", "application/json")
                .body(body)
                .send()
                .await
                .unwrap();
            let mut record = answer.json::<Value>().await.unwrap()["result"].clone();
            record["state"] = json!("deleted");
            Some(record)
        })
    }))
    .await;
    let world = before_a_liar(&liar).await;
    target.set((world.ckan.url.clone(), world.ckan.token.clone())).unwrap();
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "approve").await;
    let end = world.thread(&card, "Outcome unknown").await;
    insta::assert_snapshot!(said(&end.text), @"
    Outcome unknown. I cannot tell whether CKAN did it. I will keep asking CKAN and tell it here; I will not run it again. If you need to know now, look at it on CKAN.
    What I saw
    - The search index of CKAN on production failed or does not follow. So the bot cannot see whether it happened. Look at it on CKAN before you ask again.
    ");
    assert!(lies.load(Ordering::SeqCst));
    assert_eq!(world.ckan.state(SLUG).await, "active");
}

#[tokio::test]
async fn invariant_9_the_public_site_is_said_to_follow_only_when_it_does() {
    let world =
        World::with(Wanted { environment: "public_url = \"{ckan}\"".to_owned(), ..Wanted::default() }).await;
    let ckan = world.ckan.control.as_ref().expect("the sandbox CKAN");
    ckan.set_public_lag(600).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "approve").await;
    let done = world.thread(&card, "Done and verified").await;
    assert!(!done.text.contains("public site"), "{}", done.text);
    ckan.advance_clock(601).await;
    world.clock.advance_ms(61_000);
    let gone = world.thread(&card, "public site").await;
    insta::assert_snapshot!(said(&gone.text), @"The public site does not show it any more.");
}
