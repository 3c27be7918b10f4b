//! The data by which platforms differ.

use std::time::Duration;

use counterfoil_core::port::platform::TokenLimits;

/// The data by which platforms differ.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of a platform by itself")]
pub(crate) struct Rules {
    /// The form of token requests.
    pub(crate) token: Writing,
    /// How grants are revoked; `None` if only the customer can end them.
    pub(crate) revoking: Option<Revoking>,
    /// The separator between scopes.
    pub(crate) scope_separator: &'static str,
    /// Further parameters of the consent page's address.
    pub(crate) authorize: &'static [(&'static str, &'static str)],
    /// Further headers of token requests.
    pub(crate) token_headers: &'static [(&'static str, &'static str)],
    /// Whether a refresh must repeat the redirect URI.
    pub(crate) redirect_uri_on_refresh: bool,
    /// The longest life of an access token, which is also the default if the answer does not name one.
    pub(crate) access_token_life: Duration,
    /// The life of a refresh token since its last use; `None` if it has no end.
    pub(crate) unused_life: Option<Life>,
    /// The life of a grant since its consent, even if it is used; `None` if it has no end.
    pub(crate) grant_life: Option<Life>,
    /// Whether each refresh answer has a refresh token, the same or a new one.
    pub(crate) answers_with_refresh_token: bool,
    /// The limits on token requests for one grant.
    pub(crate) limits: TokenLimits,
    /// Whether a grant is useless without a refresh token.
    pub(crate) needs_refresh_token: bool,
    /// The life of an authorization code.
    pub(crate) code_life: Duration,
    /// The platform's error codes.
    pub(crate) words: Words,
    /// Whether a lost answer ends the grant: see `Platform::lost_answer_ends_grant`.
    pub(crate) lost_answer_ends_grant: bool,
    /// The header with the platform's id of a request, which its support asks for.
    pub(crate) trace: &'static str,
}

/// The life of a token or a grant. It counts from each token answer.
#[derive(Clone, Copy)]
pub(crate) struct Life {
    /// The field with the life in seconds.
    pub(crate) field: Option<&'static str>,
    /// The life if the answer does not name one; `None` if it is unknown then.
    pub(crate) default: Option<Duration>,
    /// The longest life, whatever the answer says.
    pub(crate) most: Duration,
}

/// A number of days.
pub(crate) const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

/// One more request within the lease after an answer that is a fault.
pub(crate) const SECOND_TRY: TokenLimits = TokenLimits { resends_most: 1, quota: None };

/// How a platform revokes grants.
#[derive(Clone, Copy)]
pub(crate) struct Revoking {
    /// The form of the request.
    pub(crate) written: Writing,
    /// Whether the answer for an invalid token is a 400.
    pub(crate) dead_is_400: bool,
    /// Whether the platform's API is first called with the access token.
    pub(crate) asks_first: bool,
    /// Whether the grants of different consents are independent.
    pub(crate) grants_are_independent: bool,
}

/// The form of a request.
#[derive(Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) keys: Keys,
    pub(crate) body: Body,
}

/// How a request sends the client id and the secret (RFC 6749, section 2.3.1).
#[derive(Clone, Copy)]
pub(crate) enum Keys {
    Header,
    Body,
    Nowhere,
}

#[derive(Clone, Copy)]
pub(crate) enum Body {
    Form,
    Json,
}

/// A platform's error codes.
pub(crate) struct Words {
    /// The code or the refresh token is invalid.
    pub(crate) refused: &'static [&'static str],
    /// Our client id or secret is wrong.
    pub(crate) client_refused: &'static [&'static str],
    /// Too many requests, by a code instead of a status, and the pause after it.
    pub(crate) throttled: Option<(&'static str, Duration)>,
    /// Whether errors also come with HTTP 200.
    pub(crate) in_success: bool,
}

/// The error codes of RFC 6749.
pub(crate) const STANDARD_WORDS: Words = Words {
    refused: &["invalid_grant"],
    client_refused: &["invalid_client", "unauthorized_client"],
    throttled: None,
    in_success: false,
};
