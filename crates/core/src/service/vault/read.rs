//! Returns a valid access token: the stored one if it is valid for long enough, else a fresh one.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::api_key::ApiKey;
use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, DeathCause, GrantState};
use crate::model::failure_code::FailureCode;
use crate::model::secret::Secret;
use crate::model::time::{later, until};
use crate::{App, Ended, Error};

use crate::service::audit::counts::{Operation, count};
use crate::service::vault::refresh::sealed_grant::{ACCESS_TOKEN, sealing_owner};
use crate::service::vault::refresh::step::Outcome;
use crate::service::vault::refresh::step::Reason;
use crate::service::vault::refresh::{Permit, RefreshRequest, Refreshed, refresh};

/// A valid access token and the connection it belongs to.
pub struct Token {
    /// The connection, as it is now.
    pub connection: Connection,
    /// The token.
    pub access_token: Secret,
}

/// Reads a token that is valid for `min_valid` more, or for the default if the caller names none (T-4), and at most for
/// [`min_valid_most`]. If this needs a refresh, it ends by the monotonic time `ends_at`. `connection` is what the caller has just read.
///
/// # Errors
/// `ConsentNeeded`; `PlatformFailed` and `TryLater` if there is no valid token at the moment.
pub async fn read_token(
    app: &Arc<App>,
    connection: Connection,
    min_valid: Option<Duration>,
    ends_at: Duration,
) -> Result<Token, Error> {
    let most = min_valid_most(&connection).unwrap_or_default();
    let min_valid = min_valid.unwrap_or(app.settings.min_valid).min(most);
    if serves(&connection, min_valid, app.now()) {
        return open(app, connection).await;
    }
    if let Some(error) = standing_error(&connection) {
        return Err(error);
    }
    match refresh(app, &connection.id, RefreshRequest { reason: Reason::Read { min_valid }, ends_at, permit: Permit::NotNeeded })
        .await
    {
        Ok(refreshed) => answer(app, refreshed, connection, Fallback::StoredToken).await,
        // An example: the credentials cannot be read.
        Err(error) if is_valid(&connection, app.now()) => {
            tracing::error!(connection = %connection.id, %error, "a refresh failed; the stored token is still valid");
            open(app, connection).await
        }
        Err(error) => Err(error),
    }
}

/// Refreshes the token even if it is still valid. Within ten seconds of a refresh it returns the token of that refresh (T-4). It ends
/// by the monotonic time `ends_at`.
///
/// # Errors
/// As [`read_token`], and `PlatformFailed` even if the old token is still valid, because the caller asked for a refresh.
pub async fn force_refresh(app: &Arc<App>, connection: Connection, ends_at: Duration) -> Result<Token, Error> {
    if let Some(error) = standing_error(&connection) {
        return Err(error);
    }
    let refreshed =
        refresh(app, &connection.id, RefreshRequest { reason: Reason::Forced, ends_at, permit: Permit::NotNeeded }).await?;
    answer(app, refreshed, connection, Fallback::None).await
}

/// As [`read_token`], for a caller. The read is counted by its outcome.
///
/// # Errors
/// As [`read_token`].
pub async fn serve_token(
    app: &Arc<App>,
    connection: Connection,
    min_valid: Option<Duration>,
    ends_at: Duration,
) -> Result<Token, Error> {
    let partner = connection.id.partner.clone();
    let read = read_token(app, connection, min_valid, ends_at).await;
    if is_begun(&read) {
        count(app, &partner, Operation::TokenRead, read.as_ref().map_or_else(Error::code, |_| "served"));
    }
    read
}

/// Whether a request was begun. If the installation lacks something, nothing is written: the log has the fault.
fn is_begun(result: &Result<Token, Error>) -> bool {
    !matches!(result, Err(Error::Misconfigured { .. }))
}

/// As [`force_refresh`], for the caller with this key. An audit row has the outcome. If it cannot be stored, the log has it.
///
/// # Errors
/// As [`force_refresh`].
pub async fn refresh_for(app: &Arc<App>, key: &ApiKey, connection: Connection, ends_at: Duration) -> Result<Token, Error> {
    let (id, epoch) = (connection.id.clone(), connection.epoch);
    let refreshed = force_refresh(app, connection, ends_at).await;
    let outcome = match &refreshed {
        Ok(token) if token.connection.epoch == epoch => "already_fresh",
        Ok(_) => "refreshed",
        Err(error) => error.code(),
    };
    if !is_begun(&refreshed) {
        return refreshed;
    }
    let audit = app.audit(&id, Action::TokenRefreshed, Actor::Key(key.id.clone()), [("outcome", outcome.to_owned())]);
    if let Err(error) = app.audit_log.note(&audit).await {
        tracing::error!(connection = %id, actor = audit.actor.to_text(), outcome, %error, "the audit row of a refresh is lost");
    }
    refreshed
}

/// The longest validity that a caller may ask for: half of the token's life, because with more every read would need a refresh. `None`
/// for a connection without a grant.
pub fn min_valid_most(connection: &Connection) -> Option<Duration> {
    connection.grant().map(|grant| grant.access_token_life() / 2)
}

