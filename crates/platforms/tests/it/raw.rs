//! A server that answers with given bytes, and the product's platforms that use it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{
    CompaniesRequest, ConfirmFailure, GrantCompanies, Platform, Platforms as _, Refresh, TokenFailure,
};
use counterfoil_platforms::credentials::CredentialSet;
use counterfoil_platforms::facts::Configured;
use counterfoil_platforms::{HttpSettings, PlatformSettings, Registry, facts_of};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

use crate::stand_in::{Given, LISTEN, credentials};

/// The time of sending of every request.
pub(crate) const SENT_AT: Timestamp = Timestamp::constant(1_789_400_000, 0);

/// The bytes of an answer. The connection is closed after them.
pub(crate) type Bytes = Vec<u8>;

/// Refreshes at a platform that gives this answer.
pub(crate) async fn refresh(name: PlatformName, answer: Bytes) -> Result<Grant, TokenFailure> {
    refresh_at(answering(name, vec![answer]).await.as_ref()).await
}

/// Refreshes at a platform.
pub(crate) async fn refresh_at(platform: &dyn Platform) -> Result<Grant, TokenFailure> {
    let refresh_token = Secret::new("old");
    platform
        .refresh(Refresh { refresh_token: &refresh_token, redirect_uri: None, region: None, sent_at: SENT_AT, listen: LISTEN })
        .await
}

/// Requests the companies from a platform that gives these answers, one for each request.
pub(crate) async fn companies(
    name: PlatformName,
    claim: Option<&str>,
    answers: Vec<Bytes>,
) -> Result<GrantCompanies, ConfirmFailure> {
    let platform = answering(name, answers).await;
    let access_token = Secret::new("access");
    platform.companies(CompaniesRequest { access_token: &access_token, region: None, claim }).await
}

/// An answer with these headers and that body.
pub(crate) fn answer(status: u16, headers: &str, body: &[u8]) -> Bytes {
    let head = format!("HTTP/1.1 {status} Odd\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A platform that gives these answers, one for each request.
pub(crate) async fn answering(name: PlatformName, answers: Vec<Bytes>) -> Arc<dyn Platform> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(serve(listener, answers));
    platform_at(name, &base).await
}

/// A platform with this address for all its endpoints.
pub(crate) async fn platform_at(name: PlatformName, base: &str) -> Arc<dyn Platform> {
    let settings = PlatformSettings {
        by_name: [(name, configured(name, base))].into(),
        http: HttpSettings { timeout: Duration::from_secs(10) },
    };
    let variables: BTreeMap<String, String> = credentials(name).into();
    let registry = Registry::new(settings, Arc::new(Given(CredentialSet::from_variables(variables))));
    registry.get(name, Environment::Production).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn serve(listener: TcpListener, answers: Vec<Bytes>) {
    for answer in answers {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 16 * 1024];
        let _ = stream.read(&mut request).await;
        // The caller may close the connection before the end, because an answer may be longer than it reads.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        // Otherwise the unread part of the request resets the connection.
        let _ = stream.read(&mut request).await;
    }
}

/// The configuration with this address for all endpoints.
fn configured(name: PlatformName, base: &str) -> Configured {
    let facts = facts_of(name).expect("it has OAuth");
    let url = Url::parse(base).expect("an address");
    Configured {
        authorize: url.clone(),
        token: url.clone(),
        revoke: facts.revoke.map(|_| url.clone()),
        api: base.to_owned(),
        issuer: facts.issuer.map(str::to_owned),
        more: facts.more.iter().map(|(ending, _)| (*ending, url.clone())).collect(),
        scopes: facts.scopes.split_whitespace().map(str::to_owned).collect(),
        pkce: facts.pkce,
        data_centers: facts.data_centers.iter().map(Into::into).collect(),
    }
}
