//! Revocations that a platform has not confirmed, and those that are due unless a partner exchanges its code in time (T-5). They
//! lie beside their connection, not in it, so that the customer may consent again while the platform is out of reach.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::connection::{Company, ConnectionId};
use super::flow::FlowId;
use super::grant::StoredGrant;
use super::time::until;

/// For how long a platform is told again and again.
pub const TOLD_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Which revocation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RevocationId {
    /// Whose grant it was, or was to be.
    pub connection: ConnectionId,
    /// Which of its grants.
    pub grant: GrantId,
}

/// Which grant of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GrantId {
    /// The one that it had at that epoch.
    Epoch(u64),
    /// The one of a consent that has made no connection.
    Consent(FlowId),
}

impl From<u64> for GrantId {
    fn from(epoch: u64) -> Self {
        Self::Epoch(epoch)
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epoch(epoch) => write!(f, "{epoch}"),
            Self::Consent(flow) => write!(f, "consent {}", flow.label()),
        }
    }
}

/// A grant that no connection has (any more), and that its platform does not know to be over.
#[derive(Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Names it.
    pub id: RevocationId,
    /// The company that it gives, and perhaps others.
    pub company: Company,
    /// The grant as it lay in the connection or in the flow: sealed for that, so that it opens as it is.
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
