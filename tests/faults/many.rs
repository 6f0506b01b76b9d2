//! Many datasets under one request, and the process or CKAN fails half-way: each is withdrawn once or not at all, and
//! what is told is what CKAN shows.

use std::collections::BTreeMap;

use ckan_chatops::approval::Freeze;
use ckan_chatops::approval::freeze::Window;
use ckan_chatops::clock::Clock as _;
use jiff::{SignedDuration, Timestamp};
use sandbox::ckan::{Fault, FaultKind, Write};
use sandbox::slack::Message;

use crate::evidence::{audit_holds, ckan, eventually, sent, slack_agrees};
use crate::process::{Process, audit_verify};
use crate::world::{ALICE, BOB, CARA, Wanted, World, said};

/// So many that one approval is just enough.
const COUNT: usize = 50;

impl World {
    async fn with_many() -> Self {
        Self::with(Wanted { more_datasets: COUNT, ..Wanted::default() }).await
    }

    /// Somebody asks for all of them in a list, and somebody else approves.
    async fn many_are_approved(&self) -> Message {
        self.so_many_are_approved(COUNT).await
    }

    async fn so_many_are_approved(&self, count: usize) -> Message {
        self.control.usergroup("S0ENG", &[ALICE, BOB, CARA]).await.unwrap();
        self.types(ALICE, "/ckan withdraw --list").await;
        let form = self.control.wait_modal(ALICE).await.unwrap();
        let list: Vec<String> = (1..=count).map(|number| format!("bulk-{number:05}")).collect();
        let file = self.control.upload_file(ALICE, "list.txt", list.join("\r\n").as_bytes()).await.unwrap();
        let filled = serde_json::json!({
            "file": {"file": [file]}, "reason": {"reason": "Publisher asked"},
        });
        self.control.submit(ALICE, &form.view_id, &filled).await.unwrap();
        let card = self.card(&format!("Withdraw {count} datasets")).await;
        self.told(ALICE, "is posted").await;
        self.reviews(BOB, &card, None).await;
        if card.text.contains("0 of 2") {
            self.card_says(&card, "1 of 2").await;
            self.reviews(CARA, &card, None).await;
        }
        card
    }

    async fn bulk_writes(&self) -> Vec<Write> {
        ckan(self).writes().await.into_iter().filter(|write| write.action == "package_delete").collect()
    }

    async fn withdrawn(&self) -> usize {
        let rows = ckan(self).datasets().await;
        rows.iter().filter(|row| row.name.starts_with("bulk-") && row.state == "deleted").count()
    }

    /// What decides everything: CKAN's own log has each dataset once at most.
    async fn nothing_was_done_twice(&self) {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for write in self.bulk_writes().await.iter().filter(|write| write.committed) {
            *times.entry(write.id.clone()).or_default() += 1;
        }
        assert!(times.values().all(|times| *times == 1), "{times:?}");
        audit_holds(self).await;
    }
}

async fn world_of_a_process() -> (World, Process) {
    let mut world = World::with_many().await;
    world.stop_bot().await;
    let bot = Process::start(&world).await;
    (world, bot)
}

/// Slow enough that a process can be killed in the middle.
async fn every_deletion_takes(world: &World, ms: u64) {
    ckan(world).fault(Fault::times("package_delete", FaultKind::SlowAndSure { ms }, 1000)).await;
}

