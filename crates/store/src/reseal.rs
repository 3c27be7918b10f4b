//! The sealed values in the table: counts them by the key that sealed them, and seals them again with the primary key.
//!
//! A sealed value is recognized by its form, so kinds of items that are added later are counted too. It is replaced only if its attribute
//! still has exactly the bytes that were read. Each sealing has a new nonce, so a newer grant is never overwritten.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::Error;
use counterfoil_core::model::secret::Sealed;
use counterfoil_core::port::entropy::Entropy;
use counterfoil_core::port::store::{StoreError, Written};
use counterfoil_core::service::vault::refresh::sealed_grant::sealing_owner;

use crate::connections::row::connection_id;
use crate::fault;
use crate::key::Key;
use crate::row::Item;
use crate::row::text;
use crate::sealing::{Keyring, key_id_of};
use crate::table::PK;
use crate::table::SK;
use crate::table::Table;
use crate::update::Changes;

/// The result of a sweep over the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many values were sealed again.
    pub values: usize,
    /// How many items another process wrote meanwhile. Run the sweep again for these.
    pub overtaken: usize,
    /// How many values did not open, or have an unknown owner. They were not changed.
    pub unopened: usize,
    /// The items of the first hundred of these.
    pub unopened_items: Vec<String>,
}

/// The number of items in one read.
const PAGE: i32 = 200;
/// The largest number of unopened items that are named.
const NAMED_MOST: usize = 100;

impl Table {
    /// The number of values that each key has sealed, by the key's id in hex.
    ///
    /// # Errors
    /// The table's errors.
    pub async fn sealed_values(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let (mut counts, mut after) = (BTreeMap::new(), None);
        loop {
            let (items, next) = self.scan(after).await?;
            for value in items.iter().flat_map(HashMap::values) {
                count(value, &mut counts);
            }
            after = next;
            if after.is_none() {
                return Ok(counts);
            }
        }
    }

    /// Seals again what another key than the keyring's primary one sealed. It can be interrupted and repeated.
    ///
    /// # Errors
    /// The table's errors. Values that were sealed until then stay sealed.
    pub async fn reseal(&self, keyring: &Keyring, entropy: &dyn Entropy) -> Result<Resealed, Error> {
        let (mut report, mut after) = (Resealed::default(), None);
        loop {
            let (items, next) = self.scan(after).await?;
            for item in items {
                self.reseal_item(keyring, entropy, &item, &mut report).await?;
            }
            after = next;
            if after.is_none() {
                return Ok(report);
            }
        }
    }

