//! Logs as JSON lines, each with the request's id (S-3).

use tracing_subscriber::EnvFilter;

/// Sends logs to standard output as JSON.
pub fn as_json() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .init();
}
