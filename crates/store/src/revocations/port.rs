//! Revocations. A claim writes its name and a later due time to the row. Each later write is conditional on that name, so a slow process
//! overwrites nothing.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, ReturnValue, TransactWriteItem};
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::model::revocation::{DueRevocation, GrantId, Revocation, RevocationId};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::revocations::Claim;
use counterfoil_core::port::store::revocations::Claimed;
use counterfoil_core::port::store::revocations::RevocationStore;
use jiff::Timestamp;

use crate::connections::grant_attributes::GrantAttributes;
use crate::connections::grant_attributes::with_grant;
use crate::connections::row::connection_id;
use crate::fault;
use crate::key::CONSENT;
use crate::key::FLOW;
use crate::key::Key;
use crate::key::REVOCATION;
use crate::key::{REVOKER, REVOKER_OF_SEVERAL};
use crate::request::Transacted;
use crate::row::{self, Item, damaged, millis, number};
use crate::row::{key_item, text};
use crate::table::DUE_AT;
use crate::table::PK;
use crate::table::SK;
use crate::table::Table;
use crate::update::Changes;

/// The condition of a write under a claim.
const IS_CLAIMED: &str = "claim = :claim";

#[async_trait]
impl RevocationStore for Table {
    async fn put_revocation(&self, revocation: &Revocation) -> Result<(), StoreError> {
        self.put_item(crate::revocations::row::write(revocation)?).await
    }

    async fn postpone(&self, id: &RevocationId, until: Timestamp) -> Result<(), StoreError> {
        let changes = Changes::default().put(DUE_AT, Some(millis(until)))?;
        let update = changes.under(self, &Key::revocation(id), &format!("attribute_exists({PK})"));
        self.update(update, |_| false).await.map(drop)
    }

    async fn due_revocations(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<DueRevocation>, StoreError> {
        let mut keys = self.due_keys(REVOKER, shard, now, None, most).await?;
        let room = most.saturating_sub(u32::try_from(keys.len()).unwrap_or(u32::MAX));
        if room > 0 {
            keys.extend(self.due_keys(REVOKER_OF_SEVERAL, shard, now, None, room).await?);
        }
        Ok(row::readable(keys.iter().map(due_revocation)).collect())
    }

    async fn claim(&self, id: &RevocationId, claim: &Claim) -> Result<Claimed, StoreError> {
        let changes = Changes::default()
            .put("claim", Some(&claim.id))?
            .put(DUE_AT, Some(millis(claim.until)))?
            .given(":now", number(millis(claim.at)));
        let condition = format!("attribute_exists({PK}) AND ({DUE_AT} <= :now OR claim = :claim)");
        let update = changes.under(self, &Key::revocation(id), &condition);
        let sent = self.request(update).return_values(ReturnValue::AllNew).send().await;
        match sent {
            Ok(answer) => Ok(Claimed::Ours(Box::new(crate::revocations::row::read(answer.attributes.unwrap_or_default())?))),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                let is_there =
                    matches!(refused.err(), UpdateItemError::ConditionalCheckFailedException(shown) if shown.item().is_some());
                Ok(if is_there { Claimed::NotDue } else { Claimed::Gone })
            }
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    async fn renew(&self, id: &RevocationId, claim: &Claim, grant: &StoredGrant) -> Result<Written, StoreError> {
        let changes = with_grant(Changes::default(), GrantAttributes::from(grant))?.given(":claim", name(claim));
        self.update(changes.under(self, &Key::revocation(id), IS_CLAIMED), |_| false).await
    }

    async fn reschedule(&self, id: &RevocationId, claim: &Claim, tries: u32, due_at: Timestamp) -> Result<Written, StoreError> {
        let changes =
            Changes::default().put("tries", Some(tries))?.put(DUE_AT, Some(millis(due_at)))?.given(":claim", name(claim));
        self.update(changes.under(self, &Key::revocation(id), IS_CLAIMED), |_| false).await
    }

    async fn waiting(&self, id: &RevocationId) -> Result<Option<Revocation>, StoreError> {
        let found = self.get(&Key::revocation(id)).await?.filter(|item| !item.contains_key("claim"));
        found.map(crate::revocations::row::read).transpose()
    }

    async fn complete(&self, revocation: &Revocation, claim: &Claim, audit: &Audit) -> Result<Written, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key_item(&Key::revocation(&revocation.id))))
            .condition_expression(IS_CLAIMED)
            .expression_attribute_values(":claim", name(claim))
            .build()
            .expect("table and key are given");
        let mut items = vec![TransactWriteItem::builder().delete(delete).build(), self.put(crate::history::row::audit(audit)?)];
        if let GrantId::Consent(flow) = &revocation.id.grant {
            items.extend(revocation.companies().map(|company| self.delete(&Key::waiting(&company, flow))));
        }
        Ok(match self.transact(items, &claim.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }
}

fn name(claim: &Claim) -> AttributeValue {
    AttributeValue::S(claim.id.clone())
}

/// The item that an entry of the due index names.
fn due_revocation(item: &Item) -> Result<DueRevocation, StoreError> {
    match text(item, PK)?.strip_prefix(FLOW) {
        Some(flow) => FlowId::parse(flow).map(DueRevocation::ExpiredFlow).ok_or_else(|| damaged("a flow", "its key names none")),
        None => revocation_id(item).map(DueRevocation::Pending),
    }
}

fn revocation_id(item: &Item) -> Result<RevocationId, StoreError> {
    let sk = text(item, SK)?;
    let epoch = sk.strip_prefix(REVOCATION).and_then(|epoch| epoch.parse().ok()).map(GrantId::Epoch);
    let grant = epoch.or_else(|| sk.strip_prefix(CONSENT).and_then(FlowId::parse).map(GrantId::Consent));
    Ok(RevocationId {
        connection: connection_id(item)?,
        grant: grant.ok_or_else(|| damaged("a revocation", "its key names no grant"))?,
    })
}
