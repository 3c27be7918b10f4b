//! A confirmed consent that waits for its exchange: one row, one entry under its company, one valid code.

use counterfoil_core::model::audit::Action;
use counterfoil_core::model::connection::{Company, ConfirmedCompany};
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::flow::Stage;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::handover::Code;
use counterfoil_core::model::revocation::{DueRevocation, GrantId, Revocation, RevocationId};
use counterfoil_core::model::secret::{Fingerprint, Secret};
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::consents::AwaitedExchange;
use counterfoil_core::port::store::consents::FlowEnd;
use counterfoil_core::port::store::consents::FlowStore as _;
use counterfoil_core::port::store::consents::HandoverStore as _;
use counterfoil_core::port::store::consents::Issued;
use counterfoil_core::port::store::partners::OperatorStore as _;
use counterfoil_core::port::store::revocations::Claim;
use counterfoil_core::port::store::revocations::Claimed;
use counterfoil_core::port::store::revocations::RevocationStore as _;
use counterfoil_core::port::store::vault::CodeExchange;
use counterfoil_core::port::store::vault::Consent;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_core::port::store::{Created, Written};
use counterfoil_testkit::fixture::{START, by_operator, company, connection, stored_grant};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::ToSpan as _;

use crate::harness::{Store, audit, consent, failed, store};

fn of(flow: &FlowId) -> AwaitedExchange {
    let Company { company_id, api_base_url, .. } = company("acme");
    let id = RevocationId { connection: connection("acme").id, grant: GrantId::Consent(flow.clone()) };
    let due_at = START + 20.minutes();
    let revocation = Revocation { due_at, ..Revocation::new(id, company("acme"), stored_grant("waits"), START) };
    AwaitedExchange {
        flow: flow.clone(),
        company: ConfirmedCompany { company_id, name: "Acme".to_owned(), api_base_url },
        revocation,
    }
}

/// A waiting consent, and the hash of its code.
async fn waits(store: &Store, state: &str) -> (AwaitedExchange, Fingerprint) {
    let waiting = of(&store.exchanged_flow(state).await);
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.await_exchange(&waiting).await, Ok(Written::Stored), "its answer was lost");
    assert_eq!(store.table.await_exchange(&waiting).await, Ok(Written::Stored), "the same again");
    let later = AwaitedExchange {
        revocation: Revocation { due_at: START + 21.minutes(), ..waiting.revocation.clone() },
        ..waiting.clone()
    };
    assert_eq!(store.table.await_exchange(&later).await, Ok(Written::Overtaken), "another tab");
    let code = code(&waiting.flow, state);
    assert_eq!(store.table.issue_code(&waiting.flow, &code, None).await, Ok(Issued::Stored));
    (waiting, code.hash)
}

fn code(flow: &FlowId, text: &str) -> Code {
    Code {
        hash: Secret::new(text).fingerprint(),
        connection: connection("acme").id,
        flow: Some(flow.clone()),
        platform: counterfoil_core::model::platform::PlatformName::Quickbooks,
        company_id: "acme".to_owned(),
        redirect_uri: "https://partner.test/done".to_owned(),
        expires_at: START + 5.minutes(),
        spent: false,
    }
}

fn exchange(flow: &FlowId, code: &Fingerprint) -> Consent {
    let exchange = CodeExchange { code: code.clone(), handle: Fingerprint::of("handle") };
    Consent { exchange: Some(exchange), ..consent(&connection("acme"), None, flow.clone()) }
}

async fn entries(store: &Store) -> Vec<String> {
    store
        .table
        .company_entries(&company("acme"), None, 100)
        .await
        .expect("a table")
        .consents
        .into_iter()
        .map(|it| it.flow)
        .collect()
}

#[tokio::test]
async fn a_flow_that_waits_for_an_exchange_has_no_grant_and_reserves_its_company() {
    let store = store().await;
    let (waiting, hash) = waits(&store, "state").await;
    let flow = store.table.flow(&waiting.flow).await.expect("a table").expect("the flow");
    assert!(flow.stage == Stage::Confirmed { company: waiting.company.clone() });
    assert_eq!((flow.expires_at, flow.code), (waiting.revocation.due_at, Some(hash)));
    let item = store.item(&format!("FLOW#{}", waiting.flow.as_str()), "FLOW").await.expect("its item");
    assert!(!item.contains_key("access_token") && !item.contains_key("refresh_token"));
    assert_eq!(entries(&store).await, [waiting.flow.as_str()]);
    let kept = store.table.waiting(&waiting.revocation.id).await.expect("a table").expect("a row");
    assert!(kept == waiting.revocation);
    let item = store.item("CONN#default#acme", &format!("CONSENT#{}", waiting.flow.as_str())).await.expect("its item");
    assert!(!item.contains_key("ttl"), "it goes by revocation alone");
}

