//! Secrets: how long one is used, what replaces it, and which failures are temporary.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_core::model::secret::{Sealed, Secret};
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::port::entropy::SystemEntropy;
use counterfoil_core::port::sealer::Sealer as _;
use counterfoil_store::aws::local_config;
use counterfoil_store::sealing::{Keyring, KeyringSealer};
use counterfoil_store::secret_source::{Place, SecretSource, SecretsManager};
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::fixture::START;
use counterfoil_testkit::secrets_manager::{self, SecretsFailure};

const OLD: &str = r#"{"primary":"the-old-key-of-forty-three-characters-or-more-1"}"#;
const ADDED: &str = r#"{"primary":"the-old-key-of-forty-three-characters-or-more-1","older":["the-new-key-of-forty-three-characters-or-more-2"]}"#;
const NEW: &str = r#"{"primary":"the-new-key-of-forty-three-characters-or-more-2","older":["the-old-key-of-forty-three-characters-or-more-1"]}"#;
const OTHER: &str = r#"{"primary":"another-key-that-nobody-here-has-ever-had-seen-3"}"#;
const FIVE_MINUTES: Duration = Duration::from_secs(300);

struct Stage {
    manager: secrets_manager::SecretsManager,
    clock: Arc<MovableClock>,
}

impl Stage {
    async fn with(keyring: &str) -> Self {
        let manager = secrets_manager::SecretsManager::start([("keyring".to_owned(), keyring.to_owned())]).await;
        Self { manager, clock: Arc::new(MovableClock::new(START)) }
    }

    fn source(&self, name: &str) -> SecretSource<Keyring> {
        let manager = Arc::new(SecretsManager::new(&local_config(self.manager.endpoint())));
        let place = Place::SecretsManager { manager, arn: name.to_owned(), variable: "KEYRING_SECRET_ARN" };
        SecretSource::new(place, Keyring::parse, self.clock.clone())
    }

    /// A process.
    fn process(&self) -> KeyringSealer {
        KeyringSealer::new(Arc::new(self.source("keyring")), Arc::new(SystemEntropy))
    }
}

async fn seal(process: &KeyringSealer) -> Sealed {
    let sealed = process.seal("owner", "access_token", &Secret::new("canary")).await;
    sealed.unwrap_or_else(|error| panic!("{error}"))
}

async fn open(process: &KeyringSealer, sealed: &Sealed) -> Result<String, Error> {
    process.open("owner", "access_token", sealed).await.map(|secret| secret.expose().to_owned())
}

#[tokio::test]
async fn a_temporary_failure_of_a_secret_is_try_later_and_a_lasting_one_is_misconfigured() {
    let stage = Stage::with(OLD).await;
    for (failure, code) in [
        (SecretsFailure::Throttling, "secret_unavailable"),
        (SecretsFailure::InternalService, "secret_unavailable"),
        (SecretsFailure::AccessDenied, "secret_missing"),
        (SecretsFailure::DecryptionFailure, "secret_missing"),
    ] {
        stage.manager.fail_with(failure);
        let error = stage.source("keyring").get().await.err().expect("a failure");
        assert_eq!(error.code(), code, "{failure:?}");
        assert_eq!(matches!(error, Error::TryLater { .. }), code == "secret_unavailable", "{failure:?}");
    }
    stage.manager.fail_with(None);
    let unknown = stage.source("no-such-secret").get().await.err().expect("there is none");
    assert_eq!(unknown.code(), "secret_missing");

    let manager = Arc::new(SecretsManager::new(&local_config("http://127.0.0.1:9")));
    let nobody = Place::SecretsManager { manager, arn: "keyring".to_owned(), variable: "KEYRING_SECRET_ARN" };
    let silent = SecretSource::new(nobody, Keyring::parse, stage.clock.clone());
    assert_eq!(silent.get().await.err().expect("nobody is there").code(), "secret_unavailable");
}

#[tokio::test]
async fn a_first_failure_is_retried_a_second_later() {
    let stage = Stage::with(OLD).await;
    let process = stage.process();
    stage.manager.fail_with(SecretsFailure::AccessDenied);
    assert!(process.check().await.is_err());
    stage.manager.fail_with(None);
    let asked = stage.manager.request_count();
    assert!(process.check().await.is_err(), "the failure answers others too");
    assert_eq!(stage.manager.request_count(), asked);
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(process.check().await, Ok(()));
}

