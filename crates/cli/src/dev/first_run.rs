//! What an installation needs before its first request: the partner `default` and two keys. Keys are stored hashed, so
//! their text is kept in `dev.json` and used again as long as the table does not know better.

use counterfoil_core::model::api_key::{PresentedKey, Scope};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::store::partners::PartnerStore as _;
use counterfoil_store::Table;
use jiff::Timestamp;

use crate::dev_file::DevFile;
use crate::failure::Failure;
use crate::key::issue::{NewKey, issue, store};
use crate::redirect_uri;

/// The partner and its keys.
pub(super) struct Keys {
    pub(super) partner: PartnerId,
    pub(super) api_key: Secret,
    pub(super) publishable_key: Secret,
}

/// Makes what is not there yet.
pub(super) async fn prepare(table: &Table, earlier: &DevFile, redirect_uris: &[String], now: Timestamp) -> Result<Keys, Failure> {
    let id = PartnerId::default_partner();
    let partner = Partner { id: id.clone(), name: "Default".to_owned(), redirect_uris: Vec::new(), created_at: now };
    // One that is there already stays as it is.
    table.create_partner(&partner).await?;
    let listed = table.partner(&id).await?.map(|partner| partner.redirect_uris).unwrap_or_default();
    let wanted = redirect_uri::added(&listed, redirect_uris)?;
    if wanted != listed {
        table.set_redirect_uris(&id, &wanted).await?;
    }
    let new = |publishable| NewKey {
        partner: id.clone(),
        name: if publishable { "dev, publishable" } else { "dev" }.to_owned(),
        scopes: if publishable { vec![Scope::ConsentStart] } else { Scope::ALL.to_vec() },
        publishable,
        created_at: now,
        expires_at: None,
    };
    Ok(Keys {
        api_key: key(table, &earlier.api_key, new(false)).await?,
        publishable_key: key(table, &earlier.publishable_key, new(true)).await?,
        partner: id,
    })
}

/// The earlier key while it is good. A table that has never seen it (another one, or memory) learns it; one in which it
/// was revoked gets a new one.
async fn key(table: &Table, earlier: &str, new: NewKey) -> Result<Secret, Failure> {
    let earlier = Secret::new(earlier);
    let Some(presented) = PresentedKey::parse(&earlier).filter(|presented| presented.partner == new.partner) else {
        return issue(table, new).await.map(|(text, _)| text);
    };
    match table.key(&presented.partner, &presented.id).await? {
        Some(known) if known.hash.matches(&presented.hash) && known.is_live(new.created_at) => Ok(earlier),
        Some(_) => issue(table, new).await.map(|(text, _)| text),
        None => store(table, &earlier, new).await.map(|_| earlier),
    }
}
