//! Helpers of most tests here: read a token, read a row, wait for a condition.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::api_key::{ApiKey, KeyId, Scope};
use counterfoil_core::model::connection::{Connection, ConnectionId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::service::revocation::disconnect::{self as service, History};
use counterfoil_core::service::revocation::revoke::RevocationStatus;
use counterfoil_core::service::vault::read::{force_refresh, read_token};
use counterfoil_core::{App, Error};
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::fixture::{Fixture, START};
use counterfoil_testkit::platform::RotationPolicy;

/// A process with a clock that the test moves.
pub(crate) struct Stage {
    pub(crate) installation: Fixture,
    pub(crate) clock: Arc<MovableClock>,
    pub(crate) app: Arc<App>,
}

impl Stage {
    /// Time only passes when the test moves the clock.
    pub(crate) async fn new(policy: RotationPolicy) -> Self {
        Self::at(policy, MovableClock::new(START)).await
    }

    /// Time passes with every sleep.
    pub(crate) async fn self_advancing(policy: RotationPolicy) -> Self {
        Self::at(policy, MovableClock::self_advancing(START)).await
    }

    async fn at(policy: RotationPolicy, clock: MovableClock) -> Self {
        let installation = Fixture::new(policy).await;
        let clock = Arc::new(clock);
        let app = installation.process_at(&clock);
        Self { installation, clock, app }
    }

    /// A connection with an expired access token. The proxy's journal is cleared.
    pub(crate) async fn expired(&self, company_key: &str) -> ConnectionId {
        let id = self.installation.connect_expired(&self.app, company_key).await;
        self.installation.wire.reset();
        id
    }

    /// A connection whose access token is valid for 200 s, less than a reader's default. The proxy's journal is cleared.
    pub(crate) async fn short_lived(&self, company_key: &str) -> ConnectionId {
        let id = self.installation.connect(&self.app, company_key).await;
        self.clock.advance(Duration::from_secs(3_400));
        self.installation.wire.reset();
        id
    }

    pub(crate) async fn read(&self, id: &ConnectionId) -> Result<String, Error> {
        read(&self.app, id).await
    }

    pub(crate) async fn force(&self, id: &ConnectionId) -> Result<String, Error> {
        let found = self.app.connections.read(id).await?.ok_or(Error::NO_CONNECTION)?;
        force_refresh(&self.app, found, in_time(&self.app)).await.map(|token| token.access_token.expose().to_owned())
    }

    pub(crate) async fn disconnect(&self, id: &ConnectionId) -> RevocationStatus {
        disconnect(&self.app, id).await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) async fn row(&self, id: &ConnectionId) -> Connection {
        row(&self.app, id).await
    }

    pub(crate) fn refreshes(&self) -> usize {
        self.installation.platform.refreshes()
    }

    /// The refresh tokens in the order in which the platform got them.
    pub(crate) fn presented(&self) -> Vec<String> {
        self.installation.platform.presented().into_iter().map(|presented| presented.token).collect()
    }
}

/// Disconnects as a server with a key.
pub(crate) async fn disconnect(app: &App, id: &ConnectionId) -> Result<RevocationStatus, Error> {
    let ends_at = app.clock.elapsed() + app.settings.function_time.saturating_sub(app.settings.store_timeout);
    service::disconnect(app, &key(id), &id.company_key, History::Kept, ends_at).await.map(|disconnected| disconnected.revocation)
}

/// A key of the connection's partner.
pub(crate) fn key(id: &ConnectionId) -> ApiKey {
    ApiKey {
        id: KeyId::parse("0123456789abcdef").expect("a key's id"),
        partner: id.partner.clone(),
        hash: Fingerprint::of("key"),
        name: "test".to_owned(),
        scopes: vec![Scope::ConnectionsWrite],
        created_at: START,
        expires_at: None,
        revoked_at: None,
        last_used_at: START,
    }
}

/// The time by which a refresh that begins now must end.
pub(crate) fn in_time(app: &App) -> Duration {
    app.clock.elapsed() + app.settings.refresh_time()
}

/// A token as an API caller gets it.
pub(crate) async fn read(app: &Arc<App>, id: &ConnectionId) -> Result<String, Error> {
    let found = app.connections.read(id).await?.ok_or(Error::NO_CONNECTION)?;
    read_token(app, found, None, in_time(app)).await.map(|token| token.access_token.expose().to_owned())
}

/// Reads a token in a task.
pub(crate) fn reading(app: &Arc<App>, id: &ConnectionId) -> tokio::task::JoinHandle<Result<String, Error>> {
    let (app, id) = (Arc::clone(app), id.clone());
    tokio::spawn(async move { read(&app, &id).await })
}

pub(crate) async fn row(app: &App, id: &ConnectionId) -> Connection {
    app.connections.read(id).await.expect("a table to read").expect("a connection")
}

/// The number of rows of a kind in the connection's partition whose attribute has this value.
pub(crate) async fn count(installation: &Fixture, id: &ConnectionId, kind: &str, attribute: &str, value: &str) -> usize {
    let items = installation.items_of(id).await;
    let has = |item: &counterfoil_testkit::fixture::Item| {
        item.get(attribute).and_then(|found| found.as_s().ok()).is_some_and(|found| found == value)
    };
    items.iter().filter(|(key, item)| key.starts_with(kind) && has(item)).count()
}

/// Waits for a condition, at most ten seconds of real time.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while !is_so().await {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap_or_else(|_| panic!("it never came about: {what}"));
}
