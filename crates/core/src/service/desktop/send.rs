//! The Web Connector requests work. Counterfoil waits for a job for some time, because a partner's next request often follows the last.

use std::time::Duration;

use crate::model::desktop::connection::{Ticket, WebConnectorSession};
use crate::model::desktop::job::{Job, JobFailure, JobState};
use crate::model::secret::Secret;
use crate::port::qbxml::{OpenCompany, Qbxml};
use crate::port::store::Written;
use crate::port::store::desktop::{JobEnd, Room};
use crate::service::desktop::owner_id;
use crate::service::desktop::sign_in::{create_host_query, settle_lost, waits};
use crate::service::job::finish::finish;
use crate::service::job::{POLL, REQUEST, sealing_owner};
use crate::{App, Error};

/// The time that a request for work waits for a job. The gateway ends a request after 30 s.
pub const WAIT: Duration = Duration::from_secs(20);

/// What a request for work says of the QuickBooks behind it.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// What QuickBooks says of the company file. It comes with the first request of a session only, and from some programs never.
    pub answer: &'a str,
    /// The newest major version of qbXML that it speaks.
    pub major: u16,
}

/// The next request for QuickBooks, or `None`. [`last_error`] then says what the Web Connector does.
///
/// It waits only while a partner's last request holds the session open. `ends_at` bounds the wait, on the monotonic clock.
///
/// # Errors
/// The errors of the table and the keyring.
pub async fn next_request(
    app: &App,
    ticket: &Secret,
    host: Host<'_>,
    ends_at: Duration,
    qbxml: &dyn Qbxml,
) -> Result<Option<Secret>, Error> {
    let Some(ticket) = Ticket::parse(ticket) else { return Ok(None) };
    let ends_at = ends_at.min(app.clock.elapsed() + WAIT);
    // Some Web Connectors fail if the first request of a session is empty (QBWC1041).
    let mut needs_request = !host.answer.is_empty();
    let (mut is_checked, mut is_overtaken) = (false, false);
    loop {
        let Some((room, session)) = room_of(app, &ticket).await? else { return Ok(None) };
        if session.refusal.is_some() {
            return Ok(None);
        }
        if !is_checked {
            is_checked = true;
            if let Some(refusal) = refusal(app, &room, host, qbxml).await? {
                refuse(app, &room, session, refusal).await?;
                return Ok(None);
            }
        }
        if is_overtaken && room.jobs.iter().any(|job| job.is_sent_in(&ticket.hash)) {
            // Another call of this session has the job, and brings its answer.
            return Ok(None);
        }
        // A Web Connector that requests work again has lost the answer to the request before.
        if settle_lost(app, &room, qbxml).await? {
            continue;
        }
        match claimed(app, &ticket, &room).await? {
            Claim::Made(request) => return Ok(qbxml.for_version(request.expose(), host.major).map(Secret::new)),
            Claim::Overtaken => {
                is_overtaken = true;
                continue;
            }
            Claim::Nothing => {}
        }
        if std::mem::take(&mut needs_request) {
            create_host_query(app, &ticket.end_user, qbxml).await?;
            continue;
        }
        if !room.connection.is_held(app.now()) {
            return Ok(None);
        }
        if app.clock.elapsed() + POLL >= ends_at {
            let seen = WebConnectorSession { seen_at: app.now(), ..session };
            app.jobs.session_seen(&ticket.end_user, &seen).await?;
            return Ok(None);
        }
        app.clock.sleep(POLL).await;
    }
}

/// Why a session cannot carry jobs. The first file with the `FileID` of the connection is noted: from then on a file without it is another
/// one.
async fn refusal(app: &App, room: &Room, host: Host<'_>, qbxml: &dyn Qbxml) -> Result<Option<JobFailure>, Error> {
    if qbxml.for_version(&qbxml.host_query(), host.major).is_none() {
        return Ok(Some(JobFailure::TooOld));
    }
    let connection = &room.connection;
    let open = qbxml.open_company(host.answer, &owner_id(&connection.end_user.partner), &connection.file_id);
    Ok(match open {
        OpenCompany::Ours if !connection.has_seen_file => {
            app.jobs.file_seen(&connection.end_user, &connection.file_id).await?;
            None
        }
        OpenCompany::Other(name) => Some(other_company(&name)),
        OpenCompany::WithoutId(name) if connection.has_seen_file => Some(other_company(&name)),
        OpenCompany::NotSaid | OpenCompany::Ours | OpenCompany::WithoutId(_) => None,
    })
}

