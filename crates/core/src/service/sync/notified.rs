//! Receives a platform's notifications. A notification says only that the books of some companies changed: the connections to these
//! companies are then due for a run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::model::connection::{Company, ConnectionId, Status};
use crate::model::platform::{Environment, PlatformName};
use crate::model::secret::Fingerprint;
use crate::model::sync::SyncKind;
use crate::port::notifications::Change;
use crate::port::platform::Platform;
use crate::port::store::syncs::SyncState;
use crate::port::store::{StoreError, Written};
use crate::{App, Error, Misconfiguration};

use crate::service::optimistic::Tries;
use crate::service::sync::wake::wake;

/// How long companies of a notification are begun with. Intuit waits three seconds for the answer, Xero five.
const BEGUN_WITHIN: Duration = Duration::from_millis(1_500);
/// How many companies are looked up at once.
const AT_ONCE_MOST: usize = 64;
/// The number of a company's connections in one read.
const PER_PAGE: u32 = 100;

/// A request that may be a notification.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// Finds a header by its name.
    pub header: &'a (dyn Fn(&str) -> Option<&'a str> + Sync),
    /// The body, byte by byte as it was sent.
    pub body: &'a [u8],
}

/// Makes every active connection to the companies of a notification due for the runs that import the changes: now, or as soon as
/// [`NOTIFIED_EVERY`](crate::model::sync::notified::NOTIFIED_EVERY) has passed since the last such runs began. The same notification
/// again changes nothing.
///
/// # Errors
/// `NotFound` if the platform has no notifications, or the key of their signatures is not set; `Unauthenticated` if the signature is
/// missing or wrong: then nothing was done. `Invalid` if a signed body is no notification. `TryLater` if the table failed, or if the
/// time was over before every company was looked up: the platform sends the notification again.
pub async fn receive(app: &App, name: PlatformName, received: &Received<'_>) -> Result<(), Error> {
    let mut is_expected = false;
    for environment in [Environment::Production, Environment::Sandbox].into_iter().filter(|_| name.has_oauth()) {
        let platform = match app.platforms.get(name, environment).await {
            Ok(platform) => platform,
            Err(Error::Misconfigured { what: Misconfiguration::CredentialsMissing, .. }) => continue,
            Err(error) => return Err(error),
        };
        let Some(notifications) = platform.notifications() else { continue };
        is_expected = true;
        let signature = (received.header)(notifications.signature_header()).unwrap_or_default();
        if notifications.is_signed(received.body, signature) {
            let changes = notifications.read(received.body).ok_or_else(|| unreadable(name))?;
            return follow(app, &company_of(platform.as_ref(), name, environment), changes).await;
        }
    }
    Err(if is_expected { WRONG_SIGNATURE } else { NO_NOTIFICATIONS })
}

const WRONG_SIGNATURE: Error = Error::Unauthenticated("The signature of this notification is missing or wrong.");
const NO_NOTIFICATIONS: Error = Error::NotFound("No notifications of this platform are received.");

/// Only the platform can sign, so it has changed the form of its notifications.
fn unreadable(name: PlatformName) -> Error {
    tracing::error!(platform = %name, fault = "internal", "a signed notification cannot be read");
    Error::invalid("invalid_body", "The body is no notification.")
}

/// A company of the platform, still without its id.
fn company_of(platform: &dyn Platform, name: PlatformName, environment: Environment) -> Company {
    let client_id = platform.client_id().to_owned();
    Company { platform: name, environment, client_id, company_id: String::new(), api_base_url: String::new() }
}

async fn follow(app: &App, company: &Company, changes: Vec<Change>) -> Result<(), Error> {
    let mut kinds = BTreeMap::<_, BTreeSet<_>>::new();
    for change in changes {
        kinds.entry(change.company_id).or_default().insert(change.kind);
    }
    let companies = kinds.len();
    let ends_at = app.clock.elapsed() + BEGUN_WITHIN;
    let follow = |(id, kinds)| follow_one(app, Company { company_id: id, ..company.clone() }, kinds, ends_at);
    let mut following: Vec<_> = kinds.into_iter().map(follow).collect();
    // Each repetition begins at another company, so that none is left out for ever if the time is too short for all.
    let chance = Fingerprint::of(&app.new_id("")).number();
    following.rotate_left(usize::try_from(chance).unwrap_or(0) % companies.max(1));
    let followed = stream::iter(following).buffer_unordered(AT_ONCE_MOST);
    let left = followed.filter(|is_done| std::future::ready(!is_done)).count().await;
    tracing::info!(platform = %company.platform, companies, left, "a notification was received");
    if left == 0 { Ok(()) } else { Err(incomplete()) }
}

fn incomplete() -> Error {
    let message = "Not every company of this notification was looked up. Send it again.".to_owned();
    Error::TryLater { code: "notification_incomplete", message, retry_after: Duration::from_secs(60) }
}

/// Returns whether everything was done, or failed for a reason that a repetition does not remove.
async fn follow_one(app: &App, company: Company, kinds: BTreeSet<SyncKind>, ends_at: Duration) -> bool {
    if app.clock.elapsed() >= ends_at {
        return false;
    }
    match note_connections(app, &company, &kinds).await {
        Ok(()) => true,
        Err(Error::TryLater { .. }) => false,
        Err(error) => {
            tracing::error!(code = error.code(), fault = error.fault(), %error, "a company's connections could not be notified");
            true
        }
    }
}

async fn note_connections(app: &App, company: &Company, kinds: &BTreeSet<SyncKind>) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = app.connections.company_entries(company, after.as_deref(), PER_PAGE).await?;
        for connection in page.connections.iter().filter(|connection| connection.status() == Status::Active) {
            note(app, &connection.id, kinds).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Makes one connection due, and wakes the worker if that is now.
async fn note(app: &App, id: &ConnectionId, kinds: &BTreeSet<SyncKind>) -> Result<(), Error> {
    let mut tries = Tries::new(app, "a connection could not be made due");
    loop {
        tries.next().await?;
        let (state, now) = (app.syncs.state(id).await?, app.now());
        if kinds.is_subset(&state.notified.kinds) {
            return Ok(());
        }
        let notified = state.notified.clone().with(kinds, now);
        let is_due = state.active.is_none() && notified.due_at().is_some_and(|due_at| due_at <= now);
        let after = state.scheduled_until(now);
        match app.syncs.configure(id, &SyncState { notified, ..state }, after).await {
            Ok(Written::Stored) => {
                if is_due {
                    wake(app, &[id]).await;
                }
                return Ok(());
            }
            Ok(Written::Overtaken) | Err(StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