#[tokio::test]
async fn an_exchange_is_written_completely_or_not_at_all() {
    let store = store().await;
    let (waiting, hash) = waits(&store, "state").await;
    let unknown = Fingerprint::of("unknown");
    assert_eq!(store.table.write_consent(&exchange(&waiting.flow, &unknown)).await, Ok(ConsentWritten::FlowIsOver));
    let at_the_callback = consent(&connection("acme"), None, waiting.flow.clone());
    assert_eq!(store.table.write_consent(&at_the_callback).await, Ok(ConsentWritten::FlowIsOver), "it waits for its exchange");
    assert!(store.table.read(&connection("acme").id).await.expect("a table").is_none());

    let exchange = exchange(&waiting.flow, &hash);
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.write_consent(&exchange).await, Ok(ConsentWritten::Stored));
    assert!(store.read(&connection("acme").id).await == connection("acme"));
    assert!(store.table.waiting(&waiting.revocation.id).await.expect("a table").is_none());
    assert!(entries(&store).await.is_empty());
    assert!(store.table.code(&hash).await.expect("a table").expect("a code").spent);
    let (handle, _) = store.table.handle_and_connection(&connection("acme").id).await.expect("a table");
    assert_eq!(handle, Some(Fingerprint::of("handle")));
    let another = Code { hash: Fingerprint::of("another"), ..code(&waiting.flow, "x") };
    assert_eq!(store.table.issue_code(&waiting.flow, &another, Some(&hash)).await, Ok(Issued::Spent));
}

#[tokio::test]
async fn a_grant_that_is_being_revoked_is_not_used_and_its_revocation_deletes_its_entry() {
    let store = store().await;
    let (waiting, hash) = waits(&store, "state").await;
    let claim = Claim { id: "ours".to_owned(), at: waiting.revocation.due_at, until: waiting.revocation.due_at + 1.minute() };
    assert!(matches!(store.table.claim(&waiting.revocation.id, &claim).await, Ok(Claimed::Ours(_))));
    assert!(store.table.waiting(&waiting.revocation.id).await.expect("a table").is_none());
    assert_eq!(store.table.write_consent(&exchange(&waiting.flow, &hash)).await, Ok(ConsentWritten::FlowIsOver));
    let confirmed = audit(&connection("acme"), Action::GrantRevoked, "confirmed");
    assert_eq!(store.table.complete(&waiting.revocation, &claim, &confirmed).await, Ok(Written::Stored));
    assert!(entries(&store).await.is_empty());
}

#[tokio::test]
async fn a_second_code_invalidates_the_first_and_a_failed_flow_gets_none() {
    let store = store().await;
    let (waiting, first) = waits(&store, "state").await;
    let second = code(&waiting.flow, "second");
    assert_eq!(store.table.issue_code(&waiting.flow, &second, None).await, Ok(Issued::Overtaken), "there is one");
    assert_eq!(store.table.issue_code(&waiting.flow, &second, Some(&first)).await, Ok(Issued::Stored));
    assert!(store.table.code(&first).await.expect("a table").is_none());
    let now = Revocation { due_at: START, ..waiting.revocation.clone() };
    let end = FlowEnd {
        revocation: Some(now),
        released: Some(waiting.revocation.company.clone()),
        ..failed(&waiting.flow, Stage::Confirmed { company: waiting.company.clone() }, FlowFailure::AuthorityRevoked)
    };
    assert_eq!(store.table.fail(&end).await, Ok(Written::Stored));
    assert!(entries(&store).await.is_empty(), "a grant that is to be revoked holds nothing");
    let due = store.table.due_revocations(now_shard(&store).await, START, 10).await.expect("a table");
    assert_eq!(due, [DueRevocation::Pending(waiting.revocation.id)]);
    let third = code(&waiting.flow, "third");
    assert_eq!(store.table.issue_code(&waiting.flow, &third, Some(&second.hash)).await, Ok(Issued::Overtaken));
    assert_eq!(store.table.write_consent(&exchange(&waiting.flow, &second.hash)).await, Ok(ConsentWritten::FlowIsOver));
}

#[tokio::test]
async fn a_key_that_was_revoked_meanwhile_writes_no_connection_and_spends_no_code() {
    let store = store().await;
    let (waiting, hash) = waits(&store, "state").await;
    let key = crate::partners::key("default", 1);
    assert_eq!(store.table.create_key(&key, &by_operator(&key.partner, Action::KeyCreated)).await, Ok(Created::Stored));
    let by_key = Consent { key: Some(key.id.clone()), ..exchange(&waiting.flow, &hash) };
    assert_eq!(
        store.table.revoke_key(&key.partner, &key.id, &by_operator(&key.partner, Action::KeyRevoked)).await,
        Ok(Written::Stored)
    );
    assert_eq!(store.table.write_consent(&by_key).await, Ok(ConsentWritten::KeyIsOver));
    assert!(store.table.read(&connection("acme").id).await.expect("a table").is_none());
    assert!(!store.table.code(&hash).await.expect("a table").expect("a code").spent);

    let living = crate::partners::key("default", 2);
    assert_eq!(store.table.create_key(&living, &by_operator(&living.partner, Action::KeyCreated)).await, Ok(Created::Stored));
    let by_key = Consent { key: Some(living.id), ..by_key };
    assert_eq!(store.table.write_consent(&by_key).await, Ok(ConsentWritten::Stored));
}

/// The due shard of this connection.
async fn now_shard(store: &Store) -> u8 {
    for shard in 0..16 {
        if !store.table.due_revocations(shard, START, 10).await.expect("a table").is_empty() {
            return shard;
        }
    }
    panic!("nothing is due");
}
