//! Reads of connections, and writes that touch no token.

use crate::connections::lease_row;
use crate::connections::row::connection_id;
use crate::connections::row::connection_of;
use crate::request::LIST_ROUNDS_MOST;
use crate::row::key_item;
use crate::row::text;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::{Company, Connection, ConnectionId};
use counterfoil_core::model::lease::Lease;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::CompanyEntries;
use counterfoil_core::port::store::connections::ConnectionPage;
use counterfoil_core::port::store::connections::ConnectionStore;
use counterfoil_core::port::store::connections::ConsentEntry;
use counterfoil_core::port::store::connections::DueEntry;
use counterfoil_core::port::store::connections::ListQuery;
use counterfoil_core::port::store::connections::Settable;
use counterfoil_core::port::store::connections::Tally;
use jiff::Timestamp;

use crate::connections::row::{IS_LIVE, active, due};
use crate::fault;
use crate::key::CONNECTION;
use crate::key::Key;
use crate::key::REFRESHER;
use crate::key::company_pk;
use crate::key::connections_of;
use crate::key::due_shard_name;
use crate::row::{self, Item, damaged};
use crate::table::DUE_AT;
use crate::table::DUE_INDEX;
use crate::table::DUE_SHARD;
use crate::table::HOLDS_UNTIL;
use crate::table::LIST_INDEX;
use crate::table::LIST_PK;
use crate::table::LIST_SK;
use crate::table::PK;
use crate::table::SK;
use crate::table::Table;
use crate::update::Changes;

#[async_trait]
impl ConnectionStore for Table {
    async fn read(&self, id: &ConnectionId) -> Result<Option<Connection>, StoreError> {
        self.get(&Key::connection(id)).await?.map(crate::connections::row::read).transpose()
    }

    async fn read_with_lease(&self, id: &ConnectionId) -> Result<Option<(Connection, Option<Lease>)>, StoreError> {
        let mut items = self.get_all(&[Key::connection(id), Key::lease(id)]).await?.into_iter();
        let (connection, lease) = (items.next().flatten(), items.next().flatten());
        let lease = lease.map(lease_row::read).transpose()?;
        Ok(connection.map(crate::connections::row::read).transpose()?.map(|connection| (connection, lease)))
    }

    async fn list(&self, partner: &PartnerId, query: &ListQuery) -> Result<ConnectionPage, StoreError> {
        let mut page = ConnectionPage { connections: Vec::new(), next: query.after.clone() };
        for _ in 0..LIST_ROUNDS_MOST {
            let room = query.limit.saturating_sub(u32::try_from(page.connections.len()).unwrap_or(u32::MAX));
            let (ids, next) = self.list_ids(partner, &query.prefix, page.next.as_ref(), room).await?;
            let keys: Vec<_> = ids.iter().map(Key::connection).collect();
            for connection in row::readable(self.get_all(&keys).await?.into_iter().flatten().map(crate::connections::row::read)) {
                let fits = query.platform.is_none_or(|platform| connection.company.platform == platform)
                    && query.status.is_none_or(|status| connection.status() == status);
                page.connections.extend(fits.then_some(connection));
            }
            page.next = next;
            if page.next.is_none() || page.connections.len() >= query.limit as usize {
                break;
            }
        }
        Ok(page)
    }

    async fn due(&self, shard: u8, now: Timestamp, after: Option<&DueEntry>, most: u32) -> Result<Vec<DueEntry>, StoreError> {
        let mut entries = Vec::new();
        let mut after = after.map(|entry| due_position(shard, entry));
        for _ in 0..LIST_ROUNDS_MOST {
            let room = most.saturating_sub(u32::try_from(entries.len()).unwrap_or(u32::MAX));
            let mut keys = self.due_keys(REFRESHER, shard, now, after, room).await?;
            let is_end = keys.len() < room as usize;
            entries.extend(row::readable(keys.iter().map(due_entry)));
            after = keys.pop();
            // A page shorter than asked for means the end to the caller, so rows that cannot be read must not shorten it.
            if is_end || entries.len() >= most as usize {
                break;
            }
        }
        Ok(entries)
    }

