//! Invariants 1 and 5: a second person, whatever the configuration and the clicks say, and one attempt.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use ckan_chatops::config::Config;
use serde_json::json;

use crate::file::File;
use crate::liar::Liar;
use crate::process::world_of_a_process;
use crate::world::{ALICE, BOB, CARA, CHANNEL, GUEST, OUTSIDER, Wanted, World, button_value};

#[test]
fn invariant_1_no_configuration_does_without_a_second_person() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ckan-chatops.toml");
    let read = |policy: &str, access: &str, people: &str| {
        let text = format!(
            "database_url = \"sqlite://x.db\"\n{people}\n[slack]\nteam_id = \"T0001\"\napp_id = \"A0001\"\n\
             channel = \"C0001\"\n[access]\n{access}\n{policy}\n[environments.production]\ndefault = true\n\
             ckan_url = \"http://127.0.0.1:5000\"\napi_token_env = \"CKAN_TOKEN_PRODUCTION\"\n"
        );
        std::fs::write(&file, text).unwrap();
        Config::read_file(&file)
    };
    let two = "requesters = { users = [\"U0A\", \"U0B\"] }\napprovers = { users = [\"U0A\", \"U0B\"] }";
    let least = read("", two, "").expect("a sound configuration").policy.approvals;
    assert_eq!(least.get(), 1, "and one is what is meant where nothing is said");

    for policy in [
        "[policy]\napprovals = 0",
        "[policy]\napprovals = -1",
        "[policy]\napprovals = 0.5",
        "[policy]\napprovals = false",
        "[policy]\napprovals = \"0\"",
        "[policy]\napprovals = 256",
        "[policy]\nallow_self_approval = true",
    ] {
        assert!(read(policy, two, "").is_err(), "{policy}");
    }
    for access in [
        "requesters = { users = [\"U0A\"] }\napprovers = { users = [\"U0A\"] }",
        "requesters = { users = [\"U0A\"] }\napprovers = { users = [] }",
        "requesters = { users = [\"U0A\"] }",
        "requesters = { users = [\"U0A\"] }\napprovers = { users = [\"*\"] }",
    ] {
        assert!(read("", access, "").is_err(), "{access}");
    }
    let one_person = "[[people]]\nname = \"Alice\"\nslack_ids = [\"U0A\", \"U0B\"]";
    assert!(read("", two, one_person).is_err(), "two accounts of one person are one person");
}

#[tokio::test]
async fn invariant_1_no_number_of_refused_clicks_reaches_ckan() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    let value = button_value(&card);
    for (user, buttons) in [
        (ALICE, &["approve", "deny"][..]),
        (GUEST, &["approve", "deny", "cancel", "undo"]),
        (OUTSIDER, &["approve", "deny", "cancel", "undo"]),
        (CARA, &["approve", "deny", "cancel", "undo"]),
    ] {
        for button in buttons {
            world.control.forge_click(user, CHANNEL, &card.ts, button, &value).await.unwrap();
            world.next_private(user).await;
        }
    }
    for button in ["", "execute", "approve ", "claim"] {
        world.control.forge_click(BOB, CHANNEL, &card.ts, button, &value).await.unwrap();
        world.next_private(BOB).await;
    }
    for other in ["", "road-accidents-2019", "*", &value.to_lowercase(), &format!("{value} ")] {
        world.control.forge_click(BOB, CHANNEL, &card.ts, "approve", other).await.unwrap();
        world.next_private(BOB).await;
    }
    world.presses(BOB, &card, "cancel").await;
    world.told(BOB, "Only the person who asked").await;
    // Nothing is undone that was not done.
    world.control.forge_click(BOB, CHANNEL, &card.ts, "undo", &value).await.unwrap();
    let form = world.control.wait_modal(BOB).await.unwrap();
    let why = json!({"reason": {"reason": "x"}, "ticket": {"ticket": "51234"}});
    world.control.submit(BOB, &form.view_id, &why).await.unwrap();
    world.told(BOB, "does not fit").await;
    // And a yes that comes after the end is none.
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
    world.control.forge_click(BOB, CHANNEL, &card.ts, "approve", &value).await.unwrap();
    world.told(BOB, "was cancelled").await;

    let ckan = world.ckan.control.as_ref().expect("the sandbox CKAN");
    assert_eq!(ckan.writes().await, []);
    let sent: Vec<String> = ckan.requests().await.into_iter().map(|request| request.action).collect();
    assert!(sent.iter().all(|action| action.ends_with("_show") || action.ends_with("_search")), "{sent:?}");
    let acts = world.audit().await;
    assert!(!acts.iter().any(|act| act.contains("claimed") || act.contains(" approved ")), "{acts:?}");
}

