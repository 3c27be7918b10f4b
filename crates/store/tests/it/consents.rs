//! Consents: the connection, the company entry, the audit row, the event and the flow's end, all or nothing.

use counterfoil_core::model::connection::{Company, Connection, GrantState};
use counterfoil_core::model::flow::Stage;
use counterfoil_core::model::lease::CommitId;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::consents::FlowStore as _;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_testkit::fixture::{START, company, connection, flow, stored_grant};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::ToSpan as _;

use crate::harness::{Store, commit, consent, end, last_failure, store};

async fn company_entry(store: &Store, company_id: &str) -> bool {
    store.item(&format!("COMPANY#quickbooks#client#{company_id}"), "CONN#default#acme").await.is_some()
}

#[tokio::test]
async fn a_consent_writes_everything_and_ends_its_flow() {
    let store = store().await;
    let flow = store.exchanged_flow("state").await;
    let acme = connection("acme");
    let written = store.table.write_consent(&consent(&acme, None, flow.clone())).await;
    assert_eq!(written, Ok(ConsentWritten::Stored));
    assert!(store.read(&acme.id).await == acme);
    assert_eq!((store.count(&acme.id, "AUDIT#").await, store.count(&acme.id, "evt_").await), (1, 1));
    assert!(company_entry(&store, "acme").await);
    let ended = store.table.flow(&flow).await.expect("a table").expect("the flow");
    assert!(ended.stage == Stage::Done { connection: acme.id.clone(), company_id: acme.company.company_id.clone() });
    let item = store.item(&format!("FLOW#{}", flow.as_str()), "FLOW").await.expect("the flow's item");
    assert!(!item.contains_key("access_token") && !item.contains_key("refresh_token"), "the grant it kept is gone");
}

#[tokio::test]
async fn a_consent_whose_flow_is_over_writes_nothing() {
    let store = store().await;
    let pending = flow("acme", "pending");
    store.table.begin(&pending).await.expect("a new flow");
    let done = store.exchanged_flow("done").await;
    let other = connection("other");
    assert_eq!(store.table.write_consent(&consent(&other, None, done.clone())).await, Ok(ConsentWritten::Stored));
    let acme = connection("acme");
    for flow in [pending.id, done, crate::harness::flow_id("unknown")] {
        assert_eq!(store.table.write_consent(&consent(&acme, None, flow)).await, Ok(ConsentWritten::FlowIsOver));
    }
    assert!(store.installation.items_of(&acme.id).await.is_empty());
    assert!(!company_entry(&store, "acme").await);
}

#[tokio::test]
async fn r4_a_consent_that_was_overtaken_writes_nothing_and_its_flow_goes_on() {
    let store = store().await;
    let acme = store.consented("acme").await;
    assert_eq!(store.table.commit(&acme.id, &commit(&acme, "refresh")).await, Ok(Written::Stored));
    let refreshed = store.read(&acme.id).await;
    let again = Connection { epoch: 2, commit_id: CommitId::new("again"), ..acme.clone() };
    let flow = store.exchanged_flow("again").await;
    for previous in [Some(&acme), None] {
        let written = store.table.write_consent(&consent(&again, previous, flow.clone())).await;
        assert_eq!(written, Ok(ConsentWritten::Overtaken));
    }
    assert!(store.read(&acme.id).await == refreshed);
    assert_eq!(store.count(&acme.id, "AUDIT#").await, 1);
    let stage = store.table.flow(&flow).await.expect("a table").expect("the flow").stage;
    assert!(matches!(stage, Stage::Exchanged { .. }));
}

#[tokio::test]
async fn a_consent_replaces_every_attribute_of_the_previous_grant() {
    let store = store().await;
    let acme = store.consented("acme").await;
    assert_eq!(store.table.commit(&acme.id, &commit(&acme, "refresh")).await, Ok(Written::Stored));
    store.table.record_failure(&acme.id, 2, &last_failure(), START).await.expect("a table that answers");
    let dying = store.read(&acme.id).await;
    assert_eq!(store.table.end_grant(&end(&dying, "end")).await, Ok(Written::Stored));
    let mut grant = stored_grant("bare");
    grant.refresh_token = None;
    grant.hard_expires_at = None;
    grant.refresh_token_expires_at = None;
    grant.missing_scopes.clear();
    let renewed = Connection {
        epoch: 3,
        grant_state: GrantState::Active(grant),
        commit_id: CommitId::new("renewed"),
        consented_at: START + 2.hours(),
        updated_at: START + 2.hours(),
        due_at: None,
        ..acme
    };
    assert_eq!(store.write_consent(&renewed, Some(&dying)).await, ConsentWritten::Stored);
    assert!(store.read(&renewed.id).await == renewed);
}

#[tokio::test]
async fn a_consent_to_another_company_moves_the_companys_entry() {
    let store = store().await;
    let acme = store.consented("acme").await;
    let moved = Connection { epoch: 2, company: company("elsewhere"), commit_id: CommitId::new("moved"), ..acme.clone() };
    assert_eq!(store.write_consent(&moved, Some(&acme)).await, ConsentWritten::Stored);
    assert!(!company_entry(&store, "acme").await && company_entry(&store, "elsewhere").await);
    // Another API base of the same company is no other company.
    let based = Company { api_base_url: "https://other.test".to_owned(), ..moved.company.clone() };
    let based = Connection { epoch: 3, company: based, commit_id: CommitId::new("based"), ..moved.clone() };
    assert_eq!(store.write_consent(&based, Some(&moved)).await, ConsentWritten::Stored);
    assert!(company_entry(&store, "elsewhere").await);
}

#[tokio::test]
async fn a_consent_whose_answer_was_lost_is_reported_as_stored() {
    let store = store().await;
    let flow = store.exchanged_flow("state").await;
    let acme = connection("acme");
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.write_consent(&consent(&acme, None, flow)).await, Ok(ConsentWritten::Stored));
    assert!(store.table.read(&acme.id).await.expect("a table").is_some_and(|found| found == acme));
}