#[tokio::test]
async fn invariant_5_many_datasets_are_withdrawn_once_each_though_the_process_is_killed_half_way() {
    let (world, bot) = world_of_a_process().await;
    every_deletion_takes(&world, 40).await;
    let card = world.many_are_approved().await;
    eventually("half of them", async || world.bulk_writes().await.len() >= COUNT / 2).await;
    bot.kill().await;
    let after_the_kill = world.withdrawn().await;
    assert!(after_the_kill < COUNT, "it was killed in the middle");
    let _bot = Process::start(&world).await;
    world.thread(&card, "I was interrupted").await;
    world.thread(&card, "nothing was sent yet").await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.withdrawn().await, COUNT);
    world.nothing_was_done_twice().await;
    assert_eq!(world.bulk_writes().await.len(), COUNT);
    let acts = world.audit().await;
    assert_eq!(
        acts,
        [
            "U0ALICE requested pending",
            "U0BOB approved approved",
            "bot claimed running",
            "bot lost unknown",
            "bot resumed running",
            "bot settled succeeded"
        ]
    );
    let (code, said) = audit_verify(&world).await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn invariant_5_killed_again_and_again_each_is_withdrawn_once() {
    let (world, mut bot) = world_of_a_process().await;
    every_deletion_takes(&world, 40).await;
    let card = world.many_are_approved().await;
    for share in [1, 10, 25, 40] {
        eventually("some more", async || world.bulk_writes().await.len() >= share).await;
        bot.kill().await;
        bot = Process::start(&world).await;
    }
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.withdrawn().await, COUNT);
    world.nothing_was_done_twice().await;
    assert_eq!(audit_verify(&world).await.0, Some(0));
    bot.kill().await;
}

#[tokio::test]
async fn what_was_being_sent_and_never_arrived_is_done_after_ckan_had_time_enough() {
    let (world, bot) = world_of_a_process().await;
    ckan(&world).fault(Fault::times("package_delete", FaultKind::Slow { ms: 1 }, 8)).await;
    // The calls that are under way are dropped with the process, before CKAN acts.
    ckan(&world).fault(Fault::times("package_delete", FaultKind::Slow { ms: 600_000 }, 2)).await;
    let card = world.many_are_approved().await;
    eventually("calls that hang", async || ckan(&world).faults().await.is_empty()).await;
    bot.kill().await;
    let _bot = Process::start(&world).await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.withdrawn().await, COUNT);
    world.nothing_was_done_twice().await;
}

#[tokio::test]
async fn an_orderly_end_leaves_nothing_unclear_and_the_next_start_goes_on() {
    let (world, bot) = world_of_a_process().await;
    every_deletion_takes(&world, 40).await;
    let card = world.many_are_approved().await;
    eventually("some of them", async || world.bulk_writes().await.len() >= 10).await;
    assert!(bot.terminate().await.success());
    let before = world.withdrawn().await;
    assert!(before < COUNT);
    let _bot = Process::start(&world).await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.withdrawn().await, COUNT);
    world.nothing_was_done_twice().await;
}

#[tokio::test]
async fn invariant_5_an_interruption_that_is_too_long_ago_is_told_and_the_rest_is_left_alone() {
    let mut world = World::with_many().await;
    every_deletion_takes(&world, 40).await;
    let card = world.many_are_approved().await;
    eventually("some of them", async || world.bulk_writes().await.len() >= 10).await;
    world.stop_bot().await;
    let before = world.withdrawn().await;
    world.clock.advance_ms(16 * 60_000);
    world.start_bot().await;
    let ended = slack_agrees(&world, &card, "Partly done").await;
    assert!(ended.text.contains("too long ago for the approval to hold"), "{}", ended.text);
    assert_eq!(world.withdrawn().await, before);
    world.nothing_was_done_twice().await;
}

/// A freeze of everything, with its end.
fn freeze(world: &World, from: i64, until: i64) -> (Freeze, Timestamp) {
    let now = world.clock.now();
    let at = |seconds| now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    let freeze = Freeze {
        name: "Budget day".to_owned(),
        reason: "Nothing else changes.".to_owned(),
        environments: [].into(),
        operations: [].into(),
        window: Window::Once { from: at(from), until: at(until) },
    };
    (freeze, at(until))
}

