//! What is done with tokens that came back for an epoch that is gone: they are not stored. They are revoked only if
//! the connection is still disconnected and no other connection holds that company: revoking would end theirs too.

use crate::model::connection::{Connection, Standing};
use crate::model::grant::StoredGrant;
use crate::port::platform::Revocation;
use crate::{App, Error};

use super::refresh::{ACCESS_TOKEN, REFRESH_TOKEN, sealing_owner};

/// Drops a grant that came too late for its connection, which is given as it is now.
pub(super) async fn drop_late_grant(app: &App, connection: &Connection, late: &StoredGrant) -> Result<(), Error> {
    let held_elsewhere = app.connections.connected_to(&connection.company).await?.iter().any(|id| *id != connection.id);
    let Some(refresh_token) = &late.refresh_token else { return Ok(()) };
    if connection.standing != Standing::Disconnected || held_elsewhere {
        tracing::info!(connection = %connection.id, "late tokens were dropped");
        return Ok(());
    }
    let owner = sealing_owner(&connection.id);
    let refresh_token = app.sealer.open(&owner, REFRESH_TOKEN, refresh_token).await?;
    let access_token = app.sealer.open(&owner, ACCESS_TOKEN, &late.access_token).await?;
    let platform = app.platforms.get(connection.company.platform, connection.company.environment).await?;
    if platform.client_id() != connection.company.client_id {
        return Ok(());
    }
    let revocation = Revocation {
        access_token: &access_token,
        refresh_token: &refresh_token,
        region: late.region.as_deref(),
        company_id: &connection.company.company_id,
    };
    platform.revoke(revocation).await.map_err(|_| Error::PlatformFailed {
        code: "not_revoked",
        message: "The platform could not be told to revoke late tokens.".to_owned(),
        retry_after: None,
    })?;
    tracing::info!(connection = %connection.id, "late tokens of a disconnected connection were revoked");
    Ok(())
}
