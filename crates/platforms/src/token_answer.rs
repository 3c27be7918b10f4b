//! The fields of a token answer. Only the access token and the refresh token decide. Every other field is read leniently: if it is not
//! usable, the platform's default is used, and a warning names the field but not its value.

use std::time::Duration;

use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::time::{later, until};
use counterfoil_core::model::unread::UnreadAnswer;
use jiff::{SignedDuration, Timestamp};

use crate::fields::{self, Fields};
use crate::rules::Life;
use crate::rules::Rules;

/// The longest token that is accepted. Two of them, sealed, fit into a message of the parking queue.
const TOKEN_LONGEST: usize = 32 * 1024;
/// The shortest life of an access token that is assumed. With a shorter one every read would refresh it.
const ACCESS_LIFE_LEAST: Duration = Duration::from_secs(60);
/// The shortest life of a refresh token that is assumed.
const REFRESH_LIFE_LEAST: Duration = Duration::from_secs(3_600);
/// How far a platform's clock may be ahead of ours before a warning is logged.
const CLOCK_AHEAD_MOST: Duration = Duration::from_secs(60);

/// The tokens of an answer, and its other fields.
pub(crate) struct TokenAnswer<'a> {
    access_token: String,
    refresh_token: RefreshToken,
    fields: Fields<'a>,
}

enum RefreshToken {
    None,
    One(String),
    /// The field is there but unreadable, or has several different values: the last readable one.
    Doubtful(Option<String>),
}

impl<'a> TokenAnswer<'a> {
    /// Reads the tokens. Returns the fields if there is no access token.
    pub(crate) fn read(fields: Fields<'a>) -> Result<Self, Fields<'a>> {
        let Some(access_token) = fields.values("access_token").find_map(token) else { return Err(fields) };
        Ok(Self { access_token, refresh_token: refresh_token(&fields), fields })
    }

    /// The API of the grant's data centre (Zoho).
    pub(crate) fn api_domain(&self) -> Option<String> {
        self.fields.text("api_domain")
    }

    /// The grant of this answer. Times count from the start of the request, unless the answer says when the token was issued.
    pub(crate) fn into_grant(self, rules: &Rules, region: Option<String>, sent_at: Timestamp, answer: UnreadAnswer) -> Grant {
        let Self { access_token, refresh_token, fields } = self;
        let said = fields.seconds("expires_in", ACCESS_LIFE_LEAST, rules.access_token_life);
        let life = said.unwrap_or(rules.access_token_life);
        let issued_at = made_at(&fields, life, sent_at);
        let (refresh_token, unread) = match refresh_token {
            RefreshToken::None => (None, None),
            RefreshToken::One(token) => (Some(token), None),
            RefreshToken::Doubtful(token) => (token, Some(answer)),
        };
        let ends = |life: Option<Life>| life.and_then(|life| said_or_known(&fields, life)).map(|life| later(sent_at, life));
        Grant {
            access_token: Secret::new(access_token),
            refresh_token: refresh_token.map(Secret::new),
            issued_at,
            access_token_expires_at: later(issued_at, life).max(later(sent_at, ACCESS_LIFE_LEAST)),
            refresh_token_expires_at: ends(rules.unused_life),
            hard_expires_at: ends(rules.grant_life),
            scopes: fields.words("scope"),
            region,
            unread,
        }
    }
}

fn said_or_known(fields: &Fields<'_>, life: Life) -> Option<Duration> {
    let said = life.field.and_then(|field| fields.seconds(field, REFRESH_LIFE_LEAST, life.most));
    said.or(life.default)
}

fn refresh_token(fields: &Fields<'_>) -> RefreshToken {
    // An empty token counts as missing.
    let said: Vec<_> = fields.values("refresh_token").filter(|value| *value != "\"\"").collect();
    let read = said.iter().copied().find_map(token);
    match said.as_slice() {
        [] => RefreshToken::None,
        [first, others @ ..] => match read {
            Some(token) if others.iter().all(|other| other == first) => RefreshToken::One(token),
            read => {
                tracing::warn!(field = "refresh_token", "a field of a token answer is not usable");
                RefreshToken::Doubtful(read)
            }
        },
    }
}

/// When a token was issued: the platform's time, unless that is in the future or the token would have expired already.
fn made_at(fields: &Fields<'_>, life: Duration, sent_at: Timestamp) -> Timestamp {
    let Some(seconds) = fields.number("created_at") else { return sent_at };
    let since_1970 = SignedDuration::try_from_secs_f64(seconds).ok();
    match since_1970.and_then(|time| Timestamp::from_duration(time).ok()) {
        Some(said) if said <= sent_at && later(said, life) > sent_at => said,
        Some(ahead) if ahead > sent_at && until(sent_at, ahead) <= CLOCK_AHEAD_MOST => sent_at,
        _ => {
            tracing::warn!(field = "created_at", "a field of a token answer is not a time at which the token can have been made");
            sent_at
        }
    }
}

/// The token in a JSON value.
fn token(value: &str) -> Option<String> {
    let text = fields::text(value)?;
    let token = text.trim();
    let is_token = !token.is_empty() && token.len() <= TOKEN_LONGEST && token.bytes().all(|b| b.is_ascii_graphic());
    is_token.then(|| token.to_owned())
}

#[cfg(test)]
mod tests;
