//! What an import is measured by: a process that does nothing but put the records of a table into another table of the same server,
//! each on the condition that it is not there, as many at once as a batch of an import has.

use std::collections::HashMap;
use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::port::store::syncs::BATCH_MOST;
use counterfoil_store::Table;
use counterfoil_store::aws::local_config;
use counterfoil_store::table::PK;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::deployment::TABLE;

/// The argument that makes this program that process.
pub(crate) const NAME: &str = "bare_puts";
const TARGET: &str = "counterfoil-bare-puts";

/// How many records there were, and how long it took to put them.
pub(crate) fn measure(endpoint: &str) -> (u64, Duration) {
    let program = env::current_exe().expect("this program has a path");
    let output = Command::new(program).args([NAME, endpoint]).output().expect("this program can be started");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let (records, micros) = text.trim().split_once(' ').expect("two numbers");
    (records.parse().expect("a number"), Duration::from_micros(micros.parse().expect("a number")))
}

/// The process. It has one thread, as a worker has.
pub(crate) fn run(endpoint: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (records, took) = runtime.block_on(put_all(endpoint));
    println!("{records} {}", took.as_micros());
}

async fn put_all(endpoint: &str) -> (u64, Duration) {
    let aws = local_config(endpoint);
    let client = Client::new(&aws);
    Table::new(&aws, TARGET).create().await.expect("a table");
    let (mut records, mut took, mut after) = (0, Duration::ZERO, None);
    loop {
        let page = client.scan().table_name(TABLE).set_exclusive_start_key(after).send().await.expect("the table answers");
        let items: Vec<_> = page.items.unwrap_or_default().into_iter().filter(is_record).collect();
        records += items.len() as u64;
        let began = Instant::now();
        let puts = stream::iter(items).map(Ok).try_for_each_concurrent(BATCH_MOST, async |item| {
            let put = client.put_item().table_name(TARGET).set_item(Some(item));
            put.condition_expression(format!("attribute_not_exists({PK})")).send().await.map(drop)
        });
        puts.await.expect("the table takes them");
        took += began.elapsed();
        after = page.last_evaluated_key;
        if after.is_none() {
            return (records, took);
        }
    }
}

fn is_record(item: &HashMap<String, AttributeValue>) -> bool {
    item[PK].as_s().is_ok_and(|pk| pk.starts_with("RECORD#"))
}
