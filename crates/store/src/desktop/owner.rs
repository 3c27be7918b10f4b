//! The owners of what is sealed in these items.

use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::{AuthSessionId, EndUserId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::service::desktop::auth_flow;
use counterfoil_core::service::job::sealing_owner;

use crate::key::{AUTH_SESSION, DESKTOP, JOB_END};
use crate::row::{Item, text};
use crate::table::PK;

/// The owner of the sealed values in this item; `None` if it is none of QuickBooks Desktop.
pub(crate) fn sealing_owner_of(item: &Item) -> Option<String> {
    let pk = text(item, PK).ok()?;
    if let Some(rest) = pk.strip_prefix(AUTH_SESSION) {
        let (partner, id) = rest.split_once('#')?;
        return Some(auth_flow::sealing_owner(&PartnerId::parse(partner).ok()?, &AuthSessionId::parse(id)?));
    }
    let rest = pk.strip_prefix(DESKTOP).or_else(|| pk.strip_prefix(JOB_END))?;
    let mut parts = rest.split('#');
    let (partner, id) = (parts.next()?, parts.next()?);
    Some(sealing_owner(&EndUserName { partner: PartnerId::parse(partner).ok()?, id: EndUserId::parse(id)? }))
}
