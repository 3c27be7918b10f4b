//! Reads and lists of connections.

use counterfoil_core::model::connection::{Connection, ConnectionId, Status};
use counterfoil_core::model::lease::CommitId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::ConnectionPage;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::connections::ListQuery;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_core::port::store::vault::Taken;
use counterfoil_testkit::fixture::{connection, connection_id, lease};

use crate::harness::{Store, end, store, text};

#[tokio::test]
async fn a_stored_connection_is_read_back_unchanged() {
    let store = store().await;
    let id = connection_id("acme");
    assert!(store.table.read(&id).await.expect("a table").is_none());
    assert!(store.table.read_with_lease(&id).await.expect("a table").is_none());
    let written = store.consented("acme").await;
    assert!(store.read(&id).await == written);
    let (seen, none) = store.table.read_with_lease(&id).await.expect("a table").expect("a connection");
    assert!(seen == written && none.is_none());
}

#[tokio::test]
async fn a_look_reads_the_connection_and_its_whole_lease_in_one_request() {
    let store = store().await;
    let written = store.consented("acme").await;
    let lease = lease("lease_1", 1);
    let doubtful = counterfoil_core::model::lease::Lease { doubtful: true, ..lease };
    assert_eq!(store.table.take_lease(&written.id, &doubtful, None).await, Ok(Taken::Ours));
    store.installation.wire.reset();
    let (seen, found) = store.table.read_with_lease(&written.id).await.expect("a table").expect("a connection");
    assert!(seen == written);
    assert_eq!(found, Some(doubtful));
    assert_eq!(store.installation.wire.requests().len(), 1);
}

/// 120 connections, every tenth of them dead: copies of one that was written normally.
async fn many() -> Store {
    let store = store().await;
    let first = store.consented("company-000").await;
    let alive = store.item("CONN#default#company-000", "STATE").await.expect("its item");
    assert_eq!(store.table.end_grant(&end(&first, "end")).await, Ok(Written::Stored));
    let dead = store.item("CONN#default#company-000", "STATE").await.expect("its item");
    for number in 1..120 {
        let mut copy = if number % 10 == 0 { dead.clone() } else { alive.clone() };
        let key = format!("company-{number:03}");
        copy.insert("PK".to_owned(), text(&format!("CONN#default#{key}")));
        for name in ["company_key", "list_sk"] {
            assert!(copy.insert(name.to_owned(), text(&key)).is_some(), "{name}");
        }
        store.put(copy).await;
    }
    store
}

async fn list(store: &Store, query: ListQuery) -> ConnectionPage {
    store.table.list(&PartnerId::default_partner(), &query).await.expect("a table that answers")
}

fn keys(page: &ConnectionPage) -> Vec<&str> {
    page.connections.iter().map(|connection| connection.id.company_key.as_str()).collect()
}

#[tokio::test]
async fn a_list_has_each_key_once_in_order_over_its_pages() {
    let store = many().await;
    for limit in [7, 50, 100] {
        let mut found: Vec<String> = Vec::new();
        let mut after = None;
        loop {
            let page = list(&store, ListQuery { limit, after, ..ListQuery::default() }).await;
            assert!(page.connections.len() <= limit as usize);
            found.extend(keys(&page).into_iter().map(str::to_owned));
            after = page.next;
            if after.is_none() {
                break;
            }
            assert!(found.len() < 200, "it goes round");
        }
        let all: Vec<_> = (0..120).map(|number| format!("company-{number:03}")).collect();
        assert_eq!(found, all, "pages of {limit}");
    }
}

#[tokio::test]
async fn a_list_is_narrowed_by_prefix_status_and_platform() {
    let store = many().await;
    let all = ListQuery { limit: 100, ..ListQuery::default() };
    let page = list(&store, ListQuery { prefix: "company-01".to_owned(), ..all.clone() }).await;
    assert_eq!((page.connections.len(), page.next), (10, None));
    let dead = ListQuery { status: Some(Status::NeedsReauthorization), ..all.clone() };
    let page = list(&store, dead.clone()).await;
    assert_eq!(page.connections.len(), 12, "{:?}", keys(&page));
    assert!(page.connections.iter().all(|connection| connection.status() == Status::NeedsReauthorization));
    let five = list(&store, ListQuery { limit: 5, ..dead.clone() }).await;
    assert!(five.connections.len() <= 5 && five.next.is_some());
    let page = list(&store, ListQuery { platform: Some(PlatformName::Quickbooks), ..all.clone() }).await;
    assert_eq!(page.connections.len(), 100);
    for nothing in [
        ListQuery { status: Some(Status::Disconnected), ..all.clone() },
        ListQuery { prefix: "nobody".to_owned(), ..all.clone() },
        ListQuery { after: CompanyKey::parse("company-119").ok(), ..all.clone() },
    ] {
        let page = list(&store, nothing).await;
        assert_eq!((page.connections.len(), page.next), (0, None));
    }
    let after = ListQuery { after: CompanyKey::parse("company-1155").ok(), ..all };
    assert_eq!(keys(&list(&store, after).await), ["company-116", "company-117", "company-118", "company-119"]);
}

#[tokio::test]
async fn a2_a_list_has_only_the_partners_own_connections() {
    let store = store().await;
    store.consented("ours").await;
    for partner in ["default2", "default-2", "defaul"] {
        let id = ConnectionId {
            partner: PartnerId::parse(partner).expect("a partner id"),
            company_key: CompanyKey::parse("theirs").expect("a company key"),
        };
        let theirs = Connection { id, commit_id: CommitId::new(format!("commit_{partner}")), ..connection("theirs") };
        assert_eq!(store.write_consent(&theirs, None).await, ConsentWritten::Stored);
    }
    assert_eq!(keys(&list(&store, ListQuery { limit: 100, ..ListQuery::default() }).await), ["ours"]);
}
