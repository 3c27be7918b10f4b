//! The store of requests with an `Idempotency-Key`. Each request has a partition of its own.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use counterfoil_core::model::idempotency::{EarlierRequest, KEPT_FOR, RequestAttempt};
use counterfoil_core::model::secret::Sealed;
use counterfoil_core::port::store::idempotency::IdempotencyStore;
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;
use serde_bytes::Bytes;

use crate::fault;
use crate::idempotency::row;
use crate::key::Key;
use crate::row::{millis, number};
use crate::table::Table;
use crate::update::Changes;

/// Whether an attempt may begin: there is none, the stored one is too old, or it ended without an answer and its body is the same.
/// A released request has no attempt.
const MAY_BEGIN: &str = "attribute_not_exists(attempt) OR started_at <= :too_old \
     OR (attribute_not_exists(answered_at) AND ends_at <= :now AND body_sha256 = :body)";

#[async_trait]
impl IdempotencyStore for Table {
    async fn begin_attempt(&self, attempt: &RequestAttempt) -> Result<Option<EarlierRequest>, StoreError> {
        let too_old = attempt.started_at.saturating_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(row::write(attempt)?))
            .condition_expression(MAY_BEGIN)
            .expression_attribute_values(":too_old", number(millis(too_old)))
            .expression_attribute_values(":now", number(millis(attempt.started_at)))
            .expression_attribute_values(":body", AttributeValue::S(attempt.request.body.as_str().to_owned()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(None) };
        let Some(PutItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(fault::meaning(&self.name, &error));
        };
        let (stored, earlier) = row::read(refused.item().cloned().unwrap_or_default())?;
        // An earlier try of this same write, whose answer was lost, may have been stored.
        Ok((stored != attempt.id).then_some(earlier))
    }

    async fn answer_attempt(
        &self,
        attempt: &RequestAttempt,
        answer: Option<&Sealed>,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let answer = answer.map(|answer| Bytes::new(answer.as_bytes()));
        let changes = Changes::default().put("answered_at", Some(millis(at)))?.put("answer", answer)?;
        self.end(attempt, changes).await
    }

    async fn release_attempt(&self, attempt: &RequestAttempt) -> Result<Written, StoreError> {
        self.end(attempt, Changes::default().remove("attempt")).await
    }
}

impl Table {
    /// Changes a request while its attempt is this one.
    async fn end(&self, attempt: &RequestAttempt, changes: Changes) -> Result<Written, StoreError> {
        let key = Key::request(&attempt.request.partner, &attempt.request.name);
        let changes = changes.given(":ours", AttributeValue::S(attempt.id.clone()));
        self.update(changes.under(self, &key, "attempt = :ours"), |_| false).await
    }
}
