//! CKAN fails while a request is being planned: the person who asked reads why and what to do, and nobody else
//! reads anything.

use sandbox::ckan::{Fault, FaultKind};

use crate::evidence::{SLUG, ckan, ckan_was_changed, nothing_in_channel};
use crate::gate::free_port;
use crate::world::{ALICE, Wanted, World};

impl World {
    /// Asks, is refused in words, and nothing else happens.
    async fn is_refused_for_ckan(&self) -> String {
        let told = self
            .is_told(ALICE, &format!("/ckan withdraw {SLUG} --reason \"Publisher asked\" --ticket 51234"))
            .await;
        nothing_in_channel(self).await;
        assert_eq!(self.audit().await, ["U0ALICE request_refused ckan_not_readable"]);
        ckan_was_changed(self, SLUG, 0).await;
        told
    }

    async fn is_refused_with(&self, kind: FaultKind, times: u32) -> String {
        ckan(self).fault(Fault::times("package_show", kind, times)).await;
        self.is_refused_for_ckan().await
    }
}

#[tokio::test]
async fn ckan_is_down_when_somebody_asks() {
    let nobody = Some(format!("http://127.0.0.1:{}", free_port()));
    let world = World::with(Wanted { ckan_url: nobody, ..Wanted::default() }).await;
    insta::assert_snapshot!(world.is_refused_for_ckan().await, @"CKAN on production cannot be reached: nothing answers at its address. Nothing was changed. Check that it is up, then ask again.");
}

#[tokio::test]
async fn ckan_is_slower_than_the_bot_waits() {
    let world = World::start().await;
    insta::assert_snapshot!(world.is_refused_with(FaultKind::Slow { ms: 60_000 }, 1).await, @"CKAN on production did not answer in time. Nothing was changed. Ask again in a few minutes.");
}

#[tokio::test]
async fn ckan_does_not_know_the_token() {
    let wrong = Some("not-a-token-of-this-ckan".to_owned());
    let world = World::with(Wanted { ckan_token: wrong, ..Wanted::default() }).await;
    insta::assert_snapshot!(world.is_refused_for_ckan().await, @"CKAN on production does not take the bot's token for a sysadmin's. Nothing was changed. Whoever runs the bot has to give it a valid API token of a sysadmin; then ask again.");
}

#[tokio::test]
async fn a_proxy_does_not_let_the_bot_through() {
    let world = World::start().await;
    insta::assert_snapshot!(world.is_refused_with(FaultKind::Html403, 1).await, @"A proxy in front of CKAN on production does not let this through. Nothing was changed. Whoever runs the bot has to give it an address that leads to CKAN itself, past the public proxy.");
}

#[tokio::test]
async fn a_proxy_gives_up_on_ckan_every_time() {
    let world = World::start().await;
    insta::assert_snapshot!(world.is_refused_with(FaultKind::Html504, 3).await, @"A proxy in front of CKAN on production got no answer from it, or none in time. Nothing was changed. Check that it is up, then ask again.");
}

#[tokio::test]
async fn a_proxy_that_gives_up_once_stops_nobody() {
    let world = World::start().await;
    ckan(&world).fault(Fault::once("package_show", FaultKind::Html504)).await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    world.presses(ALICE, &card, "cancel").await;
    crate::evidence::slack_agrees(&world, &card, "cancelled the request").await;
    ckan_was_changed(&world, SLUG, 0).await;
}
