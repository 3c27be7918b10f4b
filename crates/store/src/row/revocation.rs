//! The item of what a platform is still to be told, beside its connection: a grant as it lay there, and its place in the due
//! index. It has no TTL: it is deleted when the platform knows, or when it is given up.

use counterfoil_core::model::connection::{Company, ConnectionId};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::revocation::{Revocation, RevocationId};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use super::connection::GrantAttributes;
use super::{Item, damaged, from_item, millis, time, to_item, word};
use crate::table::{Key, TELLER, due_shard};

#[derive(Serialize, Deserialize)]
struct RevocationRow {
    partner: String,
    company_key: String,
    epoch: u64,
    platform: String,
    environment: String,
    client_id: String,
    company_id: String,
    api_base_url: String,
    #[serde(flatten)]
    grant: GrantAttributes,
    tries: u32,
    since: i64,
    due_at: i64,
    due_shard: String,
}

pub(crate) fn write(revocation: &Revocation) -> Result<Item, StoreError> {
    let Revocation { id: RevocationId { connection, epoch }, company, .. } = revocation;
    let row = RevocationRow {
        partner: connection.partner.to_string(),
        company_key: connection.company_key.to_string(),
        epoch: *epoch,
        platform: company.platform.as_str().to_owned(),
        environment: company.environment.as_str().to_owned(),
        client_id: company.client_id.clone(),
        company_id: company.company_id.clone(),
        api_base_url: company.api_base_url.clone(),
        grant: GrantAttributes::from(&revocation.grant),
        tries: revocation.tries,
        since: millis(revocation.since),
        due_at: millis(revocation.due_at),
        due_shard: due_shard(TELLER, connection),
    };
    to_item(&Key::revocation(&revocation.id), row)
}

pub(crate) fn read(item: Item) -> Result<Revocation, StoreError> {
    let row: RevocationRow = from_item(item)?;
    let item = format!("CONN#{}#{}/REVOCATION#{}", row.partner, row.company_key, row.epoch);
    Ok(Revocation {
        id: RevocationId {
            connection: ConnectionId {
                partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&item, "partner"))?,
                company_key: CompanyKey::parse(&row.company_key).map_err(|_| damaged(&item, "company_key"))?,
            },
            epoch: row.epoch,
        },
        company: Company {
            platform: word(&item, "platform", &row.platform)?,
            environment: word(&item, "environment", &row.environment)?,
            client_id: row.client_id,
            company_id: row.company_id,
            api_base_url: row.api_base_url,
        },
        grant: row.grant.read(&item)?.ok_or_else(|| damaged(&item, "it holds no token"))?,
        tries: row.tries,
        since: time(&item, row.since)?,
        due_at: time(&item, row.due_at)?,
    })
}
