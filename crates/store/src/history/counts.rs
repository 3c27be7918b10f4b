//! Audit rows that are not part of another write, and counts that keep callers without a key from filling the table.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, Select, Update};
use counterfoil_core::model::audit::{Audit, Refusal};
use counterfoil_core::model::connection::{Company, Connection, ConnectionId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::audit::{AuditLog, AuditPage, AuditQuery, ByDay, DayCounts, Order};
use counterfoil_core::port::store::connections::Tally;
use counterfoil_core::port::store::consents::Starts;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::fault;
use crate::key::Key;
use crate::key::company_pk;
use crate::key::connections_of;
use crate::row::{millis, number};
use crate::table::PK;
use crate::table::SK;
use crate::table::TTL;
use crate::table::Table;
use crate::update::Changes;

/// The time for which a day's count of refusals is kept after its last one, in seconds: thirty days.
const REFUSALS_KEPT: i64 = 30 * 86_400;
/// The time for which a minute's count of starts is kept, in seconds.
const STARTS_KEPT: i64 = 3_600;
/// The time for which a tally's version is kept, in seconds: longer than any process takes from counting to writing.
const TALLY_KEPT: i64 = 3_600;
/// The period in which starts are counted together, in seconds.
const STARTS_WINDOW: i64 = 60;

#[async_trait]
impl AuditLog for Table {
    async fn note(&self, audit: &Audit) -> Result<(), StoreError> {
        // A row whose id is its subject's exists already; the first one stays.
        self.create_item(crate::history::row::audit(audit)?).await.map(drop)
    }

    async fn count(&self, refusal: &Refusal) -> Result<(), StoreError> {
        let changes = Changes::default()
            .put("partner", Some(refusal.partner.as_str()))?
            .put("action", Some(refusal.action.as_str()))?
            .put("reason", Some(refusal.reason))?
            .put("detail", Some(&refusal.detail))?
            .once("first_at", number(millis(refusal.at)))
            .put("last_at", Some(millis(refusal.at)))?
            .put(TTL, Some(refusal.at.as_second() + REFUSALS_KEPT))?
            .add("count", 1);
        self.update(changes.always(self, &Key::refusals(refusal)), |_| false).await.map(drop)
    }

    async fn of_connection(&self, id: &ConnectionId, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        self.audit_of_connection(id, query).await
    }

    async fn of_partner(&self, partner: &PartnerId, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        self.audit_of_partner(partner, query).await
    }

    async fn add_counts(&self, counts: &DayCounts) -> Result<(), StoreError> {
        self.add_day_counts(counts).await
    }

    async fn counts(&self, partner: &PartnerId, days: (Date, Date), order: Order, most: u32) -> Result<ByDay, StoreError> {
        self.day_counts(partner, days, order, most).await
    }
}

impl Table {
    pub(crate) async fn tally_of(&self, company: &Company, partner: &PartnerId, most: u32) -> Result<Tally, StoreError> {
        // The version is read first. A connection that is added in between is then in the number.
        let row = self.get(&Key::tally(company, partner)).await?;
        let version = row.and_then(|row| row.get("version")?.as_n().ok()?.parse().ok()).unwrap_or_default();
        let counted = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :company AND begins_with({SK}, :partners)"))
            .expression_attribute_values(":company", AttributeValue::S(company_pk(company)))
            .expression_attribute_values(":partners", AttributeValue::S(format!("{}#", connections_of(partner))))
            .consistent_read(true)
            .select(Select::Count)
            .limit(i32::try_from(most).unwrap_or(i32::MAX));
        let answer = counted.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        Ok(Tally { connections: u32::try_from(answer.count).unwrap_or_default(), version })
    }

    /// The tally's part of a consent that creates a connection without a key. Of two that counted the same number, one is written.
    pub(crate) fn tallied(&self, connection: &Connection, counted: u64) -> Result<Update, StoreError> {
        let changes = Changes::default()
            .put("version", Some(counted + 1))?
            .put(TTL, Some(connection.consented_at.as_second() + TALLY_KEPT))?
            .given(":counted", number(counted))
            .given(":none", number(0));
        let key = Key::tally(&connection.company, &connection.id.partner);
        let condition = "#version = :counted OR (attribute_not_exists(#version) AND :counted = :none)";
        Ok(changes.under(self, &key, condition))
    }

    /// Counts a start in one row a minute. API Gateway accepts fewer starts than one item takes writes (a thousand a second).
    pub(crate) async fn count_start_of(&self, starts: &Starts, at: Timestamp, most: u32) -> Result<bool, StoreError> {
        let window = at.as_second() / STARTS_WINDOW;
        let changes = Changes::default()
            .put(TTL, Some(at.as_second() + STARTS_KEPT))?
            .given(":most", number(most))
            .naming("count")
            .add("count", 1);
        let update = changes.under(self, &Key::starts(starts, window), "attribute_not_exists(#count) OR #count < :most");
        Ok(self.update(update, |_| false).await? == Written::Stored)
    }
}
