//! The whole service: what stands around it, its starts, its memory, and load with all workers on.
//!
//! Guarantees that the measured process is the release binary with nothing left out. CKAN and Slack are sandboxes in
//! this process, on threads of their own; under load they share the cores with the service, which the figures
//! include. Leaves the way from a click to CKAN to `approving`.

use std::time::Duration;

use sandbox::ckan::CkanSandbox;
use tokio::runtime::Runtime;

use crate::acknowledging::commands;
use crate::delivery::Slack;
use crate::figures::{Aim, Report, Samples, thousands};
use crate::load::{Outcome, whole_number};
use crate::process::{Installation, Surroundings};
use crate::stub_slack::StubSlack;
use crate::tap::Tap;
use crate::{Extent, Failed, prepared};

/// Requests that are made and signed at a time, to bound this process's own memory.
const PORTION: usize = 10_000;
/// How long a service is left alone before its idle memory is read.
pub(crate) const IDLE: Duration = Duration::from_secs(2);

/// What stands around a service.
pub(crate) struct Around {
    pub(crate) surroundings: Surroundings,
    pub(crate) deliveries: Slack,
    pub(crate) tap: Tap,
    pub(crate) runtime: Runtime,
    /// Stops when it is dropped.
    _ckan: CkanSandbox,
}

impl Around {
    pub(crate) fn start(extent: Extent) -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (slack, ckan, tap) = runtime.block_on(async {
            let slack = StubSlack::start().await?;
            let catalogue = prepared::catalogue(extent.clicks)?;
            let ckan = CkanSandbox::start(catalogue, "127.0.0.1:0".parse()?).await?;
            let tap = Tap::start(ckan.url().trim_start_matches("http://").parse()?).await?;
            Ok::<_, Failed>((slack, ckan, tap))
        })?;
        let surroundings = Surroundings {
            slack_api: slack.api_url,
            ckan_url: tap.url.clone(),
            ckan_token: ckan.sysadmin_token().to_owned(),
        };
        let deliveries = Slack::new(&slack.response_base);
        Ok(Self { surroundings, deliveries, tap, runtime, _ckan: ckan })
    }
}

/// Starts the service again and again.
pub(crate) fn starts(extent: Extent, around: &Around, report: &mut Report) -> Result<(), Failed> {
    let first = Installation::new(&around.surroundings)?.start()?.ready_after;
    let installation = Installation::new(&around.surroundings)?;
    let again: Result<Vec<Duration>, Failed> =
        (0..=extent.starts).map(|_| Ok(installation.start()?.ready_after)).collect();
    let samples = Samples::new(again?.into_iter().skip(1).collect());
    report.part(&format!("Start of the process to the first 200 of /readyz, {} starts", extent.starts));
    report
        .figure("the first one, which creates the database", &format!("{:.1} ms", first.as_secs_f64() * 1e3));
    report.aimed("median", samples.median(), "ms", Aim::Below(50.0));
    report.figure("longest", &format!("{:.1} ms", samples.largest()));
    Ok(())
}

/// Loads the service and reads its memory before and after.
pub(crate) fn load(extent: Extent, around: &mut Around, report: &mut Report) -> Result<(), Failed> {
    let installation = Installation::new(&around.surroundings)?;
    let service = installation.start()?;
    std::thread::sleep(IDLE);
    let idle = service.memory()?;
    let mut all = Outcome::default();
    let mut left = extent.service_requests;
    while left > 0 {
        let portion = left.min(PORTION);
        all.add(commands(service.address, &mut around.deliveries, "help", portion)?);
        left -= portion;
    }
    let after = service.memory()?;
    report.part(&format!(
        "The whole service under load: {} signed, distinct commands, acted on by the workers at the same time",
        thousands(whole_number(extent.service_requests))
    ));
    report.figure("acknowledged per second, every row committed", &thousands(all.rate));
    report.figure("answered otherwise than 200", &all.refused.to_string());
    let samples = all.samples();
    report.figure("p50", &format!("{:.2} ms", samples.median()));
    report.aimed("p99", samples.at(99), "ms", Aim::Below(5.0));
    report.aimed("resident memory, idle", idle.resident, "MB", Aim::Below(15.0));
    report.aimed("resident memory, after the load", after.resident, "MB", Aim::Below(25.0));
    report.figure("resident memory, at most", &format!("{:.2} MB", after.peak));
    Ok(())
}
