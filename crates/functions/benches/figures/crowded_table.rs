//! A table with as many connections as a large installation: copies of one connection. Those that are to be refreshed have their own
//! sealed tokens.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::store::DUE_SHARDS;
use counterfoil_store::aws::local_config;
use counterfoil_store::table::{DUE_AT, DUE_SHARD, LIST_SK, PK, SK};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::deployment::{COMPANY_KEY, Deployment, TABLE};

/// The largest number of items in one request.
const BATCH: usize = 25;
const BATCHES_AT_ONCE: usize = 8;
const DAY: Duration = Duration::from_secs(86_400);

type Item = HashMap<String, AttributeValue>;

/// The table, and the connection that all others are copies of.
pub(crate) struct CrowdedTable<'a> {
    deployment: &'a Deployment,
    client: Client,
    original: Item,
    connections: usize,
    /// Rises each time that connections are made due, so that earlier leases are obsolete.
    epoch: u64,
}

impl<'a> CrowdedTable<'a> {
    /// A table with one connection, which is not due.
    pub(crate) async fn of(deployment: &'a Deployment) -> Self {
        let client = Client::new(&local_config(deployment.table_endpoint()));
        let found = client
            .get_item()
            .table_name(TABLE)
            .key(PK, AttributeValue::S(format!("CONN#default#{COMPANY_KEY}")))
            .key(SK, AttributeValue::S("STATE".to_owned()))
            .send()
            .await;
        let original = found.expect("the table answers").item.expect("there is a connection");
        Self { deployment, client, original, connections: 0, epoch: 1 }
    }

    /// Adds connections that are not due before tomorrow.
    pub(crate) async fn grow_to(&mut self, connections: usize) {
        let later = self.in_millis(DAY.as_millis().try_into().expect("a day is short"));
        let items: Vec<_> = (self.connections..connections).map(|number| self.copy(number, later)).collect();
        self.put(items).await;
        self.connections = connections;
    }

    /// Makes this number of them due, each with its own expired tokens.
    pub(crate) async fn make_due(&mut self, due: usize) {
        self.epoch += 10;
        let ended = self.in_millis(-1_000);
        let mut items = Vec::new();
        for number in 0..due {
            let mut item = self.copy(number, ended);
            for purpose in ["access_token", "refresh_token"] {
                let owner = format!("connection default/{}", company_key(number));
                let sealed =
                    self.deployment.operator.sealer.seal(&owner, purpose, &Secret::new("as long as it is not empty")).await;
                let sealed = sealed.expect("there is a keyring");
                item.insert(purpose.to_owned(), AttributeValue::B(Blob::new(sealed.as_bytes())));
            }
            item.insert("access_token_expires_at".to_owned(), AttributeValue::N(ended.to_string()));
            item.insert("epoch".to_owned(), AttributeValue::N(self.epoch.to_string()));
            items.push(item);
        }
        self.put(items).await;
    }

    fn in_millis(&self, millis: i64) -> i64 {
        self.deployment.operator.now().as_millisecond() + millis
    }

    fn copy(&self, number: usize, due_at: i64) -> Item {
        let key = company_key(number);
        let mut item = self.original.clone();
        let mut set = |name: &str, value: AttributeValue| item.insert(name.to_owned(), value);
        set(PK, AttributeValue::S(format!("CONN#default#{key}")));
        set("company_key", AttributeValue::S(key.clone()));
        set(LIST_SK, AttributeValue::S(key));
        set(DUE_AT, AttributeValue::N(due_at.to_string()));
        set(DUE_SHARD, AttributeValue::S(format!("refresh#{:02}", number % usize::from(DUE_SHARDS))));
        item
    }

    async fn put(&self, items: Vec<Item>) {
        let batches: Vec<Vec<Item>> = items.chunks(BATCH).map(<[Item]>::to_vec).collect();
        let written = stream::iter(batches).map(Ok).try_for_each_concurrent(BATCHES_AT_ONCE, async |batch| {
            let puts = batch.into_iter().map(|item| {
                let put = PutRequest::builder().set_item(Some(item)).build().expect("an item is given");
                WriteRequest::builder().put_request(put).build()
            });
            self.client.batch_write_item().request_items(TABLE, puts.collect()).send().await.map(drop)
        });
        written.await.expect("the table takes them");
    }
}

fn company_key(number: usize) -> String {
    format!("company-{number:06}")
}
