//! How fast deliveries are acknowledged, and what that is of the speed without a store.
//!
//! Guarantees that the ratio is that of two processes which were measured in turns, and that a row is counted in the
//! file for each acknowledgement before the figure is printed. Leaves whole-service figures to `approving`.

use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};

use crate::delivery::Slack;
use crate::door::Running;
use crate::figures::{Aim, Report, Samples, median, thousands};
use crate::load::{self, Outcome};
use crate::{Extent, Failed};

/// A command of usual length.
const COMMAND: &str = "withdraw road-accidents-2019 --reason \"The publisher asked for it\" --ticket 51234";

/// Measures the door on the real store and on none, in turns.
pub(crate) fn measure(extent: Extent, report: &mut Report) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("door.db");
    let floor = Running::start(None)?;
    let store = Running::start(Some(&file))?;
    let mut slack = Slack::new("https://hooks.slack.com/commands");
    // Connections, statements and the file's first growth are no part of it.
    for door in [&floor, &store] {
        turn(door, &mut slack, extent.requests / 10)?;
    }
    let warm = rows(&file)?;
    let (mut without, mut with) = (Turns::default(), Turns::default());
    for _ in 0..extent.turns {
        without.add(turn(&floor, &mut slack, extent.requests)?);
        with.add(turn(&store, &mut slack, extent.requests)?);
    }
    let acknowledged = with.all.acknowledged;
    let kept = rows(&file)? - warm;
    if kept != acknowledged {
        return Err(format!("{acknowledged} requests were acknowledged and {kept} are in the file").into());
    }

    report.part(&format!(
        "The door alone: no workers behind it; {} turns of {} signed, distinct commands each way, {} connections",
        extent.turns,
        thousands(load::whole_number(extent.requests)),
        load::CONNECTIONS,
    ));
    let floor = median(without.rates.clone());
    report.figure("floor: no store, acknowledged per second", &thousands(floor));
    report.figure("floor: p50 / p99", &both(&without.all.samples()));
    let rate = median(with.rates.clone());
    report.figure("every row committed, acknowledged per second", &thousands(rate));
    let rows = thousands(load::whole_number(kept));
    report.figure("rows counted in the file", &rows);
    let ratios = with.rates.iter().zip(&without.rates).map(|(with, without)| with / without).collect();
    report.aimed("ratio to the floor, median of the turns", median(ratios), "", Aim::AtLeast(0.3));
    let samples = with.all.samples();
    report.figure("p50", &format!("{:.2} ms", samples.median()));
    report.aimed("p99", samples.at(99), "ms", Aim::Below(5.0));
    Ok(())
}

/// p50 and p99.
pub(crate) fn both(samples: &Samples) -> String {
    format!("{:.2} / {:.2} ms", samples.median(), samples.at(99))
}

#[derive(Default)]
struct Turns {
    rates: Vec<f64>,
    all: Outcome,
}

impl Turns {
    fn add(&mut self, turn: Outcome) {
        self.rates.push(turn.rate);
        self.all.add(turn);
    }
}

fn turn(door: &Running, slack: &mut Slack, requests: usize) -> Result<Outcome, Failed> {
    let outcome = commands(door.address, slack, COMMAND, requests)?;
    if outcome.refused > 0 {
        return Err(format!("{} of {requests} requests were refused", outcome.refused).into());
    }
    Ok(outcome)
}

/// Sends commands, all made and signed beforehand.
pub(crate) fn commands(
    address: std::net::SocketAddr,
    slack: &mut Slack,
    text: &str,
    requests: usize,
) -> Result<Outcome, Failed> {
    let made: Result<Vec<_>, _> = (0..requests).map(|_| slack.command(text)).collect();
    load::send_all(address, made?)
}

#[tokio::main(flavor = "current_thread")]
async fn rows(file: &Path) -> Result<usize, Failed> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM inbound").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(usize::try_from(count)?)
}
