//! Revocations that a platform has not confirmed, and those that become due if a partner does not exchange its code in time
//! (T-5). Each is an item of its own beside the connection, so that the customer may consent again while the platform is down.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Company, ConnectionId};
use crate::model::flow::FlowId;
use crate::model::grant::StoredGrant;
use crate::model::time::until;

/// The time for which a revocation is retried before it is given up.
pub const RETRIED_FOR: Duration = Duration::from_secs(30 * 86_400);

/// The id of a revocation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RevocationId {
    /// The connection of the grant, or the one that its consent would have made.
    pub connection: ConnectionId,
    /// The grant.
    pub grant: GrantId,
}

/// A grant of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GrantId {
    /// The grant of this epoch.
    Epoch(u64),
    /// The grant of a consent that made no connection.
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

/// An item that the revoker processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DueRevocation {
    /// A revocation that its platform has not confirmed.
    Pending(RevocationId),
    /// A flow that holds a grant and has expired: nobody chose a company, or the platform did not confirm one.
    ExpiredFlow(FlowId),
}

/// A grant that belongs to no connection (any more) and that is still valid at its platform.
#[derive(Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Its id.
    pub id: RevocationId,
    /// The company that the grant gives access to.
    pub company: Company,
    /// The ids of the other companies that could have been chosen, if the revocation ends the grant for all of them.
    pub others: Vec<String>,
    /// Whether the consent was started with a key. Without one, anybody can cause any number of revocations, so that at most one
    /// audit row of a kind a day is written for them.
    pub by_key: bool,
    /// The grant as the connection or the flow had it, still sealed for that owner.
    pub grant: StoredGrant,
    /// The number of failed tries.
    pub tries: u32,
    /// When it began. The thirty days count from here.
    pub since: Timestamp,
    /// When the next try is due.
    pub due_at: Timestamp,
}

impl Revocation {
    /// A new revocation that is due now.
    pub fn new(id: RevocationId, company: Company, grant: StoredGrant, now: Timestamp) -> Self {
        Self { id, company, others: Vec::new(), by_key: true, grant, tries: 0, since: now, due_at: now }
    }

    /// Every company whose other grants the revocation may end.
    pub fn companies(&self) -> impl Iterator<Item = Company> {
        let others = self.others.iter().map(|id| Company { company_id: id.clone(), ..self.company.clone() });
        std::iter::once(self.company.clone()).chain(others)
    }

    /// Whether it has been retried for so long that it is given up.
    pub(crate) fn is_given_up(&self, now: Timestamp) -> bool {
        until(self.since, now) >= RETRIED_FOR
    }
}
