//! Logs and metrics.
//!
//! Guarantees that a log line never holds a request body: slack-morphism, whose errors carry bodies and valid
//! signatures, is silenced whatever the filter says (S2). Metrics are kept in memory and shown by `health` only.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

/// The filter where none is given.
const DEFAULT_FILTER: &str = "info";
/// What is kept down, whatever the filter says of it or of a part of it.
const KEPT_DOWN: [&str; 3] = ["slack_morphism=off", "hyper=warn", "sqlx=warn"];

/// Sends log lines to standard error, as JSON unless a person watches.
pub fn start_logging(filter: Option<&str>) {
    // The longer target wins in a filter, so one below these would bring its lines back.
    let names_one_of_them = |directive: &str| {
        KEPT_DOWN.iter().filter_map(|kept| kept.split('=').next()).any(|kept| directive.starts_with(kept))
    };
    let asked: Vec<&str> = filter
        .unwrap_or(DEFAULT_FILTER)
        .split(',')
        .filter(|directive| !names_one_of_them(directive.trim_start()))
        .collect();
    let mut filter = EnvFilter::try_new(asked.join(",")).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    for kept in KEPT_DOWN {
        if let Ok(directive) = kept.parse::<Directive>() {
            filter = filter.add_directive(directive);
        }
    }
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // An error means that a subscriber is there already, as in tests.
    let _ = if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        builder.try_init()
    } else {
        builder.json().try_init()
    };
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
