//! The items of the end of a job: the first says how it ended and has the first part of the answer, each further one has a further
//! part. TTL deletes them after fifteen minutes.

use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::JobId;
use counterfoil_core::model::desktop::job::JobFailure;
use counterfoil_core::model::secret::{Fingerprint, Sealed};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::desktop::JobEnd;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::key::Key;
use crate::row::{Item, damaged, from_item, name_of, newer, time, to_item};

/// The first item of an end.
#[derive(Serialize, Deserialize)]
pub(crate) struct EndRow {
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hresult: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
    #[serde(default)]
    parts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<ByteBuf>,
    ttl: i64,
}

/// A further part of an answer.
#[derive(Serialize, Deserialize)]
struct PartRow {
    part: ByteBuf,
    ttl: i64,
}

/// The items of an end: the first one, which says that the others are there, and these.
pub(crate) fn write(
    name: &EndUserName,
    id: &JobId,
    end: &JobEnd,
    expires_at: Timestamp,
) -> Result<(Item, Vec<Item>), StoreError> {
    let ttl = expires_at.as_second();
    let mut row =
        EndRow { outcome: String::new(), hresult: None, message: None, session: None, at: None, parts: 0, part: None, ttl };
    let mut further = Vec::new();
    match end {
        JobEnd::Answered { parts, session, at } => {
            "answered".clone_into(&mut row.outcome);
            row.session = Some(session.as_str().to_owned());
            row.at = Some(at.as_millisecond());
            row.parts = u32::try_from(parts.len()).unwrap_or(u32::MAX);
            row.part = parts.first().map(|part| ByteBuf::from(part.as_bytes()));
            for (number, part) in (1_u32..).zip(parts.iter().skip(1)) {
                let key = Key::answer_part(name, id, session, *at, number);
                further.push(to_item(&key, PartRow { part: ByteBuf::from(part.as_bytes()), ttl })?);
            }
        }
        JobEnd::Failed(failure) => fail(&mut row, failure),
    }
    Ok((to_item(&Key::job_end(name, id), row)?, further))
}

fn fail(row: &mut EndRow, failure: &JobFailure) {
    let outcome = match failure {
        JobFailure::QuickBooks { hresult, message } => {
            (row.hresult, row.message) = (Some(hresult.clone()), Some(message.clone()));
            "quickbooks_failed"
        }
        JobFailure::WrongCompanyFile(message) => {
            row.message = Some(message.clone());
            "wrong_company_file"
        }
        JobFailure::TooOld => "too_old",
        JobFailure::OutcomeUnknown => "outcome_unknown",
        JobFailure::AnswerLost => "answer_lost",
        JobFailure::IteratorLost => "iterator_lost",
    };
    outcome.clone_into(&mut row.outcome);
}

/// The end in a first item, without further parts, and the number of all parts.
pub(crate) fn read(item: Item) -> Result<(JobEnd, u32), StoreError> {
    let name = name_of(&item);
    let row: EndRow = from_item(item)?;
    let message = row.message.unwrap_or_default();
    let failure = match row.outcome.as_str() {
        "answered" => {
            let parts = row.part.map(|part| vec![Sealed::from_bytes(part.into_vec())]).unwrap_or_default();
            let session = Fingerprint::stored(row.session.ok_or_else(|| damaged(&name, "session"))?);
            let at = time(&name, row.at.ok_or_else(|| damaged(&name, "at"))?)?;
            return Ok((JobEnd::Answered { parts, session, at }, row.parts));
        }
        "quickbooks_failed" => JobFailure::QuickBooks { hresult: row.hresult.unwrap_or_default(), message },
        "wrong_company_file" => JobFailure::WrongCompanyFile(message),
        "too_old" => JobFailure::TooOld,
        "outcome_unknown" => JobFailure::OutcomeUnknown,
        "answer_lost" => JobFailure::AnswerLost,
        "iterator_lost" => JobFailure::IteratorLost,
        _ => return Err(newer(&name, "outcome")),
    };
    Ok((JobEnd::Failed(failure), 0))
}

pub(crate) fn read_part(item: Item) -> Result<Sealed, StoreError> {
    let row: PartRow = from_item(item)?;
    Ok(Sealed::from_bytes(row.part.into_vec()))
}
