//! Signing secrets and their rotation (W-2).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::api_key::ApiKey;
use counterfoil_core::model::audit::Action;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::endpoint::{EndpointId, SigningSecrets};
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::wake::CourierCall;
use counterfoil_core::port::webhooks::{Message, Sent, Webhooks};
use counterfoil_core::service::webhook::SECRET;
use counterfoil_core::service::webhook::deliver::{AT_ONCE_MOST, deliver};
use counterfoil_core::service::webhook::rotate_secret::rotate_secret;
use counterfoil_core::{App, Error};
use counterfoil_testkit::fixture::by_operator;
use tokio::sync::OnceCell;

use super::{Hooks, LONG};

impl Hooks {
    async fn signed_with(&self) -> Vec<String> {
        self.dispatched().await;
        self.deliver().await.pop().expect("a request").secrets
    }

    async fn rotate(&self, overlap: Duration) -> String {
        let rotated = rotate_secret(&self.stage.app, &self.key, &self.id, overlap).await;
        rotated.unwrap_or_else(|error| panic!("{error}")).expose().to_owned()
    }
}

#[tokio::test]
async fn w2_both_secrets_sign_during_the_overlap_the_newest_first() {
    let hooks = Hooks::new().await;
    let first = hooks.signed_with().await;
    assert!(first.len() == 1 && first[0].starts_with("whsec_"), "{first:?}");
    let second = hooks.rotate(Duration::from_secs(60)).await;
    assert_eq!(hooks.signed_with().await, [second.clone(), first[0].clone()]);
    hooks.stage.clock.advance(Duration::from_secs(61));
    assert_eq!(hooks.signed_with().await, std::slice::from_ref(&second));

    let third = hooks.rotate(Duration::from_secs(60)).await;
    let fourth = hooks.rotate(Duration::from_secs(60)).await;
    assert_eq!(hooks.signed_with().await, [fourth, third], "an even older one does not sign");
    let last = hooks.rotate(Duration::ZERO).await;
    assert_eq!(hooks.signed_with().await, [last]);
}

/// While the first request is under way, the endpoint's partner replaces its secret.
struct Rotating {
    inner: Arc<dyn Webhooks>,
    partners: Arc<App>,
    key: ApiKey,
    id: EndpointId,
    rotated: OnceCell<()>,
}

#[async_trait]
impl Webhooks for Rotating {
    async fn check(&self, url: &str) -> Result<(), Error> {
        self.inner.check(url).await
    }

    async fn send(&self, message: Message<'_>) -> Sent {
        let rotate = async || {
            let rotated = rotate_secret(&self.partners, &self.key, &self.id, Duration::ZERO).await;
            rotated.map_or_else(|error| panic!("{error}"), drop);
        };
        self.rotated.get_or_init(rotate).await;
        self.inner.send(message).await
    }
}

#[tokio::test]
async fn w2_a_secret_that_was_replaced_without_an_overlap_signs_no_further_batch() {
    let hooks = Hooks::new().await;
    let batch = 3 * AT_ONCE_MOST;
    for _ in 0..=batch {
        hooks.dispatched().await;
    }
    let mut app = hooks.stage.installation.app(Arc::clone(&hooks.stage.clock) as Arc<dyn Clock>);
    let inner = Arc::clone(&app.webhooks);
    let (partners, key, id) = (Arc::clone(&hooks.stage.app), hooks.key.clone(), hooks.id.clone());
    app.webhooks = Arc::new(Rotating { inner, partners, key, id, rotated: OnceCell::new() });
    let call = CourierCall { endpoint: hooks.name(), deliveries: Vec::new() };
    deliver(&app, call, app.clock.elapsed() + LONG).await.expect("a table");
    let secrets: Vec<_> = hooks.stage.installation.webhooks.take().into_iter().map(|request| request.secrets).collect();
    assert_eq!(secrets.len(), batch + 1);
    assert!(secrets[..batch].iter().all(|signed| *signed == secrets[0]));
    assert_ne!(secrets[batch], secrets[0], "the lease was extended in between");
}

#[tokio::test]
async fn with_a_damaged_secret_nothing_is_sent() {
    let hooks = Hooks::new().await;
    let app = &hooks.stage.app;
    let owner = counterfoil_core::service::webhook::endpoints::sealing_owner(&hooks.name());
    let seen = app.endpoints.states(&Hooks::partner(), std::slice::from_ref(&hooks.id)).await.expect("a table").remove(0);
    let seen = seen.expect("an endpoint").secrets;
    let current = app.sealer.seal(&owner, SECRET, &Secret::new("whsec_*")).await.expect("a keyring");
    let damaged = SigningSecrets { current, previous: None };
    let audit = by_operator(&Hooks::partner(), Action::EndpointSecretRotated);
    app.endpoints.replace_secrets(&hooks.name(), &seen, &damaged, &audit).await.expect("a table");
    hooks.dispatched().await;
    let call = CourierCall { endpoint: hooks.name(), deliveries: Vec::new() };
    let error = deliver(app, call, app.clock.elapsed() + LONG).await.expect_err("no signature").to_string();
    assert!(error.contains("damaged") && !error.contains("whsec_"), "{error}");
    assert_eq!(hooks.stage.installation.webhooks.take(), []);
    assert!(hooks.log().await[0].attempts.is_empty(), "it waits for a new secret");
}