    /// A page of all items, and the key after which the next page begins.
    pub(crate) async fn scan(&self, after: Option<Item>) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let request = self.client.scan().table_name(&self.name).consistent_read(true).limit(PAGE);
        let answer = request.set_exclusive_start_key(after).send().await;
        let answer = answer.map_err(|error| fault::meaning(&self.name, &error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    async fn reseal_item(
        &self,
        keyring: &Keyring,
        entropy: &dyn Entropy,
        item: &Item,
        report: &mut Resealed,
    ) -> Result<(), Error> {
        let key = Key { pk: text(item, PK)?, sk: text(item, SK)? };
        let (mut changes, mut conditions) = (Changes::default(), Vec::new());
        for (name, bytes) in item.iter().filter_map(|(name, value)| Some((name, value.as_b().ok()?))) {
            if key_id_of(bytes.as_ref()).is_none_or(|id| id == keyring.primary()) {
                continue;
            }
            let opened = owner(item).and_then(|owner| {
                let secret = keyring.open(&owner, name, &Sealed::from_bytes(bytes.as_ref().to_vec())).ok()?;
                Some((owner, secret))
            });
            let Some((owner, secret)) = opened else {
                report.unopened += 1;
                if report.unopened_items.len() < NAMED_MOST {
                    report.unopened_items.push(format!("{}/{} {name}", key.pk, key.sk));
                }
                continue;
            };
            let sealed = keyring.seal(&owner, name, &secret, entropy)?;
            let bytes_read = AttributeValue::B(bytes.clone());
            changes = changes
                .set(name, AttributeValue::B(sealed.as_bytes().to_vec().into()))
                .given(&format!(":{name}_read"), bytes_read);
            conditions.push(format!("#{name} = :{name}_read"));
        }
        if conditions.is_empty() {
            return Ok(());
        }
        match self.update(changes.under(self, &key, &conditions.join(" AND ")), |_| false).await? {
            Written::Stored => report.values += conditions.len(),
            Written::Overtaken => report.overtaken += 1,
        }
        Ok(())
    }
}

/// The owner of a sealed value: the request or the webhook endpoint, if the item is one; the flow that the item names, as a flow and the revocation of a
/// consent's grant do; otherwise the connection in the item's key. The purpose is the attribute's name.
fn owner(item: &Item) -> Option<String> {
    let of_no_connection = crate::idempotency::row::sealing_owner(item)
        .or_else(|| crate::webhooks::state_row::sealing_owner(item))
        .or_else(|| crate::desktop::owner::sealing_owner_of(item));
    if of_no_connection.is_some() {
        return of_no_connection;
    }
    match text(item, "flow_id") {
        Ok(flow) => Some(flow),
        Err(_) => Some(sealing_owner(&connection_id(item).ok()?)),
    }
}

/// Counts the sealed values at any depth, including those that cannot be sealed again.
fn count(value: &AttributeValue, counts: &mut BTreeMap<String, u64>) {
    match value {
        AttributeValue::B(bytes) => {
            if let Some(id) = key_id_of(bytes.as_ref()) {
                *counts.entry(id).or_default() += 1;
            }
        }
        AttributeValue::Bs(many) => {
            for id in many.iter().filter_map(|bytes| key_id_of(bytes.as_ref())) {
                *counts.entry(id).or_default() += 1;
            }
        }
        AttributeValue::L(list) => list.iter().for_each(|value| count(value, counts)),
        AttributeValue::M(map) => map.values().for_each(|value| count(value, counts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_core::model::connection::{Connection, GrantState};
    use counterfoil_core::model::secret::Secret;
    use counterfoil_core::port::entropy::SystemEntropy;
    use counterfoil_testkit::dynamodb::DynamoDb;
    use counterfoil_testkit::fixture::{connection, stored_grant};

    use super::*;
    use crate::aws::local_config;

    fn ring(text: &str) -> Keyring {
        Keyring::parse(&Secret::new(text)).unwrap_or_else(|error| panic!("{error}"))
    }

    #[tokio::test]
    async fn a_grant_that_came_after_the_item_was_read_is_not_overwritten() {
        let database = DynamoDb::start().await;
        let table = Table::new(&local_config(database.endpoint()), "table");
        table.create().await.expect("a table in an empty database");
        let old = ring(r#"{"primary":"the-old-key-of-forty-three-characters-or-more-1"}"#);
        let mut grant = stored_grant("old");
        let sealed = |purpose, text: &str| old.seal("connection default/acme", purpose, &Secret::new(text), &SystemEntropy);
        grant.access_token = sealed("access_token", "old").expect("sealed");
        grant.refresh_token = Some(sealed("refresh_token", "old").expect("sealed"));
        let put = async |connection: &Connection| {
            let item = crate::connections::row::write(connection).expect("an item");
            table.client.put_item().table_name("table").set_item(Some(item)).send().await.expect("a table");
        };
        put(&Connection { grant_state: GrantState::Active(grant), ..connection("acme") }).await;
        let (items, _) = table.scan(None).await.expect("a table that answers");

        put(&Connection { epoch: 2, grant_state: GrantState::Active(stored_grant("newer")), ..connection("acme") }).await;
        let rotated = ring(
            r#"{"primary":"the-new-key-of-forty-three-characters-or-more-2","older":["the-old-key-of-forty-three-characters-or-more-1"]}"#,
        );
        let mut report = Resealed::default();
        table.reseal_item(&rotated, &SystemEntropy, &items[0], &mut report).await.expect("a table that answers");
        assert_eq!((report.values, report.overtaken), (0, 1));
        let (items, _) = table.scan(None).await.expect("a table that answers");
        assert_eq!(items[0]["access_token"].as_b().expect("bytes").as_ref(), b"access newer");
    }
}
