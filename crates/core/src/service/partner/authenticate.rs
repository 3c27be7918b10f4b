//! Authenticates a caller by API key. A verified key is cached for at most a minute.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::model::api_key::{ApiKey, PresentedKey, Scope, is_alias};
use crate::model::connection::{Connection, ConnectionId};
use crate::model::name::CompanyKey;
use crate::model::secret::{Fingerprint, Secret};
use crate::model::time::until;
use crate::port::clock::Moment;
use crate::{App, Error};

/// The message for every key that is refused. It does not say the reason.
const REFUSED: &str = "The API key is missing, unknown, expired or revoked.";

/// Finds a key's partner and checks that the key has one of these scopes.
///
/// # Errors
/// `Unauthenticated`, `Forbidden`, or the table's errors.
pub async fn authenticate(app: &App, key: Option<&Secret>, one_of: &[Scope]) -> Result<ApiKey, Error> {
    if let Some(alias) = key.filter(|key| is_alias(key)) {
        return permitted(aliased(app, &alias.fingerprint()).await?, one_of);
    }
    let presented = presented(key)?;
    if let Some(known) = app.key_memory.recall(app, &presented.hash) {
        return permitted(known, one_of);
    }
    let found = app.partners.key(&presented.partner, &presented.id).await?;
    let key = verified(app, &presented, found).await?;
    permitted(key, one_of)
}

/// Authenticates and reads one of the partner's connections. It makes one request to the table, whether the key is cached or not; for an
/// alias that is not cached, three.
///
/// # Errors
/// `Unauthenticated`, `Forbidden`, `NotFound` if there is no such connection, or the table's errors.
pub async fn authenticate_and_read(
    app: &App,
    key: Option<&Secret>,
    one_of: &[Scope],
    company_key: &CompanyKey,
) -> Result<(ApiKey, Connection), Error> {
    if let Some(alias) = key.filter(|key| is_alias(key)) {
        let key = permitted(aliased(app, &alias.fingerprint()).await?, one_of)?;
        let id = ConnectionId { partner: key.partner.clone(), company_key: company_key.clone() };
        return Ok((key, app.connections.read(&id).await?.ok_or(Error::NO_CONNECTION)?));
    }
    let presented = presented(key)?;
    let id = ConnectionId { partner: presented.partner.clone(), company_key: company_key.clone() };
    if let Some(known) = app.key_memory.recall(app, &presented.hash) {
        let key = permitted(known, one_of)?;
        return Ok((key, app.connections.read(&id).await?.ok_or(Error::NO_CONNECTION)?));
    }
    let (found, connection) = app.partners.key_and_connection((&presented.partner, &presented.id), &id).await?;
    let key = permitted(verified(app, &presented, found).await?, one_of)?;
    Ok((key, connection.ok_or(Error::NO_CONNECTION)?))
}

fn presented(key: Option<&Secret>) -> Result<PresentedKey, Error> {
    key.and_then(PresentedKey::parse).ok_or(Error::Unauthenticated(REFUSED))
}

async fn verified(app: &App, presented: &PresentedKey, found: Option<ApiKey>) -> Result<ApiKey, Error> {
    used(app, &presented.hash, found.filter(|key| key.hash.matches(&presented.hash))).await
}

/// The key that an operator has given this alias.
async fn aliased(app: &App, alias: &Fingerprint) -> Result<ApiKey, Error> {
    match app.key_memory.recall(app, alias) {
        Some(known) => Ok(known),
        None => used(app, alias, app.partners.aliased(alias).await?).await,
    }
}

/// Notes the use of a key that was found, and caches it under the hash of the text that the caller sent.
async fn used(app: &App, sent: &Fingerprint, found: Option<ApiKey>) -> Result<ApiKey, Error> {
    let now = app.now();
    let key = found.filter(|key| key.is_live(now)).ok_or(Error::Unauthenticated(REFUSED))?;
    if until(key.last_used_at, now) >= TOUCH_EVERY
        && let Err(error) = app.partners.touch_key(&key.partner, &key.id, now).await
    {
        tracing::warn!(key = %key.id, %error, "a key's last use could not be stored");
    }
    app.key_memory.remember(app, sent, &key);
    Ok(key)
}

/// The precision of a key's last use. A key that was created less than this ago causes no write.
const TOUCH_EVERY: Duration = Duration::from_secs(86_400);

fn permitted(key: ApiKey, one_of: &[Scope]) -> Result<ApiKey, Error> {
    if one_of.iter().any(|scope| key.may(*scope)) {
        return Ok(key);
    }
    let lacks = one_of.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" or ");
    Err(Error::Forbidden { code: "insufficient_scope", message: format!("This API key lacks the scope {lacks}.") })
}

/// A cache of verified keys, by their hash.
#[derive(Debug, Default)]
pub struct KeyMemory(Mutex<HashMap<Fingerprint, (ApiKey, Moment)>>);

/// The largest number of cached keys. A full cache is emptied.
const REMEMBERED_MOST: usize = 1_000;

impl KeyMemory {
    fn recall(&self, app: &App, hash: &Fingerprint) -> Option<ApiKey> {
        let keys = self.0.lock().ok()?;
        let (key, verified_at) = keys.get(hash)?;
        let fresh = verified_at.age(app.clock.as_ref()) < app.settings.key_memory;
        (fresh && key.is_live(app.now())).then(|| key.clone())
    }

    fn remember(&self, app: &App, hash: &Fingerprint, key: &ApiKey) {
        let Ok(mut keys) = self.0.lock() else { return };
        if keys.len() >= REMEMBERED_MOST {
            keys.clear();
        }
        keys.insert(hash.clone(), (key.clone(), Moment::of(app.clock.as_ref())));
    }
}
