//! API keys: created, listed and revoked. The text of a key is shown once; only its hash is stored.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Error;
use crate::model::api_key::{ApiKey, KeyId, PresentedKey, Scope, compose, is_alias};
use crate::model::audit::Action;
use crate::model::name::{DisplayName, PartnerId};
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::port::store::{Created, Written};
use crate::service::partner::operator::Operator;

/// The parameters of a new key.
pub struct NewKey {
    /// The partner.
    pub partner: PartnerId,
    /// Its purpose, for people.
    pub name: DisplayName,
    /// Its rights. A publishable key always has `consent:start` and no other.
    pub scopes: Vec<Scope>,
    /// Whether it is for a page, where anyone can read it.
    pub publishable: bool,
    /// The time until it expires; `None` if it does not.
    pub life: Option<Duration>,
}

/// Creates a key and returns its text.
///
/// # Errors
/// `NotFound` if there is no such partner; `invalid_scopes` for a key without scopes, or for a publishable key with another than
/// `consent:start`; `Forbidden` for a scope that the operator lacks.
pub async fn create_key(operator: &Operator, new: NewKey) -> Result<(Secret, ApiKey), Error> {
    let text = new_text(operator, &new.partner, new.publishable);
    let key = store_key(operator, &text, new).await?;
    Ok((text, key))
}

/// The text of a new key.
pub(super) fn new_text(operator: &Operator, partner: &PartnerId, publishable: bool) -> Secret {
    let mut random = [0; 64];
    operator.entropy.fill(&mut random);
    compose(partner, publishable, &random)
}

/// Stores a key whose text exists already.
///
/// # Errors
/// As [`create_key`]; `invalid_key` if the text is not a key of this partner; `key_exists` if it is stored.
pub async fn store_key(operator: &Operator, text: &Secret, new: NewKey) -> Result<ApiKey, Error> {
    let scopes = scopes(new.scopes, new.publishable)?;
    operator.may_give(&scopes)?;
    operator.partner(&new.partner).await?;
    let presented = PresentedKey::parse(text).filter(|presented| presented.partner == new.partner);
    let presented = presented.ok_or_else(|| Error::invalid("invalid_key", "The text is not an API key of this partner."))?;
    let now = operator.clock.now();
    let key = ApiKey {
        id: presented.id,
        hash: presented.hash,
        partner: new.partner,
        name: new.name.to_string(),
        scopes,
        created_at: now,
        expires_at: new.life.map(|life| later(now, life)),
        revoked_at: None,
        last_used_at: now,
    };
    let audit = operator.audit(&key.partner, Action::KeyCreated, detail(&key));
    match operator.store.create_key(&key, &audit).await? {
        Created::Stored => Ok(key),
        Created::Exists => Err(Error::conflict("key_exists", format!("The key {} already exists.", key.id))),
    }
}

/// Gives a key an alias: a secret key of Conductor, so that its SDKs need no other key.
///
/// # Errors
/// `invalid_alias` if the text does not have the form of such a key; `NotFound` if the partner has no such key; `alias_exists` if a key
/// has this alias.
pub async fn alias_key(operator: &Operator, partner: &PartnerId, id: &KeyId, alias: &Secret) -> Result<ApiKey, Error> {
    if !is_alias(alias) {
        let message = "An alias must begin with sk_conductor_, sk_live_ or sk_test_, and have at least 16 more characters.";
        return Err(Error::invalid("invalid_alias", message));
    }
    let key = operator.store.key(partner, id).await?.ok_or(Error::NO_KEY)?;
    let audit = operator.audit(partner, Action::KeyAliased, BTreeMap::from([("key", id.to_string())]));
    match operator.store.create_alias(&alias.fingerprint(), &key, &audit).await? {
        Written::Stored => Ok(key),
        Written::Overtaken => Err(Error::conflict("alias_exists", "A key has this alias already.")),
    }
}

