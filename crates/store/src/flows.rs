//! Flows: begun by a start, consumed once by a callback, ended by a connection or a failure.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::connection::ConfirmedCompany;
use counterfoil_core::model::flow::{Flow, FlowFailure, FlowId, KeptCode};
use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::model::revocation::Revocation;
use counterfoil_core::port::store::{Claim, FlowStore, Starts, StoreError, Waiting, Written};
use jiff::Timestamp;

use crate::connections::key_item;
use crate::fault;
use crate::grants::{Transacted, transact_update};
use crate::row::connection::{GRANT_ATTRIBUTES, GrantAttributes};
use crate::row::flow::CompanyRow;
use crate::row::{self, millis, number};
use crate::table::{Key, PK, TTL, Table};
use crate::update::Changes;

#[async_trait]
impl FlowStore for Table {
    async fn begin(&self, flow: &Flow) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(row::flow::write(flow)?))
            .condition_expression(format!("attribute_not_exists({PK}) OR created_at = :created_at"))
            .expression_attribute_values(":created_at", number(millis(flow.created_at)));
        put.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        Ok(())
    }

    async fn open(&self, offered: &FlowId, flow: &Flow, now: Timestamp) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("stage", Some("consumed"))?
            .put("consumed_at", Some(millis(now)))?
            .given(":offered", AttributeValue::S("offered".to_owned()))
            .given(":now", number(millis(now)));
        let taken = changes.under(self, &Key::flow(offered), "#stage = :offered AND expires_at > :now");
        let items = vec![transact_update(taken), self.put(row::flow::write(flow)?)];
        Ok(match self.transact(items, flow.id.as_str()).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn flow(&self, id: &FlowId) -> Result<Option<Flow>, StoreError> {
        self.get(&Key::flow(id)).await?.map(row::flow::read).transpose()
    }

    async fn consume(&self, id: &FlowId, attempt: &str, now: Timestamp) -> Result<bool, StoreError> {
        let changes = Changes::default()
            .put("stage", Some("consumed"))?
            .put("consumed_at", Some(millis(now)))?
            .put("consumed_by", Some(attempt))?
            .given(":pending", AttributeValue::S("pending".to_owned()))
            .given(":now", number(millis(now)));
        let update = changes.under(self, &Key::flow(id), "#stage = :pending AND expires_at > :now");
        let own = |item: &row::Item| item.get("consumed_by") == Some(&AttributeValue::S(attempt.to_owned()));
        Ok(self.update(update, own).await? == Written::Stored)
    }

    async fn keep_code(&self, id: &FlowId, kept: &KeptCode) -> Result<(), StoreError> {
        let changes = Changes::default()
            .set("code", AttributeValue::B(kept.code.as_bytes().to_vec().into()))
            .put("claim", kept.claim.as_ref())?
            .put("code_region", kept.region.as_ref())?
            .put("code_until", Some(millis(kept.until)))?
            .given(":consumed", AttributeValue::S("consumed".to_owned()))
            .naming("stage");
        self.update(changes.under(self, &Key::flow(id), "#stage = :consumed"), |_| false).await.map(drop)
    }

    async fn take_code(&self, id: &FlowId, attempt: &str, now: Timestamp) -> Result<bool, StoreError> {
        let changes = Changes::default()
            .remove("code")
            .put("consumed_at", Some(millis(now)))?
            .put("consumed_by", Some(attempt))?
            .given(":consumed", AttributeValue::S("consumed".to_owned()))
            .given(":now", number(millis(now)))
            .naming("stage");
        let condition = "#stage = :consumed AND attribute_exists(#code) AND code_until > :now";
        let own = |item: &row::Item| item.get("consumed_by") == Some(&AttributeValue::S(attempt.to_owned()));
        Ok(self.update(changes.under(self, &Key::flow(id), condition), own).await? == Written::Stored)
    }

    async fn lease_flow(&self, id: &FlowId, claim: &Claim) -> Result<bool, StoreError> {
        let changes = Changes::default()
            .put("leased_by", Some(&claim.id))?
            .put("leased_until", Some(millis(claim.until)))?
            .given(":exchanged", AttributeValue::S("exchanged".to_owned()))
            .given(":now", number(millis(claim.at)))
            .naming("stage");
        let condition =
            "#stage = :exchanged AND (attribute_not_exists(leased_until) OR leased_until <= :now OR leased_by = :leased_by)";
        Ok(self.update(changes.under(self, &Key::flow(id), condition), |_| false).await? == Written::Stored)
    }

    async fn keep_grant(
        &self,
        id: &FlowId,
        grant: &StoredGrant,
        claim: Option<&str>,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let kept = GrantAttributes::from(grant);
        let changes = Changes::default()
            .put("stage", Some("exchanged"))?
            .put("claim", claim)?
            .put("expires_at", Some(millis(expires_at)))?
            .put(TTL, Some(row::flow::ttl(expires_at)))?;
        let changes = crate::grants::with_grant(changes, kept)?.given(":consumed", AttributeValue::S("consumed".to_owned()));
        let update = changes.under(self, &Key::flow(id), "#stage = :consumed");
        let own = |item: &row::Item| item.get("stage") == Some(&AttributeValue::S("exchanged".to_owned()));
        self.update(update, own).await?;
        Ok(())
    }

    async fn offer(&self, id: &FlowId, companies: &[ConfirmedCompany]) -> Result<(), StoreError> {
        let companies: Vec<_> = companies.iter().map(CompanyRow::from).collect();
        let changes = Changes::default()
            .put("stage", Some("choosing"))?
            .put("companies", Some(companies))?
            .given(":exchanged", AttributeValue::S("exchanged".to_owned()));
        // What refuses is a flow that was offered them already, or that is over: both stay as they are.
        self.update(changes.under(self, &Key::flow(id), "#stage = :exchanged"), |_| false).await?;
        Ok(())
    }

    async fn await_exchange(&self, waiting: &Waiting) -> Result<Written, StoreError> {
        let Waiting { flow, company, revocation } = waiting;
        let changes = GRANT_ATTRIBUTES.iter().fold(Changes::default(), |changes, name| changes.remove(name));
        let changes = changes
            .put("stage", Some("confirmed"))?
            .put("companies", Some(vec![CompanyRow::from(company)]))?
            .put("expires_at", Some(millis(revocation.due_at)))?
            .put(TTL, Some(row::flow::ttl(revocation.due_at)))?
            .given(":exchanged", AttributeValue::S("exchanged".to_owned()))
            .given(":choosing", AttributeValue::S("choosing".to_owned()));
        let update = changes.under(self, &Key::flow(flow), "#stage IN (:exchanged, :choosing)");
        let items = vec![
            transact_update(update),
            self.put(row::revocation::write(revocation)?),
            self.put(key_item(&Key::waiting(&revocation.company, flow))),
        ];
        // Another attempt, in another tab perhaps, is another write: it is refused, and not taken for this one again.
        let name = format!("await {} {}", flow.as_str(), millis(revocation.due_at));
        Ok(match self.transact(items, &name).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn fail(
        &self,
        id: &FlowId,
        failure: FlowFailure,
        audit: Option<&Audit>,
        revocation: Option<&Revocation>,
        reference: Option<&str>,
    ) -> Result<(), StoreError> {
        let changes = GRANT_ATTRIBUTES.iter().fold(Changes::default(), |changes, name| changes.remove(name));
        let changes = changes
            .remove("code")
            .put("stage", Some("failed"))?
            .put("failure", Some(failure.as_str()))?
            .put("reference", reference)?
            .given(":consumed", AttributeValue::S("consumed".to_owned()))
            .given(":exchanged", AttributeValue::S("exchanged".to_owned()))
            .given(":choosing", AttributeValue::S("choosing".to_owned()))
            .given(":confirmed", AttributeValue::S("confirmed".to_owned()));
        let update = changes.under(self, &Key::flow(id), "#stage IN (:consumed, :exchanged, :choosing, :confirmed)");
        let mut items = vec![transact_update(update)];
        if let Some(audit) = audit {
            items.push(self.put(row::history::audit(audit)?));
        }
        if let Some(revocation) = revocation {
            items.push(self.put(row::revocation::write(revocation)?));
            items.push(self.delete(&Key::waiting(&revocation.company, id)));
        }
        // What is counted and not audited has no row to be named by: the same content is the same write.
        let due_at = revocation.map(|revocation| millis(revocation.due_at)).unwrap_or_default();
        let name = audit.map_or_else(|| format!("fail {} {} {due_at}", id.as_str(), failure.as_str()), |audit| audit.id.clone());
        self.transact(items, &name).await.map(drop)
    }

    async fn count_start(&self, starts: &Starts, at: Timestamp, most: u32) -> Result<bool, StoreError> {
        self.count_start_of(starts, at, most).await
    }
}
