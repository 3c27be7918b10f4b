//! Seals a new grant for the table, and computes its expiries.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::grant::{Grant, StoredGrant};
use crate::model::time::until;
use crate::{App, Error};

/// The purpose that an access token is sealed for.
pub(crate) const ACCESS_TOKEN: &str = "access_token";
/// The purpose that a refresh token is sealed for.
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";

/// The owner that a connection's tokens are sealed for.
pub fn sealing_owner(id: &ConnectionId) -> String {
    format!("connection {id}")
}

/// Seals a grant for its owner, a connection or a flow. If the grant has no refresh token, the old one is kept.
pub(crate) async fn seal_grant(
    app: &App,
    owner: &str,
    grant: Grant,
    asked: &[String],
    previous: Option<&StoredGrant>,
) -> Result<StoredGrant, Error> {
    let missing_scopes = match previous {
        Some(previous) if grant.scopes.is_none() => previous.missing_scopes.clone(),
        _ => grant.missing_scopes(asked),
    };
    let refresh_token = match &grant.refresh_token {
        Some(token) => Some(app.sealer.seal(owner, REFRESH_TOKEN, token).await?),
        None => previous.and_then(|previous| previous.refresh_token.clone()),
    };
    Ok(StoredGrant {
        access_token: app.sealer.seal(owner, ACCESS_TOKEN, &grant.access_token).await?,
        refresh_token,
        issued_at: grant.issued_at,
        access_token_expires_at: grant.access_token_expires_at,
        refresh_token_expires_at: grant
            .refresh_token_expires_at
            .or(previous.and_then(|previous| previous.refresh_token_expires_at)),
        hard_expires_at: steady(previous.and_then(|previous| previous.hard_expires_at), grant.hard_expires_at),
        missing_scopes,
        region: grant.region.or_else(|| previous.and_then(|previous| previous.region.clone())),
    })
}

/// Seals a grant for another owner: from the flow that had it to its connection.
pub(crate) async fn reseal_grant(app: &App, grant: &StoredGrant, from: &str, to: &str) -> Result<StoredGrant, Error> {
    let access_token = app.sealer.open(from, ACCESS_TOKEN, &grant.access_token).await?;
    let refresh_token = match &grant.refresh_token {
        Some(token) => {
            let token = app.sealer.open(from, REFRESH_TOKEN, token).await?;
            Some(app.sealer.seal(to, REFRESH_TOKEN, &token).await?)
        }
        None => None,
    };
    Ok(StoredGrant { access_token: app.sealer.seal(to, ACCESS_TOKEN, &access_token).await?, refresh_token, ..grant.clone() })
}

/// The hard end of a grant. A platform that sends it as seconds from now gives slightly different times for the same end, so the stored
/// one is kept if they differ little.
fn steady(before: Option<Timestamp>, now: Option<Timestamp>) -> Option<Timestamp> {
    const WAVERS: Duration = Duration::from_secs(86_400);
    match (before, now) {
        (Some(before), Some(now)) if until(before, now).max(until(now, before)) < WAVERS => Some(before),
        (before, now) => now.or(before),
    }
}
