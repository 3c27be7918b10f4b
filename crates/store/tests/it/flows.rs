//! Flows: started, consumed once, ended once.

use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::connect_link::LinkId;
use counterfoil_core::model::flow::Authority;
use counterfoil_core::model::flow::Destination;
use counterfoil_core::model::flow::Flow;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::flow::KeptCode;
use counterfoil_core::model::flow::Stage;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::revocation::DueRevocation;
use counterfoil_core::model::secret::Sealed;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::connections::ConsentEntry;
use counterfoil_core::port::store::consents::FlowEnd;
use counterfoil_core::port::store::consents::FlowStore as _;
use counterfoil_core::port::store::consents::KeptGrant;
use counterfoil_core::port::store::revocations::RevocationStore as _;
use counterfoil_testkit::fixture::{START, company, connection_id, flow, stored_grant};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::ToSpan as _;
use tokio::task::JoinSet;

use crate::harness::{Store, failed, kept, store, text};

async fn read(store: &Store, id: &FlowId) -> Flow {
    store.table.flow(id).await.expect("a table that answers").expect("a flow")
}

#[tokio::test]
async fn a_stored_flow_is_read_back_unchanged() {
    let store = store().await;
    let full = flow("acme", "full");
    let bare = Flow {
        company_name: None,
        destination: Destination::ResultPage,
        verifier: None,
        browser: None,
        stage: Stage::Offered,
        authority: Authority::Key(KeyId::parse("0123456789abcdef").expect("a key id")),
        renews_epoch: None,
        ..flow("acme", "bare")
    };
    assert!(store.table.flow(&full.id).await.expect("a table").is_none());
    let handover = Destination::Handover { redirect_uri: "https://partner.test/done".to_owned(), state: "s".to_owned() };
    let by_link = Flow {
        company_key: None,
        destination: handover,
        authority: Authority::Link(LinkId::parse("0123456789abcdef").expect("a link id")),
        ..flow("acme", "by a link")
    };
    for flow in [full, bare, by_link] {
        store.table.begin(&flow).await.expect("a new flow");
        store.table.begin(&flow).await.expect("the same again: a lost answer");
        assert!(read(&store, &flow.id).await == flow);
        let another = Flow { created_at: START + 1.second(), ..flow };
        store.table.begin(&another).await.expect_err("the state is taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn o6_of_fifty_concurrent_browsers_one_opens_the_flow() {
    let store = store().await;
    let offered = Flow { browser: None, stage: Stage::Offered, ..flow("acme", "token") };
    store.table.begin(&offered).await.expect("a new flow");
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let (table, offered) = (store.table.clone(), offered.id.clone());
        let opened = flow("acme", &format!("state {number}"));
        tasks.spawn(async move { (table.open(&offered, &opened, START).await, opened.id) });
    }
    let taken: Vec<_> = tasks.join_all().await.into_iter().filter(|(open, _)| *open == Ok(Written::Stored)).collect();
    assert_eq!(taken.len(), 1);
    assert!(read(&store, &taken[0].1).await.stage == Stage::Pending);
    assert!(read(&store, &offered.id).await.stage == Stage::Consumed { at: START });
    store.installation.wire.reset();
    let late = Flow { browser: None, stage: Stage::Offered, ..flow("acme", "late") };
    store.table.begin(&late).await.expect("a new flow");
    let opened = flow("acme", "late state");
    assert_eq!(store.table.open(&late.id, &opened, late.expires_at).await, Ok(Written::Overtaken));
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.open(&late.id, &opened, START).await, Ok(Written::Stored), "a lost answer is asked for again");
}

#[tokio::test]
async fn o4_a_flow_expires_from_the_table_an_hour_after_its_end() {
    let store = store().await;
    let flow = flow("acme", "state");
    store.table.begin(&flow).await.expect("a new flow");
    let item = store.item(&format!("FLOW#{}", flow.id.as_str()), "FLOW").await.expect("its item");
    let ttl: i64 = item["ttl"].as_n().expect("a number").parse().expect("a number");
    assert_eq!(ttl, (flow.expires_at + 1.hour()).as_second());
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_of_fifty_concurrent_attempts_one_consumes_the_flow() {
    let store = store().await;
    let flow = flow("acme", "state");
    store.table.begin(&flow).await.expect("a new flow");
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let (table, id) = (store.table.clone(), flow.id.clone());
        tasks.spawn(async move { table.consume(&id, &format!("attempt_{number}"), START).await.expect("a table that answers") });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|consumed| *consumed).count(), 1);
    assert!(read(&store, &flow.id).await.stage == Stage::Consumed { at: START });
}

