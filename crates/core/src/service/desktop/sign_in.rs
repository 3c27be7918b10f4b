//! The Web Connector signs in. Counterfoil gives it a ticket if a job waits for it.

use crate::model::desktop::connection::{Ticket, WebConnectorSession};
use crate::model::desktop::end_user::EndUserName;
use crate::model::desktop::id::JobId;
use crate::model::desktop::job::{JOBS_MOST, Job, JobFailure, JobState, KEPT_FOR, TRIES_MOST};
use crate::model::secret::{Fingerprint, Secret};
use crate::model::time::later;
use crate::port::qbxml::Qbxml;
use crate::port::store::Written;
use crate::port::store::desktop::{JobEnd, Room};
use crate::service::job::finish::finish;
use crate::service::job::{REQUEST, sealing_owner};
use crate::service::sync::resume;
use crate::{App, Error};

/// The result of a sign-in.
pub enum SignIn {
    /// A job waits. The session has this ticket.
    Work(Secret),
    /// No job waits.
    Idle,
    /// The user name or the password is wrong.
    Refused,
}

/// Signs a Web Connector in. A session that it had before has ended: a read that was sent in it is sent again, and the outcome of a
/// write is unknown. Until QuickBooks has answered once since the setup, a cheap request waits for every sign-in, so that the setup can be
/// confirmed. If a run waits for the Web Connector, it goes on, and finds a session that is held open for it. White space around the
/// password comes from copying it.
///
/// # Errors
/// The errors of the table and the keyring.
pub async fn sign_in(app: &App, user_name: &str, password: &Secret, qbxml: &dyn Qbxml) -> Result<SignIn, Error> {
    let Some(name) = EndUserName::of_user_name(user_name) else { return Ok(SignIn::Refused) };
    let Some(room) = app.jobs.room(&name).await? else { return Ok(SignIn::Refused) };
    let password = Fingerprint::of(password.expose().trim());
    if !room.connection.password.matches(&password) {
        return Ok(SignIn::Refused);
    }
    let waits = settle_lost(app, &room, qbxml).await? | waits(app, &room);
    let is_awaited = room.connection.is_awaited;
    let needs_session = room.connection.needs_answer() || is_awaited;
    let filler = if waits || !needs_session { None } else { Some(create_host_query(app, &name, qbxml).await?) };
    let session = if waits || filler.is_some() {
        let mut random = [0; 16];
        app.entropy.fill(&mut random);
        Some(Ticket::compose(&name, random))
    } else {
        None
    };
    let stored =
        session.as_ref().map(|ticket| WebConnectorSession { ticket: ticket.fingerprint(), seen_at: app.now(), refusal: None });
    match app.jobs.signed_in(&name, &password, stored.as_ref(), app.now(), is_awaited).await? {
        Written::Stored => {
            if is_awaited {
                resume(app, &name.connection_id()).await;
            }
            Ok(session.map_or(SignIn::Idle, SignIn::Work))
        }
        Written::Overtaken => {
            if let Some(filler) = filler {
                app.jobs.withdraw_job(&name, &filler.id).await?;
            }
            Ok(SignIn::Refused)
        }
    }
}

/// Whether a job waits that can still be sent. Jobs whose callers are gone may hide it, until a request for work removes them.
pub(crate) fn waits(app: &App, room: &Room) -> bool {
    room.jobs.len() >= JOBS_MOST || room.jobs.iter().any(|job| job.state == JobState::Queued && job.expires_at > app.now())
}

/// Settles the jobs that were sent, because their answers were lost. Returns whether one of them waits again.
pub(crate) async fn settle_lost(app: &App, room: &Room, qbxml: &dyn Qbxml) -> Result<bool, Error> {
    let mut waits = false;
    for job in &room.jobs {
        let JobState::Sent(ticket) = &job.state else { continue };
        waits |= settle(app, job, ticket, qbxml).await?;
    }
    Ok(waits)
}

async fn settle(app: &App, job: &Job, ticket: &Fingerprint, qbxml: &dyn Qbxml) -> Result<bool, Error> {
    let failure = match job {
        Job { is_write: true, .. } => JobFailure::OutcomeUnknown,
        Job { session: Some(_), .. } => JobFailure::IteratorLost,
        Job { tries, expires_at, .. } if *tries >= TRIES_MOST || *expires_at <= app.now() => JobFailure::AnswerLost,
        _ => {
            let owner = sealing_owner(&job.end_user);
            let request = app.sealer.open(&owner, REQUEST, &job.request).await?;
            if qbxml.is_continuation(request.expose()) {
                // QuickBooks has moved the iterator on: the same request would get the page after the lost one.
                return lose(app, job, JobFailure::AnswerLost).await;
            }
            // The answer may have been lost because it was too large.
            let request = qbxml.halved(request.expose()).map_or(request, Secret::new);
            let request = app.sealer.seal(&owner, REQUEST, &request).await?;
            return Ok(app.jobs.requeue_job(job, ticket, &request).await? == Written::Stored);
        }
    };
    lose(app, job, failure).await
}

/// Ends a job that does not wait again.
async fn lose(app: &App, job: &Job, failure: JobFailure) -> Result<bool, Error> {
    finish(app, job, &JobEnd::Failed(failure), None).await?;
    Ok(false)
}

/// Creates a job that asks QuickBooks for its version. Nobody waits for it.
pub(crate) async fn create_host_query(app: &App, name: &EndUserName, qbxml: &dyn Qbxml) -> Result<Job, Error> {
    let now = app.now();
    let request = Secret::new(qbxml.host_query());
    let job = Job {
        id: JobId::of_digits(&app.new_id("")),
        end_user: name.clone(),
        created_at: now,
        expires_at: later(now, KEPT_FOR),
        is_write: false,
        is_probe: true,
        session: None,
        request: app.sealer.seal(&sealing_owner(name), REQUEST, &request).await?,
        state: JobState::Queued,
        tries: 0,
    };
    app.jobs.create_job(&job).await?;
    Ok(job)
}
