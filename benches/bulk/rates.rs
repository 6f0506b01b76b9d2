//! Datasets withdrawn a second, by four means, on the lab's CKAN.

use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use crate::figures::{Aim, Report};
use crate::world::{ALICE, BOB, World};

/// Datasets that each of the others withdraws; they share one seeding.
const EACH: usize = 190;
/// Datasets that the bot withdraws, on a seeding of its own.
const BOTS: usize = 800;
/// Datasets that the load generator withdraws right before the bot and right after, on the same seeding: others' work on
/// the machine comes and goes.
const BESIDE: usize = 100;
/// Calls at once: what the bot may have, and what `ckanapi` has workers.
const AT_ONCE: usize = 4;

struct Numbers(usize);

impl Numbers {
    fn next(&mut self, count: usize) -> Vec<String> {
        let from = self.0;
        self.0 += count;
        (from..self.0).map(|number| format!("bulk-{number:05}")).collect()
    }
}

fn rate(count: usize, took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let count = count as f64;
    count / took.as_secs_f64()
}

pub(crate) async fn measure(report: &mut Report) {
    report.part("Datasets withdrawn a second on the lab's CKAN");
    let world = World::start().await;
    let mut numbers = Numbers(1);
    // What the first calls of a fresh web server cost is nobody's.
    saturate(&world, &numbers.next(20), AT_ONCE).await;
    let mut best = (0.0, AT_ONCE);
    for at_once in [2, 4, 8] {
        let found = saturate(&world, &numbers.next(EACH), at_once).await;
        report.figure(&format!("plain load generator, {at_once} at once"), &format!("{found:.1}/s"));
        if found > best.0 {
            best = (found, at_once);
        }
    }
    let ckanapi = ckanapi(&world, &numbers.next(EACH)).await;
    report.figure(&format!("ckanapi delete datasets -p {AT_ONCE}"), &format!("{ckanapi:.1}/s"));
    let curl = curl(&world, &numbers.next(EACH)).await;
    report.figure("the runbook's curl loop", &format!("{curl:.1}/s"));
    drop(world);
    let world = World::start().await;
    let mut numbers = Numbers(1);
    let before = saturate(&world, &numbers.next(BESIDE), best.1).await;
    let bot = bot(&world, &numbers.next(BOTS)).await;
    let after = saturate(&world, &numbers.next(BESIDE), best.1).await;
    let saturation = f64::midpoint(before, after);
    report.figure("saturation right before and after the bot", &format!("{before:.1} / {after:.1}/s"));
    report.figure("the bot, from its claim to the verified end", &format!("{bot:.1}/s"));
    report.part("Ratios of the bot");
    report.aimed("to the saturation", bot / saturation, "", Aim::AtLeast(0.95));
    report.aimed("to ckanapi", bot / ckanapi, "", Aim::AtLeast(1.0));
    report.aimed("to the curl loop", bot / curl, "", Aim::AtLeast(1.0));
}

/// The bot's own client, and nothing of the bot.
async fn saturate(world: &World, slugs: &[String], at_once: usize) -> f64 {
    let client = ckan_chatops::http::client(Duration::from_secs(30)).unwrap();
    let url = format!("{}/api/3/action/package_delete", world.ckan.url);
    let began = Instant::now();
    let calls = slugs.iter().map(|slug| {
        let call = client.post(&url).header("Authorization", &world.ckan.token).json(&json!({"id": slug}));
        async move { call.send().await.unwrap().bytes().await.unwrap() }
    });
    stream::iter(calls).buffer_unordered(at_once).collect::<Vec<_>>().await;
    rate(slugs.len(), began.elapsed())
}

async fn bot(world: &World, slugs: &[String]) -> f64 {
    world.types(ALICE, "/ckan withdraw --list").await;
    let form = world.control.wait_modal(ALICE).await.unwrap();
    let file = world.control.upload_file(ALICE, "list.txt", slugs.join("\n").as_bytes()).await.unwrap();
    let filled = json!({"file": {"file": [file]}, "reason": {"reason": "A bench"}});
    world.control.submit(ALICE, &form.view_id, &filled).await.unwrap();
    let card = world.card(&format!("Withdraw {} datasets", slugs.len())).await;
    world.presses(BOB, &card, "approve").await;
    let took = loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if let Some(took) = from_claim_to_end(world).await {
            break took;
        }
    };
    rate(slugs.len(), took)
}

/// By the audit's own moments.
async fn from_claim_to_end(world: &World) -> Option<Duration> {
    use sqlx::Connection as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.database()).read_only(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let entries: Vec<String> =
        sqlx::query_scalar("SELECT entry FROM audit ORDER BY seq").fetch_all(&mut connection).await.unwrap();
    let at = |act: &str, result: &str| {
        entries.iter().find_map(|entry| {
            let entry: serde_json::Value = serde_json::from_str(entry).unwrap();
            let fits = entry["act"] == act && entry["result"] == result;
            fits.then(|| entry["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap())
        })
    };
    let (claimed, settled) = (at("claimed", "running")?, at("settled", "succeeded")?);
    Duration::try_from(settled.duration_since(claimed)).ok()
}

async fn ckanapi(world: &World, slugs: &[String]) -> f64 {
    let ckan = world.ckan.lab.as_ref().unwrap().word("COMMAND").to_owned();
    // It starts itself anew by its name, so it has to be on the PATH.
    let beside = std::path::Path::new(&ckan).parent().unwrap().join("venv/bin");
    let path = format!("{}:{}", beside.display(), std::env::var("PATH").unwrap_or_default());
    let script = format!(
        "printf '%s\\n' {} | ckanapi delete datasets -p {AT_ONCE} -r {} -a {} -l /dev/null",
        slugs.join(" "),
        world.ckan.url,
        world.ckan.token
    );
    run("sh", &["-c", &script], &path, slugs.len()).await
}

/// As the runbook has it: one after the other, without a look at the answers.
async fn curl(world: &World, slugs: &[String]) -> f64 {
    let script = format!(
        "printf '%s\\n' {} | while read p; do curl -s -o /dev/null -H 'Authorization: {}' \
         --data \"{{\\\"id\\\": \\\"$p\\\"}}\" {}/api/3/action/package_delete; done",
        slugs.join(" "),
        world.ckan.token,
        world.ckan.url
    );
    let path = std::env::var("PATH").unwrap_or_default();
    run("sh", &["-c", &script], &path, slugs.len()).await
}

async fn run(program: &str, arguments: &[&str], path: &str, count: usize) -> f64 {
    let began = Instant::now();
    let status = tokio::process::Command::new(program)
        .args(arguments)
        .env("PATH", path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await
        .unwrap();
    assert!(status.success(), "{program} ended with {status}");
    rate(count, began.elapsed())
}