    async fn company_entries(&self, company: &Company, after: Option<&str>, most: u32) -> Result<CompanyEntries, StoreError> {
        let pk = company_pk(company);
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :company"))
            .expression_attribute_values(":company", AttributeValue::S(pk.clone()))
            .set_exclusive_start_key(after.map(|sk| key_item(&Key { pk, sk: sk.to_owned() })))
            .consistent_read(true)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| fault::meaning(&self.name, &error))?;
        let next = answer.last_evaluated_key.map(|item| text(&item, SK)).transpose()?;
        let entries = answer.items.unwrap_or_default().iter().map(consent_entry).collect::<Result<Vec<_>, _>>()?;
        let (of_connections, consents): (Vec<_>, Vec<_>) = entries.into_iter().partition(|it| it.flow.starts_with(CONNECTION));
        let keys = of_connections.iter().map(|it| Ok(Key::connection(&connection_of(&it.flow)?)));
        let found = self.get_all(&keys.collect::<Result<Vec<_>, StoreError>>()?).await?;
        let connections = found.into_iter().flatten().map(crate::connections::row::read).collect::<Result<_, _>>()?;
        Ok(CompanyEntries { connections, consents, next })
    }

    async fn tally(&self, company: &Company, partner: &PartnerId, most: u32) -> Result<Tally, StoreError> {
        self.tally_of(company, partner, most).await
    }

    async fn change(&self, id: &ConnectionId, settable: &Settable) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("company_name", Some(&settable.company_name))?
            .put("freshness", Some(settable.freshness.as_str()))?
            .put("updated_at", Some(row::millis(settable.at)))?;
        let update = match settable.due {
            None => changes.under(self, &Key::connection(id), &format!("attribute_exists({PK})")),
            Some((epoch, due_at)) => {
                let changes = due(changes, id, due_at)?.given(":epoch", row::number(epoch)).given(":active", active());
                changes.naming("status").under(self, &Key::connection(id), IS_LIVE)
            }
        };
        self.update(update, |_| false).await
    }
}

impl Table {
    /// The keys of the due items of one worker in a shard, longest overdue first.
    pub(crate) async fn due_keys(
        &self,
        worker: &str,
        shard: u8,
        now: Timestamp,
        after: Option<Item>,
        most: u32,
    ) -> Result<Vec<Item>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(DUE_INDEX)
            .key_condition_expression(format!("{DUE_SHARD} = :shard AND {DUE_AT} <= :now"))
            .expression_attribute_values(":shard", AttributeValue::S(due_shard_name(worker, shard)))
            .expression_attribute_values(":now", row::number(row::millis(now)))
            .set_exclusive_start_key(after)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| fault::meaning(&self.name, &error))?;
        Ok(answer.items.unwrap_or_default())
    }

    /// A page of the list of a partner's connections, and where the next page begins.
    pub(crate) async fn list_ids(
        &self,
        partner: &PartnerId,
        prefix: &str,
        after: Option<&CompanyKey>,
        most: u32,
    ) -> Result<(Vec<ConnectionId>, Option<CompanyKey>), StoreError> {
        let mut request = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(LIST_INDEX)
            .expression_attribute_values(":partner", AttributeValue::S(connections_of(partner)))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.map(|key| list_position(partner, key)));
        let condition = format!("{LIST_PK} = :partner");
        request = if prefix.is_empty() {
            request.key_condition_expression(condition)
        } else {
            let with_prefix = format!("{condition} AND begins_with({LIST_SK}, :prefix)");
            request
                .key_condition_expression(with_prefix)
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
        };
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        let ids = answer.items.unwrap_or_default().iter().map(connection_id).collect::<Result<Vec<_>, _>>()?;
        let next = answer.last_evaluated_key.map(|item| connection_id(&item)).transpose()?.map(|id| id.company_key);
        Ok((ids, next))
    }
}

fn list_position(partner: &PartnerId, company_key: &CompanyKey) -> Item {
    let key = Key::connection(&ConnectionId { partner: partner.clone(), company_key: company_key.clone() });
    let mut item = key_item(&key);
    item.insert(LIST_PK.to_owned(), AttributeValue::S(connections_of(partner)));
    item.insert(LIST_SK.to_owned(), AttributeValue::S(company_key.to_string()));
    item
}

/// An entry under a company. The entry of a connection has the connection's key in place of a flow.
fn consent_entry(item: &Item) -> Result<ConsentEntry, StoreError> {
    let until = match item.get(HOLDS_UNTIL).and_then(|value| value.as_n().ok()) {
        Some(millis) => Some(row::time(HOLDS_UNTIL, millis.parse().map_err(|_| damaged(HOLDS_UNTIL, "not a time"))?)?),
        None => None,
    };
    Ok(ConsentEntry { flow: text(item, SK)?, until })
}

fn due_entry(item: &Item) -> Result<DueEntry, StoreError> {
    Ok(DueEntry { connection: connection_id(item)?, since: due_since(item)? })
}

/// When an item in the due index became due.
pub(crate) fn due_since(item: &Item) -> Result<Timestamp, StoreError> {
    let millis = item.get(DUE_AT).and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok());
    row::time(DUE_AT, millis.ok_or_else(|| damaged("", "an entry of the due index without its time"))?)
}

fn due_position(shard: u8, entry: &DueEntry) -> Item {
    let mut item = key_item(&Key::connection(&entry.connection));
    item.insert(DUE_SHARD.to_owned(), AttributeValue::S(due_shard_name(REFRESHER, shard)));
    item.insert(DUE_AT.to_owned(), row::number(row::millis(entry.since)));
    item
}
