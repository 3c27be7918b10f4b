//! QuickBooks Desktop: end users, their connections, sessions of the auth flow, and jobs.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::audit::Audit;
use crate::model::connection::Connection;
use crate::model::desktop::auth_session::AuthSession;
use crate::model::desktop::connection::{DesktopConnection, WebConnectorSession};
use crate::model::desktop::end_user::{EndUser, EndUserName};
use crate::model::desktop::id::{AuthSessionId, EndUserId, JobId};
use crate::model::desktop::job::{Job, JobFailure, WORKED_ON_FOR};
use crate::model::event::Event;
use crate::model::name::PartnerId;
use crate::model::secret::{Fingerprint, Sealed};
use crate::model::time::until;
use crate::port::store::{Created, StoreError, Written};

/// End users and their connections. Reads are strongly consistent, except the list.
#[async_trait]
pub trait EndUserStore: Send + Sync {
    /// Stores a new end user. `Exists` if the partner has one with this source id.
    async fn create_end_user(&self, end_user: &EndUser, audit: &Audit) -> Result<Created, StoreError>;

    /// At most `most` of a partner's end users with their connections, oldest first, after `after`. The list may lag by moments.
    async fn end_users(
        &self,
        partner: &PartnerId,
        after: Option<&EndUserId>,
        most: u32,
    ) -> Result<Vec<(EndUser, Option<DesktopConnection>)>, StoreError>;

    /// The number of a partner's end users, counted up to `most`. It may lag by moments.
    async fn count_end_users(&self, partner: &PartnerId, most: usize) -> Result<usize, StoreError>;

    /// One end user with its connection.
    async fn end_user(&self, name: &EndUserName) -> Result<Option<(EndUser, Option<DesktopConnection>)>, StoreError>;

    /// Deletes an end user, its connection and the entry of its source id, all or nothing. `Overtaken` if it does not exist.
    async fn delete_end_user(&self, end_user: &EndUser, audit: &Audit) -> Result<Written, StoreError>;

    /// Stores a new connection. `Overtaken` if the end user has one, or does not exist.
    async fn create_connection(&self, connection: &DesktopConnection, audit: &Audit) -> Result<Written, StoreError>;

    /// Replaces the password of a connection at the time of the audit row, and ends its session. `Overtaken` if there is no connection.
    async fn replace_password(&self, name: &EndUserName, password: &Fingerprint, audit: &Audit) -> Result<Written, StoreError>;

    /// Replaces the `.qwc` file and the `FileID` of a connection. `Overtaken` if there is no connection.
    async fn replace_qwc(&self, name: &EndUserName, file_id: &str, qwc: &str, audit: &Audit) -> Result<Written, StoreError>;

    /// Stores a connection of QuickBooks Desktop as a connection of the partner, with its event and audit row, all or nothing.
    /// `Overtaken` if one of the two is no longer as it was read.
    async fn connect(&self, connect: &Connect) -> Result<Written, StoreError>;

    /// Stores a new session of the auth flow.
    async fn create_auth_session(&self, session: &AuthSession, audit: &Audit) -> Result<(), StoreError>;

    /// One session of the auth flow.
    async fn auth_session(&self, partner: &PartnerId, id: &AuthSessionId) -> Result<Option<AuthSession>, StoreError>;

    /// Stores when the page of a session showed a password.
    async fn password_shown(&self, partner: &PartnerId, id: &AuthSessionId, at: Timestamp) -> Result<(), StoreError>;
}

/// The connection of an end user that becomes one of the partner's connections.
#[derive(Clone)]
pub struct Connect {
    /// The end user's connection as it was read.
    pub desktop: DesktopConnection,
    /// The partner's connection as it was read; `None` if there was none.
    pub previous: Option<Connection>,
    /// The partner's connection. Its epoch is above the previous one.
    pub connection: Connection,
    /// The audit row.
    pub audit: Audit,
    /// The event.
    pub event: Event,
}

/// The connection of an end user and its jobs that are not finished, oldest first: at most
/// [`JOBS_MOST`](crate::model::desktop::job::JOBS_MOST) and one.
#[derive(Clone)]
pub struct Room {
    /// The connection.
    pub connection: DesktopConnection,
    /// The jobs.
    pub jobs: Vec<Job>,
}

