//! The item of a partner.

use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::key::PARTNERS;
use crate::row::{Item, attribute, damaged, from_item, millis, time, to_item};
use crate::table::LIST_PK;
use crate::table::LIST_SK;

#[derive(Serialize, Deserialize)]
struct PartnerRow {
    partner: String,
    name: String,
    #[serde(default)]
    redirect_uris: Vec<String>,
    created_at: i64,
}

pub(crate) fn write(partner: &Partner) -> Result<Item, StoreError> {
    let row = PartnerRow {
        partner: partner.id.to_string(),
        name: partner.name.clone(),
        redirect_uris: partner.redirect_uris.clone(),
        created_at: millis(partner.created_at),
    };
    let mut item = to_item(&Key::partner(&partner.id), row)?;
    item.insert(LIST_PK.to_owned(), attribute(PARTNERS)?);
    item.insert(LIST_SK.to_owned(), attribute(partner.id.as_str())?);
    Ok(item)
}

pub(crate) fn read(item: Item) -> Result<Partner, StoreError> {
    let row: PartnerRow = from_item(item)?;
    Ok(Partner {
        created_at: time(&row.partner, row.created_at)?,
        id: PartnerId::parse(&row.partner).map_err(|_| damaged(&row.partner, "partner"))?,
        name: row.name,
        redirect_uris: row.redirect_uris,
    })
}
