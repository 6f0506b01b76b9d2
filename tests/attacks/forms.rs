//! Forms that were edited before they were sent.

use serde_json::{Value, json};

use crate::attacker::{SLUG, submission};
use crate::world::{ALICE, BOB, CARA, Wanted, World};

#[tokio::test]
async fn s23_a_form_counts_only_for_what_was_pressed() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(BOB, &card, "deny").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    let about = form.view["private_metadata"].as_str().unwrap().to_owned();
    // The denial's form under another one's name.
    for name in ["review", "undo", "ask", "ask_list", "approve", "DENY", ""] {
        let values = json!({"reason": "No", "confirmation": SLUG, "list": "house-price-index"});
        assert_eq!(world.sends(&submission(BOB, name, &about, &values)).await, 200, "{name}");
        world.told(BOB, "do not know what to do with that").await;
    }
    world.ckan_saw(0).await;
    // Sent by somebody else, or in the name of another request.
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    assert_eq!(world.sends(&submission(CARA, "deny", &about, &json!({"reason": "No"}))).await, 200);
    world.told(CARA, "too old to be used").await;
    assert_eq!(world.sends(&submission(ALICE, "deny", &about, &json!({"reason": "No"}))).await, 200);
    world.told(ALICE, "too old to be used").await;
    // A denial without its reason stays open, over and over.
    for empty in ["", " ", "\u{200b}", "\n\n"] {
        let reply = submission(BOB, "deny", &about, &json!({"reason": empty}));
        let reply = world.control.deliver("interactions", &crate::attacker::body(&reply)).await.unwrap();
        assert!(reply.body.contains("\"errors\""), "{empty:?}: {}", reply.body);
    }
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s23_s27_what_cannot_be_undone_takes_the_exact_words_of_two_others() {
    let archive = tempfile::tempdir().unwrap();
    let top = format!("archive_dir = \"{}\"", archive.path().display());
    let world = World::with(Wanted { top, ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let slug = "school-census-2023";
    world.ckan.action("package_delete", json!({ "id": slug })).await;
    let done_before = world.ckan.control.as_ref().unwrap().writes().await.len();
    world.types(ALICE, &format!("/ckan purge {slug} --reason x --ticket 51237")).await;
    let card = world.card(slug).await;
    world.presses(BOB, &card, "approve").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    let about = form.view["private_metadata"].as_str().unwrap().to_owned();
    for typed in [
        "",
        "yes",
        "*",
        "SCHOOL-CENSUS-2023",
        "school-census-2024",
        "school–census–2023",
        "ѕchool-census-2023",
        "school-census-2023\u{200b}",
        "school-census-2023 --force",
    ] {
        let values = json!({"confirmation": typed});
        assert_eq!(world.sends(&submission(BOB, "review", &about, &values)).await, 200, "{typed}");
        world.told(BOB, slug).await;
    }
    let mut without = submission(BOB, "review", &about, &json!({}));
    without["view"]["state"] = Value::Null;
    assert_eq!(world.sends(&without).await, 200);
    world.told(BOB, slug).await;
    assert_eq!(world.last_of(BOB).await, "U0BOB decision_refused not_confirmed by not_confirmed");
    // The right words, sent again and again, are one yes of one person.
    for _ in 0..3 {
        let right = submission(BOB, "review", &about, &json!({"confirmation": slug}));
        assert_eq!(world.sends(&right).await, 200);
    }
    world.card_says(&card, "1 of 2").await;
    world.told(BOB, "in already").await;
    world.is_quiet().await;
    assert_eq!(world.ckan.control.as_ref().unwrap().writes().await.len(), done_before);
    assert_eq!(world.ckan.state(slug).await, "deleted");
}