#[tokio::test]
async fn the_last_good_keyring_stays_in_use_while_it_cannot_be_read_again() {
    for failure in [SecretsFailure::Throttling, SecretsFailure::AccessDenied] {
        let stage = Stage::with(OLD).await;
        let process = stage.process();
        let sealed = seal(&process).await;
        stage.clock.advance(FIVE_MINUTES);
        stage.manager.fail_with(failure);
        assert_eq!(open(&process, &sealed).await.as_deref(), Ok("canary"), "{failure:?}");
        let asked = stage.manager.request_count();
        stage.clock.advance(Duration::from_secs(9));
        assert_eq!(open(&process, &sealed).await.as_deref(), Ok("canary"), "{failure:?}");
        assert_eq!(stage.manager.request_count(), asked, "not asked again within ten seconds");
        stage.manager.fail_with(None);
        stage.manager.set("keyring", NEW);
        stage.clock.advance(Duration::from_secs(1));
        let by_new_key = seal(&process).await;
        assert_eq!(open(&stage.process(), &by_new_key).await.as_deref(), Ok("canary"));
        assert!(by_new_key.as_bytes()[1..9] != sealed.as_bytes()[1..9], "it is read again ten seconds after the failure");
    }
}

#[tokio::test]
async fn an_invalid_keyring_never_replaces_a_valid_one() {
    let stage = Stage::with(OLD).await;
    let process = stage.process();
    let sealed = seal(&process).await;
    for bad in ["", "{}", r#"{"primary":"short"}"#, "{\"primary\""] {
        stage.manager.set("keyring", bad);
        stage.clock.advance(FIVE_MINUTES);
        assert_eq!(open(&process, &sealed).await.as_deref(), Ok("canary"), "{bad}");
        seal(&process).await;
    }
}

#[tokio::test]
async fn a_cached_keyring_expires_even_if_the_process_was_frozen() {
    let stage = Stage::with(OLD).await;
    let process = stage.process();
    process.check().await.expect("a keyring");
    let asked = stage.manager.request_count();
    stage.clock.set_wall(stage.clock.now() + Duration::from_secs(299));
    process.check().await.expect("a keyring");
    assert_eq!(stage.manager.request_count(), asked);
    stage.clock.set_wall(stage.clock.now() + Duration::from_secs(1));
    process.check().await.expect("a keyring");
    assert_eq!(stage.manager.request_count(), asked + 1);
}

#[tokio::test]
async fn a_value_that_a_newer_key_sealed_opens_immediately_in_a_process_with_the_older_keyring() {
    let stage = Stage::with(OLD).await;
    let behind = stage.process();
    let by_old_key = seal(&behind).await;
    stage.manager.set("keyring", NEW);
    let by_new_key = seal(&stage.process()).await;
    assert_eq!(open(&behind, &by_new_key).await.as_deref(), Ok("canary"));
    assert_eq!(open(&behind, &by_old_key).await.as_deref(), Ok("canary"));
}

#[tokio::test]
async fn a_missing_sealing_key_is_looked_for_with_longer_and_longer_pauses() {
    let stage = Stage::with(OLD).await;
    let process = stage.process();
    process.check().await.expect("a keyring");
    let elsewhere = Stage::with(OTHER).await;
    let lost = seal(&elsewhere.process()).await;
    let mut asked = Vec::new();
    for second in 0..600 {
        let before = stage.manager.request_count();
        let error = open(&process, &lost).await.expect_err("nobody has that key");
        assert_eq!(error.code(), "keyring_unusable");
        assert!(!error.to_string().contains(&counterfoil_core::model::secret::hex(&lost.as_bytes()[1..9])), "{error}");
        if stage.manager.request_count() > before {
            asked.push(second);
        }
        stage.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(asked, [0, 10, 30, 70, 150, 310], "ever more seldom, up to once in five minutes");
    // After the key is restored and the secret is read at its normal time, the value opens.
    stage.manager.set("keyring", &OLD.replace('}', &format!(r#","older":[{}]}}"#, &OTHER[11..OTHER.len() - 1])));
    stage.clock.advance(FIVE_MINUTES);
    assert_eq!(open(&process, &lost).await.as_deref(), Ok("canary"));
}

#[tokio::test]
async fn a_missing_sealing_key_does_not_stop_the_search_for_another() {
    let stage = Stage::with(OLD).await;
    let process = stage.process();
    let lost = seal(&Stage::with(OTHER).await.process()).await;
    assert!(open(&process, &lost).await.is_err());
    stage.manager.set("keyring", NEW);
    let by_new_key = seal(&stage.process()).await;
    assert_eq!(open(&process, &by_new_key).await.as_deref(), Ok("canary"));
}

#[tokio::test]
async fn a_key_that_is_added_as_older_first_is_known_everywhere_before_it_seals() {
    let stage = Stage::with(OLD).await;
    let behind = stage.process();
    behind.check().await.expect("a keyring");
    stage.manager.set("keyring", ADDED);
    stage.clock.advance(FIVE_MINUTES);
    behind.check().await.expect("a keyring");
    stage.manager.set("keyring", NEW);
    stage.manager.fail_with(None);
    let by_new_key = seal(&stage.process()).await;
    stage.manager.fail_with(SecretsFailure::InternalService);
    assert_eq!(open(&behind, &by_new_key).await.as_deref(), Ok("canary"), "it need not be read again");
}
