//! Stores jobs, and the sessions of the Web Connector that carry them.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use counterfoil_core::model::desktop::connection::WebConnectorSession;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::JobId;
use counterfoil_core::model::desktop::job::{JOBS_MOST, Job, JobState, KEPT_FOR};
use counterfoil_core::model::secret::{Fingerprint, Sealed};
use counterfoil_core::model::time::later;
use counterfoil_core::port::store::desktop::{Brought, JobEnd, JobStore, Room};
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
use crate::row::{Item, damaged, millis, readable, text};
use crate::table::{PK, SK, Table};
use crate::update::Changes;

/// The condition that the session with the ticket's hash `:ticket` is open.
const OF_SESSION: &str = "#session.ticket_sha256 = :ticket";

#[async_trait]
impl JobStore for Table {
    async fn room(&self, name: &EndUserName) -> Result<Option<Room>, StoreError> {
        let connection = Key::desktop_connection(name);
        let (mut found, mut jobs) = (None, Vec::new());
        // The connection, the end user and the jobs.
        for item in self.items_from(name, &connection.sk, JOBS_MOST + 2).await? {
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
        was_awaited: bool,
    ) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("last_polled_at", Some(millis(at)))?
            .put("session", session.map(SessionRow::from))?
            .given(":password", AttributeValue::S(password.as_str().to_owned()));
        let changes = if was_awaited { changes.put("last_request_at", Some(millis(at)))?.remove(AWAITED) } else { changes };
        let update = changes.under(self, &Key::desktop_connection(name), "password_sha256 = :password");
        self.update(update, |_| false).await
    }

    async fn session_closed(&self, name: &EndUserName, ticket: &Fingerprint, at: Timestamp) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("last_polled_at", Some(millis(at)))?
            .remove("session")
            .given(":ticket", AttributeValue::S(ticket.as_str().to_owned()));
        self.update(changes.under(self, &Key::desktop_connection(name), OF_SESSION), |_| false).await
    }

    async fn await_sign_in(&self, name: &EndUserName) -> Result<Written, StoreError> {
        let changes = Changes::default().put(AWAITED, Some(true))?;
        let exists = format!("attribute_exists({PK})");
        self.update(changes.under(self, &Key::desktop_connection(name), &exists), |_| false).await
    }

    async fn session_seen(&self, name: &EndUserName, session: &WebConnectorSession) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("session", Some(SessionRow::from(session)))?
            .given(":ticket", AttributeValue::S(session.ticket.as_str().to_owned()));
        let update = changes.under(self, &Key::desktop_connection(name), OF_SESSION);
        self.update(update, |_| false).await
    }

    async fn file_seen(&self, name: &EndUserName, file_id: &str) -> Result<Written, StoreError> {
        let changes =
            Changes::default().put("has_seen_file", Some(true))?.given(":file_id", AttributeValue::S(file_id.to_owned()));
        self.update(changes.under(self, &Key::desktop_connection(name), "file_id = :file_id"), |_| false).await
    }

    async fn create_job(&self, job: &Job) -> Result<(), StoreError> {
        self.put_item(job_row::write(job)?).await
    }

    async fn claim_job(&self, job: &Job, ticket: &Fingerprint, claim: &str) -> Result<Written, StoreError> {
        let changes = Changes::default().put(SENT_IN, Some(ticket.as_str()))?.put(CLAIM, Some(claim))?.add("tries", 1);
        let is_own = |item: &Item| item.contains_key(SENT_IN) && text(item, CLAIM).is_ok_and(|stored| stored == claim);
        self.update(changes.under(self, &Key::job(&job.end_user, &job.id), &queued()), is_own).await
    }

    async fn requeue_job(&self, job: &Job, ticket: &Fingerprint, request: &Sealed) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("request", Some(ByteBuf::from(request.as_bytes())))?
            .remove(SENT_IN)
            .given(":ticket", AttributeValue::S(ticket.as_str().to_owned()));
        let condition = format!("{SENT_IN} = :ticket");
        let is_own = |item: &Item| !item.contains_key(SENT_IN) && is_bytes(item, "request", request.as_bytes());
        self.update(changes.under(self, &Key::job(&job.end_user, &job.id), &condition), is_own).await
    }

    async fn withdraw_job(&self, name: &EndUserName, id: &JobId) -> Result<Written, StoreError> {
        let items = vec![self.delete_under(&Key::job(name, id), &queued(), None)];
        Ok(written(&self.transact(items, &format!("withdraw {id}")).await?))
    }

    async fn finish_job(&self, job: &Job, end: &JobEnd, brought: Option<&Brought>) -> Result<Written, StoreError> {
        let ended_at = if let JobEnd::Answered { at, .. } = end { *at } else { job.expires_at };
        let (first, further) = end_row::write(&job.end_user, &job.id, end, later(ended_at.max(job.expires_at), KEPT_FOR))?;
        for part in &further {
            self.put_item(part.clone()).await?;
        }
        let mut items = vec![self.delete_in_state(job), self.put(first)];
        if let Some(brought) = brought {
            items.push(self.brought(job, brought)?);
        }
        let name = match end {
            JobEnd::Answered { session, at, .. } => format!("{} {at}", session.as_str()),
            JobEnd::Failed(failure) => format!("{failure:?} {:?}", brought.map(|brought| brought.at)),
        };
        let finished = written(&self.transact(items, &format!("finish {} {} {name}", job.id, job.tries)).await?);
        if finished == Written::Overtaken {
            for part in &further {
                self.delete_item(&key_of(part)?).await?;
            }
        }
        Ok(finished)
    }

    async fn job_end(&self, name: &EndUserName, id: &JobId) -> Result<Option<JobEnd>, StoreError> {
        let Some(first) = self.get(&Key::job_end(name, id)).await? else { return Ok(None) };
        let (mut end, count) = end_row::read(first)?;
        if let JobEnd::Answered { parts, session, at } = &mut end {
            for number in 1..count {
                parts.push(self.part(&Key::answer_part(name, id, session, *at, number)).await?);
            }
        }
        Ok(Some(end))
    }
}

