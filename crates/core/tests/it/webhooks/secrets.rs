//! Signing secrets and their rotation (W-2).

use std::time::Duration;

use counterfoil_core::service::webhook::rotate_secret::rotate_secret;

use super::Hooks;

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
