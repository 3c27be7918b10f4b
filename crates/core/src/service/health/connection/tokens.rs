//! Whether the connection has a valid access token, and a refresh token for the next one.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::GrantState;
use crate::model::failure_code::FailureCode;
use crate::model::grant::StoredGrant;
use crate::model::time::until;

use crate::service::vault::due::WARN_AHEAD;

use super::Seen;
use super::check::{Advice, Named, ReadinessCheck, utc};

const NO_TOKENS: &str = "The platform gives no tokens.";

/// The token is valid, or can be refreshed.
pub(super) fn access_token(seen: &Seen<'_>) -> ReadinessCheck {
    let check = Named("access_token");
    let connection = seen.connection;
    let grant = match &connection.grant_state {
        GrantState::Active(grant) => grant,
        GrantState::NeedsReauthorization { cause, .. } => {
            return check.fail(FailureCode::from(*cause).in_words(), Advice::after(*cause));
        }
        GrantState::WithoutGrant => return check.not_used(NO_TOKENS),
        GrantState::Disconnected => return check.fail("The connection was disconnected.", Advice::Consent),
    };
    let expires = utc(grant.access_token_expires_at);
    if grant.is_good_for(Duration::ZERO, seen.now) {
        return check.pass(format!("Valid until {expires}."));
    }
    let is_refreshable = grant.refresh_token.is_some() && end_of(grant).is_none_or(|end| end > seen.now);
    if !is_refreshable {
        return check.fail(format!("Expired at {expires}, and cannot be refreshed."), Advice::Consent);
    }
    if connection.last_failure.is_some() || connection.due_at.is_some_and(|due_at| due_at <= seen.now) {
        return check.warn(format!("Expired at {expires}. A refresh is due."), Advice::Refresh);
    }
    check.pass(format!("Expired at {expires}. The next read refreshes it."))
}

/// There is a refresh token, it does not end soon, and the last refresh did not fail.
pub(super) fn refresh_token(seen: &Seen<'_>) -> ReadinessCheck {
    let check = Named("refresh_token");
    let grant = match &seen.connection.grant_state {
        GrantState::NeedsReauthorization { cause, .. } if !cause.awaits_access() => {
            return check.fail(FailureCode::from(*cause).in_words(), Advice::after(*cause));
        }
        GrantState::Active(grant) | GrantState::NeedsReauthorization { grant, .. } => grant,
        GrantState::WithoutGrant => return check.not_used(NO_TOKENS),
        GrantState::Disconnected => return check.fail("The disconnect deleted the refresh token.", Advice::Consent),
    };
    if grant.refresh_token.is_none() {
        return match &seen.client {
            Ok(client) if !client.needs_refresh_token => check.not_used("The platform gives no refresh token."),
            _ => check.fail("There is no refresh token.", Advice::Consent),
        };
    }
    let end = end_of(grant);
    if let Some(end) = end.filter(|end| *end <= seen.now) {
        return check.fail(format!("Ended at {}.", utc(end)), Advice::Consent);
    }
    if let Some(failure) = &seen.connection.last_failure {
        return check.warn(format!("The last refresh failed. {}", failure.code.in_words()), Advice::Refresh);
    }
    match end {
        None => check.pass("It has no end."),
        Some(end) if until(seen.now, end) > WARN_AHEAD => check.pass(format!("Valid until {}.", utc(end))),
        // A refresh does not move the hard end.
        Some(end) if grant.hard_expires_at == Some(end) => check.warn(format!("Ends at {}.", utc(end)), Advice::Consent),
        Some(end) => check.warn(format!("Ends at {} if it is not used.", utc(end)), Advice::Refresh),
    }
}

/// When the refresh token ends if it is not used; `None` if it does not.
fn end_of(grant: &StoredGrant) -> Option<Timestamp> {
    [grant.hard_expires_at, grant.refresh_token_expires_at].into_iter().flatten().min()
}
