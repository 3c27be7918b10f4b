//! The Web Connector brings the answer of QuickBooks, or says why there is none.

use crate::model::desktop::connection::Ticket;
use crate::model::desktop::job::{Job, JobFailure};
use crate::model::secret::Secret;
use crate::port::qbxml::Qbxml;
use crate::port::store::desktop::{Brought, JobEnd};
use crate::service::desktop::connect::connect;
use crate::service::desktop::send::room_of;
use crate::service::job::answer::sealed_parts;
use crate::service::job::finish::finish;
use crate::{App, Error};

/// The answer to one request.
pub struct Received {
    /// The qbXML document; empty if QuickBooks did not answer.
    pub document: Secret,
    /// The HRESULT of a failure; empty if there is none.
    pub hresult: String,
    /// The message of a failure.
    pub message: String,
}

/// What the Web Connector does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It requests work again.
    GoOn,
    /// It ends the session: it had no request.
    Finished,
    /// The session is unknown or has ended.
    UnknownSession,
}

/// Finishes the job that was sent last in a session. The session goes on, because another request often follows;
/// [`last_error`](crate::service::desktop::send::last_error) ends it.
///
/// # Errors
/// The errors of the table and the keyring.
pub async fn receive(app: &App, ticket: &Secret, received: Received, qbxml: &dyn Qbxml) -> Result<Progress, Error> {
    let Some(ticket) = Ticket::parse(ticket) else { return Ok(Progress::UnknownSession) };
    let Some((room, _)) = room_of(app, &ticket).await? else { return Ok(Progress::UnknownSession) };
    if let Some(job) = room.jobs.iter().find(|job| job.is_sent_in(&ticket.hash)) {
        // An answer that QuickBooks refuses to give, or that cannot be read, does not prove that the company file can be read.
        let is_success = received.hresult.is_empty() && qbxml.is_success(received.document.expose());
        let brought = Brought { at: app.now(), is_success };
        let end = end_of(app, job, &ticket, received, &brought, qbxml).await?;
        if is_success && let Err(error) = connect(app, &room.connection).await {
            // The next answer connects it. This one must not be lost.
            tracing::warn!(end_user = %job.end_user.id, code = error.code(), %error, "a connection for imports could not be stored");
        }
        finish(app, job, &end, Some(&brought)).await?;
        return Ok(Progress::GoOn);
    }
    Ok(Progress::Finished)
}

async fn end_of(
    app: &App,
    job: &Job,
    ticket: &Ticket,
    received: Received,
    brought: &Brought,
    qbxml: &dyn Qbxml,
) -> Result<JobEnd, Error> {
    let failure = JobFailure::of_quickbooks(&received.hresult, &received.message);
    if qbxml.is_refusal(&received.hresult) {
        return Ok(JobEnd::Failed(failure));
    }
    if !received.hresult.is_empty() || received.document.expose().is_empty() {
        return Ok(JobEnd::Failed(job.end_with(failure)));
    }
    let parts = sealed_parts(app, &job.end_user, &received.document).await?;
    Ok(JobEnd::Answered { parts, session: ticket.hash.clone(), at: brought.at })
}

/// The Web Connector could not reach QuickBooks: every job ends with its error, because the same will happen to each.
///
/// # Errors
/// The table's errors.
pub async fn connection_failed(app: &App, ticket: &Secret, hresult: &str, message: &str) -> Result<(), Error> {
    let Some(ticket) = Ticket::parse(ticket) else { return Ok(()) };
    let Some((room, _)) = room_of(app, &ticket).await? else { return Ok(()) };
    for job in &room.jobs {
        let failure = job.end_with(JobFailure::of_quickbooks(hresult, message));
        finish(app, job, &JobEnd::Failed(failure), None).await?;
    }
    Ok(())
}
