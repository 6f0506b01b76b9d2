//! Requests that wait for their approval, written into the store before the service starts.
//!
//! Guarantees real plans, made by the real operation against the CKAN that is then changed. Each card stands in a
//! channel of its own, so that Slack's one message a second and channel does not set the pace. Made this way because
//! typing two hundred commands would take minutes of that pace, none of it measured.

use std::collections::BTreeSet;
use std::sync::Arc;

use ckan_chatops::approval::request::Words;
use ckan_chatops::approval::{Admission, Request};
use ckan_chatops::ckan::{DatabaseAddresses, ProgramSettings, Site, SiteSettings};
use ckan_chatops::clock::{SharedClock, SystemClock};
use ckan_chatops::config::Config;
use ckan_chatops::ids::{IdSource, PersonId, UserId};
use ckan_chatops::operations::Registry;
use ckan_chatops::store::sqlite::SqliteStore;
use ckan_chatops::store::{Commit, Delivery, MessageAddress, MessageFate, Outgoing, Store as _};
use sandbox::ckan::{CkanConfig, Seed};
use serde_json::json;

use crate::Failed;
use crate::delivery::REQUESTER;
use crate::process::Installation;

const OPERATION: &str = "dataset withdraw";

/// A request that waits.
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) card: MessageAddress,
}

/// A catalogue with as many equal datasets as there will be requests.
pub(crate) fn catalogue(datasets: usize) -> Result<CkanConfig, Failed> {
    let mut seed = Seed::default();
    let like = seed
        .datasets
        .iter()
        .find(|dataset| dataset.state == "active" && !dataset.private && dataset.harvest.is_none())
        .ok_or("the seed has no plain dataset")?
        .clone();
    seed.datasets.extend((0..datasets).map(|number| {
        let mut dataset = like.clone();
        dataset.name = slug(number);
        dataset
    }));
    Ok(CkanConfig { seed, ..CkanConfig::default() })
}

fn slug(number: usize) -> String {
    format!("approved-dataset-{number:04}")
}

/// Writes that many requests into the installation's store.
pub(crate) async fn requests(installation: &Installation, number: usize) -> Result<Vec<Waiting>, Failed> {
    let (config, secrets) = Config::read(&installation.config_file(), &|name| installation.secret(name))
        .map_err(|problems| problems.to_string())?;
    let environment = config.environments.first().ok_or("no environment")?;
    let site = Site::new(SiteSettings {
        environment: environment.name.clone(),
        ckan_url: environment.ckan_url.clone(),
        token: secrets.ckan_tokens.get(&environment.name).ok_or("no token")?.clone(),
        site_url: environment.site_url.clone(),
        public_url: environment.public_url.clone(),
        archive: None,
        database: DatabaseAddresses::default(),
        request_timeout: environment.request_timeout,
        write_deadline: environment.write_deadline,
        bulk_concurrency: environment.bulk_concurrency,
        programs: ProgramSettings::default(),
    })?;
    let clock: SharedClock = Arc::new(SystemClock);
    let ids = IdSource::unpredictable(clock.clone());
    let store = SqliteStore::open(&installation.database_url(), clock.clone()).await?;
    let registry = Registry::all();
    let operation = registry.change(OPERATION).ok_or("no such operation")?;
    let mut waiting = vec![];
    for number in 0..number {
        let arguments = json!({"target": slug(number)});
        let plan = operation.plan(&site, &arguments).await?;
        let now = clock.now();
        let by = Admission {
            person: PersonId::new(REQUESTER),
            user: UserId::new(REQUESTER),
            groups: BTreeSet::new(),
            rules: vec![],
        };
        let words =
            Words { reason: "The publisher asked for it".to_owned(), ticket: Some("51234".to_owned()) };
        let request = Request::asked(ids.request(), plan, arguments, by, words, &config.policy, now);
        let card = MessageAddress { channel: format!("C{number:04}"), ts: format!("1700000000.{number:06}") };
        let message = Outgoing {
            id: ids.message(),
            lane: request.id.to_string(),
            request: Some(request.id.clone()),
            delivery: Delivery::Card { channel: card.channel.clone() },
            body: json!({"text": "A request"}),
            created_at: now,
            tries: 0,
        };
        waiting.push(Waiting { id: request.id.to_string(), card: card.clone() });
        let settled = message.id.clone();
        store.commit(Commit { insert: Some(request), messages: vec![message], ..Commit::default() }).await?;
        store.settle_message(&settled, MessageFate::Delivered(Some(card))).await?;
    }
    store.close().await?;
    Ok(waiting)
}
