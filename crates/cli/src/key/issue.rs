//! Makes a key: random text for whoever asked, its hash for the table.

use counterfoil_core::model::api_key::{ApiKey, PresentedKey, Scope, compose};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::entropy::{Entropy as _, SystemEntropy};
use counterfoil_core::port::store::Written;
use counterfoil_store::Table;
use jiff::Timestamp;

use crate::failure::Failure;

/// A key that is to be.
pub(crate) struct NewKey {
    pub(crate) partner: PartnerId,
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) publishable: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
}

/// Makes and stores it.
pub(crate) async fn issue(table: &Table, new: NewKey) -> Result<(Secret, ApiKey), Failure> {
    let mut random = [0; 64];
    SystemEntropy.fill(&mut random);
    let text = compose(&new.partner, new.publishable, &random);
    let key = store(table, &text, new).await?;
    Ok((text, key))
}

/// Stores a key whose text is known already.
pub(crate) async fn store(table: &Table, text: &Secret, new: NewKey) -> Result<ApiKey, Failure> {
    let presented = PresentedKey::parse(text).ok_or_else(|| Failure::new("The text is not an API key."))?;
    let key = ApiKey {
        id: presented.id,
        hash: presented.hash,
        partner: new.partner,
        name: new.name,
        scopes: new.scopes,
        created_at: new.created_at,
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: new.created_at,
    };
    match table.create_key(&key).await? {
        Written::Stored => Ok(key),
        Written::Overtaken => Err(Failure::new(format!("The key {} already exists.", key.id))),
    }
}
