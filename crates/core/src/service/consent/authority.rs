//! Checks that the key or the link that started a consent is still valid.

use jiff::Timestamp;

use crate::App;
use crate::model::api_key::KeyId;
use crate::model::flow::Authority;
use crate::model::flow::Flow;
use crate::model::flow::failure::FlowFailure;
use crate::service::consent::outcome::Stop;

/// A valid authority.
pub(crate) struct Authorized {
    /// When the authority was given: the start of the flow, or the creation of the link.
    pub(crate) at: Timestamp,
    /// The key that must be valid when the consent is written.
    pub(crate) key: Option<KeyId>,
}

/// The authority of a flow if it is still valid: the key or the link was not revoked, and the link has a use left (O-12, A-1). An
/// expiry after the start does not matter.
pub(crate) async fn still_authorized(app: &App, flow: &Flow) -> Result<Authorized, Stop> {
    let (at, key) = match &flow.authority {
        Authority::Anonymous => (flow.created_at, None),
        Authority::Key(id) => (flow.created_at, Some(id.clone())),
        Authority::Link(id) => {
            let link = app.links.link(&flow.partner, id).await?.ok_or(Stop::Failed(FlowFailure::AuthorityRevoked))?;
            if link.revoked_at.is_some_and(|at| at <= app.now()) {
                return Err(Stop::Failed(FlowFailure::AuthorityRevoked));
            }
            if link.is_used_up() {
                return Err(Stop::Failed(FlowFailure::LinkUsed));
            }
            (link.created_at, link.key)
        }
    };
    let revoked_at = match &key {
        Some(id) => app.partners.key(&flow.partner, id).await?.and_then(|key| key.revoked_at),
        None => None,
    };
    if revoked_at.is_some_and(|at| at <= app.now()) {
        return Err(Stop::Failed(FlowFailure::AuthorityRevoked));
    }
    Ok(Authorized { at, key })
}
