//! The item of a token answer that could not be read, beside its connection or its flow. It has a TTL, and is in the due index, where the
//! operator's command finds it. In the parking queue it has the same attributes.

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::kept_answer::{AnswerOf, KeptAnswer};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::secret::{Fingerprint, Sealed};
use counterfoil_core::port::store::{DUE_SHARDS, StoreError};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::key::Key;
use crate::key::OPERATOR;
use crate::key::due_shard_name;
use crate::row::{Item, damaged, from_item, millis, time, to_item, word};

/// The time for which an answer is kept, in seconds: ninety days.
const KEPT_FOR: i64 = 90 * 86_400;

#[derive(Serialize, Deserialize)]
struct AnswerRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_id: Option<String>,
    epoch: u64,
    hash: String,
    platform: String,
    at: i64,
    answer: ByteBuf,
}

/// The attributes that only the row in the table has.
#[derive(Serialize)]
struct Stored {
    #[serde(flatten)]
    row: AnswerRow,
    due_at: i64,
    due_shard: String,
    ttl: i64,
}

impl From<&KeptAnswer> for AnswerRow {
    fn from(kept: &KeptAnswer) -> Self {
        let (connection, flow) = match &kept.of {
            AnswerOf::Connection(id) => (Some(id), None),
            AnswerOf::Flow(id) => (None, Some(id)),
        };
        Self {
            partner: connection.map(|id| id.partner.to_string()),
            company_key: connection.map(|id| id.company_key.to_string()),
            flow_id: flow.map(|id| id.as_str().to_owned()),
            epoch: kept.epoch,
            hash: kept.hash.clone(),
            platform: kept.platform.as_str().to_owned(),
            at: millis(kept.at),
            answer: ByteBuf::from(kept.text.as_bytes()),
        }
    }
}

impl AnswerRow {
    fn read(self) -> Result<KeptAnswer, StoreError> {
        let item = format!("ANSWER#{}", self.hash);
        let of = match (self.partner, self.company_key, self.flow_id) {
            (Some(partner), Some(company_key), _) => AnswerOf::Connection(ConnectionId {
                partner: PartnerId::parse(&partner).map_err(|_| damaged(&item, "partner"))?,
                company_key: CompanyKey::parse(&company_key).map_err(|_| damaged(&item, "company_key"))?,
            }),
            (.., Some(id)) => AnswerOf::Flow(FlowId::parse(&id).ok_or_else(|| damaged(&item, "flow_id"))?),
            _ => return Err(damaged(&item, "it is of no connection and no flow")),
        };
        Ok(KeptAnswer {
            of,
            epoch: self.epoch,
            platform: word(&item, "platform", &self.platform)?,
            at: time(&item, self.at)?,
            text: Sealed::from_bytes(self.answer.into_vec()),
            hash: self.hash,
        })
    }
}

pub(crate) fn write(kept: &KeptAnswer) -> Result<Item, StoreError> {
    let key = Key::kept_answer(&kept.of, kept.epoch, &kept.hash);
    let shard = Fingerprint::of(&key.pk).shard(DUE_SHARDS);
    let (due_shard, ttl) = (due_shard_name(OPERATOR, shard), kept.at.as_second() + KEPT_FOR);
    to_item(&key, Stored { row: kept.into(), due_at: millis(kept.at), due_shard, ttl })
}

pub(crate) fn read(item: Item) -> Result<KeptAnswer, StoreError> {
    from_item::<AnswerRow>(item)?.read()
}

/// The text of a message or a file that stores the answer later.
pub(crate) fn to_text(kept: &KeptAnswer) -> Result<String, StoreError> {
    serde_json::to_string(&AnswerRow::from(kept)).map_err(|error| damaged("a kept answer", &error.to_string()))
}

/// Reads such a text; `None` if it is something else.
pub(crate) fn from_text(text: &str) -> Option<KeptAnswer> {
    serde_json::from_str::<AnswerRow>(text).ok()?.read().ok()
}
