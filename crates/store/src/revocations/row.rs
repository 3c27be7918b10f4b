//! The item of a revocation, beside its connection. It has the grant as the connection or the flow had it, and is in the due index. It
//! has no TTL: it is deleted when the platform has confirmed it, or when it is given up.

use counterfoil_core::model::connection::{Company, ConnectionId};
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::revocation::{GrantId, Revocation, RevocationId};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::connections::grant_attributes::GrantAttributes;
use crate::key::Key;
use crate::key::due_shard;
use crate::key::{REVOKER, REVOKER_OF_SEVERAL};
use crate::row::{Item, damaged, from_item, millis, time, to_item, word};

#[derive(Serialize, Deserialize)]
struct RevocationRow {
    partner: String,
    company_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_id: Option<String>,
    platform: String,
    environment: String,
    client_id: String,
    company_id: String,
    api_base_url: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    other_company_ids: Vec<String>,
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    by_key: bool,
    #[serde(flatten)]
    grant: GrantAttributes,
    tries: u32,
    since: i64,
    due_at: i64,
    due_shard: String,
}

/// The value for a row without the attribute.
fn yes() -> bool {
    true
}

pub(crate) fn write(revocation: &Revocation) -> Result<Item, StoreError> {
    let Revocation { id: RevocationId { connection, grant }, company, .. } = revocation;
    let (epoch, flow_id) = match grant {
        GrantId::Epoch(epoch) => (Some(*epoch), None),
        GrantId::Consent(flow) => (None, Some(flow.as_str().to_owned())),
    };
    let row = RevocationRow {
        partner: connection.partner.to_string(),
        company_key: connection.company_key.to_string(),
        epoch,
        flow_id,
        platform: company.platform.as_str().to_owned(),
        environment: company.environment.as_str().to_owned(),
        client_id: company.client_id.clone(),
        company_id: company.company_id.clone(),
        api_base_url: company.api_base_url.clone(),
        other_company_ids: revocation.others.clone(),
        by_key: revocation.by_key,
        grant: GrantAttributes::from(&revocation.grant),
        tries: revocation.tries,
        since: millis(revocation.since),
        due_at: millis(revocation.due_at),
        due_shard: due_shard(if revocation.others.is_empty() { REVOKER } else { REVOKER_OF_SEVERAL }, connection),
    };
    to_item(&Key::revocation(&revocation.id), row)
}

pub(crate) fn read(item: Item) -> Result<Revocation, StoreError> {
    let row: RevocationRow = from_item(item)?;
    let item = format!("a revocation of CONN#{}#{}", row.partner, row.company_key);
    let grant = match (row.epoch, row.flow_id.as_deref().and_then(FlowId::parse)) {
        (Some(epoch), _) => GrantId::Epoch(epoch),
        (None, Some(flow)) => GrantId::Consent(flow),
        (None, None) => return Err(damaged(&item, "it names no grant")),
    };
    Ok(Revocation {
        id: RevocationId {
            connection: ConnectionId {
                partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&item, "partner"))?,
                company_key: CompanyKey::parse(&row.company_key).map_err(|_| damaged(&item, "company_key"))?,
            },
            grant,
        },
        company: Company {
            platform: word(&item, "platform", &row.platform)?,
            environment: word(&item, "environment", &row.environment)?,
            client_id: row.client_id,
            company_id: row.company_id,
            api_base_url: row.api_base_url,
        },
        others: row.other_company_ids,
        by_key: row.by_key,
        grant: row.grant.read(&item)?.ok_or_else(|| damaged(&item, "it holds no token"))?,
        tries: row.tries,
        since: time(&item, row.since)?,
        due_at: time(&item, row.due_at)?,
    })
}