/// Removes an alias of a key. A process that has verified the alias within the last minute accepts it until that minute ends.
///
/// # Errors
/// `NotFound` if the partner has no such key; `alias_unknown` if the key does not have this alias.
pub async fn remove_alias(operator: &Operator, partner: &PartnerId, id: &KeyId, alias: &Secret) -> Result<ApiKey, Error> {
    let key = operator.store.key(partner, id).await?.ok_or(Error::NO_KEY)?;
    let audit = operator.audit(partner, Action::KeyAliasRemoved, BTreeMap::from([("key", id.to_string())]));
    match operator.store.remove_alias(&alias.fingerprint(), &key, &audit).await? {
        Written::Stored => Ok(key),
        Written::Overtaken => Err(Error::conflict("alias_unknown", format!("The key {id} does not have this alias."))),
    }
}

pub(super) fn detail(key: &ApiKey) -> BTreeMap<&'static str, String> {
    let scopes: Vec<_> = key.scopes.iter().map(ToString::to_string).collect();
    let mut detail = BTreeMap::from([("key", key.id.to_string()), ("name", key.name.clone()), ("scopes", scopes.join(" "))]);
    detail.extend(key.expires_at.map(|at| ("expires_at", at.to_string())));
    detail
}

fn scopes(mut given: Vec<Scope>, publishable: bool) -> Result<Vec<Scope>, Error> {
    if publishable && given.iter().any(|scope| *scope != Scope::ConsentStart) {
        let only = Scope::ConsentStart;
        let message = format!("A publishable key can only have the scope {only}, because anyone can read it in a page.");
        return Err(Error::invalid("invalid_scopes", message));
    }
    if publishable {
        given.push(Scope::ConsentStart);
    }
    if given.is_empty() {
        return Err(Error::invalid("invalid_scopes", "A key needs at least one scope."));
    }
    given.sort_unstable();
    given.dedup();
    Ok(given)
}

/// The largest number of keys that are listed together.
pub const KEYS_LISTED_MOST: u32 = 1_000;

/// A partner's keys, valid or not, the oldest first; at most a thousand.
///
/// # Errors
/// `NotFound` if there is no such partner.
pub async fn list_keys(operator: &Operator, partner: &PartnerId) -> Result<Vec<ApiKey>, Error> {
    operator.partner(partner).await?;
    let mut keys = operator.store.keys(partner, None, KEYS_LISTED_MOST).await?;
    keys.sort_unstable_by_key(|key| key.created_at);
    Ok(keys)
}

/// A revoked key.
#[derive(Debug, PartialEq, Eq)]
pub enum Revoked {
    /// This call revoked it.
    Now(ApiKey),
    /// It was revoked earlier, and keeps that time.
    Before(ApiKey),
}

/// Revokes a key. A process that has verified it within the last minute accepts it until that minute ends.
///
/// # Errors
/// `NotFound` if the partner has no such key.
pub async fn revoke_key(operator: &Operator, partner: &PartnerId, id: &KeyId) -> Result<Revoked, Error> {
    let key = operator.store.key(partner, id).await?.ok_or(Error::NO_KEY)?;
    let detail = [("key", id.to_string()), ("name", key.name.clone())].into();
    let audit = operator.audit(partner, Action::KeyRevoked, detail);
    if key.revoked_at.is_some_and(|at| at <= audit.at) {
        return Ok(Revoked::Before(key));
    }
    Ok(match operator.store.revoke_key(partner, id, &audit).await? {
        Written::Stored => Revoked::Now(ApiKey { revoked_at: Some(audit.at), ..key }),
        Written::Overtaken => Revoked::Before(operator.store.key(partner, id).await?.ok_or(Error::NO_KEY)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a1_a_publishable_key_gets_no_other_scope() {
        assert!(scopes(vec![], true).is_ok_and(|scopes| scopes == [Scope::ConsentStart]));
        assert!(scopes(vec![Scope::TokensRead], true).is_err());
        let twice = vec![Scope::TokensRead, Scope::ConsentStart, Scope::TokensRead];
        assert!(scopes(twice, false).is_ok_and(|scopes| scopes == [Scope::ConsentStart, Scope::TokensRead]));
        assert!(scopes(vec![], false).is_err());
    }
}
