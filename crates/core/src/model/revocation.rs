//! What a platform is still to be told: that a grant is over (T-5). It lies beside its connection, not in it, so that the
//! customer may consent again while the platform is out of reach.

use std::time::Duration;

use jiff::Timestamp;

use super::connection::{Company, ConnectionId};
use super::grant::StoredGrant;
use super::time::until;

/// For how long a platform is told again and again.
pub const TOLD_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Which revocation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RevocationId {
    /// Whose grant it was.
    pub connection: ConnectionId,
    /// The epoch of that grant.
    pub epoch: u64,
}

/// A grant that was taken from its connection, and that its platform does not know to be over.
#[derive(Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Names it.
    pub id: RevocationId,
    /// The company that it gives, and perhaps others.
    pub company: Company,
    /// The grant as it lay in the connection: sealed for that, so that it opens as it is.
    pub grant: StoredGrant,
    /// How often the platform was told in vain.
    pub tries: u32,
    /// Since when it is owed.
    pub since: Timestamp,
    /// When the platform is to be told next.
    pub due_at: Timestamp,
}

impl Revocation {
    /// One that is owed from now on.
    pub fn owed(id: RevocationId, company: Company, grant: StoredGrant, now: Timestamp) -> Self {
        Self { id, company, grant, tries: 0, since: now, due_at: now }
    }

    /// Whether it has been owed for so long that it is given up.
    pub fn is_given_up(&self, now: Timestamp) -> bool {
        until(self.since, now) >= TOLD_FOR
    }
}
