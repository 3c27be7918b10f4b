//! Replaces the secret of an endpoint. For a chosen time the old one signs too (W-2).

use std::time::Duration;

use crate::model::api_key::ApiKey;
use crate::model::audit::{Action, Actor};
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::model::webhook::endpoint::{EndpointId, EndpointName, SigningSecrets};
use crate::port::store::Written;
use crate::{App, Error};

use crate::service::optimistic::Tries;
use crate::service::webhook::endpoints::{new_secret, sealing_owner};
use crate::service::webhook::{PREVIOUS_SECRET, SECRET};

/// Replaces the secret, and returns the new one, which cannot be read again. The secret before signs for `overlap` more; an even older
/// one does not sign any more.
///
/// # Errors
/// `NotFound`, and those of the table and the keyring.
pub async fn rotate_secret(app: &App, key: &ApiKey, id: &EndpointId, overlap: Duration) -> Result<Secret, Error> {
    let name = EndpointName { partner: key.partner.clone(), id: id.clone() };
    let owner = sealing_owner(&name);
    let secret = new_secret(app);
    let current = app.sealer.seal(&owner, SECRET, &secret).await?;
    let detail = [("endpoint", id.to_string()), ("overlap_seconds", overlap.as_secs().to_string())];
    let audit = app.audit(&key.partner, Action::EndpointSecretRotated, Actor::Key(key.id.clone()), detail);
    let mut tries = Tries::new(app, "a secret could not be replaced");
    loop {
        tries.next().await?;
        let state = app.endpoints.states(&key.partner, std::slice::from_ref(id)).await?.pop().flatten();
        let seen = state.ok_or(Error::NO_ENDPOINT)?.secrets;
        let previous = if overlap.is_zero() {
            None
        } else {
            let old = app.sealer.open(&owner, SECRET, &seen.current).await?;
            Some((app.sealer.seal(&owner, PREVIOUS_SECRET, &old).await?, later(app.now(), overlap)))
        };
        let secrets = SigningSecrets { current: current.clone(), previous };
        if app.endpoints.replace_secrets(&name, &seen, &secrets, &audit).await? == Written::Stored {
            return Ok(secret);
        }
    }
}
