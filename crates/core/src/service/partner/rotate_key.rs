//! The rotation of an API key: a new key replaces it, and it stays valid for an overlap.

use std::time::Duration;

use jiff::Timestamp;

use crate::Error;
use crate::model::api_key::{ApiKey, KeyId, PresentedKey, Scope};
use crate::model::audit::Action;
use crate::model::name::PartnerId;
use crate::model::secret::Secret;
use crate::model::time::{later, until};
use crate::port::store::Written;
use crate::service::partner::keys::{detail, new_text};
use crate::service::partner::operator::Operator;

/// How long a rotated key stays valid, if the caller gives no overlap.
pub const OVERLAP: Duration = Duration::from_secs(86_400);
/// The longest overlap.
pub const OVERLAP_MOST: Duration = Duration::from_secs(7 * 86_400);

/// Makes a key with the name, the scopes and the term of another, and returns its text. The other is revoked after the overlap. A key
/// without an end gets a key without an end.
///
/// # Errors
/// `NotFound` if the partner has no such key; `Forbidden` if it has a scope that the operator lacks; `key_revoked`, `key_rotated` or
/// `key_expired` if it has ended, or was rotated before.
pub async fn rotate_key(
    operator: &Operator,
    partner: &PartnerId,
    id: &KeyId,
    overlap: Duration,
) -> Result<(Secret, ApiKey), Error> {
    let old = operator.store.key(partner, id).await?.ok_or(Error::NO_KEY)?;
    operator.may_give(&old.scopes)?;
    let now = operator.clock.now();
    check_live(&old, now)?;
    let text = new_text(operator, partner, old.scopes == [Scope::ConsentStart]);
    let presented = PresentedKey::parse(&text).ok_or_else(|| Error::Internal("a new key is not well formed".to_owned()))?;
    let term = old.expires_at.map(|end| until(old.created_at, end));
    let new = ApiKey {
        id: presented.id,
        hash: presented.hash,
        created_at: now,
        expires_at: term.map(|term| later(now, term)),
        last_used_at: now,
        revoked_at: None,
        ..old
    };
    let revoked_from = later(now, overlap.min(OVERLAP_MOST));
    let mut detail = detail(&new);
    detail.extend([("replaced_key", id.to_string()), ("replaced_key_ends_at", revoked_from.to_string())]);
    let audit = operator.audit(partner, Action::KeyRotated, detail);
    match operator.store.replace_key(id, revoked_from, &new, &audit).await? {
        Written::Stored => Ok((text, new)),
        Written::Overtaken => {
            check_live(&operator.store.key(partner, id).await?.ok_or(Error::NO_KEY)?, now)?;
            Err(Error::conflict("changed_meanwhile", "Another request changed this key at the same time. Nothing was changed."))
        }
    }
}

/// Refuses a key that was rotated or has ended. A rotated one is revoked at a time to come.
fn check_live(key: &ApiKey, now: Timestamp) -> Result<(), Error> {
    let refuse = |code, message: &str| Err(Error::conflict(code, message));
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) if at > now => refuse("key_rotated", "This API key was rotated before. Rotate the key that replaced it."),
        (Some(_), _) => refuse("key_revoked", "This API key is revoked. Create another."),
        (None, Some(end)) if end <= now => refuse("key_expired", "This API key has expired. Create another."),
        (None, _) => Ok(()),
    }
}
