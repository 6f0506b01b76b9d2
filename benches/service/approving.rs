//! The way from an approving click to CKAN, through the whole service.
//!
//! Guarantees that every click's request is seen succeeded in the store, and its messages gone, before the next
//! click, so that no sample contains another's work. The figures include what the sandbox CKAN takes to answer the
//! questions before the change.

use std::path::Path;
use std::time::{Duration, Instant};

use ckan_chatops::slack::card::button;
use sqlx::{Connection as _, SqliteConnection};

use crate::acknowledging::both;
use crate::figures::{Aim, Report, Samples};
use crate::load::Connection;
use crate::prepared::{self, Waiting};
use crate::process::Installation;
use crate::tap::Tap;
use crate::whole::{Around, IDLE};
use crate::{Extent, Failed};

/// The longest that a click may take to its verified outcome.
const LONGEST_WAY: Duration = Duration::from_secs(10);

/// Approves prepared requests one after another.
pub(crate) fn measure(extent: Extent, around: &mut Around, report: &mut Report) -> Result<(), Failed> {
    let Around { surroundings, deliveries, tap, runtime, .. } = around;
    let installation = Installation::new(surroundings)?;
    let waiting = runtime.block_on(prepared::requests(&installation, extent.clicks))?;
    let service = installation.start()?;
    std::thread::sleep(IDLE);
    let (mut first, mut write, mut done) = (vec![], vec![], vec![]);
    runtime.block_on(async {
        let mut connection = Connection::open(service.address).await?;
        let mut store = Reader::open(&installation.database()).await?;
        for request in &waiting {
            let click =
                deliveries.approval(&request.card.channel, &request.card.ts, button::APPROVE, &request.id)?;
            while tap.passed.try_recv().is_ok() {}
            let began = Instant::now();
            let answer = connection.send(&click).await?;
            if answer.status != 200 {
                return Err(format!("a click was answered {}", answer.status).into());
            }
            let way = tokio::time::timeout(LONGEST_WAY, way(tap, &mut store, request)).await;
            let way = way.map_err(|_| "an approved request was not carried out")??;
            first.push(way.first.saturating_duration_since(began));
            write.push(way.write.saturating_duration_since(began));
            done.push(way.done.saturating_duration_since(began));
        }
        Ok::<_, Failed>(())
    })?;
    report.part(&format!("From the approving click to CKAN, {} clicks one after another", extent.clicks));
    let first = Samples::new(first);
    report.figure("to CKAN's first byte, p50", &format!("{:.2} ms", first.median()));
    report.aimed("to CKAN's first byte, p99", first.at(99), "ms", Aim::Below(20.0));
    let write = Samples::new(write);
    report.figure("to package_delete's first byte, p50", &format!("{:.2} ms", write.median()));
    report.aimed("to package_delete's first byte, p99", write.at(99), "ms", Aim::Below(20.0));
    report.figure("to the verified outcome in the store, p50 / p99", &both(&Samples::new(done)));
    Ok(())
}

/// When an approved request got how far.
struct Way {
    first: Instant,
    write: Instant,
    done: Instant,
}

async fn way(tap: &mut Tap, store: &mut Reader, request: &Waiting) -> Result<Way, Failed> {
    let first = tap.passed.recv().await.ok_or("the tap ended")?;
    let mut passed = first.clone();
    while passed.action != "package_delete" {
        passed = tap.passed.recv().await.ok_or("the tap ended")?;
    }
    while !store.is_done(&request.id).await? {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let done = Instant::now();
    // What is told to Slack afterwards belongs to this click and not to the next one.
    while store.has_messages().await? {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(Way { first: first.at, write: passed.at, done })
}

/// Looks into the service's database from outside.
struct Reader(SqliteConnection);

impl Reader {
    async fn open(file: &Path) -> Result<Self, Failed> {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true);
        Ok(Self(SqliteConnection::connect_with(&options).await?))
    }

    /// Whether the request came to its end; an end other than success is an error.
    async fn is_done(&mut self, request: &str) -> Result<bool, Failed> {
        let state: String = sqlx::query_scalar("SELECT state FROM request WHERE id = $1")
            .bind(request)
            .fetch_one(&mut self.0)
            .await?;
        match state.as_str() {
            "succeeded" => Ok(true),
            "approved" | "running" => Ok(false),
            other => Err(format!("an approved request became {other}").into()),
        }
    }

    async fn has_messages(&mut self) -> Result<bool, Failed> {
        let waiting: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE state = 'waiting'")
            .fetch_one(&mut self.0)
            .await?;
        Ok(waiting > 0)
    }
}