#[tokio::test]
async fn invariant_1_a_request_that_somebody_wrote_approved_into_the_file_is_not_carried_out() {
    let (world, bot) = world_of_a_process().await;
    let forged = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    let mut file = File::of(&world).await;
    file.forge(
        "UPDATE request SET state = 'approved', version = version + 1, \
         body = json_set(body, '$.state', 'approved', '$.version', version + 1)",
    )
    .await;
    // Whatever is approved is looked at together: once two others are done, that one was looked at.
    for slug in ["road-accidents-2018", "house-price-index"] {
        let card = world.asks_to_withdraw(ALICE, slug).await;
        world.presses(BOB, &card, "approve").await;
        world.thread(&card, "Done and verified").await;
    }
    assert_eq!(world.ckan.writes("road-accidents-2019").await, Some(0));
    let noticed = bot.log().matches("an approved request is not carried out").count();
    assert!((1..60).contains(&noticed), "noticed once a second or so, not {noticed} times");
    world.presses(ALICE, &forged, "cancel").await;
    world.thread(&forged, "cancelled").await;
}

#[tokio::test]
async fn s27_there_is_one_open_request_for_a_dataset() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    for (user, what) in [(ALICE, "withdraw"), (BOB, "withdraw"), (BOB, "dataset withdraw")] {
        world.types(user, &format!("/ckan {what} road-accidents-2019 --reason again")).await;
        world.told(user, "open request for the same thing").await;
    }
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
    // And once that one has ended, it can be asked for again.
    world.types(BOB, "/ckan withdraw road-accidents-2019 --reason again").await;
    world.told(BOB, "is posted").await;
}

#[tokio::test]
async fn invariant_5_the_claim_is_in_the_file_before_ckan_hears_of_the_change() {
    let database = Arc::new(OnceLock::<PathBuf>::new());
    let seen = Arc::new(Mutex::new(vec![]));
    let (path, heard) = (database.clone(), seen.clone());
    let liar = Liar::start(Box::new(move |action, _| {
        let (path, heard) = (path.clone(), heard.clone());
        Box::pin(async move {
            if action == "package_delete" {
                let mut file = File::at(path.get().expect("the bot's file")).await;
                let states = file.texts("SELECT state FROM request").await;
                let acts = file.texts("SELECT json_extract(entry, '$.act') FROM audit ORDER BY seq").await;
                heard.lock().unwrap().push((states, acts));
            }
            None
        })
    }))
    .await;
    let world = World::with(Wanted { ckan_url: Some(liar.url.clone()), ..Wanted::default() }).await;
    liar.before(&world.ckan.url);
    database.set(world.database()).unwrap();
    let card = world.asks_to_withdraw(ALICE, "road-accidents-2019").await;
    world.presses(BOB, &card, "approve").await;
    world.thread(&card, "Done and verified").await;
    let seen = seen.lock().unwrap().clone();
    let expected =
        (vec!["running".to_owned()], ["requested", "approved", "claimed"].map(str::to_owned).to_vec());
    assert_eq!(seen, [expected]);
}
