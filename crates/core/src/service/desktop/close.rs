//! The Web Connector closes its session.

use crate::model::desktop::connection::Ticket;
use crate::model::desktop::job::{Job, JobFailure, JobState};
use crate::model::secret::Secret;
use crate::port::qbxml::Qbxml;
use crate::port::store::Written;
use crate::port::store::desktop::JobEnd;
use crate::service::desktop::send::room_of;
use crate::service::desktop::sign_in::settle_lost;
use crate::service::job::finish::finish;
use crate::{App, Error};

/// Ends the session of a ticket, so that nothing waits for it until the next sign-in: what it had fetched is settled as lost, and a request
/// that continues one of its iterators ends. An unknown ticket changes nothing.
///
/// # Errors
/// The errors of the table and the keyring.
pub async fn close(app: &App, ticket: &Secret, qbxml: &dyn Qbxml) -> Result<(), Error> {
    let Some(ticket) = Ticket::parse(ticket) else { return Ok(()) };
    // Read before the session ends, so that no job of the next one is among these.
    let Some((room, _)) = room_of(app, &ticket).await? else { return Ok(()) };
    if app.jobs.session_closed(&ticket.end_user, &ticket.hash, app.now()).await? == Written::Overtaken {
        return Ok(());
    }
    settle_lost(app, &room, qbxml).await?;
    let is_of_session = |job: &&Job| job.session.as_ref().is_some_and(|session| session.matches(&ticket.hash));
    for job in room.jobs.iter().filter(is_of_session).filter(|job| job.state == JobState::Queued) {
        finish(app, job, &JobEnd::Failed(JobFailure::IteratorLost), None).await?;
    }
    Ok(())
}
