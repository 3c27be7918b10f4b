//! Logs as JSON lines with the request's id (S-3), and metric lines.

use tracing::{Level, Metadata};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::metrics::{self, Metrics};

/// Sends logs and metrics to standard output. `directives` is the value of `RUST_LOG`: a level, or a list such as
/// `info,counterfoil_store=debug`. If it is missing or cannot be read, the level is info. Metrics are always sent.
pub(crate) fn as_json(directives: Option<&str>) {
    let filter: Option<Targets> = directives.and_then(|directives| directives.parse().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    // A refresh, for example, has one line: its metric.
    let filter = metrics::WITHOUT_LOG.iter().fold(filter, |filter, target| filter.with_target(*target, LevelFilter::OFF));
    let filter = filter.and(filter_fn(is_ours_or_plain));
    let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(Metrics::to(metrics::to_standard_output)).init();
    without_panic_messages();
}

/// Whether a line may be logged, whatever `RUST_LOG` says: Counterfoil's own lines at any level, those of other crates from info on.
/// Below info, HTTP clients, AWS's signing and the Lambda runtime write whole requests, with the keys and tokens in them.
pub fn is_ours_or_plain(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || line.target().starts_with("counterfoil")
}

/// Logs a panic by its source location alone, because its message may contain a secret.
pub fn without_panic_messages() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a task panicked");
    }));
}
