//! QuickBooks Desktop. A partner's request becomes a job; the Web Connector of the end user, which polls, fetches it and brings the answer.

pub mod auth_flow;
pub mod close;
mod connect;
pub mod end_users;
pub mod receive;
pub mod send;
pub mod sign_in;

use crate::model::name::PartnerId;
use crate::model::secret::Fingerprint;

/// The `OwnerID` of a partner's `.qwc` files: a GUID that never changes.
fn owner_id(partner: &PartnerId) -> String {
    guid(&Fingerprint::of(&format!("counterfoil owner {partner}")))
}

/// A GUID in braces, of the beginning of a hash.
fn guid(hash: &Fingerprint) -> String {
    let digits = hash.as_str().get(..32).unwrap_or_default();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{{{}-{}-{}-{}-{}}}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
