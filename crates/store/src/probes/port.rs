//! Hints that a company was disconnected at its platform, and the probes that they cause.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::probe::{AccessAnswer, Asking, DueProbe, Hint, HintsId, Probe};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::DUE_SHARDS;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::probes::ProbeStore;
use counterfoil_core::port::store::revocations::Claim;
use jiff::Timestamp;

use crate::connections::row::connection_id;
use crate::fault;
use crate::key::HINTS;
use crate::key::Key;
use crate::key::PROBER;
use crate::key::due_shard_name;
use crate::row::{Item, damaged, millis, number};
use crate::row::{key_item, text};
use crate::table::DUE_AT;
use crate::table::DUE_SHARD;
use crate::table::PK;
use crate::table::SK;
use crate::table::TTL;
use crate::table::Table;
use crate::update::Changes;

/// The largest number of companies in the hints of one shard and minute. Further hints are dropped, because anybody can send them.
const HINTS_MOST: usize = 100;
/// The minutes after which a row of hints is processed. No process's clock is further behind.
const FOLLOWED_AFTER: i64 = 5;
/// The longest time for which hints are kept, in seconds.
const HINTS_KEPT_FOR: i64 = 86_400;
/// The time for which the row of a finished probe is kept, in seconds. It says when the connection was last probed.
const KEPT_FOR: i64 = 3_600;
/// The condition of a write under a claim.
const IS_CLAIMED: &str = "claim = :claim";

#[async_trait]
impl ProbeStore for Table {
    async fn note_hint(&self, hint: &Hint, at: Timestamp) -> Result<(), StoreError> {
        let name = format!("{}#{}", hint.platform, hint.company_id);
        let id = HintsId { shard: Fingerprint::of(&name).shard(DUE_SHARDS), minute: at.as_second().div_euclid(60) };
        let ends_at = (id.minute + 1) * 60;
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key_item(&Key::hints(&id))))
            .update_expression(format!("ADD companies :one SET {DUE_SHARD} = :shard, {DUE_AT} = :due, #ttl = :ttl"))
            .condition_expression("attribute_not_exists(companies) OR size(companies) < :most OR contains(companies, :name)")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":one", AttributeValue::Ss(vec![name.clone()]))
            .expression_attribute_values(":name", AttributeValue::S(name))
            .expression_attribute_values(":most", number(HINTS_MOST))
            .expression_attribute_values(":shard", AttributeValue::S(due_shard_name(PROBER, id.shard)))
            .expression_attribute_values(":due", number((ends_at + FOLLOWED_AFTER) * 1_000))
            .expression_attribute_values(":ttl", number(ends_at + HINTS_KEPT_FOR))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) => Ok(()),
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    async fn due_probes(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<DueProbe>, StoreError> {
        self.due_keys(PROBER, shard, now, None, most).await?.iter().map(due_probe).collect()
    }

    async fn hints(&self, id: &HintsId) -> Result<Vec<Hint>, StoreError> {
        let item = self.get(&Key::hints(id)).await?.unwrap_or_default();
        let names = item.get("companies").and_then(|value| value.as_ss().ok()).cloned().unwrap_or_default();
        Ok(names.iter().filter_map(|name| hint(name)).collect())
    }

    async fn forget_hints(&self, id: &HintsId, followed: usize) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key_item(&Key::hints(id))));
        let request = request.condition_expression(format!("attribute_not_exists({PK}) OR size(companies) <= :followed"));
        match request.expression_attribute_values(":followed", number(followed)).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) => Ok(()),
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    async fn suspect(&self, probe: &Probe, since: Timestamp) -> Result<bool, StoreError> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(crate::probes::row::write(probe)?));
        let condition = format!("attribute_not_exists({PK}) OR (attribute_not_exists({DUE_AT}) AND probed_at <= :since)");
        let request = request.condition_expression(condition);
        match request.expression_attribute_values(":since", number(millis(since))).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => Ok(false),
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    async fn claim_probe(&self, id: &ConnectionId, claim: &Claim) -> Result<Option<Probe>, StoreError> {
        let changes = Changes::default()
            .put("claim", Some(&claim.id))?
            .put(DUE_AT, Some(millis(claim.until)))?
            .given(":now", number(millis(claim.at)));
        let update = changes.under(self, &Key::probe(id), &format!("{DUE_AT} <= :now OR claim = :claim"));
        match self.request(update).return_values(ReturnValue::AllNew).send().await {
            Ok(answer) => Ok(Some(crate::probes::row::read(answer.attributes.unwrap_or_default())?)),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    async fn reschedule_probe(&self, probe: &Probe, claim: &Claim) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("denied", Some(probe.denied))?
            .put("unanswered", Some(probe.unanswered))?
            .put(DUE_AT, Some(millis(probe.due_at)))?
            .given(":claim", AttributeValue::S(claim.id.clone()));
        self.update(changes.under(self, &Key::probe(&probe.connection), IS_CLAIMED), |_| false).await
    }

    async fn begin_asking(&self, id: &ConnectionId, at: Timestamp, since: Timestamp) -> Result<Asking, StoreError> {
        self.asking(id, at, since).await
    }

    async fn note_answer(&self, id: &ConnectionId, at: Timestamp, answer: AccessAnswer) -> Result<(), StoreError> {
        self.answered(id, at, answer).await
    }

    async fn end_probe(&self, id: &ConnectionId, claim: &Claim, at: Timestamp) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .remove(DUE_AT)
            .remove(DUE_SHARD)
            .put("probed_at", Some(millis(at)))?
            .put(TTL, Some(at.as_second() + KEPT_FOR))?
            .given(":claim", AttributeValue::S(claim.id.clone()));
        self.update(changes.under(self, &Key::probe(id), IS_CLAIMED), |_| false).await
    }
}

/// The item that an entry of the due index names.
fn due_probe(item: &Item) -> Result<DueProbe, StoreError> {
    let (pk, sk) = (text(item, PK)?, text(item, SK)?);
    let Some(shard) = pk.strip_prefix(HINTS) else { return Ok(DueProbe::Probe(connection_id(item)?)) };
    match (shard.parse(), sk.parse()) {
        (Ok(shard), Ok(minute)) => Ok(DueProbe::Hints(HintsId { shard, minute })),
        _ => Err(damaged(&pk, "not the key of hints")),
    }
}

/// Reads a hint from its text in the set; `None` if it cannot be read.
fn hint(name: &str) -> Option<Hint> {
    let (platform, company_id) = name.split_once('#')?;
    Some(Hint { platform: platform.parse().ok()?, company_id: company_id.to_owned() })
}