/// Whether the stored token is returned: it is valid for long enough, or it is valid and refreshes fail.
fn serves(connection: &Connection, min_valid: Duration, now: Timestamp) -> bool {
    let GrantState::Active(grant) = &connection.grant_state else {
        return false;
    };
    let pausing = connection.last_failure.as_ref().is_some_and(|last_failure| last_failure.retry_at > now);
    grant.is_good_for(min_valid, now) || (pausing && grant.is_good_for(Duration::ZERO, now))
}

fn is_valid(connection: &Connection, now: Timestamp) -> bool {
    matches!(&connection.grant_state, GrantState::Active(grant) if grant.is_good_for(Duration::ZERO, now))
}

/// When to try again after a clock error: by then another machine may answer, or the clock may be right.
const SKEW_RETRY: Duration = Duration::from_secs(5);

enum Fallback {
    StoredToken,
    None,
}

/// The answer of a refresh. `found` is the connection as the caller read it, for a refresh that could not read it.
async fn answer(app: &App, refreshed: Refreshed, found: Connection, fallback: Fallback) -> Result<Token, Error> {
    let Refreshed { outcome, connection } = refreshed;
    let connection = connection.unwrap_or(found);
    let now = app.now();
    let error = match outcome {
        Outcome::Refreshed | Outcome::AlreadyFresh | Outcome::Parked | Outcome::Unstored => return open(app, connection).await,
        Outcome::Ended(cause) => return Err(just_refused(cause)),
        Outcome::Dead(_) | Outcome::Disconnected | Outcome::NoRefreshToken => None,
        Outcome::Gone => return Err(Error::NO_CONNECTION),
        Outcome::Held { retry_at } => {
            Some(try_later("refresh_in_progress", "Another process is refreshing this token.", now, retry_at))
        }
        Outcome::Resting { retry_at } => Some(try_later(
            "refresh_outcome_unknown",
            "A refresh was interrupted. It can be repeated safely only after a pause.",
            now,
            retry_at,
        )),
        Outcome::NoPermit | Outcome::LeaseTimeout => {
            Some(try_later("refresh_too_slow", "The refresh started too late to finish safely.", now, now))
        }
        Outcome::ClockSkewed => Some(try_later(
            "clock_skewed",
            "The clock of the machine that answered is wrong, so it does not refresh tokens. Try again.",
            now,
            later(now, SKEW_RETRY),
        )),
        Outcome::StoreFailed => Some(try_later("storage_unavailable", "The storage does not answer. Try again.", now, now)),
        Outcome::BackingOff { retry_at }
        | Outcome::PlatformDown { retry_at }
        | Outcome::PlatformThrottled { retry_at }
        | Outcome::ClientRefused { retry_at } => Some(platform_failed(&connection, now, retry_at)),
    };
    if is_valid(&connection, now) && matches!(fallback, Fallback::StoredToken) {
        return open(app, connection).await;
    }
    Err(error.or_else(|| standing_error(&connection)).unwrap_or(NO_REFRESH_TOKEN))
}

pub(crate) async fn open(app: &App, connection: Connection) -> Result<Token, Error> {
    let grant = connection.grant().ok_or_else(|| Error::Internal("a connection without a grant cannot serve".to_owned()))?;
    let access_token = app.sealer.open(&sealing_owner(&connection.id), ACCESS_TOKEN, &grant.access_token).await?;
    Ok(Token { connection, access_token })
}

/// The error of a connection that needs a new consent; `None` if it does not.
fn standing_error(connection: &Connection) -> Option<Error> {
    let why = match &connection.grant_state {
        GrantState::Active(_) => return None,
        GrantState::WithoutGrant => return Some(no_tokens(connection)),
        GrantState::NeedsReauthorization { cause, .. } => FailureCode::from(*cause).in_words(),
        GrantState::Disconnected => "The connection was disconnected.",
    };
    Some(Error::ConsentNeeded { found: Ended::Before, why })
}

fn no_tokens(connection: &Connection) -> Error {
    Error::conflict("no_tokens", format!("{} gives no tokens.", connection.company.platform.title()))
}

const NO_REFRESH_TOKEN: Error =
    Error::ConsentNeeded { found: Ended::NoRefreshToken, why: "There is no refresh token, so there can be no new access token." };

fn just_refused(cause: DeathCause) -> Error {
    Error::ConsentNeeded { found: Ended::JustNow, why: FailureCode::from(cause).in_words() }
}

fn platform_failed(connection: &Connection, now: Timestamp, retry_at: Timestamp) -> Error {
    let failure = connection.last_failure.as_ref().map(|last_failure| last_failure.code);
    let code = match failure {
        Some(failure @ (FailureCode::ClientRefused | FailureCode::PlatformThrottled)) => failure.as_str(),
        _ => "platform_unavailable",
    };
    let message = failure.map_or("A refresh failed a moment ago.", FailureCode::in_words).to_owned();
    Error::PlatformFailed { code, message, retry_after: Some(at_least_a_second(until(now, retry_at))) }
}

fn try_later(code: &'static str, message: &str, now: Timestamp, retry_at: Timestamp) -> Error {
    Error::TryLater { code, message: message.to_owned(), retry_after: at_least_a_second(until(now, retry_at)) }
}

fn at_least_a_second(time: Duration) -> Duration {
    time.max(Duration::from_secs(1))
}
