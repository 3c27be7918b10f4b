//! Counts: refusals by day, starts by minute, connections to a company.

use counterfoil_core::model::audit::{Action, Refusal};
use counterfoil_core::model::connect_link::LinkId;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::audit::AuditLog as _;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::connections::Tally;
use counterfoil_core::port::store::consents::FlowStore as _;
use counterfoil_core::port::store::consents::Starts;
use counterfoil_core::port::store::vault::Consent;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_testkit::fixture::{START, company, connection};
use jiff::ToSpan as _;
use tokio::task::JoinSet;

use crate::harness::{consent, store};

#[tokio::test]
async fn a_refusal_increments_the_count_of_its_day_and_keeps_the_latest_details() {
    let store = store().await;
    let refusal = |hours: i64, platform: &str| Refusal {
        partner: PartnerId::default_partner(),
        action: Action::ConsentFailed,
        reason: "access_denied",
        at: START + hours.hours(),
        detail: [("platform", platform.to_owned())].into(),
    };
    for refusal in [refusal(0, "xero"), refusal(23, "zoho"), refusal(24, "xero")] {
        store.table.count(&refusal).await.expect("a table that answers");
    }
    let day =
        async |day: &str| store.item(&format!("REFUSED#default#{day}"), "consent_failed#access_denied").await.expect("a row");
    let number = |item: &counterfoil_testkit::fixture::Item, name: &str| item[name].as_n().expect("a number").clone();
    let first = day("2026-01-01").await;
    assert_eq!(number(&first, "count"), "2");
    assert_eq!(number(&first, "first_at"), START.as_millisecond().to_string());
    assert_eq!(number(&first, "last_at"), (START + 23.hours()).as_millisecond().to_string());
    assert_eq!(first["detail"].as_m().expect("a map")["platform"].as_s().expect("text"), "zoho");
    assert_eq!(number(&day("2026-01-02").await, "count"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_concurrent_starts_as_many_count_as_a_minute_allows() {
    let store = store().await;
    let partners = Starts::OfPartner(PartnerId::default_partner());
    let mut starts = JoinSet::new();
    for _ in 0..50 {
        let (table, partners) = (store.table.clone(), partners.clone());
        starts.spawn(async move { table.count_start(&partners, START, 20).await.expect("a table that answers") });
    }
    assert_eq!(starts.join_all().await.into_iter().filter(|counted| *counted).count(), 20);
    let link = Starts::OfLink(PartnerId::default_partner(), LinkId::parse("0123456789abcdef").expect("an id"));
    assert_eq!(store.table.count_start(&link, START, 1).await, Ok(true), "each on its own");
    assert_eq!(store.table.count_start(&partners, START + 59.seconds(), 20).await, Ok(false));
    assert_eq!(store.table.count_start(&partners, START + 1.minute(), 20).await, Ok(true));
}

#[tokio::test]
async fn a_connection_without_a_key_is_written_only_if_the_tally_is_unchanged() {
    let store = store().await;
    let (shared, partner) = (company("shared"), PartnerId::default_partner());
    let tally = async || store.table.tally(&shared, &partner, 10).await.expect("a table that answers");
    let write = async |company_key: &str, counted: Option<u64>| {
        let mut connection = connection(company_key);
        connection.company = shared.clone();
        let consent = Consent { tally: counted, ..consent(&connection, None, store.exchanged_flow(company_key).await) };
        store.table.write_consent(&consent).await.expect("a table that answers")
    };
    assert_eq!(tally().await, Tally { connections: 0, version: 0 });
    assert_eq!(write("one", Some(0)).await, ConsentWritten::Stored);
    assert_eq!(write("two", Some(0)).await, ConsentWritten::Overtaken, "another was added since");
    assert_eq!(write("three", None).await, ConsentWritten::Stored, "with a key nothing is counted");
    assert_eq!(tally().await, Tally { connections: 2, version: 1 });
    assert_eq!(store.table.tally(&shared, &partner, 1).await.map(|tally| tally.connections), Ok(1), "no more than is asked for");
    let rival = PartnerId::parse("rival").expect("an id");
    assert_eq!(store.table.tally(&shared, &rival, 10).await, Ok(Tally { connections: 0, version: 0 }));
    assert_eq!(write("four", Some(1)).await, ConsentWritten::Stored);
}
