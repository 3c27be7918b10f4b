//! Stores figures and standings.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::time::sortable;
use counterfoil_core::port::store::health::{
    Attention, Figures, HealthStore, HealthTotals, Recount, ReplacedStanding, StoredStanding,
};
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;

use super::{standing_row, totals_row};
use crate::fault;
use crate::key::{Key, PARTNERS, SLOT, STATES, health_pk, problems_of};
use crate::request::{Transacted, transact_update};
use crate::row::{number, readable};
use crate::table::{LIST_INDEX, LIST_PK, PK, SK, TTL, Table};
use crate::update::Changes;

/// The time for which the figures of a slot are kept, in seconds: longer than the day that is shown.
const KEPT_FOR: i64 = 2 * 86_400;

#[async_trait]
impl HealthStore for Table {
    async fn add_figures(&self, figures: &Figures) -> Result<(), StoreError> {
        let changes = Changes::default().put(TTL, Some(figures.slot.as_second() + KEPT_FOR))?;
        let changes = figures.numbers.iter().fold(changes, |changes, (name, number)| changes.add(name, *number));
        self.update(changes.always(self, &Key::slot(&figures.partner, figures.slot)), |_| false).await.map(drop)
    }

    /// A day has 289 slots at most. The item of a slot with every figure of all platforms has less than 3 KB.
    async fn totals(&self, partner: &PartnerId, since: Timestamp) -> Result<HealthTotals, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :partner AND {SK} BETWEEN :first AND :last"))
            .expression_attribute_values(":partner", AttributeValue::S(health_pk(partner)))
            .expression_attribute_values(":first", AttributeValue::S(format!("{SLOT}{}", sortable(since))))
            .expression_attribute_values(":last", AttributeValue::S(STATES.to_owned()));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        totals_row::read(answer.items.unwrap_or_default())
    }

    async fn attention(&self, partner: &PartnerId, most: u32) -> Result<Vec<Attention>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(LIST_INDEX)
            .key_condition_expression(format!("{LIST_PK} = :problems"))
            .expression_attribute_values(":problems", AttributeValue::S(problems_of(partner)))
            .scan_index_forward(false)
            .limit(i32::try_from(most).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        Ok(readable(answer.items.unwrap_or_default().iter().map(standing_row::listed)).collect())
    }

    async fn standing(&self, connection: &ConnectionId) -> Result<Option<StoredStanding>, StoreError> {
        self.get(&Key::standing(connection)).await?.map(standing_row::read).transpose()
    }

    async fn replace_standing(&self, replaced: &ReplacedStanding<'_>) -> Result<Written, StoreError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(standing_row::write(replaced)?));
        let put = match replaced.before {
            None => put.condition_expression(format!("attribute_not_exists({PK})")),
            Some(before) => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", number(before.version)),
        };
        let put = put.build().expect("table and item are given");
        let mut items = vec![TransactWriteItem::builder().put(put).build()];
        let (from, to) = (replaced.before.map(|before| totals_row::name(before.standing)), totals_row::name(replaced.standing));
        if from.as_ref() != Some(&to) {
            let changes = Changes::default().add(&to, 1);
            let changes = from.iter().fold(changes, |changes, from| changes.add(from, -1));
            items.push(transact_update(changes.always(self, &Key::states(&replaced.connection.partner))));
        }
        Ok(match self.transact(items, &replaced.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn recount(&self) -> Result<Recount, StoreError> {
        self.read_recount().await
    }

    async fn save_recount(&self, recount: &Recount) -> Result<(), StoreError> {
        self.write_recount(recount).await
    }

    async fn partner_after(&self, after: Option<&PartnerId>) -> Result<Option<PartnerId>, StoreError> {
        Ok(self.partners_listed(PARTNERS, after, 1).await?.pop())
    }

    async fn connections_after(
        &self,
        partner: &PartnerId,
        after: Option<&CompanyKey>,
        most: u32,
    ) -> Result<(Vec<ConnectionId>, Option<CompanyKey>), StoreError> {
        self.list_ids(partner, "", after, most).await
    }
}
