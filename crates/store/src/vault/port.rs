//! The vault's writes. Every write of a token is conditional on the epoch that it replaces, and on whether the grant of that epoch
//! is active or dead. A write that makes a dead grant active has an event.

use crate::connections::grant_attributes::with_grant;
use crate::connections::lease_row;
use crate::connections::row::IS_LIVE;
use crate::connections::row::active;
use crate::connections::row::due;
use crate::request::Transacted;
use crate::request::transact_update;
use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::connection::{ConnectionId, DeathCause, LastFailure, Status};
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::event::Event;
use counterfoil_core::model::kept_answer::KeptAnswer;
use counterfoil_core::model::lease::{Lease, LeaseId};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_core::port::store::vault::Consent;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::Disconnect;
use counterfoil_core::port::store::vault::GrantEnd;
use counterfoil_core::port::store::vault::GrantStore;
use counterfoil_core::port::store::vault::RestoredAccess;
use counterfoil_core::port::store::vault::Taken;
use jiff::Timestamp;

use crate::connections::grant_attributes::GRANT_ATTRIBUTES;
use crate::connections::grant_attributes::GrantAttributes;
use crate::connections::row::LastFailureRow;
use crate::fault;
use crate::key::Key;
use crate::purges::without_company_name;
use crate::row::key_item;
use crate::row::{Item, millis, number};
use crate::table::DUE_AT;
use crate::table::DUE_SHARD;
use crate::table::PK;
use crate::table::Table;
use crate::update::Changes;

#[async_trait]
impl GrantStore for Table {
    /// The condition: there is no lease, or exactly the expired one that was read, or this lease itself, stored by a try whose answer was
    /// lost. The epoch is no part of it, because a look reads connection and lease one after the other.
    async fn take_lease(&self, id: &ConnectionId, lease: &Lease, seen: Option<&LeaseId>) -> Result<Taken, StoreError> {
        let key = Key::lease(id);
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(lease_row::write(&key, lease)?))
            .condition_expression(format!("attribute_not_exists({PK}) OR lease_id IN (:seen, :own)"))
            .expression_attribute_values(":seen", AttributeValue::S(seen.map_or("none", LeaseId::as_str).to_owned()))
            .expression_attribute_values(":own", AttributeValue::S(lease.id.as_str().to_owned()))
            .send()
            .await;
        match put {
            Ok(_) => Ok(Taken::Ours),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(Taken::Held)
            }
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    async fn commit(&self, id: &ConnectionId, commit: &Commit) -> Result<Written, StoreError> {
        let changes = committed(id, commit)?.given(":live", active());
        // A commit sets the status, so `#status` is defined already.
        let update = changes.under(self, &Key::connection(id), "epoch = :replaces AND #status = :live");
        let own = |item: &Item| item.get("commit_id") == Some(&AttributeValue::S(commit.commit_id.to_string()));
        self.update(update, own).await
    }

