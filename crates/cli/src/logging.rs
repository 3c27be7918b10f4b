//! Logs to standard error, at the level of `RUST_LOG`. Other crates log from info on only.

use counterfoil_functions::logging::{is_ours_or_plain, without_panic_messages};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::failure::Failure;
use crate::variables::Variables;

/// Starts logging. `otherwise` is the level if `RUST_LOG` is not set.
pub(crate) fn to_stderr(variables: &Variables, otherwise: &str) -> Result<(), Failure> {
    let directives = variables.get("RUST_LOG").unwrap_or(otherwise);
    let filter = EnvFilter::try_new(directives)
        .map_err(|error| Failure::new(format!("RUST_LOG cannot be read: {error}. Set it to a level, such as info.")))?;
    let filter = filter.and(filter_fn(is_ours_or_plain));
    let lines = fmt::layer().compact().with_writer(std::io::stderr).with_filter(filter);
    tracing_subscriber::registry().with(lines).init();
    without_panic_messages();
    Ok(())
}
