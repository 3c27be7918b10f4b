//! The item of a job that is not finished. TTL deletes one that nobody fetched.

use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::{EndUserId, JobId};
use counterfoil_core::model::desktop::job::{Job, JobState, KEPT_FOR};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::{Fingerprint, Sealed};
use counterfoil_core::model::time::later;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::key::Key;
use crate::row::{Item, damaged, from_item, millis, name_of, time, to_item};

/// The attribute with the hash of the ticket of the session in which a job was sent. A queued job has none.
pub(crate) const SENT_IN: &str = "sent_in";

#[derive(Serialize, Deserialize)]
struct JobRow {
    partner: String,
    end_user_id: String,
    job_id: String,
    created_at: i64,
    expires_at: i64,
    is_write: bool,
    #[serde(default)]
    is_probe: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    request: ByteBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_in: Option<String>,
    #[serde(default)]
    tries: u32,
    ttl: i64,
}

pub(crate) fn write(job: &Job) -> Result<Item, StoreError> {
    let row = JobRow {
        partner: job.end_user.partner.to_string(),
        end_user_id: job.end_user.id.to_string(),
        job_id: job.id.to_string(),
        created_at: millis(job.created_at),
        expires_at: millis(job.expires_at),
        is_write: job.is_write,
        is_probe: job.is_probe,
        session: job.session.as_ref().map(|session| session.as_str().to_owned()),
        request: ByteBuf::from(job.request.as_bytes()),
        sent_in: match &job.state {
            JobState::Queued => None,
            JobState::Sent(ticket) => Some(ticket.as_str().to_owned()),
        },
        tries: job.tries,
        ttl: later(job.expires_at, KEPT_FOR).as_second(),
    };
    to_item(&Key::job(&job.end_user, &job.id), row)
}

pub(crate) fn read(item: Item) -> Result<Job, StoreError> {
    let name = name_of(&item);
    let row: JobRow = from_item(item)?;
    Ok(Job {
        id: JobId::parse(&row.job_id).ok_or_else(|| damaged(&name, "job_id"))?,
        end_user: EndUserName {
            partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
            id: EndUserId::parse(&row.end_user_id).ok_or_else(|| damaged(&name, "end_user_id"))?,
        },
        created_at: time(&name, row.created_at)?,
        expires_at: time(&name, row.expires_at)?,
        is_write: row.is_write,
        is_probe: row.is_probe,
        session: row.session.map(Fingerprint::stored),
        request: Sealed::from_bytes(row.request.into_vec()),
        state: row.sent_in.map_or(JobState::Queued, |ticket| JobState::Sent(Fingerprint::stored(ticket))),
        tries: row.tries,
    })
}