#[tokio::test]
async fn o5_an_attempt_whose_answer_was_lost_knows_that_it_consumed_the_flow() {
    let store = store().await;
    let flow = flow("acme", "state");
    store.table.begin(&flow).await.expect("a new flow");
    store.installation.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply));
    assert_eq!(store.table.consume(&flow.id, "ours", START).await, Ok(true));
    assert_eq!(store.table.consume(&flow.id, "theirs", START).await, Ok(false));
}

#[tokio::test]
async fn only_a_flow_that_the_customer_refused_can_be_consumed_again() {
    let store = store().await;
    for failure in FlowFailure::ALL {
        let flow = flow("acme", failure.as_str());
        store.table.begin(&flow).await.expect("a new flow");
        assert_eq!(store.table.consume(&flow.id, "first", START).await, Ok(true));
        let end = FlowEnd { reference: Some("said".to_owned()), ..failed(&flow.id, Stage::Consumed { at: START }, failure) };
        assert_eq!(store.table.fail(&end).await, Ok(Written::Stored));
        let is_refusal = failure == FlowFailure::AccessDenied;
        assert_eq!(store.table.consume(&flow.id, "second", START).await, Ok(is_refusal), "{failure:?}");
        if is_refusal {
            let consumed = read(&store, &flow.id).await;
            assert!(consumed.stage == Stage::Consumed { at: START } && consumed.reference.is_none());
            assert_eq!(store.table.consume(&flow.id, "third", START).await, Ok(false));
        }
    }
}

#[tokio::test]
async fn o4_a_flow_past_its_end_is_not_consumed() {
    let store = store().await;
    let flow = flow("acme", "state");
    store.table.begin(&flow).await.expect("a new flow");
    assert_eq!(store.table.consume(&flow.id, "late", flow.expires_at).await, Ok(false));
    assert_eq!(store.table.consume(&flow.id, "in time", flow.expires_at - 1.millisecond()).await, Ok(true));
    let unknown = crate::harness::flow_id("unknown");
    assert_eq!(store.table.consume(&unknown, "any", START).await, Ok(false));
    assert!(store.table.flow(&unknown).await.expect("a table").is_none(), "and it makes none");
}

#[tokio::test]
async fn o18_a_consumed_flow_keeps_its_grant_until_the_company_is_confirmed() {
    let store = store().await;
    let flow = flow("acme", "state");
    store.table.begin(&flow).await.expect("a new flow");
    let kept = KeptGrant { expires_at: START + 15.minutes(), ..kept(&flow, "kept") };
    assert_eq!(store.table.keep_grant(&kept).await, Ok(Written::Overtaken));
    assert!(read(&store, &flow.id).await.stage == Stage::Pending, "a flow nobody consumed keeps nothing");
    assert_eq!(store.table.consume(&flow.id, "ours", START).await, Ok(true));
    let kept = KeptGrant { id: "grant 2".to_owned(), ..kept };
    for _ in ["first", "again: a lost answer"] {
        assert_eq!(store.table.keep_grant(&kept).await, Ok(Written::Stored));
    }
    let another = KeptGrant { id: "grant 3".to_owned(), ..kept.clone() };
    assert_eq!(store.table.keep_grant(&another).await, Ok(Written::Overtaken));
    let there = read(&store, &flow.id).await;
    assert!(there.stage == Stage::Exchanged { grant: stored_grant("kept"), claim: Some("realm".to_owned()) });
    assert_eq!(there.expires_at, kept.expires_at);
}

#[tokio::test]
async fn o5_a_slow_exchange_stores_its_grant_only_in_an_interrupted_flow() {
    let store = store().await;
    for (failure, written) in [(FlowFailure::Interrupted, Written::Stored), (FlowFailure::ExchangeFailed, Written::Overtaken)] {
        let flow = flow("acme", failure.as_str());
        store.table.begin(&flow).await.expect("a new flow");
        assert_eq!(store.table.consume(&flow.id, "ours", START).await, Ok(true));
        let end = failed(&flow.id, Stage::Consumed { at: START }, failure);
        assert_eq!(store.table.fail(&end).await, Ok(Written::Stored));
        assert_eq!(store.table.keep_grant(&kept(&flow, failure.as_str())).await, Ok(written));
        assert_eq!(matches!(read(&store, &flow.id).await.stage, Stage::Exchanged { .. }), written == Written::Stored);
    }
}