impl Room {
    /// Whether the Web Connector signed in lately, holds a session open, or waits in it for QuickBooks, which works on a job.
    pub fn is_active(&self, now: Timestamp) -> bool {
        let Some(session) = &self.connection.session else { return self.connection.is_active(now) };
        let is_worked_on = |job: &Job| job.is_sent_in(&session.ticket) && until(job.created_at, now) <= WORKED_ON_FOR;
        self.connection.is_active(now) || self.jobs.iter().any(is_worked_on)
    }
}

/// Jobs, and the sessions of the Web Connector that carry them. Reads are strongly consistent.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// The connection of an end user and its jobs, in one request. `None` if there is no connection.
    async fn room(&self, name: &EndUserName) -> Result<Option<Room>, StoreError>;

    /// Stores that the Web Connector signed in, and replaces its session. `Overtaken` if there is no connection, or if its password is
    /// not this one any more. If it was [awaited](Self::await_sign_in), it is no longer, and the session is held open from now on.
    async fn signed_in(
        &self,
        name: &EndUserName,
        password: &Fingerprint,
        session: Option<&WebConnectorSession>,
        at: Timestamp,
        was_awaited: bool,
    ) -> Result<Written, StoreError>;

    /// Stores that a run waits for the next sign-in. `Overtaken` if there is no connection.
    async fn await_sign_in(&self, name: &EndUserName) -> Result<Written, StoreError>;

    /// Stores the state of a session. `Overtaken` if another session has replaced it.
    async fn session_seen(&self, name: &EndUserName, session: &WebConnectorSession) -> Result<Written, StoreError>;

    /// Removes the session with this ticket's hash, and stores when the Web Connector closed it. `Overtaken` if it is not there.
    async fn session_closed(&self, name: &EndUserName, ticket: &Fingerprint, at: Timestamp) -> Result<Written, StoreError>;

    /// Stores that the company file with this `FileID` was open. `Overtaken` if the connection has another one by now.
    async fn file_seen(&self, name: &EndUserName, file_id: &str) -> Result<Written, StoreError>;

    /// Stores a new job.
    async fn create_job(&self, job: &Job) -> Result<(), StoreError>;

    /// Marks a queued job as sent in the session with this ticket's hash. `Overtaken` if it is not queued any more. `claim` is a new random
    /// id, which tells this call from another one of the same session.
    async fn claim_job(&self, job: &Job, ticket: &Fingerprint, claim: &str) -> Result<Written, StoreError>;

    /// Queues a job again that was sent in a session that has ended, with this request. `Overtaken` if it is not sent there any more.
    async fn requeue_job(&self, job: &Job, ticket: &Fingerprint, request: &Sealed) -> Result<Written, StoreError>;

    /// Removes a job that nobody waits for, if it was not sent. `Overtaken` if it was sent or is finished.
    async fn withdraw_job(&self, name: &EndUserName, id: &JobId) -> Result<Written, StoreError>;

    /// Finishes a job: stores its end, removes the job, and stores the times of the connection if the Web Connector brought the end, all or
    /// nothing. `Overtaken` if the job is finished, or not in this state any more.
    async fn finish_job(&self, job: &Job, end: &JobEnd, brought: Option<&Brought>) -> Result<Written, StoreError>;

    /// The end of a job; `None` if it is not finished.
    async fn job_end(&self, name: &EndUserName, id: &JobId) -> Result<Option<JobEnd>, StoreError>;
}

/// The call of the Web Connector that brought the end of a job.
#[derive(Debug, Clone, Copy)]
pub struct Brought {
    /// When it arrived.
    pub at: Timestamp,
    /// Whether QuickBooks answered with a success.
    pub is_success: bool,
}

/// How a job ended, as it is stored.
#[derive(Clone)]
pub enum JobEnd {
    /// QuickBooks answered.
    Answered {
        /// The parts of the compressed and sealed document: each at most
        /// [`PART_MOST`](crate::model::desktop::job::PART_MOST) bytes.
        parts: Vec<Sealed>,
        /// The hash of the session's ticket.
        session: Fingerprint,
        /// When the answer arrived.
        at: Timestamp,
    },
    /// It has no answer.
    Failed(JobFailure),
}
