//! Whether whoever began a consent may still finish it.

use jiff::Timestamp;

use crate::App;
use crate::model::api_key::KeyId;
use crate::model::flow::Authority;
use crate::model::flow::Flow;
use crate::model::flow::failure::FlowFailure;
use crate::service::consent::outcome::Stop;

/// On what whoever began a flow was allowed to.
pub(crate) struct Authorized {
    /// Since when.
    pub(crate) at: Timestamp,
    /// The key that it hangs on: whoever writes asks anew whether that lives.
    pub(crate) key: Option<KeyId>,
}

/// What whoever began the flow was allowed on, if that still holds: the key and the link were not revoked since, and the link
/// has a consent left (O-12, A-1). That they have ended by themselves meanwhile does not matter.
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
