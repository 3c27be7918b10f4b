//! An operator creates and lists partners.

use crate::Error;
use crate::model::audit::Action;
use crate::model::name::{DisplayName, PartnerId};
use crate::model::partner::Partner;
use crate::port::store::Created;
use crate::service::partner::operator::Operator;
use crate::service::partner::redirect_uris::extended;

/// The parameters of a new partner.
pub struct NewPartner {
    /// Its id.
    pub id: PartnerId,
    /// A name for people.
    pub name: DisplayName,
    /// The addresses that a browser may be redirected to after a consent.
    pub redirect_uris: Vec<String>,
}

/// Creates a partner.
///
/// # Errors
/// `partner_exists`; `invalid_redirect_uri` and `too_many_redirect_uris` as for
/// [`add_redirect_uris`](super::redirect_uris::add_redirect_uris).
pub async fn create_partner(operator: &Operator, new: NewPartner) -> Result<Partner, Error> {
    let redirect_uris = extended(&[], &new.redirect_uris)?;
    let detail = [("name", new.name.to_string()), ("redirect_uris", redirect_uris.join(" "))].into();
    let audit = operator.audit(&new.id, Action::PartnerCreated, detail);
    let partner = Partner { id: new.id, name: new.name.to_string(), redirect_uris, created_at: audit.at };
    match operator.store.create_partner(&partner, &audit).await? {
        Created::Stored => Ok(partner),
        Created::Exists => {
            let message = format!("The partner {} already exists. Nothing was changed.", partner.id);
            Err(Error::conflict("partner_exists", message))
        }
    }
}

/// The partners of this installation, by id; at most a thousand.
///
/// # Errors
/// The table's errors.
pub async fn list_partners(operator: &Operator) -> Result<Vec<Partner>, Error> {
    let mut partners = Vec::new();
    for id in operator.store.partners().await? {
        partners.extend(operator.store.partner(&id).await?);
    }
    Ok(partners)
}
