//! Logs and metrics.
//!
//! Guarantees that a log line never holds a request body: slack-morphism, whose errors carry bodies and valid
//! signatures, is silenced whatever the filter says (S2). Metrics are kept in memory and shown by `health` only.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// The filter where none is given.
const DEFAULT_FILTER: &str = "info";

/// Targets whose lines carry bodies, addresses or signatures, and of which nothing is ever logged.
const SILENCED: [&str; 1] = ["slack_morphism"];
/// Targets of which only warnings are logged: their lower levels carry statements and addresses.
const SUBDUED: [&str; 4] = ["hyper", "hyper_util", "reqwest", "sqlx"];

/// Sends log lines to standard error, as JSON unless a person watches.
pub fn start_logging(filter: Option<&str>) {
    let asked = filter.unwrap_or(DEFAULT_FILTER);
    let (filter, unreadable) = match EnvFilter::try_new(asked) {
        Ok(filter) => (filter, false),
        Err(_) => (EnvFilter::new(DEFAULT_FILTER), true),
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let permitted = filter_fn(|metadata| permits(metadata.target(), *metadata.level()));
    // An error means that a subscriber is there already, as in tests.
    let _ = if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        tracing_subscriber::registry().with(lines.with_filter(filter).with_filter(permitted)).try_init()
    } else {
        tracing_subscriber::registry()
            .with(lines.json().with_filter(filter).with_filter(permitted))
            .try_init()
    };
    if unreadable {
        tracing::warn!(used = DEFAULT_FILTER, "RUST_LOG cannot be read and is not used");
    }
}

/// Whether a line may be logged at all, whatever the filter asks for.
fn permits(target: &str, level: Level) -> bool {
    let is = |name: &&str| {
        target == *name || target.strip_prefix(*name).is_some_and(|rest| rest.starts_with("::"))
    };
    !SILENCED.iter().any(is) && (level <= Level::WARN || !SUBDUED.iter().any(is))
}

/// An error with all its causes, for a log line: what happened: why: why. Values of rows and bodies are in none of
/// them (the types see to that).
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Starts counting, once for the process, and returns what shows the counters.
pub fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Suffix("_seconds".to_owned()),
            &[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0],
        )?
        .build_recorder();
    let handle = recorder.handle();
    // Lost to another thread of the same process: its recorder serves as well.
    let _ = metrics::set_global_recorder(recorder);
    Ok(HANDLE.get_or_init(|| handle).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_slack_morphism_is_silent_whatever_the_filter_says() {
        for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
            assert!(!permits("slack_morphism", level));
            assert!(!permits("slack_morphism::hyper_tokio::connector", level));
        }
        assert!(permits("slack_morphism_of_ours", Level::DEBUG));
        assert!(permits("ckan_chatops::slack::door", Level::TRACE));
        assert!(permits("sqlx::query", Level::WARN) && !permits("sqlx::query", Level::DEBUG));
    }

    #[test]
    fn a_chain_tells_every_cause() {
        let inner = std::io::Error::other("disk full");
        let error = crate::store::StoreError::Unavailable(Box::new(inner));
        assert_eq!(chain(&error), "the database did not answer or refused: disk full");
    }
}
