//! A token answer that could not be read, stored sealed for ninety days so that an operator can look at it.

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::flow::FlowId;
use crate::model::platform::PlatformName;
use crate::model::secret::Sealed;

/// One kept answer.
#[derive(Clone)]
pub struct KeptAnswer {
    /// The request that it answers.
    pub of: AnswerOf,
    /// The epoch of the refreshed grant; 0 for the exchange of a code.
    pub epoch: u64,
    /// The first 16 hex digits of its SHA-256, so that the same answer is stored once.
    pub hash: String,
    /// The platform that sent it.
    pub platform: PlatformName,
    /// When it arrived.
    pub at: Timestamp,
    /// Its text, sealed for the connection or the flow.
    pub text: Sealed,
}

/// The request that a kept answer belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerOf {
    /// A refresh of this connection.
    Connection(ConnectionId),
    /// The exchange of this flow's code.
    Flow(FlowId),
}