    async fn revive(&self, commit: &Commit, audit: &Audit, event: &Event) -> Result<Written, StoreError> {
        let id = &event.subject.connection;
        let dead = AttributeValue::S(Status::NeedsReauthorization.as_str().to_owned());
        let changes = committed(id, commit)?.given(":dead", dead);
        let update = changes.under(self, &Key::connection(id), "epoch = :replaces AND #status = :dead");
        let items = vec![
            transact_update(update),
            self.put(crate::history::row::audit(audit)?),
            self.put(crate::outbox::row::write(event)?),
        ];
        Ok(match self.transact(items, &audit.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn renew_withdrawn(&self, id: &ConnectionId, commit: &Commit) -> Result<Written, StoreError> {
        let grant = GrantAttributes::from(&commit.grant);
        let changes = Changes::default()
            .set("epoch", number(commit.epoch + 1))
            .put("commit_id", Some(commit.commit_id.as_str()))?
            .put("updated_at", Some(millis(commit.at)))?
            .put("refreshed_at", Some(millis(commit.at)))?;
        let changes = with_grant(changes, grant)?.given(":replaces", number(commit.epoch)).given(":withdrawn", withdrawn());
        let update = changes.under(self, &Key::connection(id), "epoch = :replaces AND cause = :withdrawn");
        let own = |item: &Item| item.get("commit_id") == Some(&AttributeValue::S(commit.commit_id.to_string()));
        self.update(update, own).await
    }

    async fn restore_access(&self, restored: &RestoredAccess) -> Result<Written, StoreError> {
        let id = &restored.event.subject.connection;
        let changes = Changes::default()
            .put("status", Some(Status::Active.as_str()))?
            .put("updated_at", Some(millis(restored.audit.at)))?
            .remove("trouble")
            .remove("cause")
            .given(":epoch", number(restored.epoch))
            .given(":withdrawn", withdrawn());
        let changes = due(changes, id, restored.due_at)?;
        let update = changes.under(self, &Key::connection(id), "epoch = :epoch AND cause = :withdrawn");
        let items = vec![
            transact_update(update),
            self.put(crate::history::row::audit(&restored.audit)?),
            self.put(crate::outbox::row::write(&restored.event)?),
        ];
        Ok(match self.transact(items, &restored.event.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn warn(
        &self,
        event: &Event,
        epoch: u64,
        hard_end: Timestamp,
        due_at: Option<Timestamp>,
    ) -> Result<Written, StoreError> {
        let id = &event.subject.connection;
        let changes = Changes::default().put("warned_of", Some(millis(hard_end)))?;
        let changes = due(changes, id, due_at)?.given(":epoch", number(epoch)).given(":active", active()).naming("status");
        let condition = format!("{IS_LIVE} AND (attribute_not_exists(warned_of) OR warned_of <> :warned_of)");
        let update = changes.under(self, &Key::connection(id), &condition);
        let items = vec![transact_update(update), self.put(crate::outbox::row::write(event)?)];
        Ok(match self.transact(items, &event.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn record_failure(
        &self,
        id: &ConnectionId,
        epoch: u64,
        last_failure: &LastFailure,
        due_at: Timestamp,
    ) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("trouble", Some(LastFailureRow::from(last_failure)))?
            .put("updated_at", Some(millis(last_failure.at)))?;
        let changes = due(changes, id, Some(due_at))?.given(":epoch", number(epoch)).given(":active", active()).naming("status");
        self.update(changes.under(self, &Key::connection(id), IS_LIVE), |_| false).await
    }

    async fn end_grant(&self, end: &GrantEnd) -> Result<Written, StoreError> {
        let id = &end.event.subject.connection;
        let changes = Changes::default()
            .put("status", Some(Status::NeedsReauthorization.as_str()))?
            .put("cause", Some(end.cause.as_str()))?
            .put("trouble", Some(LastFailureRow::from(&end.last_failure)))?
            .put("updated_at", Some(millis(end.audit.at)))?;
        let changes = due(changes, id, None)?.given(":epoch", number(end.epoch)).given(":active", active());
        let update = changes.under(self, &Key::connection(id), IS_LIVE);
        let mut items = vec![
            transact_update(update),
            self.put(crate::history::row::audit(&end.audit)?),
            self.put(crate::outbox::row::write(&end.event)?),
        ];
        if let Some(probe) = &end.probe {
            items.push(self.put(crate::probes::row::write(probe)?));
        }
        match self.transact(items, &end.event.id).await? {
            Transacted::Stored => Ok(Written::Stored),
            Transacted::Refused(_) => Ok(Written::Overtaken),
        }
    }

    async fn keep_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError> {
        self.put_item(crate::kept_answers::row::write(kept)?).await
    }

    async fn write_consent(&self, consent: &Consent) -> Result<ConsentWritten, StoreError> {
        let connection = &consent.connection;
        let company_key = Key::company(&connection.company, &connection.id);
        // The items whose condition shows an ended flow come first, then those that show an ended link.
        let mut items = vec![transact_update(self.flow_done(consent)?)];
        if let Some(exchange) = &consent.exchange {
            items.extend(self.exchanged(consent, exchange)?);
        }
        let over = items.len();
        let of_link = consent.link.as_ref().map(|link| transact_update(self.link_used(&connection.id.partner, link)));
        let of_key = consent.key.as_ref().map(|key| self.key_lives(&connection.id.partner, key, connection.consented_at));
        let (link_at, key_at) = (over, over + usize::from(of_link.is_some()));
        let (has_link, has_key) = (of_link.is_some(), of_key.is_some());
        items.extend(of_link.into_iter().chain(of_key));
        items.extend([
            transact_update(self.consented(connection, consent.previous.as_ref())?),
            self.put(crate::history::row::audit(&consent.audit)?),
            self.put(crate::outbox::row::write(&consent.event)?),
            self.put(key_item(&company_key)),
        ]);
        if let Some(counted) = consent.tally {
            items.push(transact_update(self.tallied(connection, counted)?));
        }
        let held = [connection.company.clone(), connection.company.any()];
        items.extend(held.map(|company| self.delete(&Key::waiting(&company, &consent.flow))));
        if let Some(replaced) = &consent.replaced {
            items.push(self.put(crate::revocations::row::write(replaced)?));
        }
        if let Some(left) = consent.left_company() {
            let key = Key::company(left, &connection.id);
            items.extend((key != company_key).then(|| self.delete(&key)));
        }
        Ok(match self.transact(items, connection.commit_id.as_str()).await? {
            Transacted::Stored => ConsentWritten::Stored,
            Transacted::Refused(refused) if refused.iter().take(over).any(|refused| *refused) => ConsentWritten::FlowIsOver,
            Transacted::Refused(refused) if has_link && refused.get(link_at) == Some(&true) => ConsentWritten::LinkIsOver,
            Transacted::Refused(refused) if has_key && refused.get(key_at) == Some(&true) => ConsentWritten::KeyIsOver,
            Transacted::Refused(_) => ConsentWritten::Overtaken,
        })
    }

    async fn disconnect(&self, disconnect: &Disconnect) -> Result<Written, StoreError> {
        let Disconnect { connection, commit_id, revocation, purge, audit, event } = disconnect;
        let gone = GRANT_ATTRIBUTES.iter().chain(&OF_A_GRANT);
        let changes = gone.fold(Changes::default(), |changes, name| changes.remove(name));
        let changes = changes
            .set("epoch", number(connection.epoch + 1))
            .put("status", Some(Status::Disconnected.as_str()))?
            .put("commit_id", Some(commit_id.as_str()))?
            .put("updated_at", Some(millis(audit.at)))?
            .put("disconnected_at", Some(millis(audit.at)))?
            .given(":replaces", number(connection.epoch));
        let changes = if purge.is_some() { without_company_name(changes)? } else { changes };
        let update = changes.under(self, &Key::connection(&connection.id), "epoch = :replaces");
        let mut items = vec![
            transact_update(update),
            self.delete(&Key::company(&connection.company, &connection.id)),
            self.delete(&Key::handle(&connection.id)),
            self.put(crate::history::row::audit(audit)?),
            self.put(crate::outbox::row::write(event)?),
        ];
        if let Some(revocation) = revocation {
            items.push(self.put(crate::revocations::row::write(revocation)?));
        }
        if let Some(end_user) = EndUserName::of_connection(&connection.id).filter(|_| !connection.company.platform.has_oauth()) {
            items.push(transact_update(self.web_connector_refused(&end_user)?));
        }
        if let Some(purge) = purge {
            items.extend(self.purge_items(purge).await?);
        }
        Ok(match self.transact(items, commit_id.as_str()).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }
}

/// The attributes of a connection that depend on its grant, besides the grant's own.
pub(super) const OF_A_GRANT: [&str; 7] = ["trouble", "cause", "ended_by", "wanted_until", "warned_of", DUE_AT, DUE_SHARD];

fn withdrawn() -> AttributeValue {
    AttributeValue::S(DeathCause::AccessWithdrawn.as_str().to_owned())
}

/// The changes of a connection when its grant was refreshed.
fn committed(id: &ConnectionId, commit: &Commit) -> Result<Changes, StoreError> {
    let changes = Changes::default()
        .set("epoch", number(commit.epoch + 1))
        .put("status", Some(Status::Active.as_str()))?
        .put("commit_id", Some(commit.commit_id.as_str()))?
        .put("updated_at", Some(millis(commit.at)))?
        .put("refreshed_at", Some(millis(commit.at)))?
        .put("wanted_until", commit.wanted_until.map(millis))?
        .put("trouble", commit.last_failure().as_ref().map(LastFailureRow::from))?
        .remove("cause")
        .remove("ended_by");
    let changes = with_grant(changes, GrantAttributes::from(&commit.grant))?;
    Ok(due(changes, id, commit.due_at)?.given(":replaces", number(commit.epoch)))
}
