//! The store of requests with an `Idempotency-Key`.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::idempotency::{EarlierRequest, RequestAttempt};
use crate::model::secret::Sealed;
use crate::port::store::{StoreError, Written};

/// Stores requests with an `Idempotency-Key`, and their answers. Each write names the attempt, so that a repetition is recognized.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Stores an attempt and returns `None`, if there is no earlier attempt, if the earlier one was released, is
    /// [`KEPT_FOR`](crate::model::idempotency::KEPT_FOR) old, or ended without an answer to the same body. Otherwise it returns the
    /// earlier request and changes nothing.
    async fn begin_attempt(&self, attempt: &RequestAttempt) -> Result<Option<EarlierRequest>, StoreError>;

    /// Stores the answer of an attempt; `None` if the answer cannot be stored. `Overtaken` if another attempt has replaced this one.
    async fn answer_attempt(
        &self,
        attempt: &RequestAttempt,
        answer: Option<&Sealed>,
        at: Timestamp,
    ) -> Result<Written, StoreError>;

    /// Ends an attempt as if it had not begun. `Overtaken` if another attempt has replaced it.
    async fn release_attempt(&self, attempt: &RequestAttempt) -> Result<Written, StoreError>;
}