/// All of them approved, and the bot stopped in the middle.
async fn stopped_half_way() -> (World, Message, usize) {
    let mut world = World::with_many().await;
    every_deletion_takes(&world, 40).await;
    let card = world.so_many_are_approved(COUNT).await;
    eventually("some of them", async || world.bulk_writes().await.len() >= 10).await;
    world.stop_bot().await;
    let before = world.withdrawn().await;
    assert!(before < COUNT);
    (world, card, before)
}

#[tokio::test]
async fn s16_what_was_interrupted_waits_for_the_end_of_a_freeze_that_comes_in_time() {
    let (mut world, card, before) = stopped_half_way().await;
    let (freeze, until) = freeze(&world, -1, 300);
    world.restart_with(vec![freeze]).await;
    let lost = world.thread(&card, "I was interrupted").await;
    insta::assert_snapshot!(said(&lost.text), @"I was interrupted while carrying this out. I ask CKAN about those that were just being sent; none of them is sent again unless CKAN shows that it was not done. Nothing is sent before the freeze is over. Freeze “Budget day”, until ‹moment›: Nothing else changes.");
    // Each try to go on begins by asking CKAN whether it knows us.
    let asked = sent(ckan(&world), "status_show").await;
    eventually("another try", async || sent(ckan(&world), "status_show").await > asked).await;
    world.clock.advance_ms(60_000);
    let asked = sent(ckan(&world), "status_show").await;
    eventually("one more", async || sent(ckan(&world), "status_show").await > asked).await;
    assert_eq!(world.withdrawn().await, before);
    world.clock.advance_ms(250_000);
    world.thread(&card, "nothing was sent yet").await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.withdrawn().await, COUNT);
    world.nothing_was_done_twice().await;
    let resumed = world.audited("resumed").await;
    assert!(resumed.len() == 1 && resumed[0].0 >= until, "{resumed:?}");
}

#[tokio::test]
async fn s16_what_was_interrupted_ends_where_a_freeze_lasts_for_longer_than_its_approval() {
    let (mut world, card, before) = stopped_half_way().await;
    let (freeze, _) = freeze(&world, -1, 3_600);
    world.restart_with(vec![freeze]).await;
    let ended = world.thread(&card, "Partly done").await;
    assert!(ended.text.contains("a freeze lasts for longer than the approval holds"), "{}", ended.text);
    world.card_says(&card, "Partly done").await;
    assert_eq!(world.withdrawn().await, before);
    world.nothing_was_done_twice().await;
}

#[tokio::test]
async fn s16_a_freeze_stops_nothing_that_runs_and_holds_what_waits_for_its_turn() {
    let mut world = World::with_many().await;
    let (freeze, _) = freeze(&world, 60, 200);
    world.restart_with(vec![freeze]).await;
    world.types(ALICE, &format!("/ckan withdraw bulk-{:05} bulk-{COUNT:05} --reason Asked", COUNT - 1)).await;
    let second = world.card("Withdraw 2 datasets").await;
    every_deletion_takes(&world, 400).await;
    let card = world.so_many_are_approved(COUNT - 2).await;
    eventually("some of them", async || world.bulk_writes().await.len() >= 3).await;
    world.reviews(BOB, &second, None).await;
    eventually("both approved", async || world.audited("approved").await.len() == 2).await;
    assert!(world.bulk_writes().await.len() < COUNT - 2, "the first still runs");
    world.clock.advance_ms(61_000);
    world.thread(&second, "Approved, and held").await;
    world.thread(&card, "Done and verified").await;
    assert_eq!(world.withdrawn().await, COUNT - 2);
    world.clock.advance_ms(140_000);
    world.thread(&second, "Done and verified").await;
    assert_eq!(world.withdrawn().await, COUNT);
    world.nothing_was_done_twice().await;
}

