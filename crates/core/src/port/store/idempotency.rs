//! Requests with an `Idempotency-Key`.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::idempotency::{Attempt, EarlierRequest};
use crate::model::secret::Sealed;
use crate::port::store::{StoreError, Written};

/// Requests with an `Idempotency-Key`, and their answers. Each write names the attempt, so that the same write again is known.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Stores an attempt, and returns `None`, if there is no earlier one that was not released, if the earlier one is
    /// [`KEPT_FOR`](crate::model::idempotency::KEPT_FOR) old, or if it ended without an answer and its body is the same. Otherwise
    /// returns what is stored and changes nothing.
    async fn begin_attempt(&self, attempt: &Attempt) -> Result<Option<EarlierRequest>, StoreError>;

    /// Stores the answer of an attempt; `None` if it cannot be kept. `Overtaken` if another attempt took its place.
    async fn answer_attempt(&self, attempt: &Attempt, answer: Option<&Sealed>, at: Timestamp) -> Result<Written, StoreError>;

    /// Ends an attempt as if it had not been made. `Overtaken` if another attempt took its place.
    async fn release_attempt(&self, attempt: &Attempt) -> Result<Written, StoreError>;
}
