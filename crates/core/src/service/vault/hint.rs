//! Hints that a company was disconnected at its platform. Anybody can send one. It is stored by one write that is the same for every
//! company, and the refresher probes the connections to that company (T-7).

use std::time::Duration;

use crate::model::connection::{Company, GrantState};
use crate::model::platform::Environment;
use crate::model::probe::{Hint, HintsId, Probe};
use crate::model::time::earlier;
use crate::{App, Error};

/// The least time between two probes of one connection that hints caused.
const PROBED_EVERY: Duration = Duration::from_secs(60);
/// The number of a company's connections in one read.
const PER_PAGE: u32 = 100;

/// Stores a hint. A failure is only logged: the sender does not see it.
pub async fn note_hint(app: &App, hint: &Hint) {
    if let Err(error) = app.probes.note_hint(hint, app.now()).await {
        tracing::warn!(platform = %hint.platform, %error, "a hint could not be kept");
    }
}

/// Schedules a probe of every connection to the companies in the hints of one minute.
///
/// # Errors
/// The table's errors, and those of reading a secret. The hints are then processed again.
pub(crate) async fn follow_hints(app: &App, id: &HintsId) -> Result<(), Error> {
    let hints = app.probes.hints(id).await?;
    for hint in &hints {
        for environment in [Environment::Production, Environment::Sandbox] {
            follow(app, hint, environment).await?;
        }
    }
    Ok(app.probes.forget_hints(id, hints.len()).await?)
}

async fn follow(app: &App, hint: &Hint, environment: Environment) -> Result<(), Error> {
    let platform = match app.platforms.get(hint.platform, environment).await {
        Ok(platform) => platform,
        // Without credentials there is no connection to probe.
        Err(Error::Misconfigured { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let (client_id, company_id) = (platform.client_id().to_owned(), hint.company_id.clone());
    let company = Company { platform: hint.platform, environment, client_id, company_id, api_base_url: String::new() };
    let mut after = None;
    loop {
        let page = app.connections.company_entries(&company, after.as_deref(), PER_PAGE).await?;
        for connection in page.connections {
            if matches!(connection.grant_state, GrantState::Active(_)) {
                let now = app.now();
                let probe = Probe::suspected(connection.id, 0, now);
                app.probes.suspect(&probe, earlier(now, PROBED_EVERY)).await?;
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
