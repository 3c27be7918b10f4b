//! Stores jobs, and the sessions of the Web Connector that carry them.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::desktop::connection::WebConnectorSession;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::JobId;
use counterfoil_core::model::desktop::job::{JOBS_MOST, Job, JobState, KEPT_FOR};
use counterfoil_core::model::secret::{Fingerprint, Sealed};
use counterfoil_core::model::time::later;
use counterfoil_core::port::store::desktop::{JobEnd, JobStore, Room};
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;
use serde_bytes::ByteBuf;

use crate::desktop::connection_row::SessionRow;
use crate::desktop::end_users::written;
use crate::desktop::job_row::SENT_IN;
use crate::desktop::{connection_row, end_row, job_row};
use crate::fault;
use crate::key::{JOB, Key, desktop_pk};
use crate::request::transact_update;
use crate::row::{Item, millis, readable, text};
use crate::table::{PK, SK, Table};
use crate::update::Changes;

#[async_trait]
impl JobStore for Table {
    async fn room(&self, name: &EndUserName) -> Result<Option<Room>, StoreError> {
        let connection = Key::desktop_connection(name);
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :room AND {SK} BETWEEN :connection AND :jobs"))
            .expression_attribute_values(":room", AttributeValue::S(desktop_pk(name)))
            .expression_attribute_values(":connection", AttributeValue::S(connection.sk.clone()))
            // Sorts after every job.
            .expression_attribute_values(":jobs", AttributeValue::S(format!("{JOB}~")))
            .consistent_read(true)
            // The connection, the end user and the jobs.
            .limit(i32::try_from(JOBS_MOST + 2).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        let (mut found, mut jobs) = (None, Vec::new());
        for item in answer.items.unwrap_or_default() {
            let sk = text(&item, SK)?;
            if sk == connection.sk {
                found = Some(connection_row::read(item)?);
            } else if sk.starts_with(JOB) {
                jobs.push(job_row::read(item));
            }
        }
        Ok(found.map(|connection| Room { connection, jobs: readable(jobs).collect() }))
    }

    async fn signed_in(
        &self,
        name: &EndUserName,
        password: &Fingerprint,
        session: Option<&WebConnectorSession>,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("last_polled_at", Some(millis(at)))?
            .put("session", session.map(SessionRow::from))?
            .given(":password", AttributeValue::S(password.as_str().to_owned()));
        let update = changes.under(self, &Key::desktop_connection(name), "password_sha256 = :password");
        self.update(update, |_| false).await
    }

    async fn session_seen(&self, name: &EndUserName, session: &WebConnectorSession) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("session", Some(SessionRow::from(session)))?
            .given(":ticket", AttributeValue::S(session.ticket.as_str().to_owned()));
        let update = changes.under(self, &Key::desktop_connection(name), "#session.ticket_sha256 = :ticket");
        self.update(update, |_| false).await
    }

    async fn create_job(&self, job: &Job) -> Result<(), StoreError> {
        self.put_item(job_row::write(job)?).await
    }

    async fn claim_job(&self, job: &Job, ticket: &Fingerprint) -> Result<Written, StoreError> {
        let changes = Changes::default().put(SENT_IN, Some(ticket.as_str()))?.add("tries", 1);
        self.update(changes.under(self, &Key::job(&job.end_user, &job.id), &queued()), |_| false).await
    }

    async fn requeue_job(&self, job: &Job, ticket: &Fingerprint, request: &Sealed) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("request", Some(ByteBuf::from(request.as_bytes())))?
            .remove(SENT_IN)
            .given(":ticket", AttributeValue::S(ticket.as_str().to_owned()));
        let condition = format!("{SENT_IN} = :ticket");
        self.update(changes.under(self, &Key::job(&job.end_user, &job.id), &condition), |_| false).await
    }

    async fn withdraw_job(&self, name: &EndUserName, id: &JobId) -> Result<Written, StoreError> {
        let items = vec![self.delete_under(&Key::job(name, id), &queued(), None)];
        Ok(written(&self.transact(items, &format!("withdraw {id}")).await?))
    }

    async fn finish_job(&self, job: &Job, end: &JobEnd) -> Result<Written, StoreError> {
        let ended_at = if let JobEnd::Answered { at, .. } = end { *at } else { job.expires_at };
        let (first, further) = end_row::write(&job.end_user, &job.id, end, later(ended_at.max(job.expires_at), KEPT_FOR))?;
        for part in further {
            self.put_item(part).await?;
        }
        let key = Key::job(&job.end_user, &job.id);
        let deleted = match &job.state {
            JobState::Queued => self.delete_under(&key, &queued(), None),
            JobState::Sent(ticket) => {
                self.delete_under(&key, &format!("{SENT_IN} = :ticket"), Some((":ticket", ticket.as_str())))
            }
        };
        let mut items = vec![deleted, self.put(first)];
        if let JobEnd::Answered { at, .. } = end {
            let changes = Changes::default()
                .put("last_request_at", Some(millis(job.created_at)))?
                .put("last_successful_request_at", Some(millis(*at)))?;
            let exists = format!("attribute_exists({PK})");
            items.push(transact_update(changes.under(self, &Key::desktop_connection(&job.end_user), &exists)));
        }
        Ok(written(&self.transact(items, &format!("finish {} {}", job.id, job.tries)).await?))
    }

    async fn job_end(&self, name: &EndUserName, id: &JobId) -> Result<Option<JobEnd>, StoreError> {
        let Some(first) = self.get(&Key::job_end(name, id, 0)).await? else { return Ok(None) };
        let (mut end, count) = end_row::read(first)?;
        if let JobEnd::Answered { parts, .. } = &mut end {
            for number in 1..count {
                parts.push(self.part(name, id, number).await?);
            }
        }
        Ok(Some(end))
    }
}

/// The condition that a job waits.
fn queued() -> String {
    format!("attribute_exists({PK}) AND attribute_not_exists({SENT_IN})")
}

impl Table {
    async fn part(&self, name: &EndUserName, id: &JobId, number: u32) -> Result<Sealed, StoreError> {
        let key = Key::job_end(name, id, number);
        let item: Option<Item> = self.get(&key).await?;
        end_row::read_part(item.ok_or_else(|| crate::row::damaged(&key.pk, "a part of the answer is missing"))?)
    }
}
