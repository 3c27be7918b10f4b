//! The items of the table: a test reads what was written, and writes what no route can make.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_store::aws::SdkConfig;

/// One item, by attribute.
pub(crate) type Row = BTreeMap<String, AttributeValue>;

/// The most megabytes that a test stores.
const PAGES_MOST: usize = 50;

/// The table.
pub(crate) struct Rows {
    client: Client,
    table: String,
}

impl Rows {
    pub(super) fn of(config: &SdkConfig, table: &str) -> Self {
        Self { client: Client::new(config), table: table.to_owned() }
    }

    /// All items, by key.
    pub(crate) async fn all(&self) -> Vec<Row> {
        let (mut rows, mut position) = (Vec::<Row>::new(), None);
        for _ in 0..PAGES_MOST {
            let scan = self.client.scan().table_name(&self.table).consistent_read(true).set_exclusive_start_key(position);
            let scan = scan.send().await.expect("a table");
            rows.extend(scan.items.unwrap_or_default().into_iter().map(Row::from_iter));
            position = scan.last_evaluated_key;
            if position.is_none() {
                break;
            }
        }
        assert_eq!(position, None, "a test has few rows");
        rows.sort_by_key(|row| (text(row, "PK"), text(row, "SK")));
        rows
    }

    /// The items whose keys begin with these texts.
    pub(crate) async fn under(&self, pk: &str, sk: &str) -> Vec<Row> {
        let fits = |row: &Row| text(row, "PK").starts_with(pk) && text(row, "SK").starts_with(sk);
        self.all().await.into_iter().filter(fits).collect()
    }

    /// A connection of the partner `default`.
    pub(crate) async fn connection(&self, company_key: &str) -> Option<Row> {
        let [pk, sk] = key(&format!("CONN#default#{company_key}"), "STATE");
        let read = self.client.get_item().table_name(&self.table).key("PK", pk).key("SK", sk).consistent_read(true);
        read.send().await.expect("a table").item.map(Row::from_iter)
    }

    /// The history of a connection of the partner `default`: the action of each audit row, and its reason or cause.
    pub(crate) async fn history(&self, company_key: &str) -> Vec<String> {
        self.history_of(&format!("CONN#default#{company_key}")).await
    }

    /// The history under any partition key.
    pub(crate) async fn history_of(&self, pk: &str) -> Vec<String> {
        let audits = self.under(pk, "AUDIT#").await;
        let why = |row: &Row| {
            let detail = row["detail"].as_m().expect("a map");
            let why = detail.get("reason").or(detail.get("cause"));
            why.map(|why| format!(": {}", why.as_s().expect("text"))).unwrap_or_default()
        };
        audits.iter().map(|row| format!("{} by {}{}", text(row, "action"), text(row, "actor"), why(row))).collect()
    }

    /// The events of a connection of the partner `default`, in order.
    pub(crate) async fn events(&self, company_key: &str) -> Vec<Row> {
        let mut events = self.under("EVENTS#default", "evt_").await;
        events.retain(|row| text(row, "company_key") == company_key);
        events
    }

    /// The counted refusals of a partner: action, reason and number.
    pub(crate) async fn refusals(&self, partner: &str) -> Vec<String> {
        let counts = self.under(&format!("REFUSED#{partner}#"), "").await;
        let line = |row: &Row| {
            let times = row["count"].as_n().expect("a number");
            format!("{}: {} x{times}", text(row, "action"), text(row, "reason"))
        };
        counts.iter().map(line).collect()
    }

    /// Writes an item, and replaces an existing one.
    pub(crate) async fn put(&self, row: Row) {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row.into_iter().collect()));
        put.send().await.expect("written");
    }

    /// Deletes an item.
    pub(crate) async fn remove(&self, pk: &str, sk: &str) {
        let [pk, sk] = key(pk, sk);
        let delete = self.client.delete_item().table_name(&self.table).key("PK", pk).key("SK", sk);
        delete.send().await.expect("deleted");
    }

    /// Makes a connection of the partner `default` a disconnected one.
    pub(crate) async fn disconnect(&self, company_key: &str) {
        let mut row = self.connection(company_key).await.expect("a connection");
        let of_the_grant = ["access_token", "refresh_token", "issued_at", "access_token_expires_at"];
        let of_its_end = ["refresh_token_expires_at", "hard_expires_at", "missing_scopes", "region", "due_at", "due_shard"];
        for name in of_the_grant.iter().chain(&of_its_end) {
            row.remove(*name);
        }
        row.insert("status".to_owned(), AttributeValue::S("disconnected".to_owned()));
        row.insert("epoch".to_owned(), AttributeValue::N("2".to_owned()));
        self.put(row).await;
    }

    /// Copies a connection of the partner `default` under another key.
    pub(crate) async fn copy(&self, company_key: &str, to: &str) {
        let mut row = self.connection(company_key).await.expect("a connection");
        row.insert("PK".to_owned(), AttributeValue::S(format!("CONN#default#{to}")));
        for name in ["company_key", "list_sk"] {
            row.insert(name.to_owned(), AttributeValue::S(to.to_owned()));
        }
        self.put(row).await;
    }
}

fn key(pk: &str, sk: &str) -> [AttributeValue; 2] {
    [pk, sk].map(|part| AttributeValue::S(part.to_owned()))
}

/// An attribute that is text.
pub(crate) fn text(row: &Row, name: &str) -> String {
    row[name].as_s().expect("text").clone()
}