#[tokio::test]
async fn the_first_one_fails_and_the_rest_is_not_touched() {
    let world = World::with_many().await;
    ckan(&world).fault(Fault::once("package_delete", FaultKind::Html403)).await;
    let card = world.many_are_approved().await;
    let ended = slack_agrees(&world, &card, "Not carried out").await;
    insta::assert_snapshot!(said(&ended.text), @"
    Not carried out. Nothing of what was approved was done.
    What I saw
    - 0 of 50 are withdrawn.
    - CKAN could not be worked with any more, so I stopped: the rest was not touched.
    - 1 not done: bulk-00001. A proxy in front of CKAN on production does not let this through.
    - 49 left out: bulk-00002, bulk-00003, bulk-00004, bulk-00005, bulk-00006 and 44 more. The run was stopped before its turn.
    - For the rest, ask again: what is done already is left out then.
    ");
    assert_eq!(world.withdrawn().await, 0);
    assert_eq!(world.bulk_writes().await.len(), 0);
}

#[tokio::test]
async fn too_many_fail_and_the_rest_is_not_touched() {
    let world = World::with_many().await;
    ckan(&world).fault(Fault::times("package_delete", FaultKind::Slow { ms: 1 }, 12)).await;
    ckan(&world).fault(Fault::times("package_delete", FaultKind::SearchIndexError, 40)).await;
    let card = world.many_are_approved().await;
    let ended = slack_agrees(&world, &card, "Partly done").await;
    assert!(ended.text.contains("Too many failed, so I stopped"), "{}", ended.text);
    assert_eq!(world.withdrawn().await, 12);
    world.nothing_was_done_twice().await;
}

#[tokio::test]
async fn hazard_7_a_500_after_each_commit_stops_nothing() {
    let world = World::with_many().await;
    ckan(&world).fault(Fault::times("package_delete", FaultKind::ErrorAfterCommit, 100)).await;
    let card = world.many_are_approved().await;
    slack_agrees(&world, &card, "Done and verified").await;
    assert_eq!(world.withdrawn().await, COUNT);
    assert_eq!(world.bulk_writes().await.len(), COUNT, "none is sent twice");
    world.nothing_was_done_twice().await;
}

#[tokio::test]
async fn answers_that_are_lost_are_found_out_one_by_one() {
    let world = World::with_many().await;
    ckan(&world).fault(Fault::times("package_delete", FaultKind::Slow { ms: 1 }, 30)).await;
    ckan(&world).fault(Fault::times("package_delete", FaultKind::LoseResponse, 5)).await;
    let card = world.many_are_approved().await;
    slack_agrees(&world, &card, "Done and verified").await;
    assert_eq!(world.bulk_writes().await.len(), COUNT, "none is sent twice");
    world.nothing_was_done_twice().await;
}

/// On the lab alone, brought up with `SEED_BULK=1000`: CKAN's database is read directly before and after.
#[tokio::test]
async fn a_thousand_datasets_on_a_real_ckan_are_withdrawn_once_each_though_the_process_is_killed_half_way() {
    if std::env::var("CKAN_CHATOPS_LAB_BULK").is_err() {
        return;
    }
    let mut world = World::start().await;
    world.stop_bot().await;
    let bot = Process::start(&world).await;
    let in_state = |state: &str| {
        let query = format!("select count(*) from package where name like 'bulk-%' and state = '{state}'");
        world.ckan.lab.as_ref().expect("the lab").rows(&query).parse::<usize>().unwrap()
    };
    assert_eq!(in_state("active"), 1000);
    let card = world.so_many_are_approved(1000).await;
    let half = async || {
        while in_state("deleted") < 500 {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(3), half()).await.expect("half of them");
    bot.kill().await;
    let _bot = Process::start(&world).await;
    let ended = async || {
        while in_state("deleted") < 1000 || !world.audit().await.last().unwrap().contains("settled") {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(5), ended()).await.expect("all of them");
    world.thread(&card, "Done and verified").await;
    let twice = "select count(*) from (select object_id from activity where activity_type = 'deleted package' \
                 group by object_id having count(*) > 1) as twice";
    assert_eq!(world.ckan.lab.as_ref().unwrap().rows(twice), "0");
    assert_eq!(audit_verify(&world).await.0, Some(0));
}
