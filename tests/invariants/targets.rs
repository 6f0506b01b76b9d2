//! Invariant 11: nothing means everything, and a target is what it was when it was asked for.

use std::collections::BTreeMap;

use serde_json::json;

use crate::file::File;
use crate::world::{ALICE, BOB, World};

#[tokio::test]
async fn invariant_11_an_argument_that_says_nothing_never_means_all() {
    let world = World::start().await;
    let open = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.told(ALICE, "is posted").await;
    let before = File::of(&world).await.whole().await;
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for nothing in [
        "",
        "\"\"",
        "\" \"",
        "''",
        "“”",
        "-",
        "--",
        "-- \"\"",
        "-- -",
        "\"-\"",
        "*",
        "%",
        "\"*\"",
        ".",
        "null",
        "\u{200b}",
        "\"\u{200b}\"",
        "\u{a0}",
        "00000000-0000-0000-0000-000000000000",
        "https://data.example.org/dataset/",
    ] {
        let answer = world.is_told(ALICE, &format!("/ckan withdraw {nothing} --reason x")).await;
        let seen = if nothing.is_empty() { "‹nothing›" } else { nothing };
        let seen = seen.replace('\u{200b}', "‹zero width›").replace('\u{a0}', "‹no-break space›");
        said.entry(answer).or_default().push(seen);
    }
    let said: Vec<String> =
        said.into_iter().map(|(answer, typed)| format!("{answer}\n    {}", typed.join("   "))).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    A dataset's name does not begin with a dash. Type the slug as it stands at the end of the address of the dataset's page.
        -   --   -- -   "-"
    A slug has at least two characters. Type it as it stands at the end of the address of the dataset's page.
        *   %   "*"   .
    Say which dataset: its slug, its UUID, or the address of its page.
        ""   " "   ''   “”   -- ""   "‹zero width›"
    There is no dataset with the UUID 00000000-0000-0000-0000-000000000000 on production. Check it against the address of the dataset's page, and the environment.
        00000000-0000-0000-0000-000000000000
    There is no dataset with the slug null on production. Check it against the address of the dataset's page, and the environment.
        null
    This address is not a dataset's page. Paste one that has /dataset/ and the slug in it, or type the slug.
        https://data.example.org/dataset/
    dataset withdraw needs a dataset. For example: /ckan withdraw road-accidents-2019 --reason "Published by mistake" --ticket 51234
        ‹nothing›   ‹zero width›   ‹no-break space›
    "#);
    for nothing in ["", "\"\"", "-", "*"] {
        for command in ["restore", "show", "request cancel", "request show"] {
            let answer = world.is_told(ALICE, &format!("/ckan {command} {nothing}")).await;
            let refused =
                ["needs a", "Say which", "does not begin", "at least two", "not a request's reference"];
            assert!(refused.iter().any(|words| answer.contains(words)), "{command} {nothing}: {answer}");
        }
    }
    let after = File::of(&world).await.whole().await;
    assert_eq!((&after.states, after.versions), (&before.states, before.versions));
    let ckan = world.ckan.control.as_ref().expect("the sandbox CKAN");
    assert_eq!(ckan.writes().await, []);
    world.presses(ALICE, &open, "cancel").await;
    world.thread(&open, "cancelled").await;
}

#[tokio::test]
async fn invariant_11_a_slug_that_changed_hands_withdraws_neither() {
    let world = World::start().await;
    let ckan = world.ckan.control.as_ref().expect("the sandbox CKAN");
    let meant = ckan.dataset("road-accidents-2019").await.unwrap().id;
    let other = ckan.dataset("house-price-index").await.unwrap().id;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    ckan.change(&meant, json!({"name": "road-accidents-old"})).await;
    ckan.change(&other, json!({"name": "road-accidents-2019"})).await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "CKAN has changed").await;
    assert_eq!(ckan.writes().await, []);
}

#[tokio::test]
async fn invariant_11_what_goes_to_ckan_is_the_uuid_that_was_approved() {
    let world = World::start().await;
    let ckan = world.ckan.control.as_ref().expect("the sandbox CKAN");
    let id = ckan.dataset("road-accidents-2019").await.unwrap().id;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    assert!(card.text.contains(&id), "the approver sees it: {}", card.text);
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    let sent = ckan.requests().await;
    let deletions: Vec<_> = sent.iter().filter(|request| request.action == "package_delete").collect();
    assert_eq!(deletions.len(), 1);
    assert_eq!(deletions[0].id.as_deref(), Some(id.as_str()));
}
