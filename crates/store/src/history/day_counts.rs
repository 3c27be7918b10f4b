//! Counts of token reads and refreshes: for each partner sixteen counters, with a row a day.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::audit::{ByDay, COUNTERS, DayCounts, Order};
use futures_util::future::try_join_all;
use jiff::civil::Date;

use crate::fault;
use crate::key::{Key, counts_pk};
use crate::row::{Item, damaged, text};
use crate::table::{PK, SK, TTL, Table};
use crate::update::Changes;

impl Table {
    pub(super) async fn add_day_counts(&self, counts: &DayCounts) -> Result<(), StoreError> {
        let changes = Changes::default().put(TTL, Some(counts.expires_at.as_second()))?;
        let changes = counts.numbers.iter().fold(changes, |changes, (name, number)| changes.add(name, *number));
        self.update(changes.always(self, &Key::day_counts(counts)), |_| false).await.map(drop)
    }

    /// Each counter is read for the first `most` days that it has. So the first `most` days of all are complete.
    pub(super) async fn day_counts(
        &self,
        partner: &PartnerId,
        days: (Date, Date),
        order: Order,
        most: u32,
    ) -> Result<ByDay, StoreError> {
        let counters = (0..COUNTERS).map(|counter| self.counter_rows(counts_pk(partner, counter), days, order, most));
        let mut by_day = ByDay::new();
        for item in try_join_all(counters).await?.into_iter().flatten() {
            let day = text(&item, SK)?;
            let day: Date = day.parse().map_err(|_| damaged(&day, "not a day"))?;
            let sums = by_day.entry(day).or_default();
            for (name, number) in numbers(item) {
                *sums.entry(name).or_default() += number;
            }
        }
        let excess = by_day.len().saturating_sub(most as usize);
        for _ in 0..excess {
            match order {
                Order::NewestFirst => by_day.pop_first(),
                Order::OldestFirst => by_day.pop_last(),
            };
        }
        Ok(by_day)
    }

    async fn counter_rows(&self, pk: String, days: (Date, Date), order: Order, most: u32) -> Result<Vec<Item>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :pk AND {SK} BETWEEN :first AND :last"))
            .expression_attribute_values(":pk", AttributeValue::S(pk))
            .expression_attribute_values(":first", AttributeValue::S(days.0.to_string()))
            .expression_attribute_values(":last", AttributeValue::S(days.1.to_string()))
            .scan_index_forward(order == Order::OldestFirst)
            .limit(i32::try_from(most).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        Ok(answer.items.unwrap_or_default())
    }
}

fn numbers(item: Item) -> BTreeMap<String, u64> {
    let of_counts = item.into_iter().filter(|(name, _)| name != TTL);
    of_counts.filter_map(|(name, value)| Some((name, value.as_n().ok()?.parse().ok()?))).collect()
}
