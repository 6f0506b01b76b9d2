//! What every operation on the search index does alike: the version's own commands, their progress, and the proof.
//!
//! Guarantees that an exit code is never taken for an outcome: once a command has ended, the index itself is asked, and
//! where nothing happened the command counts as failed. One that ended with another code than 0 may go on where it runs
//! (`kubectl exec` ends so, too, where its connection broke), so it is *unknown* until a look tells otherwise or it can
//! no longer run. Leaves which commands to run to the operations.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::progress::Step;
use super::{PlanError, Progress, Sighting};
use crate::approval::{Plan, Target};
use crate::ckan::index::{self, Counts, rebuild_progress};
use crate::ckan::version::CommandLineRules;
use crate::ckan::{CallError, Cause, CkanVersion, CommandLine, Effect, Finished, Line, Site, Word};
use crate::sentences::story::rough;
use crate::sentences::versions;

/// CKAN's own look for what is missing.
pub(super) const CHECK: &str = "search-index check";
/// Slugs that are shown of what is missing.
pub(super) const MOST_SLUGS: usize = 10;

/// What building one document takes at least on a site that is large enough for it to matter: data.gov.uk's some 50,000
/// take hours to days, which is more than this for each.
const FASTEST: Duration = Duration::from_millis(100);

/// The index as a whole, of which only one request may be open.
const WHOLE_INDEX: Uuid = Uuid::from_u128(0x696e_6465_7800_5000_8000_0000_0000_0001);

/// What the index held when the plan was made. It changes by itself, so it is not bound.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Baseline {
    /// When its newest document was indexed, by its own clock.
    pub(super) newest: Option<Timestamp>,
    /// Active documents in it.
    pub(super) documents: u64,
    /// Active ones of the database that it lacked.
    pub(super) missing: u64,
}

/// The rules of this CKAN's command line, or why there are none. Proves the token first.
pub(super) async fn rules(site: &Site, command: &'static str) -> Result<CommandLineRules, PlanError> {
    let proof = site.prove().await?;
    site.needed_command_line(command)?;
    CommandLineRules::of(proof.version())
        .map_err(|why| PlanError::Refused(versions::unknown(why, &site.environment)))
}

/// The rules of a version that a plan names.
pub(super) fn rules_of(version: CkanVersion, command: &'static str) -> Result<CommandLineRules, CallError> {
    CommandLineRules::of(Some(version)).map_err(|_| unreadable(command))
}

/// The plan's baseline. A plan of another version of the bot may not be readable; then nothing was done.
pub(super) fn baseline(plan: &Plan, command: &'static str) -> Result<Baseline, CallError> {
    Baseline::deserialize(&plan.baseline).map_err(|_| unreadable(command))
}

/// A plan that this version of the bot cannot read.
pub(super) fn unreadable(command: &'static str) -> CallError {
    CallError::nothing_done(command, Cause::BadRequest)
}

/// The whole index as what a request acts on.
pub(super) fn whole_index() -> Target {
    Target { id: WHOLE_INDEX, name: "index".to_owned(), title: "The search index".to_owned() }
}

/// Runs a command of the index and says how far it is. It is an error, and unknown, where it ends with another code
/// than 0.
pub(super) async fn run(
    site: &Site,
    command: &'static str,
    words: &[Word],
    progress: &Progress,
) -> Result<(), CallError> {
    let mut seen = |line: &Line| {
        if let Some((done, total)) = rebuild_progress(&line.text) {
            progress.step(Step { done, total: Some(total), doing: "Indexing".to_owned() });
        } else {
            progress.printed(&line.text);
        }
    };
    site.needed_command_line(command)?.run(command, words, &mut seen).await?.or_failed().map(drop)
}

/// What a command came to that said it succeeded, by what a look saw. A look that failed says nothing of it.
pub(super) fn judge(command: &'static str, looked: &Result<Sighting, CallError>) -> Result<(), CallError> {
    match looked {
        Ok(Sighting::Happened(_) | Sighting::Partly(_)) | Err(_) => Ok(()),
        Ok(Sighting::NotHappened(_)) => Err(CallError {
            action: command,
            cause: Cause::CommandFailed,
            effect: Effect::NotApplied,
            status: None,
            earlier: Some("The index is as it was."),
        }),
    }
}

/// How long a command may go on after we lost sight of it: it does not end with the connection to it.
pub(super) fn may_go_on(site: &Site) -> Duration {
    let command = site.command_line().map_or(Duration::ZERO, CommandLine::time_limit);
    command.max(site.write_deadline())
}

/// What approvers are told of the longest that a command may take here.
pub(super) fn limit_warning(limit: Duration, otherwise: &str) -> String {
    format!(
        "The bot ends the command if it takes longer than {} (`command_time_limit`): {otherwise}",
        rough(limit)
    )
}

/// How long so many documents take at least, where that is clearly longer than a command may take.
pub(super) fn too_long(counts: Counts, limit: Duration) -> Option<Duration> {
    let documents = counts.database.max(counts.index);
    let takes = FASTEST.saturating_mul(u32::try_from(documents).unwrap_or(u32::MAX));
    (takes > limit).then_some(takes)
}

/// Whether all of the index was built anew since the plan, and whether it has what the database has.
pub(super) async fn built_anew(site: &Site, before: &Baseline) -> Result<Sighting, CallError> {
    let counts = Counts::of(site).await?;
    let anew = index::indexed_since(site, before.newest, counts.with_private).await?;
    let compared = in_words(counts);
    let rebuilt = format!("{anew} of them were indexed since this was asked.");
    Ok(if counts.in_step() && anew >= counts.index {
        Sighting::Happened(vec![compared, "All of them were indexed since this was asked.".to_owned()])
    } else if anew == 0 && counts.index >= before.documents {
        Sighting::NotHappened(vec![compared, "None of them was indexed since this was asked.".to_owned()])
    } else {
        Sighting::Partly(vec![compared, rebuilt])
    })
}

