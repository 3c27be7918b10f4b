//! The authorization server of `FreshBooks`, which behaves like Ruby's Doorkeeper.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::membership::{MEMBERSHIPS, Membership};
use super::{CLIENT_ID, CLIENT_SECRET, Endpoints, me};
use crate::desk::Failure;
use crate::oauth::authorize::{Agreed, AuthorizeRequest, BadAuthorizeRequest};
use crate::oauth::grant::{Consent, Ending, Tokens};
use crate::oauth::jwt;
use crate::oauth::keys::{Keys, Showing};
use crate::oauth::ledger::Ledger;
use crate::oauth::page::{Choice, Choosing, Look};
use crate::oauth::raw::Source;
use crate::oauth::redirect_uri::RedirectUris;
use crate::oauth::refusal::Refusal;
use crate::oauth::settings::Settings;
use crate::oauth::{Agreeing, Rules, StandInPlatform};
use crate::random;
use crate::sample::{Rotation, Sample};

/// The only user, by `identity_id`.
pub(super) const USER: u32 = 14_460_001;
/// A scope that every app has.
pub(super) const PROFILE_SCOPE: &str = "user:profile:read";
/// The scopes that the app is registered for. It gets them if it requests none.
const REGISTERED_SCOPES: &str = "user:profile:read user:bills:read user:bill_payments:read user:bill_vendors:read \
                                 user:expenses:read user:payments:read user:invoices:read user:clients:read";

/// `FreshBooks`. A grant belongs to a user and reaches all their businesses.
pub(crate) enum FreshBooks {}

/// The user removes the app.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disconnect {}

impl StandInPlatform for FreshBooks {
    const NAME: &'static str = "freshbooks";
    const KEYS: &'static [Keys] = &[Keys { id: CLIENT_ID, secret: CLIENT_SECRET }];
    const FAILURE: Failure = me::failure;
    const RULES: Rules = Rules {
        // The tutorial "Get authenticated".
        code_life: SignedDuration::from_mins(5),
        second_use_of_code_ends_grant: false,
        refresh_token_life: None,
        grant_life: None,
        keys_shown: Showing::InBody,
        // The documents use JSON; a form works too.
        token_parameters: Source::JsonOrForm,
        revocation_parameters: Source::JsonOrForm,
        keys_to_revoke: true,
        revokes_access_tokens: true,
        revokes_unknown_tokens: true,
        // The documents repeat it.
        redirect_uri_on_refresh: true,
        // Advertised. Whether it is enforced is not known; here it is.
        pkce: true,
        token_type: "Bearer",
        scopes: &[
            PROFILE_SCOPE,
            "user:bills:read",
            "user:bill_payments:read",
            "user:bill_vendors:read",
            "user:expenses:read",
            "user:payments:read",
            "user:invoices:read",
            "user:clients:read",
        ],
        scope_separator: ' ',
        default_scope: Some(REGISTERED_SCOPES),
        further_parameters: &[],
    };
    const SAMPLE: Sample = Sample {
        chosen: &[],
        // The third business has no books.
        companies: &[("Qx9Zb1", MEMBERSHIPS[0].name), ("Lm4Tk7", MEMBERSHIPS[1].name)],
        names_company: false,
        region: None,
        api: "/freshbooks/api",
        access_token_seconds: 43_200,
        rotation: Rotation::OneUse,
        pkce: true,
        can_revoke: true,
        disconnect: "{}",
    };
    const LOOK: Look = Look {
        name: "FreshBooks",
        style: include_str!("look.css"),
        heading: "Authorize this app?",
        asks: "wants to use your account, with every business in it.",
        choice: "Your businesses",
        choosing: Choosing::Nothing,
        permissions: "It will be able to",
        connect: "Authorize",
        cancel: "Deny",
        action: "authorize",
    };

    type Site = ();
    type RedirectUris = RedirectUris;
    type Reach = ();
    type Disconnect = Disconnect;

