//! How a platform differs, where it differs in data alone.

use std::time::Duration;

use counterfoil_core::port::platform::TokenLimits;

/// How a platform differs, where it differs in data alone.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of a platform by itself")]
pub(crate) struct Rules {
    /// How token requests are written.
    pub(crate) token: Writing,
    /// How grants are revoked; `None` where only the customer can.
    pub(crate) revoking: Option<Revoking>,
    /// What lies between two scopes.
    pub(crate) scope_separator: &'static str,
    /// Further parameters of the consent page's address.
    pub(crate) authorize: &'static [(&'static str, &'static str)],
    /// Further headers of token requests.
    pub(crate) token_headers: &'static [(&'static str, &'static str)],
    /// Whether it wants to see the redirect URI at a refresh too.
    pub(crate) redirect_uri_on_refresh: bool,
    /// How long access tokens live: where the answer does not say, and at most.
    pub(crate) access_token_life: Duration,
    /// How long refresh tokens live from their last use; `None` for ever.
    pub(crate) unused_life: Option<Life>,
    /// How long a grant lives from its consent, however it is used; `None` for ever.
    pub(crate) grant_life: Option<Life>,
    /// Whether each refresh answer brings a refresh token, the same or a new one.
    pub(crate) answers_with_refresh_token: bool,
    /// How many token requests it takes for one grant.
    pub(crate) limits: TokenLimits,
    /// Whether a grant is of use only with a refresh token.
    pub(crate) needs_refresh_token: bool,
    /// How long an authorization code is good.
    pub(crate) code_life: Duration,
    /// Its words for what went wrong.
    pub(crate) words: Words,
    /// Whether every lost answer costs the grant: see `Platform::must_hear_every_answer`.
    pub(crate) must_hear_every_answer: bool,
    /// The header with its own name for a request, which its support asks for.
    pub(crate) trace: &'static str,
}

/// How long something lives, counted in each token answer from that answer on.
#[derive(Clone, Copy)]
pub(crate) struct Life {
    /// The field that says it, in seconds.
    pub(crate) field: Option<&'static str>,
    /// Where the answer does not say; `None` where nothing is known then.
    pub(crate) default: Option<Duration>,
    /// At most, whatever the answer says.
    pub(crate) most: Duration,
}

/// So many days.
pub(crate) const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

/// An answered fault is followed by one more request within the lease.
pub(crate) const SECOND_TRY: TokenLimits = TokenLimits { resends_most: 1, quota: None };

/// How a platform revokes grants.
#[derive(Clone, Copy)]
pub(crate) struct Revoking {
    /// How the request is written.
    pub(crate) written: Writing,
    /// Whether it answers 400 where the token is dead already.
    pub(crate) dead_is_400: bool,
    /// Whether it is first asked with the access token.
    pub(crate) asks_first: bool,
    /// Whether each consent's grant stands by itself.
    pub(crate) grants_stand_alone: bool,
}

/// How a request is written.
#[derive(Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) keys: Keys,
    pub(crate) body: Body,
}

/// How a request shows client id and secret (RFC 6749, 2.3.1).
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

/// A platform's words for what went wrong.
pub(crate) struct Words {
    /// The code or the refresh token is no good.
    pub(crate) refused: &'static [&'static str],
    /// Our own credentials are wrong.
    pub(crate) client_refused: &'static [&'static str],
    /// Too many requests, by a word instead of a status: come back after that time.
    pub(crate) throttled: Option<(&'static str, Duration)>,
    /// Whether they also come with HTTP 200.
    pub(crate) in_success: bool,
}

/// As RFC 6749 has them.
pub(crate) const STANDARD_WORDS: Words = Words {
    refused: &["invalid_grant"],
    client_refused: &["invalid_client", "unauthorized_client"],
    throttled: None,
    in_success: false,
};
