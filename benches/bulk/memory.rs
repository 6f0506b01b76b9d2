//! The resident memory that 10,000 targets add to the bot, from the list in the form to the table of results.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::figures::{Aim, Report};
use crate::process::Process;
use crate::world::{ALICE, BOB, Wanted, World};

const COUNT: usize = 10_000;

pub(crate) async fn measure(report: &mut Report) {
    report.part("Memory added by 10,000 targets");
    let wanted = Wanted {
        more_datasets: COUNT,
        environment: "request_timeout = \"60s\"\nwrite_deadline = \"60s\"\nbulk_concurrency = 8".to_owned(),
        ..Wanted::default()
    };
    let mut world = World::with(wanted).await;
    world.stop_bot().await;
    let bot = Process::start(&world).await;
    // One small request first, so that what any request needs is there already.
    let small = ask(&world, 2, 1).await;
    world.presses(BOB, &small, "approve").await;
    world.thread(&small, "Done and verified").await;
    let before = resident(&bot, "VmRSS");
    report.figure("resident before", &format!("{before:.1} MB"));
    let card = ask(&world, COUNT - 2, 3).await;
    let planned = resident(&bot, "VmHWM");
    report.figure("at most until it was posted", &format!("{planned:.1} MB"));
    world.presses(BOB, &card, "approve").await;
    while !world.audit().await.last().unwrap().contains("settled succeeded")
        || world.audit().await.iter().filter(|act| act.contains("settled")).count() < 2
    {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let most = resident(&bot, "VmHWM");
    report.figure("at most until its end", &format!("{most:.1} MB"));
    report.aimed("added by 10,000 targets", most - before, "MB", Aim::Below(20.0));
}

async fn ask(world: &World, count: usize, from: usize) -> sandbox::slack::Message {
    world.types(ALICE, "/ckan withdraw --list").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let list: Vec<String> = (from..from + count).map(|number| format!("bulk-{number:05}")).collect();
    let file = world.control.upload_file(ALICE, "list.txt", list.join("\n").as_bytes()).await.unwrap();
    let filled = json!({"file": {"file": [file]}, "reason": {"reason": "A bench"}});
    world.control.submit(ALICE, &form.view_id, &filled).await.unwrap();
    let summary = format!("Withdraw {count} datasets");
    loop {
        // Longer than any story waits.
        let seen = world.control.state(BOB).await.unwrap().messages;
        if let Some(card) = seen.into_iter().find(|message| message.text.starts_with(&summary)) {
            return card;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Megabytes of 1,000,000 bytes, by the kernel's word.
fn resident(bot: &Process, what: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", bot.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    let kibibytes: f64 = line.trim_start_matches(':').trim_end_matches("kB").trim().parse().unwrap();
    kibibytes * 1024.0 / 1e6
}
