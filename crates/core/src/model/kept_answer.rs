//! A token answer that could not be read, as it is kept for an operator: sealed, for ninety days.

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::flow::FlowId;
use crate::model::platform::PlatformName;
use crate::model::secret::Sealed;

/// One kept answer.
#[derive(Clone)]
pub struct KeptAnswer {
    /// Whose it is.
    pub of: AnswerOf,
    /// The epoch of the grant that was to be replaced; 0 where a code was exchanged.
    pub epoch: u64,
    /// The first 16 hex digits of its SHA-256: the same answer again is the same row.
    pub hash: String,
    /// The platform that gave it.
    pub platform: PlatformName,
    /// When it came.
    pub at: Timestamp,
    /// What it says, sealed to whose it is.
    pub text: Sealed,
}

/// Whose answer it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerOf {
    /// A refresh of this connection was answered so.
    Connection(ConnectionId),
    /// The exchange of this flow's code was answered so.
    Flow(FlowId),
}
