//! The item of a request with an `Idempotency-Key`: hashes of its name and its body, and the sealed answer. DynamoDB removes it after
//! a day.

use counterfoil_core::model::idempotency::{EarlierRequest, KEPT_FOR, Progress, RequestAttempt};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::{Fingerprint, Sealed};
use counterfoil_core::model::time::later;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::service::partner::idempotency;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::key::{Key, REQUEST};
use crate::row::{Item, from_item, millis, name_of, text, time, to_item};
use crate::table::PK;

#[derive(Serialize)]
struct AttemptRow<'a> {
    attempt: &'a str,
    body_sha256: &'a str,
    started_at: i64,
    ends_at: i64,
    ttl: i64,
}

/// A row whose attempt was not released.
#[derive(Deserialize)]
struct RequestRow {
    attempt: String,
    body_sha256: String,
    ends_at: i64,
    answered_at: Option<i64>,
    answer: Option<ByteBuf>,
}

pub(crate) fn write(attempt: &RequestAttempt) -> Result<Item, StoreError> {
    let row = AttemptRow {
        attempt: &attempt.id,
        body_sha256: attempt.request.body.as_str(),
        started_at: millis(attempt.started_at),
        ends_at: millis(attempt.ends_at),
        ttl: later(attempt.started_at, KEPT_FOR).as_second(),
    };
    to_item(&Key::request(&attempt.request.partner, &attempt.request.name), row)
}

/// The id of the stored attempt, and the request.
pub(crate) fn read(item: Item) -> Result<(String, EarlierRequest), StoreError> {
    let name = name_of(&item);
    let row: RequestRow = from_item(item)?;
    let progress = match row.answered_at {
        Some(_) => Progress::Answered(row.answer.map(|answer| Sealed::from_bytes(answer.into_vec()))),
        None => Progress::UnderWay(time(&name, row.ends_at)?),
    };
    Ok((row.attempt, EarlierRequest { body: Fingerprint::stored(row.body_sha256), progress }))
}

/// The owner of the sealed answer in this item; `None` if the item is not a request.
pub(crate) fn sealing_owner(item: &Item) -> Option<String> {
    let pk = text(item, PK).ok()?;
    let (partner, name) = pk.strip_prefix(REQUEST)?.split_once('#')?;
    Some(idempotency::sealing_owner(&PartnerId::parse(partner).ok()?, &Fingerprint::stored(name.to_owned())))
}