#[tokio::test]
async fn a_flow_that_holds_a_grant_is_due_at_its_end_and_stays_until_it_holds_none() {
    let store = store().await;
    let flow = store.exchanged_flow("state").await;
    let (there, pk) = (read(&store, &flow).await, format!("FLOW#{}", flow.as_str()));
    let ttl = async || store.item(&pk, "FLOW").await.expect("its item")["ttl"].as_n().expect("a number").parse::<i64>();
    let a_lifetime = (START + 876_000.hours()).as_second();
    assert!(ttl().await.expect("a number") > a_lifetime);
    let due = async |at| {
        let mut due = Vec::new();
        for shard in ALL_SHARDS {
            due.extend(store.table.due_revocations(shard, at, 10).await.expect("a table"));
        }
        due
    };
    assert_eq!(due(there.expires_at - 1.millisecond()).await, []);
    assert_eq!(due(there.expires_at).await, [DueRevocation::ExpiredFlow(flow.clone())]);
    let later = there.expires_at + 2.minutes();
    store.table.reschedule_flow(&there, Some(later)).await.expect("a table");
    assert_eq!((due(there.expires_at).await, due(later).await), (vec![], vec![DueRevocation::ExpiredFlow(flow.clone())]));
    let entry = store.table.company_entries(&company("realm"), None, 10).await.expect("a table").consents;
    assert_eq!(entry, [ConsentEntry { flow: flow.as_str().to_owned(), until: Some(there.expires_at) }]);

    let end = FlowEnd { released: Some(company("realm")), ..failed(&flow, there.stage, FlowFailure::Expired) };
    assert_eq!(store.table.fail(&end).await, Ok(Written::Stored));
    assert_eq!(due(later).await, []);
    assert_eq!(ttl().await, Ok((START + 1.hour()).as_second()));
    assert!(store.table.company_entries(&company("realm"), None, 10).await.expect("a table").consents.is_empty());
}

#[tokio::test]
async fn a_flow_fails_once_and_its_grant_is_deleted() {
    let store = store().await;
    let pending = flow("acme", "pending");
    store.table.begin(&pending).await.expect("a new flow");
    assert_eq!(store.table.fail(&failed(&pending.id, Stage::Pending, FlowFailure::Gone)).await, Ok(Written::Overtaken));
    assert!(read(&store, &pending.id).await.stage == Stage::Pending, "a pending flow spends nothing");

    let exchanged = store.exchanged_flow("exchanged").await;
    let seen = read(&store, &exchanged).await.stage;
    for (seen, failure, written) in [
        (Stage::Consumed { at: START }, FlowFailure::Gone, Written::Overtaken),
        (seen.clone(), FlowFailure::CompanyNotConfirmed, Written::Stored),
        (seen, FlowFailure::Interrupted, Written::Overtaken),
    ] {
        assert_eq!(store.table.fail(&failed(&exchanged, seen, failure)).await, Ok(written), "{failure:?}");
    }
    assert!(read(&store, &exchanged).await.stage == Stage::Failed(FlowFailure::CompanyNotConfirmed));
    assert_eq!(store.count(&connection_id("acme"), "AUDIT#").await, 1);
    let item = store.item(&format!("FLOW#{}", exchanged.as_str()), "FLOW").await.expect("its item");
    assert!(!item.contains_key("access_token") && !item.contains_key("refresh_token"));
}

#[tokio::test]
async fn one_attempt_takes_a_kept_code_before_its_expiry() {
    let store = store().await;
    let flow = flow("acme", "state");
    store.table.begin(&flow).await.expect("a new flow");
    assert!(store.table.consume(&flow.id, "attempt", START).await.expect("a table that answers"));
    let kept = KeptCode {
        code: Sealed::from_bytes(b"code".to_vec()),
        claim: Some("realm".to_owned()),
        region: Some("eu".to_owned()),
        until: START + 5.minutes(),
    };
    store.table.keep_code(&flow.id, &kept).await.expect("a table that answers");
    assert!(read(&store, &flow.id).await.stage == Stage::Postponed(kept.clone()));
    let item = store.item(&format!("FLOW#{}", flow.id.as_str()), "FLOW").await.expect("a flow");
    assert_eq!(item["stage"], text("consumed"), "a word that the version before knows");
    let take = async |attempt: &'static str, now| store.table.take_code(&flow.id, attempt, now).await;
    assert_eq!(take("late", kept.until).await, Ok(false));
    assert_eq!(take("one", START).await, Ok(true));
    assert_eq!(take("two", START).await, Ok(false));
    assert!(matches!(read(&store, &flow.id).await.stage, Stage::Consumed { .. }));
}
