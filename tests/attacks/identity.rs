//! Signed requests in the name of others.

use serde_json::{Value, json};

use crate::attacker::{SLUG, body, click};
use crate::world::{ALICE, BOB, CARA, Wanted, World, button_value};

#[tokio::test]
async fn s1_s7_another_users_id_needs_slacks_own_secret() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let value = button_value(&card);
    // Her own click, which Slack signed, with his id in it: the signature is of other bytes.
    world.presses(ALICE, &card, "approve").await;
    world.told(ALICE, "cannot decide").await;
    let genuine = world.last_body().await;
    let edited = genuine.replace(ALICE, BOB);
    assert_ne!(genuine, edited);
    world.forges("interactions", &edited).await;
    world.forges("interactions", &body(&click(BOB, &card, "approve", &value))).await;
    world.forges("commands", "user_id=U0BOB&user_name=bob&text=withdraw+x&team_id=T0001").await;
    // And what she may say of him beside her own id is not read.
    let mut payload = click(ALICE, &card, "approve", &value);
    payload["user"]["username"] = json!("bob");
    payload["user"]["name"] = json!("bob");
    payload["approver"] = json!({"id": BOB});
    payload["actions"][0]["user"] = json!({"id": BOB});
    payload["message"]["user"] = json!(BOB);
    assert_eq!(world.sends(&payload).await, 200);
    world.told(ALICE, "cannot decide").await;
    assert_eq!(world.last_of(ALICE).await, "U0ALICE decision_refused own_request by own_request");
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s7_s8_an_engineers_name_and_addresses_on_another_account_are_not_read() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let named = json!({"name": "bob", "real_name": "Bob Brown"});
    world.control.person(CARA, &named).await.unwrap();
    let mut payload = click(CARA, &card, "approve", &button_value(&card));
    for field in ["username", "name", "email"] {
        payload["user"][field] = json!("bob");
    }
    assert_eq!(world.sends(&payload).await, 200);
    world.told(CARA, "not on the list of people who may approve").await;
    assert_eq!(world.last_of(CARA).await, "U0CARA decision_refused not_an_approver by access");
    // An account that Slack does not know, and ids that nearly are his.
    for user in ["U0BOB ", "U0BOB\u{200b}", "<@U0BOB>", "bob brown", "%55%30BOB"] {
        assert_eq!(world.sends(&click(user, &card, "approve", &button_value(&card))).await, 401, "{user}");
    }
    for user in ["U0NOBODY", "u0bob", "W0BOB"] {
        assert_eq!(world.sends(&click(user, &card, "approve", &button_value(&card))).await, 200, "{user}");
    }
    world.is_quiet_but_for_the_dead().await;
    let refused = world.judged().await;
    assert_eq!(refused.iter().filter(|line| line.contains("cannot_identify")).count(), 3, "{refused:?}");
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
}

impl World {
    /// As [`Self::is_quiet`]; who does not exist cannot be answered.
    async fn is_quiet_but_for_the_dead(&self) {
        self.counts("SELECT count(*) FROM inbound WHERE state = 'received'", 0).await;
    }
}

#[tokio::test]
async fn s7_s13_what_names_no_user_or_another_app_or_workspace_is_no_act() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let value = button_value(&card);
    let edits: [fn(&mut Value); 6] = [
        |p| p["user"] = Value::Null,
        |p| p["user"]["id"] = json!(""),
        |p| p["user"]["id"] = json!(["U0BOB"]),
        |p| p["user"] = json!("U0BOB"),
        |p| p["api_app_id"] = json!("A0002"),
        |p| p["api_app_id"] = Value::Null,
    ];
    for edit in edits {
        let mut payload = click(BOB, &card, "approve", &value);
        edit(&mut payload);
        assert_eq!(world.sends(&payload).await, 401, "{payload}");
    }
    // A press from another workspace is kept and refused, even with an engineer's id in it.
    let mut payload = click(BOB, &card, "approve", &value);
    payload["team"]["id"] = json!("T0009");
    payload["user"]["team_id"] = json!("T0009");
    assert_eq!(world.sends(&payload).await, 200);
    world.told(BOB, "another workspace").await;
    assert_eq!(world.last_of(BOB).await, "U0BOB decision_refused other_team by other_team");
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
}

#[tokio::test]
async fn s15_an_organisations_payload_counts_only_where_the_organisation_is_ours() {
    // No organisation is configured: whoever comes by way of one is not ours.
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let mut payload = click(BOB, &card, "approve", &button_value(&card));
    payload["team"] = Value::Null;
    payload["user"]["team_id"] = Value::Null;
    payload["enterprise"] = json!({"id": "E0001", "name": "org"});
    payload["is_enterprise_install"] = json!(true);
    assert_eq!(world.sends(&payload).await, 200);
    world.told(BOB, "another workspace").await;
    assert_eq!(world.last_of(BOB).await, "U0BOB decision_refused other_team by other_team");
    // His own workspace stands in where `team` is null.
    payload["trigger_id"] = json!(crate::attacker::trigger());
    payload["user"]["team_id"] = json!("T0001");
    assert_eq!(world.sends(&payload).await, 200);
    world.thread(&card, "Done and verified").await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s15_a_colleague_from_another_workspace_of_our_organisation_is_one_of_ours() {
    let mut world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.told(ALICE, "is posted").await;
    world.is_quiet().await;
    let bot = world.restarts_with("app_id", "enterprise_id = \"E0001\"\napp_id").await;
    let from = |enterprise: Value| {
        let mut payload = click(BOB, &card, "approve", &button_value(&card));
        payload["team"] = Value::Null;
        payload["user"]["team_id"] = json!("T0007");
        payload["enterprise"] = enterprise;
        payload["is_enterprise_install"] = json!(true);
        payload
    };
    for other in
        [json!({"id": "E0002"}), json!({"id": ""}), json!({"name": "E0001"}), json!("E0001"), Value::Null]
    {
        assert_eq!(world.sends(&from(other)).await, 200);
        world.told(BOB, "another workspace").await;
    }
    world.ckan_saw(0).await;
    assert_eq!(world.sends(&from(json!({"id": "E0001"}))).await, 200);
    world.thread(&card, "Done and verified").await;
    world.ckan_saw(1).await;
    bot.stop().await.unwrap();
}

#[tokio::test]
async fn s12_s15_the_registry_knows_whole_organisations_ids_as_they_are() {
    let top = "[[people]]\nname = \"Alice\"\nslack_ids = [\"U0ALICE\", \"W0ALICE\"]\n\
               [[people]]\nname = \"Bob\"\nslack_ids = [\"W0BOB\"]\n\
               [[people]]\nname = \"Cara\"\nslack_ids = [\"U0CARA\"]\n";
    let world = World::with(Wanted { top: top.to_owned(), ..Wanted::default() }).await;
    world.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    // His other id is not in the registry: nobody guesses that both are his.
    world.presses(BOB, &card, "approve").await;
    world.told(BOB, "registry of people does not know").await;
    assert_eq!(world.last_of(BOB).await, "U0BOB decision_refused not_registered by not_registered");
    world.ckan_saw(0).await;
}
