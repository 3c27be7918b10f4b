//! Revocations that a platform has not confirmed, and those that are due unless a partner exchanges its code in time (T-5). They
//! lie beside their connection, not in it, so that the customer may consent again while the platform is out of reach.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Company, ConnectionId};
use crate::model::flow::FlowId;
use crate::model::grant::StoredGrant;
use crate::model::time::until;

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

/// What is due of a platform's grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owed {
    /// A revocation.
    Revocation(RevocationId),
    /// A flow that holds a grant and has expired: nobody chose a company, or the platform did not confirm one.
    Flow(FlowId),
}

/// A grant that no connection has (any more), and that its platform does not know to be over.
#[derive(Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Names it.
    pub id: RevocationId,
    /// The company that it gives.
    pub company: Company,
    /// The ids of others that it gives too and that could have been chosen, where telling the platform ends it for all of them.
    pub others: Vec<String>,
    /// Whether a key began the consent that it is of. Whoever needs none can bring about any number of such revocations: their
    /// audit rows are at most one of a kind in a day.
    pub by_key: bool,
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
        Self { id, company, others: Vec::new(), by_key: true, grant, tries: 0, since: now, due_at: now }
    }

    /// Every company that telling the platform may end a grant of.
    pub fn companies(&self) -> impl Iterator<Item = Company> {
        let others = self.others.iter().map(|id| Company { company_id: id.clone(), ..self.company.clone() });
        std::iter::once(self.company.clone()).chain(others)
    }

    /// Whether it has been owed for so long that it is given up.
    pub fn is_given_up(&self, now: Timestamp) -> bool {
        until(self.since, now) >= TOLD_FOR
    }
}
