//! Keeps tokens fresh: every minute, whatever is due.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::service::refresh_due::refresh_due;
use counterfoil_core::{App, Error};

/// Refreshes what is due within the time that the function has: none is begun that could not end in it.
///
/// # Errors
/// What the table says when it is asked what is due.
pub async fn run(app: Arc<App>, left: Duration) -> Result<(), Error> {
    let time = left.saturating_sub(app.settings.lease + Duration::from_secs(1));
    let report = refresh_due(&app, time).await?;
    tracing::info!(due = report.due, fresh = report.fresh, failed = report.failed, left = report.left, "refreshed what was due");
    Ok(())
}
