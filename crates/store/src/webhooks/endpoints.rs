//! Stores endpoints, and the leases of the processes that deliver to them.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem};
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::lease::LeaseId;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::time::later;
use counterfoil_core::model::webhook::endpoint::{EndpointId, EndpointName, Endpoints, Health, SigningSecrets};
use counterfoil_core::model::webhook::notification::EndpointEvent;
use counterfoil_core::port::store::webhooks::{EndpointChanged, EndpointLease, EndpointState, EndpointStore, EndpointsChange};
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;

use super::state_row::endpoint_of;
use super::{endpoints_row, state_row};
use crate::connections::port::due_since;
use crate::fault;
use crate::key::{COURIER, Key, endpoint_shard};
use crate::outbox::endpoint_row;
use crate::request::{Transacted, transact_update};
use crate::row::{Item, millis, number, readable, text};
use crate::table::{DUE_AT, DUE_SHARD, PK, Table};
use crate::update::Changes;

#[async_trait]
impl EndpointStore for Table {
    async fn endpoints(&self, partner: &PartnerId) -> Result<Endpoints, StoreError> {
        Ok(self.get(&Key::endpoints(partner)).await?.map(endpoints_row::read).transpose()?.unwrap_or_default())
    }

    async fn change_endpoints(&self, change: &EndpointsChange<'_>) -> Result<Written, StoreError> {
        let mut items = vec![self.put_endpoints(change)?, self.put(crate::history::row::audit(change.audit)?)];
        items.extend(self.of_one(change)?);
        // A try after another change has another version, and is another transaction.
        let token = format!("{} {}", change.audit.id, change.endpoints.version);
        Ok(match self.transact(items, &token).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn replace_secrets(
        &self,
        endpoint: &EndpointName,
        seen: &SigningSecrets,
        secrets: &SigningSecrets,
        audit: &Audit,
    ) -> Result<Written, StoreError> {
        let bytes = |sealed: &[u8]| AttributeValue::B(sealed.to_vec().into());
        let changes = Changes::default().set("secret", bytes(secrets.current.as_bytes()));
        let changes = match &secrets.previous {
            Some((previous, until)) => {
                changes.set("previous_secret", bytes(previous.as_bytes())).put("previous_until", Some(millis(*until)))?
            }
            None => changes.remove("previous_secret").remove("previous_until"),
        };
        let changes = changes.put("rotated_at", Some(millis(audit.at)))?.given(":seen", bytes(seen.current.as_bytes()));
        let update = changes.under(self, &Key::endpoint(&endpoint.partner, &endpoint.id), "secret = :seen");
        let items = vec![transact_update(update), self.put(crate::history::row::audit(audit)?)];
        let token =
            format!("{} {}", audit.id, counterfoil_core::model::secret::Fingerprint::of(seen.current.as_bytes()).as_str());
        Ok(match self.transact(items, &token).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn states(&self, partner: &PartnerId, ids: &[EndpointId]) -> Result<Vec<Option<EndpointState>>, StoreError> {
        let keys: Vec<_> = ids.iter().map(|id| Key::endpoint(partner, id)).collect();
        self.get_all(&keys).await?.into_iter().map(|item| item.map(state_row::read).transpose()).collect()
    }

    async fn take_endpoint(&self, endpoint: &EndpointName, lease: &EndpointLease) -> Result<Option<EndpointState>, StoreError> {
        match self.take(endpoint, lease).await? {
            Take::Taken(state) => Ok(Some(*state)),
            Take::NotDue => Ok(None),
            Take::Busy(holder) if self.note_work(endpoint, &holder).await? == Written::Stored => Ok(None),
            // The other process has returned it meanwhile.
            Take::Busy(_) => match self.take(endpoint, lease).await? {
                Take::Taken(state) => Ok(Some(*state)),
                Take::NotDue => Ok(None),
                Take::Busy(_) => Err(StoreError::Busy("an endpoint changes hands".to_owned())),
            },
        }
    }

    async fn extend_endpoint(
        &self,
        endpoint: &EndpointName,
        lease: &EndpointLease,
        health: &Health,
        now: Timestamp,
    ) -> Result<Option<EndpointState>, StoreError> {
        let until = millis(later(now, lease.life));
        let changes = Changes::default().put("lease_until", Some(until))?.put(DUE_AT, Some(until))?.remove("has_new_work");
        let changes = state_row::with_health(changes, health)?.given(":lease", AttributeValue::S(lease.id.as_str().to_owned()));
        let update = changes.under(self, &Key::endpoint(&endpoint.partner, &endpoint.id), "lease = :lease");
        match self.request(update).return_values(ReturnValue::AllNew).send().await {
            Ok(answer) => state_row::read(answer.attributes.unwrap_or_default()).map(Some),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    async fn return_endpoint(
        &self,
        endpoint: &EndpointName,
        lease: &EndpointLease,
        health: &Health,
        due_at: Option<Timestamp>,
    ) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .remove("lease")
            .remove("lease_until")
            .set("returned", AttributeValue::S(lease.id.as_str().to_owned()));
        let changes = match due_at {
            Some(due_at) => changes.put(DUE_AT, Some(millis(due_at)))?,
            None => changes.remove(DUE_AT).remove(DUE_SHARD),
        };
        let changes = state_row::with_health(changes, health)?.given(":lease", AttributeValue::S(lease.id.as_str().to_owned()));
        let condition = "lease = :lease AND attribute_not_exists(has_new_work)";
        let is_own = |item: &Item| text(item, "returned").is_ok_and(|returned| returned == lease.id.as_str());
        self.update(changes.under(self, &Key::endpoint(&endpoint.partner, &endpoint.id), condition), is_own).await
    }

    async fn notify_failing(&self, event: &EndpointEvent, lease: &EndpointLease) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("notified_at", Some(millis(event.at)))?
            .given(":lease", AttributeValue::S(lease.id.as_str().to_owned()));
        let EndpointName { partner, id } = &event.endpoint;
        let condition = "lease = :lease AND attribute_not_exists(#notified_at)";
        let update = transact_update(changes.under(self, &Key::endpoint(partner, id), condition));
        Ok(match self.transact(vec![update, self.put(endpoint_row::write(event)?)], &event.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn due_endpoints(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<(EndpointName, Timestamp)>, StoreError> {
        let keys = self.due_keys(COURIER, shard, now, None, most).await?;
        Ok(readable(keys.iter().map(|item| Ok((endpoint_of(item)?, due_since(item)?)))).collect())
    }
}

/// The result of a try to take the lease on an endpoint.
enum Take {
    Taken(Box<EndpointState>),
    /// Another process has it, under this lease.
    Busy(LeaseId),
    /// It does not exist, or is paused.
    NotDue,
}

impl Table {
    fn put_endpoints(&self, change: &EndpointsChange<'_>) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(endpoints_row::write(change.partner, change.endpoints)?))
            .condition_expression(if change.endpoints.version == 0 {
                format!("attribute_not_exists({PK})")
            } else {
                "#version = :version".to_owned()
            });
        let put = if change.endpoints.version == 0 {
            put
        } else {
            put.expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", number(change.endpoints.version))
        };
        Ok(TransactWriteItem::builder().put(put.build().expect("table and item are given")).build())
    }

    /// The writes that belong to the change of one endpoint.
    fn of_one(&self, change: &EndpointsChange<'_>) -> Result<Vec<TransactWriteItem>, StoreError> {
        let name = |id: &EndpointId| EndpointName { partner: change.partner.clone(), id: id.clone() };
        Ok(match &change.of {
            EndpointChanged::Configured => Vec::new(),
            EndpointChanged::Created(id, secrets, due_at) => {
                vec![self.put_new(state_row::write(&name(id), secrets, *due_at)?)]
            }
            EndpointChanged::Deleted(id) => vec![self.delete(&Key::endpoint(change.partner, id))],
            EndpointChanged::Switched(endpoint, due_at) => {
                let changes = state_row::with_health(switched(endpoint.is_enabled())?, &Health::default())?;
                let changes = changes.put(DUE_AT, Some(millis(*due_at)))?;
                let changes = changes.put(DUE_SHARD, Some(endpoint_shard(&name(&endpoint.id))))?;
                let changes = changes.remove("lease").remove("lease_until");
                vec![self.existing(changes, change.partner, &endpoint.id)]
            }
            EndpointChanged::Disabled(event) => {
                vec![self.existing(switched(false)?, change.partner, &event.endpoint.id), self.put(endpoint_row::write(event)?)]
            }
        })
    }

    fn existing(&self, changes: Changes, partner: &PartnerId, id: &EndpointId) -> TransactWriteItem {
        transact_update(changes.under(self, &Key::endpoint(partner, id), &format!("attribute_exists({PK})")))
    }

    async fn take(&self, endpoint: &EndpointName, lease: &EndpointLease) -> Result<Take, StoreError> {
        let until = millis(later(lease.at, lease.life));
        let changes = Changes::default()
            .put("lease", Some(lease.id.as_str()))?
            .put("lease_until", Some(until))?
            .put(DUE_AT, Some(until))?
            .put(DUE_SHARD, Some(endpoint_shard(endpoint)))?
            .remove("has_new_work")
            .given(":now", number(millis(lease.at)))
            .given(":disabled", AttributeValue::Bool(true));
        let condition = format!(
            "attribute_exists({PK}) AND (attribute_not_exists(lease) OR lease = :lease OR lease_until <= :now) \
             AND (attribute_not_exists(paused_until) OR paused_until <= :now OR is_disabled = :disabled)"
        );
        let update = changes.under(self, &Key::endpoint(&endpoint.partner, &endpoint.id), &condition);
        match self.request(update).return_values(ReturnValue::AllNew).send().await {
            Ok(answer) => Ok(Take::Taken(Box::new(state_row::read(answer.attributes.unwrap_or_default())?))),
            Err(SdkError::ServiceError(refused)) => {
                let error = refused.into_err();
                let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(shown) = error
                else {
                    return Err(fault::meaning(&self.name, &SdkError::service_error(error, ())));
                };
                let holder = shown.item().and_then(|item| text(item, "lease").ok()).map(LeaseId::new);
                Ok(holder.map_or(Take::NotDue, Take::Busy))
            }
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    /// Notes for the process with this lease that there is new work. `Overtaken` if it has returned the lease.
    async fn note_work(&self, endpoint: &EndpointName, holder: &LeaseId) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .set("has_new_work", AttributeValue::Bool(true))
            .given(":holder", AttributeValue::S(holder.as_str().to_owned()));
        self.update(changes.under(self, &Key::endpoint(&endpoint.partner, &endpoint.id), "lease = :holder"), |_| false).await
    }
}

fn switched(is_enabled: bool) -> Result<Changes, StoreError> {
    Changes::default().put("is_disabled", (!is_enabled).then_some(true))
}
