//! The table: its name, its keys and its two indexes. `template.yaml` declares the same; a test compares both.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TimeToLiveSpecification,
};
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::service::vault::skew::Skew;

use crate::date_watch::DateWatch;
use crate::fault;

/// The partition key.
pub const PK: &str = "PK";
/// The sort key.
pub const SK: &str = "SK";
/// The index of due items: sparse, keys only.
pub const DUE_INDEX: &str = "due";
/// The partition key of the due index.
pub const DUE_SHARD: &str = "due_shard";
/// The sort key of the due index, in milliseconds since 1970.
pub const DUE_AT: &str = "due_at";
/// The index that lists a partner's items: keys only. A refresh changes no attribute of it.
pub const LIST_INDEX: &str = "list";
/// The partition key of the list index.
pub(crate) const LIST_PK: &str = "list_pk";
/// The sort key of the list index.
pub const LIST_SK: &str = "list_sk";
/// The attribute of `DynamoDB`'s TTL, in seconds since 1970. Only temporary rows have it, never a lease.
pub(crate) const TTL: &str = "ttl";

/// The time until which the entry of a consent holds its company, in milliseconds since 1970.
pub(crate) const HOLDS_UNTIL: &str = "holds_until";

/// The table, with its client.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl Table {
    /// The table with this name. Sends no request.
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        Self { client: Client::new(config), name: name.into() }
    }

    /// The table with this name. The `Date` of each of its answers is compared with this clock.
    pub fn watching(config: &SdkConfig, name: impl Into<String>, clock: Arc<dyn Clock>, skew: Arc<Skew>) -> Self {
        let config = aws_sdk_dynamodb::config::Builder::from(config).interceptor(DateWatch { clock, skew }).build();
        Self { client: Client::from_conf(config), name: name.into() }
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Creates the table if it does not exist, for the laptop and for tests, which have no template.
    ///
    /// # Errors
    /// `DynamoDB`'s errors. An existing table is not an error.
    pub async fn create(&self) -> Result<(), StoreError> {
        let made = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes()))
            .set_key_schema(Some(key_schema(PK, SK)))
            .global_secondary_indexes(keys_only(DUE_INDEX, DUE_SHARD, DUE_AT))
            .global_secondary_indexes(keys_only(LIST_INDEX, LIST_PK, LIST_SK))
            .send()
            .await;
        match made {
            Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
                return Ok(());
            }
            Err(error) => return Err(fault::meaning(&self.name, &error)),
            Ok(_) => {}
        }
        let ttl = TimeToLiveSpecification::builder().attribute_name(TTL).enabled(true).build().expect("both fields are given");
        self.client
            .update_time_to_live()
            .table_name(&self.name)
            .time_to_live_specification(ttl)
            .send()
            .await
            .map_err(|error| fault::meaning(&self.name, &error))?;
        Ok(())
    }
}

fn attributes() -> Vec<AttributeDefinition> {
    let text = [PK, SK, DUE_SHARD, LIST_PK, LIST_SK].map(|name| (name, ScalarAttributeType::S));
    text.into_iter()
        .chain([(DUE_AT, ScalarAttributeType::N)])
        .map(|(name, kind)| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().expect("both fields are given")
        })
        .collect()
}

fn key_schema(hash: &str, range: &str) -> Vec<KeySchemaElement> {
    [(hash, KeyType::Hash), (range, KeyType::Range)]
        .map(|(name, kind)| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("both fields are given")
        })
        .into()
}

fn keys_only(name: &str, hash: &str, range: &str) -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(key_schema(hash, range)))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .expect("all fields are given")
}
