//! Bounds on starts and connections without a key, over all processes.

use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_core::model::audit::Action;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::port::store::partners::OperatorStore as _;
use counterfoil_core::service::consent::start::Caller;
use counterfoil_testkit::fixture::{START, by_operator, connected, connection_id, consented, consented_by, finish_consent};
use counterfoil_testkit::platform::RotationPolicy;
use tokio::task::JoinSet;

use crate::harness::{Stage, key};

/// A stage with these bounds.
async fn bounded(starts: u32, connections: u32) -> Stage {
    let mut stage = Stage::self_advancing(RotationPolicy::Strict).await;
    stage.installation.settings.open_starts_most = starts;
    stage.installation.settings.open_connections_most = connections;
    stage.app = stage.installation.process_at(&stage.clock);
    stage
}

#[tokio::test]
async fn starts_without_a_key_are_bounded_a_minute_and_starts_with_a_key_are_not() {
    let stage = bounded(3, 10).await;
    let code = async |key: &str| consented(&stage.installation, &stage.app, key, key).await.err().map(|error| error.code());
    for number in 0..3 {
        assert_eq!(code(&format!("shop-{number}")).await, None);
    }
    assert_eq!(code("shop-3").await, Some("too_many_consents"));
    let id = connection_id("shop-3");
    let by_key = consented_by(&stage.installation, &stage.app, Caller::Key(key(&id)), ("shop-3", "shop-3")).await;
    assert!(by_key.is_ok(), "a key is not held up");
    let rival = PartnerId::parse("rival").expect("an id");
    let partner = Partner { id: rival.clone(), name: "Rival".to_owned(), redirect_uris: Vec::new(), created_at: START };
    stage.installation.table().create_partner(&partner, &by_operator(&rival, Action::PartnerCreated)).await.expect("a table");
    let others = crate::keyless::unnamed(&stage, rival).await;
    assert!(others.is_ok(), "nor is another partner");
    stage.clock.advance(Duration::from_secs(60));
    assert_eq!(code("shop-3").await, None, "the next minute");
}

/// A start with a partner and without a connection's name.
async fn unnamed(stage: &Stage, partner: PartnerId) -> Result<(), Error> {
    use counterfoil_core::model::flow::BrowserIds;
    use counterfoil_core::model::platform::PlatformName;
    use counterfoil_core::service::consent::start::{ReturnTo, Start, start_consent};
    let start = Start {
        company_key: None,
        company_name: None,
        platform: PlatformName::Quickbooks,
        return_to: ReturnTo::HandOver { redirect_uri: None, state: None },
        sandbox: false,
        caller: Caller::Anonymous(partner),
        browser: Some(BrowserIds::default()),
    };
    start_consent(&stage.app, start).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_concurrent_consents_without_a_key_as_many_connect_a_company_as_allowed() {
    let stage = bounded(100, 3).await;
    let mut consents = JoinSet::new();
    for number in 0..12 {
        let callback = consented(&stage.installation, &stage.app, &format!("shop-{number}"), "company").await;
        let callback = callback.unwrap_or_else(|error| panic!("{error}"));
        let app = stage.app.clone();
        consents.spawn(async move { connected(finish_consent(&app, callback).await).map(drop) });
    }
    let results = consents.join_all().await;
    let refused = |result: &&Result<(), Error>| result.as_ref().is_err_and(|error| error.code() == "too_many_connections");
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3, "{results:?}");
    assert_eq!(results.iter().filter(refused).count(), 9, "{results:?}");
}
