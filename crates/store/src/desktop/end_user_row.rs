//! The item of an end user, and the entry of its source id.

use counterfoil_core::model::desktop::end_user::{EndUser, EndUserName};
use counterfoil_core::model::desktop::id::EndUserId;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::{Key, end_users_of};
use crate::row::{Item, damaged, from_item, millis, name_of, time, to_item};

#[derive(Serialize, Deserialize)]
struct EndUserRow {
    partner: String,
    end_user_id: String,
    created_at: i64,
    company_name: String,
    source_id: String,
    email: String,
    list_pk: String,
    list_sk: String,
}

#[derive(Serialize)]
struct SourceRow<'a> {
    end_user_id: &'a str,
}

pub(crate) fn write(end_user: &EndUser) -> Result<Item, StoreError> {
    let row = EndUserRow {
        partner: end_user.name.partner.to_string(),
        end_user_id: end_user.name.id.to_string(),
        created_at: millis(end_user.created_at),
        company_name: end_user.company_name.clone(),
        source_id: end_user.source_id.clone(),
        email: end_user.email.clone(),
        list_pk: end_users_of(&end_user.name.partner),
        // Ids begin with their time.
        list_sk: end_user.name.id.to_string(),
    };
    to_item(&Key::end_user(&end_user.name), row)
}

/// The entry that makes a source id unique for its partner.
pub(crate) fn write_source(end_user: &EndUser) -> Result<Item, StoreError> {
    let key = Key::end_user_source(&end_user.name.partner, &end_user.source_id);
    to_item(&key, SourceRow { end_user_id: end_user.name.id.as_str() })
}

pub(crate) fn read(item: Item) -> Result<EndUser, StoreError> {
    let name = name_of(&item);
    let row: EndUserRow = from_item(item)?;
    Ok(EndUser {
        name: EndUserName {
            partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
            id: EndUserId::parse(&row.end_user_id).ok_or_else(|| damaged(&name, "end_user_id"))?,
        },
        created_at: time(&name, row.created_at)?,
        company_name: row.company_name,
        source_id: row.source_id,
        email: row.email,
    })
}