    fn variables(base_url: &str) -> Vec<(&'static str, String)> {
        let Endpoints { authorize, token, revoke, api, control: _ } = Endpoints::at(base_url);
        vec![
            ("AUTHORIZE_URL", authorize),
            ("TOKEN_URL", token),
            ("REVOKE_URL", revoke),
            ("API_URL", api),
            ("CLIENT_ID", CLIENT_ID.to_owned()),
            ("CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ]
    }

    fn settings() -> Settings {
        Settings {
            access_token_seconds: 43_200,
            rotate_after_seconds: Some(0),
            revoke_on_reuse: false,
            revoke_on_race: false,
            revoke_ends_company: false,
            // Its limits are not published.
            requests_per_minute: None,
            concurrent_requests: None,
            unconfirmed_filters: false,
            ..Settings::default()
        }
    }

    fn new_code() -> String {
        random::hex(64)
    }

    fn new_refresh_token(_: Timestamp) -> String {
        random::hex(64)
    }

    fn new_access_token(consent: &Consent, seconds: u32, now: Timestamp) -> String {
        let expires_at = now.as_second() + i64::from(seconds);
        jwt::signed_by_no_one(
            &json!({ "jti": random::hex(32), "iat": now.as_second(), "exp": expires_at, "sub": consent.holder }),
        )
    }

    /// Whether it redirects to such an address: https or the laptop's own, without a query.
    fn redirects_to(uri: &Url) -> bool {
        (uri.scheme() == "https" || uri.host_str() == Some("localhost")) && uri.query().is_none()
    }

    fn permission(scope: &str) -> String {
        match scope.split(':').collect::<Vec<_>>()[..] {
            [_, what, _] => format!("See your {}", what.replace('_', " ")),
            _ => scope.to_owned(),
        }
    }

    fn choices((): (), _: &AuthorizeRequest) -> Vec<Choice> {
        let choice = |membership: &Membership| Choice {
            value: membership.business_id.to_string(),
            name: membership.name,
            detail: format!("You are its {}", membership.role.replace('_', " ")),
            chosen: true,
        };
        MEMBERSHIPS.iter().map(choice).collect()
    }

    fn agree(agreeing: Agreeing<'_, Self>) -> Result<Agreed, BadAuthorizeRequest> {
        let Agreeing { ask, ledger, .. } = agreeing;
        let consent = Consent::new(CLIENT_ID, &USER.to_string(), &ask.scope, &ledger.settings);
        Ok(Agreed { consent, callback: Vec::new() })
    }

    fn complete(answer: &mut Value, tokens: &Tokens, _: &HeaderMap) {
        answer["scope"] = json!(tokens.consent.scope);
        answer["created_at"] = json!(tokens.made_at.as_second());
        answer["direct_buy_tokens"] = json!({});
    }

    fn revoked() -> Response {
        Json(json!({})).into_response()
    }

    fn refuse(refusal: &Refusal) -> (StatusCode, Value) {
        let (status, error, description) = match refusal {
            Refusal::BadRequest(reason) => (StatusCode::BAD_REQUEST, "invalid_request", reason.as_str()),
            Refusal::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "The grant type is not one that is supported.")
            }
            Refusal::UnknownClient | Refusal::WrongSecret => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed.")
            }
            Refusal::DeadCode | Refusal::OtherRedirectUri | Refusal::DeadRefreshToken | Refusal::DeadToken => {
                let description = "The provided authorization grant is invalid, expired, revoked, or another client's.";
                (StatusCode::BAD_REQUEST, "invalid_grant", description)
            }
            Refusal::TooManyTokens => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Rate limit exceeded."),
            Refusal::NotKept(reason) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", reason.as_str()),
        };
        (status, json!({ "error": error, "error_description": description }))
    }

    fn disconnect(ledger: &mut Ledger<Self>, Disconnect {}: Disconnect, now: Timestamp) -> Result<usize, String> {
        Ok(ledger.end_all_of(&USER.to_string(), Ending::DisconnectedByCustomer, now))
    }
}
