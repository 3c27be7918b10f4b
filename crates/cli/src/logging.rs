//! Logs for the person at the terminal: on standard error, as much as `RUST_LOG` says.

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::variables::Variables;

/// Begins to log; `otherwise` is how much where `RUST_LOG` is not set.
pub(crate) fn to_stderr(variables: &Variables, otherwise: &str) -> Result<(), Failure> {
    let directives = variables.get("RUST_LOG").unwrap_or(otherwise);
    let filter = EnvFilter::try_new(directives)
        .map_err(|error| Failure::new(format!("RUST_LOG cannot be read: {error}. Set it to a level, such as info.")))?;
    tracing_subscriber::fmt().compact().with_writer(std::io::stderr).with_env_filter(filter).init();
    Ok(())
}