fn other_company(name: &str) -> JobFailure {
    JobFailure::WrongCompanyFile(format!(
        "QuickBooks has the company file of '{name}' open, which is not the one that was connected. Open the right file."
    ))
}

/// The room and the session of a ticket, if the session is the last one of its connection.
pub(crate) async fn room_of(app: &App, ticket: &Ticket) -> Result<Option<(Room, WebConnectorSession)>, Error> {
    let room = app.jobs.room(&ticket.end_user).await?;
    Ok(room.and_then(|room| {
        let session = room.connection.session.clone().filter(|session| session.ticket.matches(&ticket.hash))?;
        Some((room, session))
    }))
}

/// Ends the jobs and the session.
async fn refuse(app: &App, room: &Room, session: WebConnectorSession, failure: JobFailure) -> Result<(), Error> {
    for job in &room.jobs {
        finish(app, job, &JobEnd::Failed(job.end_with(failure.clone())), None).await?;
    }
    let refusal = match failure {
        JobFailure::WrongCompanyFile(refusal) => refusal,
        _ => "This QuickBooks is too old.".to_owned(),
    };
    let refused = WebConnectorSession { refusal: Some(refusal), seen_at: app.now(), ..session };
    app.jobs.session_seen(&room.connection.end_user, &refused).await?;
    Ok(())
}

/// The result of looking for a job.
enum Claim {
    /// This call has a job, with this request.
    Made(Secret),
    /// Another call took a job first, or its caller withdrew it.
    Overtaken,
    /// No job waits.
    Nothing,
}

/// Claims the oldest job that waits and that this session can carry.
async fn claimed(app: &App, ticket: &Ticket, room: &Room) -> Result<Claim, Error> {
    for job in room.jobs.iter().filter(|job| job.state == JobState::Queued) {
        if job.expires_at <= app.now() {
            app.jobs.withdraw_job(&job.end_user, &job.id).await?;
        } else if job.session.as_ref().is_some_and(|session| !session.matches(&ticket.hash)) {
            finish(app, job, &JobEnd::Failed(JobFailure::IteratorLost), None).await?;
        } else {
            return claim(app, ticket, job).await;
        }
    }
    Ok(Claim::Nothing)
}

async fn claim(app: &App, ticket: &Ticket, job: &Job) -> Result<Claim, Error> {
    let request = app.sealer.open(&sealing_owner(&job.end_user), REQUEST, &job.request).await?;
    Ok(match app.jobs.claim_job(job, &ticket.hash, &app.new_id("")).await? {
        Written::Stored => Claim::Made(request),
        Written::Overtaken => Claim::Overtaken,
    })
}

/// What the Web Connector does after a request for work that got none.
pub enum Pause {
    /// It requests work again after its pause of 5 s.
    HoldSession,
    /// It ends the session, and shows this.
    End(String),
}

/// What the Web Connector does next, and shows.
///
/// # Errors
/// The table's errors.
pub async fn last_error(app: &App, ticket: &Secret) -> Result<Pause, Error> {
    let Some(ticket) = Ticket::parse(ticket) else { return Ok(unknown_session()) };
    let Some((room, session)) = room_of(app, &ticket).await? else { return Ok(unknown_session()) };
    Ok(match session.refusal {
        Some(refusal) => Pause::End(refusal),
        None if room.connection.is_held(app.now()) || waits(app, &room) => Pause::HoldSession,
        None => Pause::End("No further requests.".to_owned()),
    })
}

fn unknown_session() -> Pause {
    Pause::End("This session has ended. The next update begins a new one.".to_owned())
}