/// Both sides, for people.
pub(super) fn in_words(counts: Counts) -> String {
    let Counts { database, index, .. } = counts;
    let what =
        if counts.with_private { "active datasets and sources" } else { "public datasets and sources" };
    if counts.in_step() {
        format!("The index has all {database} {what} of the database.")
    } else if index < database {
        format!("The index has {index} of the database's {database} {what}.")
    } else {
        format!("The index has {index} {what}; the database has {database}.")
    }
}

/// Label and value of a comparison.
pub(super) fn shown(counts: Counts) -> Vec<(String, String)> {
    let what = if counts.with_private { "Active, private ones too" } else { "Public" };
    vec![
        (format!("{what}, in the database"), counts.database.to_string()),
        (format!("{what}, in the index"), counts.index.to_string()),
    ]
}

/// What `search-index check` names as not indexed. It says how many first and then names each of them, so that of many
/// the beginning is not in the end that is kept: it is read line by line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NotIndexed {
    count: Option<u64>,
    /// The slugs of the first [`MOST_SLUGS`].
    slugs: Vec<String>,
}

impl NotIndexed {
    fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some((count, _)) =
            line.strip_prefix("Packages not indexed = ").and_then(|rest| rest.split_once(" out of "))
        {
            self.count = count.parse().ok();
        } else if self.slugs.len() < MOST_SLUGS {
            // ('2024-01-15', 'road-accidents-2019')
            let inside = line.strip_prefix("('").and_then(|rest| rest.strip_suffix("')"));
            let slug = inside.and_then(|inside| inside.rsplit_once("', '")).map(|(_, slug)| slug.to_owned());
            self.slugs.extend(slug);
        }
    }
}

/// How many CKAN's own check finds missing, and the slugs of the first ones; `None` where nobody understands it.
pub(super) async fn not_indexed(site: &Site) -> Result<Option<(u64, Vec<String>)>, CallError> {
    let words = [Word::literal("search-index"), Word::literal("check")];
    let mut found = NotIndexed::default();
    let mut seen = |line: &Line| found.read(&line.text);
    site.needed_command_line(CHECK)?.look_at_each_line(CHECK, &words, &mut seen).await?;
    Ok(found.count.map(|count| (count, found.slugs)))
}

/// How many orphans `search-index list-orphans` found.
pub(super) fn orphans(listed: &Finished) -> Option<u64> {
    listed.tail.iter().find_map(|line| {
        let (count, rest) = line.text.trim().strip_prefix("Found ")?.split_once(' ')?;
        rest.starts_with("orphaned").then(|| count.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ckan::Stream;

    fn finished(text: &str) -> Finished {
        let tail = text.lines().map(|line| Line { from: Stream::Out, text: line.to_owned() }).collect();
        Finished::ended("search-index check", tail, 0)
    }

    #[test]
    fn what_check_and_list_orphans_print_is_read() {
        let read = |text: &str| {
            let mut found = NotIndexed::default();
            text.lines().for_each(|line| found.read(line));
            (found.count, found.slugs)
        };
        let names = vec!["road-accidents-2019".to_owned(), "leeds-car-parks".to_owned()];
        assert_eq!(
            read(
                "Packages not indexed = 2 out of 21\n('2024-01-15', 'road-accidents-2019')\n('2023-05-23', 'leeds-car-parks')",
            ),
            (Some(2), names)
        );
        assert_eq!(read("Packages not indexed = 0 out of 21"), (Some(0), vec![]));
        assert_eq!(read("Traceback (most recent call last):"), (None, vec![]));
        assert_eq!(
            orphans(&finished("['98b48282-0a09-5590-954a-9818be2884bc']\nFound 1 orphaned package(s).")),
            Some(1)
        );
        assert_eq!(orphans(&finished("Found 3 unindexed package(s).")), None);
    }

    #[test]
    fn hundreds_of_thousands_are_not_indexed_in_an_hour_and_some_thousands_are() {
        let of = |database, index| Counts { database, index, with_private: false };
        let hour = Duration::from_hours(1);
        assert_eq!(too_long(of(36_000, 0), hour), None);
        assert_eq!(too_long(of(50_000, 0), hour), Some(Duration::from_secs(5_000)));
        assert_eq!(too_long(of(0, 50_000), hour), Some(Duration::from_secs(5_000)));
        assert_eq!(too_long(of(50_000, 50_000), Duration::from_hours(24)), None);
        assert!(too_long(of(u64::MAX, 0), Duration::from_hours(24)).is_some());
    }

    #[test]
    fn hazard_5_a_command_after_which_nothing_is_different_has_failed() {
        let failed = judge("search-index rebuild", &Ok(Sighting::NotHappened(vec![]))).unwrap_err();
        assert_eq!((failed.cause, failed.effect), (Cause::CommandFailed, Effect::NotApplied));
        assert!(judge("search-index rebuild", &Ok(Sighting::Partly(vec![]))).is_ok());
        assert!(judge("search-index rebuild", &Ok(Sighting::Happened(vec![]))).is_ok());
        let blind = CallError::nothing_done("package_search", Cause::Unreachable);
        assert!(judge("search-index rebuild", &Err(blind)).is_ok(), "the command ran, whatever the look met");
    }
}
