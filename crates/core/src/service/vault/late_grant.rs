//! A grant that arrived after the end of its flow. It makes no connection, and the company that its callback claimed is not
//! confirmed. It is stored in a new flow that is expired and due at once. The revoker asks the platform for its companies and revokes
//! the grant if this ends no other grant.

use crate::model::flow::{Flow, FlowId, Stage};
use crate::model::secret::Secret;
use crate::port::store::consents::KeptGrant;
use crate::{App, Error};

use crate::service::vault::refresh::sealed_grant::reseal_grant;

/// Stores the grant for the revoker. A repeated call writes the same flow again.
///
/// # Errors
/// The errors of the table and of the keyring.
pub(crate) async fn leave_to_revoker(app: &App, kept: &KeptGrant) -> Result<(), Error> {
    let Some(flow) = app.flows.flow(&kept.flow).await? else {
        tracing::error!(flow = kept.flow.label(), "a grant was discarded: its flow no longer exists");
        return Ok(());
    };
    let now = app.now();
    let id = FlowId::of(&Secret::new(kept.id.clone()));
    let grant = reseal_grant(app, &kept.grant, kept.flow.as_str(), id.as_str()).await?;
    let expired = Flow {
        id: id.clone(),
        // No browser can continue this flow.
        browser: None,
        verifier: None,
        code: None,
        reference: None,
        expires_at: now,
        stage: Stage::Consumed { at: now },
        ..flow
    };
    app.flows.begin(&expired).await?;
    app.flows.keep_grant(&KeptGrant { flow: id, grant, holds: None, expires_at: now, ..kept.clone() }).await?;
    tracing::error!(flow = kept.flow.label(), "a code was exchanged after its flow ended: the grant makes no connection");
    Ok(())
}
