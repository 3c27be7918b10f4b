//! Stores how far events were swept.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::endpoint::Endpoints;
use counterfoil_core::port::store::sweeps::{PartnerSweep, SweepStore};
use counterfoil_core::port::store::{StoreError, Written};
use serde::Deserialize;

use super::endpoints_row;
use crate::fault;
use crate::key::{Key, WITH_ENDPOINTS};
use crate::row::{Item, damaged, from_item, text};
use crate::table::{LIST_INDEX, LIST_PK, LIST_SK, PK, SK, Table};
use crate::update::Changes;

#[derive(Deserialize)]
struct SweepRow {
    swept_to: Option<String>,
    #[serde(default)]
    unread: Vec<String>,
}

#[async_trait]
impl SweepStore for Table {
    async fn partners_with_endpoints(&self, after: Option<&PartnerId>, most: u32) -> Result<Vec<PartnerId>, StoreError> {
        self.partners_listed(WITH_ENDPOINTS, after, most).await
    }

    /// No other item of the partner sorts between the two.
    async fn endpoints_and_sweep(&self, partner: &PartnerId) -> Result<(Endpoints, PartnerSweep), StoreError> {
        let (first, last) = (Key::endpoints(partner), Key::sweep(partner));
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :partner AND {SK} BETWEEN :first AND :last"))
            .expression_attribute_values(":partner", AttributeValue::S(first.pk.clone()))
            .expression_attribute_values(":first", AttributeValue::S(first.sk.clone()))
            .expression_attribute_values(":last", AttributeValue::S(last.sk.clone()));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        let (mut endpoints, mut sweep) = (Endpoints::default(), PartnerSweep::default());
        for item in answer.items.unwrap_or_default() {
            match text(&item, SK)? {
                sk if sk == first.sk => endpoints = endpoints_row::read(item)?,
                sk if sk == last.sk => sweep = read(item)?,
                _ => {}
            }
        }
        Ok((endpoints, sweep))
    }

    async fn save_sweep(&self, partner: &PartnerId, seen_to: Option<&str>, sweep: &PartnerSweep) -> Result<Written, StoreError> {
        let unread = Some(&sweep.unread).filter(|unread| !unread.is_empty());
        let changes = Changes::default().put("swept_to", sweep.to.as_ref())?.put("unread", unread)?;
        let (changes, condition) = match seen_to {
            None => (changes, "attribute_not_exists(#swept_to)"),
            Some(seen) => (changes.given(":seen", AttributeValue::S(seen.to_owned())), "#swept_to = :seen"),
        };
        // A repetition of a write whose answer was lost finds what it has stored.
        let is_own = |item: &Item| read(item.clone()).is_ok_and(|stored| stored == *sweep);
        self.update(changes.under(self, &Key::sweep(partner), condition), is_own).await
    }

    async fn sweep_ended_at(&self) -> Result<Option<PartnerId>, StoreError> {
        let item = self.get(&Key::sweep_of_all()).await?;
        item.and_then(|item| item.get("ended_at").cloned()?.as_s().ok().cloned()).map(|id| partner(&id)).transpose()
    }

    async fn set_sweep_ended_at(&self, partner: Option<&PartnerId>) -> Result<(), StoreError> {
        let changes = Changes::default().put("ended_at", partner.map(PartnerId::as_str))?;
        self.update(changes.always(self, &Key::sweep_of_all()), |_| false).await.map(drop)
    }
}

impl Table {
    /// The partners in a list of partners, by id, after `after`: at most `most`.
    pub(crate) async fn partners_listed(
        &self,
        list: &str,
        after: Option<&PartnerId>,
        most: u32,
    ) -> Result<Vec<PartnerId>, StoreError> {
        let after = after.map_or_else(String::new, ToString::to_string);
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(LIST_INDEX)
            .key_condition_expression(format!("{LIST_PK} = :list AND {LIST_SK} > :after"))
            .expression_attribute_values(":list", AttributeValue::S(list.to_owned()))
            // An empty text is no key. Every id sorts after a space.
            .expression_attribute_values(":after", AttributeValue::S(if after.is_empty() { " ".to_owned() } else { after }))
            .limit(i32::try_from(most).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        answer.items.unwrap_or_default().iter().map(|item| partner(&text(item, LIST_SK)?)).collect()
    }
}

fn read(item: Item) -> Result<PartnerSweep, StoreError> {
    let row: SweepRow = from_item(item)?;
    Ok(PartnerSweep { to: row.swept_to, unread: row.unread })
}

fn partner(id: &str) -> Result<PartnerId, StoreError> {
    PartnerId::parse(id).map_err(|_| damaged(id, "a partner"))
}
