//! A connection with something of everything, its purge, and what is left of it.

use std::time::Duration;

use counterfoil_core::model::purge::Purge;
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::service::revocation::disconnect::{Disconnected, History, disconnect};
use counterfoil_core::service::revocation::purge::purge;
use counterfoil_testkit::fixture::Item;
use counterfoil_testkit::platform::books::{check, invoice};

use crate::harness::key;
use crate::sync::harness::{Books, HOUR, full, request_of, sync};

/// The time that a run of the worker has.
pub(crate) const PURGE_LASTS: Duration = Duration::from_secs(600);

/// A company of which checks and invoices were imported by several runs, with a canary of an amount.
pub(crate) async fn canary_books() -> Books {
    let books = Books::of(12).await;
    books.platform().set_page_size(5);
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    books.put(check("canary", 987_654_321));
    books.put(check("3", 1));
    books.put(invoice("17", 987_654_321));
    books.run(request_of(SyncKind::ImportInvoices)).await;
    books.run(full()).await;
    books.stage.clock.advance(HOUR);
    books
}

/// Disconnects with a purge, as a server with a key does.
pub(crate) async fn request(books: &Books) -> Disconnected {
    let app = &books.stage.app;
    let ends_at = app.clock.elapsed() + app.settings.function_time;
    let disconnected = disconnect(app, &key(&books.id), &books.id.company_key, History::Purged, ends_at).await;
    disconnected.unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) async fn purge_of(books: &Books) -> Purge {
    books.stage.app.purges.purge(&books.id).await.expect("a table").expect("a purge")
}

/// Runs the worker until the purge is complete.
pub(crate) async fn finish(books: &Books) -> Purge {
    for _ in 0..20 {
        let ends_at = books.stage.app.clock.elapsed() + PURGE_LASTS;
        purge(&books.stage.app, &books.id, ends_at).await.expect("a table");
        let purge = purge_of(books).await;
        if purge.completed_at.is_some() {
            return purge;
        }
        books.stage.clock.advance(Duration::from_secs(121));
    }
    panic!("a purge that does not end");
}

/// Every item of the table.
async fn items(books: &Books) -> Vec<(String, String, Item)> {
    let installation = &books.stage.installation;
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let scan = installation.client().scan().table_name(installation.table().name()).set_exclusive_start_key(after);
        let answer = scan.consistent_read(true).send().await.expect("a table to read");
        let text = |item: &Item, name: &str| item[name].as_s().expect("a text").clone();
        items.extend(answer.items.unwrap_or_default().into_iter().map(|item| (text(&item, "PK"), text(&item, "SK"), item)));
        after = answer.last_evaluated_key;
        if after.is_none() {
            return items;
        }
    }
}

/// The keys of the items in which a text occurs.
pub(crate) async fn is_named(books: &Books, text: &str) -> Vec<String> {
    let items = items(books).await;
    items.into_iter().filter(|(.., item)| format!("{item:?}").contains(text)).map(|(pk, sk, _)| format!("{pk}/{sk}")).collect()
}

/// What is left of the connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Left<'a> {
    pub(crate) records: usize,
    pub(crate) blocks: usize,
    /// Rows of runs and beside runs.
    pub(crate) runs: usize,
    /// The sort keys beside the connection.
    pub(crate) connection: Vec<&'a str>,
    pub(crate) events: Vec<&'a str>,
}

pub(crate) async fn left_of(books: &Books) -> Left<'static> {
    let mut left = Left::default();
    let text = |text: &str| &*String::leak(text.to_owned());
    let company_key = books.id.company_key.as_str();
    let of_this = |item: &Item| item.get("company_key").is_some_and(|key| key.as_s().is_ok_and(|key| key == company_key));
    for (pk, sk, item) in items(books).await {
        match pk.split('#').next().unwrap_or_default() {
            "RECORD" if of_this(&item) => left.records += 1,
            "CHANGES" if pk.ends_with(&format!("#{company_key}")) => left.blocks += 1,
            "SYNC" => left.runs += 1,
            "EVENTS" if of_this(&item) => left.events.push(text(item["event"].as_s().expect("a text"))),
            "CONN" if pk.ends_with(&format!("#{company_key}")) => left.connection.push(text(&sk)),
            _ => {}
        }
    }
    left.connection.sort_unstable();
    left
}
