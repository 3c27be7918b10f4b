//! Flows: a start creates one, a callback consumes it once, and a connection or a failure ends it.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::connection::Company;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::flow::{Flow, FlowId, KeptCode, Stage};
use counterfoil_core::model::time::later;
use counterfoil_core::port::store::consents::{AwaitedExchange, CompanyChoice, FlowEnd, FlowStore, KeptGrant, Starts};
use counterfoil_core::port::store::revocations::Claim;
use counterfoil_core::port::store::{StoreError, Written};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use crate::connections::grant_attributes::{GRANT_ATTRIBUTES, GrantAttributes, with_grant};
use crate::consents::flow_row::CompanyRow;
use crate::fault;
use crate::key::{Key, flow_shard};
use crate::request::{Transacted, transact_update};
use crate::row::{self, Item, key_item, millis, number};
use crate::table::{DUE_AT, DUE_SHARD, HOLDS_UNTIL, PK, TTL, Table};
use crate::update::Changes;

#[async_trait]
impl FlowStore for Table {
    async fn begin(&self, flow: &Flow) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(crate::consents::flow_row::write(flow)?))
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
        let items = vec![transact_update(taken), self.put(crate::consents::flow_row::write(flow)?)];
        // A second click at the same moment opens the same flow with another verifier, and is another write.
        let verifier = flow.verifier.as_ref().map(|sealed| sealed.as_bytes().escape_ascii().to_string()).unwrap_or_default();
        let name = format!("open {} {} {verifier}", flow.id.as_str(), millis(now));
        Ok(match self.transact(items, &name).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn flow(&self, id: &FlowId) -> Result<Option<Flow>, StoreError> {
        self.get(&Key::flow(id)).await?.map(crate::consents::flow_row::read).transpose()
    }

    async fn consume(&self, id: &FlowId, attempt: &str, now: Timestamp) -> Result<bool, StoreError> {
        let changes = Changes::default()
            .put("stage", Some("consumed"))?
            .put("consumed_at", Some(millis(now)))?
            .put("consumed_by", Some(attempt))?
            .remove("failure")
            .remove("reference")
            .given(":pending", text("pending"))
            .given(":failed", text("failed"))
            .given(":denied", text(FlowFailure::AccessDenied.as_str()))
            .given(":now", number(millis(now)));
        let may_go_on = "(#stage = :pending OR (#stage = :failed AND #failure = :denied)) AND expires_at > :now";
        let update = changes.under(self, &Key::flow(id), may_go_on);
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

    async fn keep_grant(&self, kept: &KeptGrant) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("stage", Some("exchanged"))?
            .put("grant_id", Some(&kept.id))?
            .put("claim", kept.claim.as_ref())?
            .put("expires_at", Some(millis(kept.expires_at)))?
            .put(DUE_AT, Some(millis(kept.expires_at)))?
            .put(DUE_SHARD, Some(flow_shard(&kept.flow)))?
            .put(TTL, Some(crate::consents::flow_row::NEVER))?
            .remove("failure")
            .given(":consumed", text("consumed"))
            .given(":failed", text("failed"))
            .given(":interrupted", text(FlowFailure::Interrupted.as_str()));
        let changes = with_grant(changes, GrantAttributes::from(&kept.grant))?;
        let condition = "#stage = :consumed OR (#stage = :failed AND #failure = :interrupted)";
        let mut items = vec![transact_update(changes.under(self, &Key::flow(&kept.flow), condition))];
        items.extend(kept.holds.iter().map(|company| self.put(consent_entry(company, &kept.flow, kept.expires_at))));
        if let Transacted::Stored = self.transact(items, &kept.id).await? {
            return Ok(Written::Stored);
        }
        let there = self.get(&Key::flow(&kept.flow)).await?;
        let is_own = there.is_some_and(|item| item.get("grant_id") == Some(&text(&kept.id)));
        Ok(if is_own { Written::Stored } else { Written::Overtaken })
    }

    async fn offer_companies(&self, choice: &CompanyChoice) -> Result<(), StoreError> {
        let entries: Vec<_> =
            choice.holds.iter().map(|company| consent_entry(company, &choice.flow, choice.expires_at)).collect();
        stream::iter(entries).map(|entry| self.put_item(entry)).buffer_unordered(PUTS_AT_ONCE).try_collect::<()>().await?;
        let companies: Vec<_> = choice.companies.iter().map(CompanyRow::from).collect();
        let changes = Changes::default()
            .put("stage", Some("choosing"))?
            .put("companies", Some(companies))?
            .put("companies_left_out", (!choice.is_complete).then_some(true))?
            .given(":exchanged", text("exchanged"));
        // The condition fails if the flow has companies already or has ended. Both stay as they are.
        self.update(changes.under(self, &Key::flow(&choice.flow), "#stage = :exchanged"), |_| false).await?;
        // If the grant reaches other companies too, the entry under any company stays.
        match choice.holds.first().filter(|_| choice.is_complete) {
            Some(company) => self.delete_item(&Key::waiting(&company.any(), &choice.flow)).await,
            None => Ok(()),
        }
    }

    async fn await_exchange(&self, waiting: &AwaitedExchange) -> Result<Written, StoreError> {
        let AwaitedExchange { flow, company, revocation } = waiting;
        let changes = without_grant(Changes::default(), revocation.due_at)?
            .put("stage", Some("confirmed"))?
            .put("companies", Some(vec![CompanyRow::from(company)]))?
            .put("expires_at", Some(millis(revocation.due_at)))?
            .given(":exchanged", text("exchanged"))
            .given(":choosing", text("choosing"));
        let update = changes.under(self, &Key::flow(flow), "#stage IN (:exchanged, :choosing)");
        let items = vec![
            transact_update(update),
            self.put(crate::revocations::row::write(revocation)?),
            self.put(consent_entry(&revocation.company, flow, later(revocation.due_at, EXCHANGE_TAKES))),
            self.delete(&Key::waiting(&revocation.company.any(), flow)),
        ];
        // An attempt in another tab is another write: it is refused, and not mistaken for this one.
        let name = format!("await {} {}", flow.as_str(), millis(revocation.due_at));
        Ok(match self.transact(items, &name).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn fail(&self, end: &FlowEnd) -> Result<Written, StoreError> {
        // A flow that is pending or has ended is not ended here.
        if !matches!(end.seen.as_str(), "consumed" | "exchanged" | "choosing" | "confirmed") {
            return Ok(Written::Overtaken);
        }
        let changes = without_grant(Changes::default(), end.at)?
            .remove("code")
            .put("stage", Some("failed"))?
            .put("failure", Some(end.failure.as_str()))?
            .put("reference", end.reference.as_ref())?
            .given(":seen", text(end.seen.as_str()));
        // A kept code that another process took is being exchanged.
        let condition = match end.seen {
            Stage::Postponed(_) => "#stage = :seen AND attribute_exists(#code)",
            _ => "#stage = :seen",
        };
        let mut items = vec![transact_update(changes.under(self, &Key::flow(&end.flow), condition))];
        if let Some(audit) = &end.audit {
            items.push(self.put(crate::history::row::audit(audit)?));
        }
        if let Some(revocation) = &end.revocation {
            items.push(self.put(crate::revocations::row::write(revocation)?));
        }
        if let Some(company) = &end.released {
            let keys = BTreeSet::from([company, &company.any()].map(|company| Key::waiting(company, &end.flow)));
            items.extend(keys.iter().map(|key| self.delete(key)));
        }
        // A refusal that is only counted has no audit row whose id could name the write.
        let name = format!("fail {} {} {}", end.flow.as_str(), end.failure.as_str(), millis(end.at));
        let name = end.audit.as_ref().map_or(name.clone(), |audit| format!("{name} {}", audit.id));
        Ok(match self.transact(items, &name).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn reschedule_flow(&self, flow: &Flow, due_at: Option<Timestamp>) -> Result<(), StoreError> {
        let ttl = due_at.map_or_else(|| crate::consents::flow_row::ttl(flow.expires_at), |_| crate::consents::flow_row::NEVER);
        let changes = Changes::default()
            .put(DUE_AT, due_at.map(millis))?
            .put(DUE_SHARD, due_at.map(|_| flow_shard(&flow.id)))?
            .put(TTL, Some(ttl))?
            .given(":seen", text(flow.stage.as_str()))
            .naming("stage");
        self.update(changes.under(self, &Key::flow(&flow.id), "#stage = :seen"), |_| false).await.map(drop)
    }

    async fn postpone_unreadable(&self, id: &FlowId, now: Timestamp, due_at: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let changes =
            Changes::default().put(DUE_AT, Some(millis(due_at)))?.once(UNREADABLE_SINCE, number(millis(now))).naming(DUE_SHARD);
        let update = changes.under(self, &Key::flow(id), "attribute_exists(#due_shard)");
        let sent = self.request(update).return_values(ReturnValue::AllNew).send().await;
        match sent {
            Ok(answer) => {
                let since = answer.attributes.unwrap_or_default().remove(UNREADABLE_SINCE);
                let since = since.and_then(|since| since.as_n().ok()?.parse().ok());
                row::maybe_time("a flow", since)
            }
            Err(error) if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) => {
                Ok(None)
            }
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    async fn end_unreadable(&self, id: &FlowId, audit: &Audit) -> Result<Written, StoreError> {
        let changes = without_grant(Changes::default(), audit.at)?
            .put("stage", Some("failed"))?
            .put("failure", Some(FlowFailure::Expired.as_str()))?;
        let update = transact_update(changes.under(self, &Key::flow(id), "attribute_exists(#due_shard)"));
        let items = vec![update, self.put(crate::history::row::audit(audit)?)];
        Ok(match self.transact(items, &format!("end {} {}", id.as_str(), audit.id)).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn count_start(&self, starts: &Starts, at: Timestamp, most: u32) -> Result<bool, StoreError> {
        self.count_start_of(starts, at, most).await
    }
}

/// When the row of a due flow was first unreadable.
const UNREADABLE_SINCE: &str = "unreadable_since";

/// The number of entries of one consent that are written at once.
const PUTS_AT_ONCE: usize = 16;

/// The time that an exchange of our code may take if it began in time.
const EXCHANGE_TAKES: Duration = Duration::from_secs(60);

/// The entry under a company of a consent whose company is not confirmed or chosen yet.
fn consent_entry(company: &Company, flow: &FlowId, until: Timestamp) -> Item {
    let mut item = key_item(&Key::waiting(company, flow));
    item.insert(HOLDS_UNTIL.to_owned(), number(millis(until)));
    item.insert(TTL.to_owned(), number(crate::consents::flow_row::ttl(until)));
    item
}

/// A flow without a grant is not due, and TTL deletes it.
pub(crate) fn without_grant(changes: Changes, over_at: Timestamp) -> Result<Changes, StoreError> {
    let gone = GRANT_ATTRIBUTES.iter().chain(&[DUE_AT, DUE_SHARD]);
    gone.fold(changes, |changes, name| changes.remove(name)).put(TTL, Some(crate::consents::flow_row::ttl(over_at)))
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