/// The attribute of a connection that a run waits for.
const AWAITED: &str = "is_awaited";

/// The attribute with the random id of the call that sent a job.
const CLAIM: &str = "claim";

/// The condition that a job waits.
fn queued() -> String {
    format!("attribute_exists({PK}) AND attribute_not_exists({SENT_IN})")
}

fn is_bytes(item: &Item, attribute: &str, bytes: &[u8]) -> bool {
    item.get(attribute).and_then(|value| value.as_b().ok()).is_some_and(|found| found.as_ref() == bytes)
}

fn key_of(item: &Item) -> Result<Key, StoreError> {
    Ok(Key { pk: text(item, PK)?, sk: text(item, SK)? })
}

impl Table {
    /// The items of an end user from a sort key to the last job: at most `most`. A page of `DynamoDB` has 1 MB, which few large requests fill.
    async fn items_from(&self, name: &EndUserName, first: &str, most: usize) -> Result<Vec<Item>, StoreError> {
        let (mut items, mut after) = (Vec::new(), None);
        for _ in 0..most {
            let request = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(format!("{PK} = :room AND {SK} BETWEEN :first AND :last"))
                .expression_attribute_values(":room", AttributeValue::S(desktop_pk(name)))
                .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
                // Sorts after every job.
                .expression_attribute_values(":last", AttributeValue::S(format!("{JOB}~")))
                .consistent_read(true)
                .set_exclusive_start_key(after)
                .limit(i32::try_from(most - items.len()).unwrap_or(i32::MAX));
            let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            items.extend(answer.items.unwrap_or_default());
            after = answer.last_evaluated_key;
            if after.is_none() || items.len() >= most {
                break;
            }
        }
        Ok(items)
    }

    /// The part of a transaction that stores when the Web Connector brought the end of a job.
    fn brought(&self, job: &Job, brought: &Brought) -> Result<TransactWriteItem, StoreError> {
        let at = Some(millis(brought.at));
        let mut changes = Changes::default().put("last_polled_at", at)?;
        if brought.is_success {
            changes = changes.put("last_successful_request_at", at)?;
        }
        if !job.is_probe {
            changes = changes.put("last_request_at", Some(millis(job.created_at)))?;
        }
        let exists = format!("attribute_exists({PK})");
        Ok(transact_update(changes.under(self, &Key::desktop_connection(&job.end_user), &exists)))
    }

    /// The part of a transaction that deletes a job that is still in the state in which it was read.
    fn delete_in_state(&self, job: &Job) -> TransactWriteItem {
        let key = Key::job(&job.end_user, &job.id);
        match &job.state {
            JobState::Queued => self.delete_under(&key, &queued(), None),
            JobState::Sent(ticket) => {
                self.delete_under(&key, &format!("{SENT_IN} = :ticket"), Some((":ticket", ticket.as_str())))
            }
        }
    }

    async fn part(&self, key: &Key) -> Result<Sealed, StoreError> {
        let item: Option<Item> = self.get(key).await?;
        end_row::read_part(item.ok_or_else(|| damaged(&key.pk, "a part of the answer is missing"))?)
    }

    /// Deletes the jobs of an end user who is gone. Jobs that are stored meanwhile are withdrawn by those who wait for them.
    pub(super) async fn delete_jobs(&self, name: &EndUserName) -> Result<(), StoreError> {
        for job in self.items_from(name, JOB, JOBS_MOST + 1).await? {
            self.delete_item(&key_of(&job)?).await?;
        }
        Ok(())
    }
}
