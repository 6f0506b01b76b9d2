//! Clocks that differ, and clocks that jump.

use crate::attacker::{SLUG, body, click};
use crate::world::{ALICE, BOB, World, button_value};

const MINUTES_5: i64 = 5 * 60_000;

#[tokio::test]
async fn s1_a_clock_up_to_five_minutes_off_does_not_matter_and_more_lets_nothing_in() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let value = button_value(&card);
    for side in [1, -1] {
        // Two seconds more than the limit, as the request may take one of them.
        world.clock.advance_ms(side * (MINUTES_5 + 2_000));
        assert_eq!(world.sends(&click(BOB, &card, "approve", &value)).await, 401);
        let typed = world.control.command(ALICE, &card.channel, "/ckan help").await.unwrap();
        assert_eq!(typed.status, 401);
        world.clock.advance_ms(side * -4_000);
        assert_eq!(world.sends(&click(ALICE, &card, "approve", &value)).await, 200);
        world.told(ALICE, "cannot decide").await;
        world.clock.advance_ms(side * -(MINUTES_5 - 2_000));
    }
    world.ckan_saw(0).await;
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s4_a_replay_is_one_whatever_the_clock_says_meanwhile() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    let refused = body(&click(ALICE, &card, "approve", &button_value(&card)));
    assert_eq!(world.control.deliver("interactions", &refused).await.unwrap().status, 200);
    world.told(ALICE, "cannot decide").await;
    let last = world.control.deliveries().await.unwrap().last().unwrap().n;
    for jump in [-4 * 60_000, 8 * 60_000, -4 * 60_000] {
        world.clock.advance_ms(jump);
        assert_eq!(world.control.replay(last).await.unwrap().status, 401);
    }
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
}

#[tokio::test]
async fn s16_a_clock_that_goes_back_makes_no_request_immortal_and_no_vote_early() {
    let world = World::start().await;
    let card = world.asks_to_withdraw(ALICE, SLUG).await;
    // What was said already: a clock that goes back holds up by as much what is still to be said.
    world.is_quiet().await;
    world.clock.advance_ms(-4 * 60_000);
    world.goes_on(&card).await;
    world.ckan_saw(1).await;
    let second = world.asks_to_withdraw(ALICE, "house-price-index").await;
    world.clock.advance_ms(4 * 60_000);
    world.presses(ALICE, &second, "approve").await;
    world.told(ALICE, "cannot decide").await;
    // Forward past its end between the request and the click, as far as a signature allows: then it is over.
    for _ in 0..16 {
        world.clock.advance_ms(4 * 60_000);
    }
    world.thread(&second, "has run out").await;
    world.is_quiet().await;
    world.clock.advance_ms(-64 * 60_000);
    let value = button_value(&second);
    world.control.forge_click(BOB, &second.channel, &second.ts, "approve", &value).await.unwrap();
    world.told(BOB, "has run out of time").await;
    assert_eq!(world.last_of(BOB).await, "U0BOB decision_refused already_decided by already_decided");
    world.ckan_saw(1).await;
}
