//! `SecretsManager` with the SDK.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use counterfoil_testkit::secrets_manager::{SecretsFailure, SecretsManager};

async fn manager() -> (SecretsManager, Client) {
    let manager = SecretsManager::start([("platform".to_owned(), "first".to_owned())]).await;
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(manager.endpoint())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .build();
    (manager, Client::from_conf(config))
}

async fn error_code(client: &Client, id: &str) -> String {
    let error = client.get_secret_value().secret_id(id).send().await.expect_err("a failure").into_service_error();
    error.code().expect("a code").to_owned()
}

#[tokio::test]
async fn a_secret_is_found_by_name_and_by_arn() {
    let (manager, client) = manager().await;

    let by_name = client.get_secret_value().secret_id("platform").send().await.expect("the secret");
    assert_eq!((by_name.name(), by_name.secret_string()), (Some("platform"), Some("first")));

    let arn = by_name.arn().expect("an ARN");
    let by_arn = client.get_secret_value().secret_id(arn).send().await.expect("the secret");
    assert_eq!(by_arn, by_name);
    assert_eq!(manager.request_count(), 2);
}

#[tokio::test]
async fn a_rotated_secret_has_another_version() {
    let (manager, client) = manager().await;
    let before = client.get_secret_value().secret_id("platform").send().await.expect("the secret");

    manager.set("platform", "second");

    let after = client.get_secret_value().secret_id("platform").send().await.expect("the secret");
    assert_eq!(after.secret_string(), Some("second"));
    assert_ne!(after.version_id(), before.version_id());
}

#[tokio::test]
async fn an_unknown_secret_is_not_found() {
    let (_manager, client) = manager().await;

    let error = client.get_secret_value().secret_id("other").send().await.expect_err("unknown").into_service_error();

    assert!(error.is_resource_not_found_exception(), "{error:?}");
}

#[tokio::test]
async fn calls_fail_as_set_until_the_failure_is_cleared() {
    let (manager, client) = manager().await;
    let codes = [
        (SecretsFailure::AccessDenied, "AccessDeniedException"),
        (SecretsFailure::DecryptionFailure, "DecryptionFailure"),
        (SecretsFailure::Throttling, "ThrottlingException"),
        (SecretsFailure::InternalService, "InternalServiceError"),
    ];

    for (failure, code) in codes {
        manager.fail_with(failure);
        assert_eq!(error_code(&client, "platform").await, code);
    }

    manager.fail_with(None);
    client.get_secret_value().secret_id("platform").send().await.expect("the secret again");
}
