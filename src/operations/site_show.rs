//! `site show`: which CKAN this is, and by which ways the bot reaches it.
//!
//! Guarantees that what it calls configured is what operations will use, and that the database and the command line
//! are really asked. Shows no address but the site's own. Changes nothing.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::ckan::version::{CommandLineRules, HarvestVersion};
use crate::ckan::{Service, Site, SiteProof, TunnelState};
use crate::sentences::{calls, text::Text, versions};

/// Shows which CKAN this is.
pub struct SiteShow;

/// It takes none but the common ones.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct NoArguments {}

impl ReadOperation for SiteShow {
    const META: Meta = Meta {
        name: "site show",
        short: &["version"],
        summary: "Show which CKAN this is and how the bot reaches it.",
        risk: Risk::Read,
        example: "site show",
    };
    type Arguments = NoArguments;

    async fn answer(&self, asking: Asking<'_>, _: &NoArguments) -> Result<Reply, PlanError> {
        let site = asking.site;
        let proof = site.prove().await?;
        let (harvest, database) = tokio::join!(harvest(site), database(site));
        let lines = CommandLineRules::of(proof.version())
            .err()
            .map(|version| versions::unknown(version, &site.environment));
        Ok(Reply::Say(Answer {
            title: format!("CKAN on {}", site.environment),
            shown: shown(site, &proof, harvest, database),
            lines: lines.into_iter().map(Into::into).collect(),
        }))
    }
}

fn shown(site: &Site, proof: &SiteProof, harvest: String, database: String) -> Vec<(String, Text)> {
    let services: Vec<&str> = site.services().names().map(Service::name).collect();
    let configured = |is: bool| if is { "configured" } else { "not configured" }.to_owned();
    let lines = [
        ("CKAN", proof.ckan_version.clone().unwrap_or_else(|| "does not tell its version".to_owned())),
        ("ckanext-harvest", harvest),
        ("Calls itself", proof.site_url.clone()),
        ("The bot's account", proof.user_name.clone()),
        ("Command line", configured(site.command_line().is_some())),
        ("Database", database),
        ("Services", if services.is_empty() { "none configured".to_owned() } else { services.join(", ") }),
        ("Tunnel", tunnel(site).to_owned()),
    ];
    lines.into_iter().map(|(label, value)| (label.to_owned(), Text::new().plain(value))).collect()
}

fn tunnel(site: &Site) -> &'static str {
    match site.tunnel().map(|tunnel| *tunnel.state().borrow()) {
        None => "not configured",
        Some(TunnelState::Standing) => "stands",
        Some(TunnelState::Opening) => "is being opened",
        Some(TunnelState::Down(_)) => "does not stand",
    }
}

async fn harvest(site: &Site) -> String {
    let Some(command_line) = site.command_line() else {
        return "not told: there is no command line to ask".to_owned();
    };
    let finished = match command_line.look("harvester --help", &HarvestVersion::COMMAND).await {
        Ok(finished) => finished,
        Err(error) => return calls::what(error.cause, &site.environment),
    };
    let help: Vec<&str> = finished.tail.iter().map(|line| line.text.as_str()).collect();
    match HarvestVersion::from_help(&help.join("\n")) {
        Some(version) => version.label().to_owned(),
        None => "not installed, or its command line does not answer as the bot knows it".to_owned(),
    }
}

async fn database(site: &Site) -> String {
    let Some(database) = site.database() else { return "not configured".to_owned() };
    if let Err(error) = database.read().prove().await {
        return calls::what(error.cause, &site.environment);
    }
    match database.write() {
        Some(_) => "answers; a role that may write is configured".to_owned(),
        None => "answers; for reading only".to_owned(),
    }
}
