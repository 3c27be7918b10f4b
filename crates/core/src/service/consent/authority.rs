//! Whether the authority that a consent was started with still holds.

use jiff::Timestamp;

use crate::App;
use crate::model::api_key::KeyId;
use crate::model::flow::Authority;
use crate::model::flow::Flow;
use crate::model::flow::failure::FlowFailure;
use crate::service::consent::outcome::Stop;

/// An authority that still holds.
pub(crate) struct Authorized {
    /// Since when.
    pub(crate) at: Timestamp,
    /// The key that it depends on: the write is conditional on this key being valid.
    pub(crate) key: Option<KeyId>,
}

/// The authority of a flow, if it still holds: the key or the link has not been revoked, and the link has a use left (O-12, A-1). That
/// it has expired meanwhile does not matter.
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
