//! The AWS clients: embedded roots and short time-outs, made once per process.

use std::time::Duration;

pub use aws_config::SdkConfig;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::settings::STORE_TIMEOUT;
use memchr::memmem;

/// Reads region, credentials and endpoints from where the SDK looks for them.
///
/// A request takes at most [`STORE_TIMEOUT`] with its retries, well inside the vault's commit budget.
pub async fn config() -> SdkConfig {
    loader().load().await
}

/// The same for a deployed function, which has region and credentials in its environment: making all that would look for
/// them elsewhere, a client of another service among it, is a fifth of a start.
pub async fn function_config() -> SdkConfig {
    loader()
        .region(EnvironmentVariableRegionProvider::new())
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .load()
        .await
}

fn loader() -> ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(600))
        .operation_attempt_timeout(Duration::from_millis(900))
        .operation_timeout(STORE_TIMEOUT)
        .build();
    aws_config::defaults(BehaviorVersion::latest()).http_client(http_client()).timeout_config(timeouts)
}

/// The same for an embedded `DynamoDB` on this machine: any credentials do.
pub fn local_config(endpoint: &str) -> SdkConfig {
    keyed_local_config(endpoint, "local")
}

/// The same for one that asks for an access key id; any secret beside it does.
pub fn keyed_local_config(endpoint: &str, access_key: &str) -> SdkConfig {
    let credentials = aws_sdk_dynamodb::config::Credentials::new(access_key, "local", None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .http_client(http_client())
        .build()
}

/// An HTTP client that trusts Amazon's own roots and no others: reading the system's store is most of a cold start.
fn http_client() -> aws_sdk_dynamodb::config::SharedHttpClient {
    let trust_store = amazon_roots().fold(TrustStore::empty(), |store, der| store.with_pem_certificate(pem(der)));
    let tls = TlsContext::builder().with_trust_store(trust_store).build().expect("a trust store is all it needs");
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls).build_https()
}

/// The roots that AWS endpoints are issued under (docs.aws.amazon.com, "Amazon Trust Services").
fn amazon_roots() -> impl Iterator<Item = &'static [u8]> {
    let names: [&[u8]; 2] = [b"Amazon Root CA", b"Starfield Services Root Certificate Authority"];
    // A root's issuer is itself, and its name stands before everything long. A start looks through all of them.
    let issuer = |der: &'static [u8]| &der[..der.len().min(256)];
    let is_amazons = move |der: &&'static [u8]| names.iter().any(|name| memmem::find(issuer(der), name).is_some());
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(AsRef::as_ref).filter(is_amazons)
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amazon Root CA 1 to 4, and the Starfield root that signed them before they were known.
    #[test]
    fn all_five_roots_are_found() {
        assert_eq!(amazon_roots().count(), 5);
    }
}
