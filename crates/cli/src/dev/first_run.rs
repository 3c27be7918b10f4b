//! Prepares an installation for its first request: the partner `default` and two keys. Keys are stored as hashes, so their text is kept
//! in `dev.json`, and is used again while the table accepts it.

use counterfoil_core::Error;
use counterfoil_core::model::api_key::{PresentedKey, Scope};
use counterfoil_core::model::name::{DisplayName, PartnerId};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::partner::keys::{NewKey, create_key, store_key};
use counterfoil_core::service::partner::operator::Operator;
use counterfoil_core::service::partner::partners::{NewPartner, create_partner};
use counterfoil_core::service::partner::redirect_uris::add_redirect_uris;

use crate::dev_file::DevFile;
use crate::failure::Failure;

/// The partner and the texts of its keys.
pub(super) struct Keys {
    pub(super) partner: PartnerId,
    pub(super) api_key: Secret,
    pub(super) publishable_key: Secret,
}

/// Creates what is missing.
pub(super) async fn prepare(operator: &Operator, earlier: &DevFile, redirect_uris: &[String]) -> Result<Keys, Failure> {
    let id = PartnerId::default_partner();
    match operator.partner(&id).await {
        Ok(_) => {}
        Err(Error::NotFound(_)) => {
            let new = NewPartner { id: id.clone(), name: DisplayName::parse("Default")?, redirect_uris: Vec::new() };
            create_partner(operator, new).await?;
        }
        Err(error) => return Err(error.into()),
    }
    add_redirect_uris(operator, &id, redirect_uris).await?;
    let new = |publishable| {
        Ok::<_, Error>(NewKey {
            partner: id.clone(),
            name: DisplayName::parse(if publishable { "dev, publishable" } else { "dev" })?,
            scopes: if publishable { vec![Scope::ConsentStart] } else { Scope::ALL.to_vec() },
            publishable,
            life: None,
        })
    };
    Ok(Keys {
        api_key: key(operator, &earlier.api_key, new(false)?).await?,
        publishable_key: key(operator, &earlier.publishable_key, new(true)?).await?,
        partner: id,
    })
}

/// The earlier key if it is valid. If the table does not know it, because it is another table, the key is stored there; if it was
/// revoked, a new one is created.
async fn key(operator: &Operator, earlier: &str, new: NewKey) -> Result<Secret, Error> {
    let earlier = Secret::new(earlier);
    let Some(presented) = PresentedKey::parse(&earlier).filter(|presented| presented.partner == new.partner) else {
        return create_key(operator, new).await.map(|(text, _)| text);
    };
    match operator.store.key(&presented.partner, &presented.id).await? {
        Some(known) if known.hash.matches(&presented.hash) && known.is_live(operator.clock.now()) => Ok(earlier),
        Some(_) => create_key(operator, new).await.map(|(text, _)| text),
        None => store_key(operator, &earlier, new).await.map(|_| earlier),
    }
}
