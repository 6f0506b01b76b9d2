//! `index check`: whether the search index has what the database has.
//!
//! Guarantees that what could not be looked at is said. Changes nothing.

use serde::{Deserialize, Serialize};

use super::index_work::{self, in_words, not_indexed, orphans};
use super::{Answer, Asking, Meta, PlanError, ReadOperation, Reply, Risk};
use crate::ckan::index::{self, Counts};
use crate::ckan::{CallError, Site, Word};
use crate::sentences::text::Text;

const UNREADABLE: &str =
    "CKAN's own check did not say what is expected of it, so that only the numbers were compared.";

/// Compares the index with the database.
pub struct IndexCheck;

/// What `index check` needs to know: nothing.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub struct Arguments {}

impl ReadOperation for IndexCheck {
    const META: Meta = Meta {
        name: "index check",
        short: &[],
        summary: "Compare the search index with the database.",
        risk: Risk::Read,
        example: "index check",
    };
    type Arguments = Arguments;

    async fn answer(&self, asking: Asking<'_>, _: &Arguments) -> Result<Reply, PlanError> {
        Ok(Reply::Say(check(asking.site).await?))
    }
}

async fn check(site: &Site) -> Result<Answer, PlanError> {
    site.prove().await?;
    let (counts, newest) = tokio::join!(Counts::of(site), index::newest(site));
    let (counts, newest) = (counts?, newest?);
    let mut shown: Vec<(String, Text)> = index_work::shown(counts)
        .into_iter()
        .map(|(label, value)| (label, Text::new().plain(value)))
        .collect();
    if let Some(newest) = newest {
        shown.push(("Last indexed".to_owned(), Text::new().moment(newest)));
    }
    let mut lines = vec![in_words(counts)];
    let (named, orphaned) = if site.command_line().is_some() {
        let named = not_indexed(site).await?;
        let orphaned = orphaned(site).await?;
        if named.is_none() || orphaned.is_none() {
            lines.push(UNREADABLE.to_owned());
        }
        (named, orphaned)
    } else {
        lines.push(
            "The bot has no command line of this CKAN, so it cannot say which datasets are missing."
                .to_owned(),
        );
        (None, None)
    };
    if let Some((count, slugs)) = named.as_ref().filter(|(count, _)| *count > 0) {
        let shown = slugs.iter().map(|slug| format!("`{slug}`")).collect::<Vec<_>>().join(", ");
        let more = if *count > u64::try_from(slugs.len()).unwrap_or(u64::MAX) { ", …" } else { "" };
        lines.push(format!("CKAN's own check names {count} as not indexed: {shown}{more}."));
    }
    let named = named.map_or(0, |(count, _)| count);
    let orphaned = orphaned.unwrap_or(0);
    if orphaned > 0 {
        lines.push(format!("The index has {orphaned} that are not in the database at all."));
    }
    lines.extend(next(counts, named, orphaned).map(str::to_owned));
    Ok(Answer {
        title: format!("The search index of {}", site.environment),
        shown,
        lines: lines.into_iter().map(Into::into).collect(),
    })
}

fn next(counts: Counts, named: u64, orphaned: u64) -> Option<&'static str> {
    if counts.missing() > 0 || named > 0 {
        Some("`/ckan index missing` adds what is missing.")
    } else if counts.surplus() > 0 || orphaned > 0 {
        Some(
            "For one that is withdrawn and still found, `/ckan reindex` and its slug takes it out; otherwise `/ckan index \
             rebuild`.",
        )
    } else {
        None
    }
}

/// How many the index has that the database does not; `None` where nobody understands what the command says.
async fn orphaned(site: &Site) -> Result<Option<u64>, CallError> {
    const LIST: &str = "search-index list-orphans";
    let words = [Word::literal("search-index"), Word::literal("list-orphans")];
    Ok(orphans(&site.needed_command_line(LIST)?.look(LIST, &words).await?))
}
