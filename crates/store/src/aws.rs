//! The AWS clients: embedded root certificates and short time-outs, created once in each process.

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

/// Reads region, credentials and endpoints from the SDK's usual places.
///
/// A request takes at most [`STORE_TIMEOUT`] with its retries, which is well within the commit budget.
pub async fn config() -> SdkConfig {
    loader().load().await
}

/// The configuration of a deployed function, which has region and credentials in its environment. Without the SDK's search in other
/// places, such as with a client of another service, a start takes a fifth less.
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

/// The configuration for an embedded `DynamoDB` on this machine that accepts any credentials.
pub fn local_config(endpoint: &str) -> SdkConfig {
    keyed_local_config(endpoint, "local")
}

/// The configuration for an embedded `DynamoDB` that requires this access key id, with any secret.
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

/// An HTTP client that trusts only Amazon's root certificates: reading the system's store is most of a cold start.
fn http_client() -> aws_sdk_dynamodb::config::SharedHttpClient {
    let trust_store = amazon_roots().fold(TrustStore::empty(), |store, der| store.with_pem_certificate(pem(der)));
    let tls = TlsContext::builder().with_trust_store(trust_store).build().expect("a trust store is all it needs");
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls).build_https()
}

/// The root certificates of AWS's endpoints (docs.aws.amazon.com, "Amazon Trust Services").
fn amazon_roots() -> impl Iterator<Item = &'static [u8]> {
    let names: [&[u8]; 2] = [b"Amazon Root CA", b"Starfield Services Root Certificate Authority"];
    // A root certificate's issuer is itself, and its name is near the beginning. A start searches all of them.
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

    /// Amazon Root CA 1 to 4, and the Starfield root that signed them before systems knew them.
    #[test]
    fn all_five_roots_are_found() {
        assert_eq!(amazon_roots().count(), 5);
    }
}
