//! The lease: its content, and the reads and writes before and after it.

use std::sync::Arc;

use counterfoil_core::App;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::secret::{Fingerprint, Secret};
use counterfoil_core::port::clock::Clock;
use counterfoil_store::sealing::{Keyring, KeyringSealer};
use counterfoil_store::secret_source::{Place, SecretSource};
use counterfoil_testkit::fixture::try_consent;
use counterfoil_testkit::platform::{RotationPolicy, ScriptedPlatforms};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::ToSpan as _;

use crate::harness::{Stage, eventually, read, reading};

#[tokio::test]
async fn r2_the_intent_is_stored_before_anything_is_sent() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let gate = stage.installation.platform.hold();
    let reader = reading(&stage.app, &id);
    gate.reached_by(1).await;
    let before: Vec<_> = stage.installation.wire.requests().into_iter().map(|request| request.operation).collect();
    assert_eq!(before, ["GetItem", "BatchGetItem", "PutItem", "GetItem"], "read, look, lease, look again, send");

    let (connection, lease) = stage.app.connections.read_with_lease(&id).await.expect("a table").expect("a connection");
    let lease = lease.expect("a lease");
    let now = stage.clock.now();
    assert_eq!((lease.epoch, connection.epoch), (1, 1));
    assert_eq!((lease.started_at, lease.until), (now, now + 18.seconds()));
    assert_eq!(lease.refresh_token, Fingerprint::of("refresh-0-0"));
    assert_eq!(lease.owner, stage.app.owner);
    assert!(!lease.doubtful);
    gate.open();
    reader.await.expect("no panic").expect("a token");
}

#[tokio::test]
async fn r5_a_refresh_is_one_lease_and_one_plain_update() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.read(&id).await.expect("a token");
    let counts = stage.installation.wire.counts();
    let writes = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"];
    assert_eq!(writes.map(|operation| counts.get(operation).copied().unwrap_or_default()), [1, 1, 0, 0, 0]);
}

#[tokio::test]
async fn a_read_of_a_valid_token_is_one_request_and_no_write() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.installation.wire.reset();
    stage.read(&id).await.expect("a token");
    assert_eq!(stage.installation.wire.counts().into_iter().collect::<Vec<_>>(), [("GetItem".to_owned(), 1)]);
}

#[tokio::test]
async fn s6_without_the_keyring_nothing_is_written_or_sent() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let clock = || Arc::clone(&stage.app.clock);
    let keyring = |place| {
        let source = SecretSource::new(place, Keyring::parse, clock());
        KeyringSealer::new(Arc::new(source), Arc::clone(&stage.app.entropy))
    };
    let another = Secret::new(r#"{"primary":"another-key-of-forty-three-characters-or-more-1"}"#);
    for (place, code) in
        [(Place::Nowhere { variable: "KEYRING_SECRET_ARN" }, "secret_missing"), (Place::Given(another), "keyring_unusable")]
    {
        let app = App { sealer: Arc::new(keyring(place)), ..stage.installation.app(clock()) };
        nothing_happens(&stage, app, &id, code).await;
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_written_or_sent() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let app = App { platforms: Arc::new(ScriptedPlatforms::without_credentials()), ..stage.installation.app(clock) };
    nothing_happens(&stage, app, &id, "credentials_missing").await;
}

async fn nothing_happens(stage: &Stage, app: App, id: &ConnectionId, code: &str) {
    stage.installation.wire.reset();
    let error = read(&Arc::new(app), id).await.expect_err("something is missing");
    assert_eq!(error.code(), code);
    let operations: Vec<_> = stage.installation.wire.counts().into_keys().collect();
    assert_eq!(operations, ["BatchGetItem", "GetItem"], "reads only");
    assert_eq!(stage.refreshes(), 0);
}

#[tokio::test]
async fn r2_a_consent_between_the_look_and_the_lease_is_seen_before_anything_is_sent() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let slow = Rule::on("PutItem", Fault::UntilReleased).when("refresh_token_sha256");
    stage.installation.wire.inject(slow);
    let reader = reading(&stage.app, &id);
    eventually("the lease is on its way", async || stage.installation.wire.counts().contains_key("PutItem")).await;
    try_consent(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    stage.installation.wire.release();
    assert_eq!(reader.await.expect("no panic").as_deref(), Ok("access-1-1"));
    assert_eq!(stage.refreshes(), 0);
}

/// Missing credentials do not hide a valid token.
#[tokio::test]
async fn without_credentials_a_valid_token_is_served() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.short_lived("acme").await;
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let app = App { platforms: Arc::new(ScriptedPlatforms::without_credentials()), ..stage.installation.app(clock) };
    assert_eq!(read(&Arc::new(app), &id).await.as_deref(), Ok("access-0-1"));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"), "with credentials it is refreshed");
}
