//! Users are found, shown, and given another address, of which the channel sees only a mask.

use serde_json::{Value, json};

use crate::world::{ALICE, BOB, CARA, Wanted, World, said};
use sandbox::slack::Message;

/// What the story types and nobody but the two people may read.
const NEW: &str = "dora.moved@example.org";
const OLD: &str = "dora.transport@example.org";

async fn address_of(world: &World, user: &str) -> Value {
    world.ckan.action("user_show", json!({"id": user})).await["email"].clone()
}

/// Approves a request that has to be read in a form first, and says what the form showed.
async fn reviews(world: &World, user: &str, card: &Message, typed: Option<&str>) -> String {
    world.presses(user, card, "approve").await;
    let form = world.control.wait_modal(user).await.unwrap();
    let values = typed.map_or(json!({}), |typed| json!({"confirmation": {"confirmation": typed}}));
    world.control.submit(user, &form.view_id, &values).await.unwrap();
    form.view.to_string()
}

#[tokio::test]
async fn an_address_is_changed_and_back_and_only_two_people_see_it_whole() {
    let world = World::with(Wanted { api_only: true, ..Wanted::default() }).await;
    let before = world.ckan.action("user_show", json!({"id": "dft-admin"})).await;
    world
        .types(ALICE, &format!("/ckan email dft-admin <mailto:{NEW}|{NEW}> --reason \"Changed name, says {NEW}\" --ticket 51234"))
        .await;
    let card = world.card("e-mail address").await;
    insta::assert_snapshot!(said(&card.text), @"
    Change the e-mail address of “Dora Transport” on production
    Name: Dora Transport
    Log-in name: dft-admin
    UUID: 755a4747-8e27-5079-a035-4012de366f1d
    Account: active
    Publishers: Department for Transport (admin)
    Present address: d…@example.org
    New address: d…@example.org
    Environment: production
    Asked by: <@U0ALICE>
    Reason: Changed name, says d…@example.org
    Ticket: 51234
    What will happen
    - CKAN sends its mail for this account to d…@example.org, also the link for a new password.
    - The password, the log-in name and the publishers stay as they are. CKAN tells nobody about the change.
    Mind
    - Whoever reads the new address can set a new password and act as this user, whose publishers are: Department for Transport (admin). Make sure that the account's owner asks for this: an answer from the present address, or somebody who knows them.
    - The user is an admin: whoever takes the account over can also let others into the publisher.
    - The bot's configuration allows every domain: check the spelling of this one letter by letter.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    let told = world.told(ALICE, "is posted").await;
    insta::assert_snapshot!(told, @"
    Your request ‹ref› is posted in the channel. Nothing happens until a second engineer approves it. You can cancel it there or with /ckan request cancel ‹ref›.
    Present address, whole: dora.transport@example.org
    New address, whole: dora.moved@example.org
    ");
    assert_eq!(address_of(&world, "dft-admin").await, OLD);

    let form = reviews(&world, BOB, &card, None).await;
    assert!(form.contains(NEW) && form.contains(OLD), "the approver sees both whole: {form}");
    let done = world.thread(&card, "Done and verified").await;
    insta::assert_snapshot!(said(&done.text), @"
    Done and verified: Change the e-mail address of “Dora Transport” on production.
    What I saw
    - CKAN has the new address, d…@example.org.
    ");
    let reply = world.told(ALICE, "Send this to the user").await;
    insta::assert_snapshot!(reply.replace(&world.ckan.url, "‹site›"), @"
    Send this to the user:

    Hello Dora Transport,

    The e-mail address of your account “dft-admin” is now dora.moved@example.org. To log in, open ‹site›/user/reset, type your user name, and follow the link that is sent to this address to set a new password.

    If you did not ask for this, tell us at once by answering this message.
    ");
    let after = world.ckan.action("user_show", json!({"id": "dft-admin"})).await;
    assert_eq!(after["email"], NEW);
    for kept in ["id", "name", "fullname", "state", "sysadmin", "about"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }

    world.presses(BOB, &done, "undo").await;
    let form = world.control.wait_modal(BOB).await.unwrap();
    world
        .control
        .submit(BOB, &form.view_id, &json!({"reason": {"reason": "It was the wrong one"}}))
        .await
        .unwrap();
    let back = world
        .control
        .wait_message(BOB, |message| {
            message.thread_ts.is_none() && message.text.contains("It was the wrong one")
        })
        .await
        .unwrap();
    reviews(&world, ALICE, &back, None).await;
    world.thread(&back, "Done and verified").await;
    assert_eq!(address_of(&world, "dft-admin").await, OLD);

    // Nobody else has seen a whole one.
    for message in world.control.state(CARA).await.unwrap().messages {
        let shown = format!("{} {}", message.text, serde_json::to_string(&message.blocks).unwrap());
        assert!(!shown.contains(NEW) && !shown.contains(OLD), "{shown}");
    }
}

#[tokio::test]
async fn users_are_found_and_shown_with_masked_addresses() {
    let world = World::with(Wanted { api_only: true, ..Wanted::default() }).await;
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan user find transport").await, @"
    3 users on production

    dft-admin Dora Transport, d…@example.org, active

    edwin-elsewhere Edwin Elsewhere, E…@Example.org, pending: invited, and has not yet come

    dft-editor Edwin Transport, e…@example.org, active

    Deleted users are not among them; /ckan user show shows one of them by the log-in name.
    ");
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan user find EDWIN.TRANSPORT@example.org").await, @"
    2 users on production

    edwin-elsewhere Edwin Elsewhere, E…@Example.org, pending: invited, and has not yet come

    dft-editor Edwin Transport, e…@example.org, active

    Deleted users are not among them; /ckan user show shows one of them by the log-in name.
    ");
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan user find nobody-has-this").await, @"
    No user on production has this in the name or address

    Deleted users are not among them; /ckan user show shows one of them by the log-in name.
    ");
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan user find %%%").await, @"Type at least three characters of the user's name or e-mail address.");
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan user show dft-editor").await, @"
    “Edwin Transport” on production
    Name: Edwin Transport
    Log-in name: dft-editor
    UUID: da9141b0-94da-504b-a7b4-5772a8545aa2
    Account: active
    Address: e…@example.org
    Publishers: Department for Transport (editor), Leeds City Council (member)
    Sysadmin: no

    To change the address, type /ckan email dft-editor new.address@example.gov.uk.
    ");
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan user show site-admin").await, @"
    “Sita Admin” on production
    Name: Sita Admin
    Log-in name: site-admin
    UUID: 3bca26d8-0651-5feb-b4b8-a9954b5b1f27
    Account: active
    Address: s…@example.org
    Publishers: all of them, as a sysadmin
    Sysadmin: yes
    ");
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan user show deleted-user").await, @"
    “Dell Deleted” on production
    Name: Dell Deleted
    Log-in name: deleted-user
    UUID: 555e9e78-a7c5-51d0-b3d2-aa635c9b1b8e
    Account: deleted
    Address: d…@example.org
    Publishers: none
    Sysadmin: no

    It cannot log in and belongs to nobody any more.
    ");
    insta::assert_snapshot!(world.is_told(ALICE, "/ckan user show nobody-has-this").await, @"There is no user nobody-has-this on production. Capitals count; /ckan user find finds names.");
}

#[tokio::test]
async fn hazard_22_protected_accounts_and_bad_addresses_are_refused_in_words() {
    let world = World::with(Wanted {
        environment: "write_deadline = \"3s\"\nrequest_timeout = \"2s\"\n[users]\n\
                      email_domains = [\"example.org\", \"gov.uk\"]"
            .to_owned(),
        api_only: true,
        ..Wanted::default()
    })
    .await;
    let mut told = vec![];
    for typed in [
        "chatops new@example.org",
        "site-admin new@example.org",
        "deleted-user new@example.org",
        "dft-editor Site.Admin@Example.org",
        "dft-editor edwin.transport@example.org",
        "dft-editor new@example.com",
        "dft-editor new@notgov.uk",
        "dft-editor nеw@example.org",
        "dft-editor new@example.org, other@example.org",
        "dft-editor new",
        "dft-editor new@example.org new job",
        "road-accidents-2019 new@example.org",
        "new@example.org dft-editor",
    ] {
        let said = world.is_told(ALICE, &format!("/ckan email {typed} --reason \"Asked\"")).await;
        told.push(format!("{typed}: {said}"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    chatops new@example.org: chatops is the bot's own account, so the bot leaves it alone. A sysadmin can change it on CKAN's own page.
    site-admin new@example.org: site-admin is a sysadmin: whoever reads a sysadmin's mail can take over all of CKAN, so the bot leaves it alone. A sysadmin can change it on CKAN's own page.
    deleted-user new@example.org: deleted-user is deleted, so nobody can log in with it. Somebody has to bring it back on CKAN first.
    dft-editor Site.Admin@Example.org: The user site-admin has this address already; CKAN sends password links by address, so one address is for one account. Look at it with /ckan user show site-admin.
    dft-editor edwin.transport@example.org: dft-editor has exactly this address already, so there is nothing to change.
    dft-editor new@example.com: Addresses of users must be in one of these domains or below it: example.org, gov.uk. If another one is right, whoever runs the bot has to add its domain to the configuration.
    dft-editor new@notgov.uk: Addresses of users must be in one of these domains or below it: example.org, gov.uk. If another one is right, whoever runs the bot has to add its domain to the configuration.
    dft-editor nеw@example.org: The address has a character that is not on a plain keyboard: “е” (U+0435). It may only look like the letter that is meant. Type the whole address by hand.
    dft-editor new@example.org, other@example.org: One address, please: there is more than one, or a blank, comma or second @ in it.
    dft-editor new: An e-mail address has an @ in it. Type it in full, like jo.bloggs@example.gov.uk.
    dft-editor new@example.org new job: There are words after the address. Put a reason of several words in quotation marks: --reason "Changed department".
    road-accidents-2019 new@example.org: There is no user road-accidents-2019 on production. Capitals count; /ckan user find finds names.
    new@example.org dft-editor: That is an e-mail address, which several accounts may have. Type the log-in name or the UUID; /ckan user find finds them.
    "#);
    for user in ["dft-editor", "site-admin"] {
        assert!(address_of(&world, user).await.as_str().unwrap().ends_with("@example.org"));
    }
    if let Some(control) = &world.ckan.control {
        assert!(control.writes().await.is_empty(), "nothing was tried");
    }
}

#[tokio::test]
async fn a_display_name_capitals_and_a_pending_double_are_told_on_the_card() {
    let world = World::with(Wanted { api_only: true, ..Wanted::default() }).await;
    world
        .types(
            ALICE,
            "/ckan email dft-editor Penny Pending &lt;<mailto:Penny.Pending@Example.org|Penny.Pending@Example.org>&gt; \
             --reason \"Same person\" --ticket 51234",
        )
        .await;
    let card = world.card("e-mail address").await;
    insta::assert_snapshot!(said(&card.text), @"
    Change the e-mail address of “Edwin Transport” on production
    Name: Edwin Transport
    Log-in name: dft-editor
    UUID: da9141b0-94da-504b-a7b4-5772a8545aa2
    Account: active
    Publishers: Department for Transport (editor), Leeds City Council (member)
    Present address: e…@example.org
    New address: p…@example.org
    Environment: production
    Asked by: <@U0ALICE>
    Reason: Same person
    Ticket: 51234
    What will happen
    - CKAN sends its mail for this account to p…@example.org, also the link for a new password.
    - The password, the log-in name and the publishers stay as they are. CKAN tells nobody about the change.
    Mind
    - Whoever reads the new address can set a new password and act as this user, whose publishers are: Department for Transport (editor), Leeds City Council (member). Make sure that the account's owner asks for this: an answer from the present address, or somebody who knows them.
    - The bot's configuration allows every domain: check the spelling of this one letter by letter.
    - It was typed with capitals and is set in small letters: before 2.12 CKAN takes capitals for another address.
    - The pending user pending-user has the new address, too, and cannot become active with it afterwards.
    Waiting for approval: 0 of 1 · can approve: <@U0BOB> · runs out ‹moment›
    Request ‹ref› · plan ‹digest› · policy ‹digest›
    ");
    world.presses(ALICE, &card, "cancel").await;
    world.thread(&card, "cancelled").await;
}

#[tokio::test]
async fn invariant_3_another_address_since_the_request_stops_it_and_is_not_told_whole() {
    let world = World::with(Wanted { api_only: true, ..Wanted::default() }).await;
    world.types(ALICE, "/ckan email analyst somebody.new@example.org --reason Asked --ticket 51234").await;
    let card = world.card("e-mail address").await;
    let moved = "ada.elsewhere@example.org";
    let old = address_of(&world, "analyst").await;
    world.ckan.action("user_patch", json!({"id": "analyst", "email": moved})).await;
    reviews(&world, BOB, &card, None).await;
    let stale = world.thread(&card, "CKAN has changed").await.text;
    assert!(stale.contains("Present address: was “a…@example.org (mark "), "{stale}");
    assert!(!stale.contains(moved) && !stale.contains("somebody.new@"), "{stale}");
    assert_eq!(address_of(&world, "analyst").await, moved);
    world.ckan.action("user_patch", json!({"id": "analyst", "email": old})).await;
}
