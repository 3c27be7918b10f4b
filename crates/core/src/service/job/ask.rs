//! A partner's request for a company file: it becomes a job, and its caller waits for the answer.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::desktop::connection::DesktopConnection;
use crate::model::desktop::end_user::EndUserName;
use crate::model::desktop::id::JobId;
use crate::model::desktop::job::{JOBS_MOST, Job, JobFailure, JobState};
use crate::model::secret::{Fingerprint, Secret};
use crate::model::time::later;
use crate::port::store::Written;
use crate::port::store::desktop::{JobEnd, Room};
use crate::service::job::answer::opened;
use crate::service::job::{POLL, REQUEST, sealing_owner};
use crate::{App, Error};

/// The largest qbXML document of a request, in bytes. It must fit into an item of `DynamoDB`, which has at most 400 KB.
pub const REQUEST_MOST: usize = 300_000;

/// A request.
pub struct Ask {
    /// The qbXML document.
    pub document: Secret,
    /// Whether it changes the company file.
    pub is_write: bool,
    /// The session whose iterator it continues, by the hash of its ticket.
    pub session: Option<Fingerprint>,
    /// The longest time that its caller waits.
    pub wait: Duration,
}

/// An answer of QuickBooks.
pub struct Answer {
    /// The qbXML document.
    pub document: Secret,
    /// The session that brought it, by the hash of its ticket. An iterator of the answer can be continued in it.
    pub session: Fingerprint,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum AskError {
    /// The end user has not completed the auth flow.
    NotSetUp,
    /// The Web Connector has not signed in lately. It was last seen then.
    NotActive(Option<Timestamp>),
    /// The Web Connector did not fetch the request in time. QuickBooks did not get it.
    NotFetched,
    /// QuickBooks did not answer in time. If the request is a write, it may have been carried out.
    NotAnswered {
        /// Whether the request is a write.
        is_write: bool,
    },
    /// The request is larger than [`REQUEST_MOST`].
    TooLarge,
    /// As many requests wait already as may wait. This one was not stored.
    TooMany,
    /// The job ended without an answer.
    Failed(JobFailure),
    /// Another failure.
    Other(Error),
}

impl<E: Into<Error>> From<E> for AskError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// The connection of an end user that can be asked.
///
/// # Errors
/// See [`active_room`].
pub async fn active_connection(app: &App, name: &EndUserName) -> Result<DesktopConnection, AskError> {
    active_room(app, name).await.map(|room| room.connection)
}

/// The same, with the jobs that wait.
///
/// # Errors
/// `NotSetUp`, `NotActive`, `TooMany`, and `NotFound` if the partner has no such end user.
pub(crate) async fn active_room(app: &App, name: &EndUserName) -> Result<Room, AskError> {
    let Some(room) = app.jobs.room(name).await? else {
        let end_user = app.end_users.end_user(name).await?;
        return Err(end_user.map_or_else(|| Error::NO_END_USER.into(), |_| AskError::NotSetUp));
    };
    let now = app.now();
    if !room.connection.is_set_up() {
        return Err(AskError::NotSetUp);
    }
    if !room.is_active(now) {
        return Err(AskError::NotActive(room.connection.last_active_at()));
    }
    if room.jobs.iter().filter(|job| job.expires_at > now).count() >= JOBS_MOST {
        return Err(AskError::TooMany);
    }
    Ok(room)
}

/// Puts a request into the queue of an end user, and waits for its answer.
///
/// # Errors
/// See [`AskError`].
pub async fn ask(app: &App, name: &EndUserName, ask: Ask) -> Result<Answer, AskError> {
    let ends_at = app.clock.elapsed() + ask.wait;
    let job = job(app, name, ask).await?;
    match answered(app, &job, ends_at).await {
        Err(AskError::Other(error)) => Err(abandoned(app, &job, error).await),
        answered => answered,
    }
}

/// Puts a request that only reads into the queue of an end user. [`answer_to`] waits for its answer, in any process.
///
/// # Errors
/// `TooLarge` and `Other`.
pub(crate) async fn ask_ahead(app: &App, name: &EndUserName, ask: Ask) -> Result<JobId, AskError> {
    let job = job(app, name, ask).await?;
    app.jobs.create_job(&job).await?;
    Ok(job.id)
}

/// Waits for the answer to a request of [`ask_ahead`]. Gives up at `ends_at`, on the monotonic clock.
///
/// # Errors
/// `NotFetched`, `NotAnswered`, `Failed` and `Other`.
pub(crate) async fn answer_to(app: &App, name: &EndUserName, id: &JobId, ends_at: Duration) -> Result<Answer, AskError> {
    waited(app, name, id, false, ends_at).await
}

async fn job(app: &App, name: &EndUserName, ask: Ask) -> Result<Job, AskError> {
    if ask.document.expose().len() > REQUEST_MOST {
        return Err(AskError::TooLarge);
    }
    let now = app.now();
    Ok(Job {
        id: JobId::of_digits(&app.new_id("")),
        end_user: name.clone(),
        created_at: now,
        expires_at: later(now, ask.wait),
        is_write: ask.is_write,
        is_probe: false,
        session: ask.session,
        request: app.sealer.seal(&sealing_owner(name), REQUEST, &ask.document).await?,
        state: JobState::Queued,
        tries: 0,
    })
}

async fn answered(app: &App, job: &Job, ends_at: Duration) -> Result<Answer, AskError> {
    app.jobs.create_job(job).await?;
    app.clock.sleep(POLL).await;
    waited(app, &job.end_user, &job.id, job.is_write, ends_at).await
}

async fn waited(app: &App, name: &EndUserName, id: &JobId, is_write: bool, ends_at: Duration) -> Result<Answer, AskError> {
    loop {
        if let Some(end) = app.jobs.job_end(name, id).await? {
            return answer(app, name, end).await;
        }
        if app.clock.elapsed() + POLL >= ends_at {
            return give_up(app, name, id, is_write).await;
        }
        app.clock.sleep(POLL).await;
    }
}

/// Withdraws a job after a failure of the table, so that it is not carried out later while its caller sends it again. If it cannot be
/// withdrawn, the outcome of a write is unknown.
async fn abandoned(app: &App, job: &Job, error: Error) -> AskError {
    match app.jobs.withdraw_job(&job.end_user, &job.id).await {
        Ok(Written::Overtaken) | Err(_) if job.is_write => {
            tracing::warn!(job = %job.id, %error, "the outcome of a write is unknown");
            AskError::NotAnswered { is_write: true }
        }
        _ => AskError::Other(error),
    }
}

async fn give_up(app: &App, name: &EndUserName, id: &JobId, is_write: bool) -> Result<Answer, AskError> {
    if app.jobs.withdraw_job(name, id).await? == Written::Stored {
        return Err(AskError::NotFetched);
    }
    // It was sent. Its answer may have arrived since the last look.
    match app.jobs.job_end(name, id).await? {
        Some(end) => answer(app, name, end).await,
        None => Err(AskError::NotAnswered { is_write }),
    }
}

async fn answer(app: &App, name: &EndUserName, end: JobEnd) -> Result<Answer, AskError> {
    match end {
        JobEnd::Answered { parts, session, .. } => Ok(Answer { document: opened(app, name, &parts).await?, session }),
        JobEnd::Failed(failure) => Err(AskError::Failed(failure)),
    }
}
