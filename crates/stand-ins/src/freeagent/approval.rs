//! The authorization server of `FreeAgent`.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, company};
use crate::desk::Failure;
use crate::oauth::authorize::{Agreed, AuthorizeRequest, BadAuthorizeRequest};
use crate::oauth::grant::{Consent, Ending, Tokens};
use crate::oauth::keys::{Keys, Showing};
use crate::oauth::ledger::Ledger;
use crate::oauth::page::{Choice, Choosing, Look};
use crate::oauth::raw::Source;
use crate::oauth::redirect_uri::RedirectUris;
use crate::oauth::refusal::Refusal;
use crate::oauth::settings::Settings;
use crate::oauth::{Agreeing, Rules, StandInPlatform};
use crate::params::Params;
use crate::random;
use crate::sample::{Rotation, Sample};

/// The only user.
const USER: &str = "rowan@thistleandrowe.example";
/// The life of a grant from the consent on: about twenty years, as in the API documents' example.
const GRANT_LIFE: SignedDuration = SignedDuration::from_secs(631_151_957);

/// `FreeAgent`. A grant belongs to a user at one company.
pub(crate) enum FreeAgent {}

/// The user removes the app.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disconnect {}

impl StandInPlatform for FreeAgent {
    const NAME: &'static str = "freeagent";
    const KEYS: &'static [Keys] = &[Keys { id: CLIENT_ID, secret: CLIENT_SECRET }];
    const FAILURE: Failure = company::failure;
    const RULES: Rules = Rules {
        // The API documents: fifteen minutes.
        code_life: SignedDuration::from_mins(15),
        second_use_of_code_ends_grant: false,
        refresh_token_life: None,
        grant_life: Some(GRANT_LIFE),
        keys_shown: Showing::InHeader,
        token_parameters: Source::Form,
        revocation_parameters: Source::Form,
        keys_to_revoke: true,
        revokes_access_tokens: false,
        revokes_unknown_tokens: false,
        redirect_uri_on_refresh: false,
        pkce: false,
        token_type: "bearer",
        scopes: &[],
        scope_separator: ' ',
        default_scope: Some(""),
        further_parameters: &[],
    };
    const SAMPLE: Sample = Sample {
        chosen: &[],
        companies: &[("412706", company::COMPANY_NAME)],
        names_company: false,
        region: None,
        api: "/freeagent/v2",
        access_token_seconds: 3_600,
        rotation: Rotation::Repeated,
        pkce: false,
        can_revoke: false,
        disconnect: "{}",
    };
    const LOOK: Look = Look {
        name: "FreeAgent",
        style: include_str!("look.css"),
        heading: "Allow access to FreeAgent?",
        asks: "wants to see and change what you can in FreeAgent.",
        choice: "Your company",
        choosing: Choosing::Nothing,
        permissions: "It will be able to",
        connect: "Approve",
        cancel: "Deny",
        action: "approve_app",
    };

    type Site = ();
    type RedirectUris = RedirectUris;
    type Reach = ();
    type Disconnect = Disconnect;

    fn variables(base_url: &str) -> Vec<(&'static str, String)> {
        let api = format!("{base_url}/freeagent/v2");
        vec![
            ("AUTHORIZE_URL", format!("{api}/approve_app")),
            ("TOKEN_URL", format!("{api}/token_endpoint")),
            ("API_URL", api),
            ("CLIENT_ID", CLIENT_ID.to_owned()),
            ("CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ]
    }

    fn settings() -> Settings {
        Settings {
            rotate_after_seconds: None,
            revoke_on_reuse: false,
            revoke_on_race: false,
            revoke_ends_company: false,
            ..Settings::default()
        }
    }

    fn new_code() -> String {
        random::base64url(22)
    }

    fn new_refresh_token(_: Timestamp) -> String {
        random::base64url(41)
    }

    fn new_access_token(_: &Consent, _: u32, _: Timestamp) -> String {
        random::base64url(41)
    }

    fn check_scope(scope: &str) -> Result<(), BadAuthorizeRequest> {
        if scope.is_empty() { Ok(()) } else { Err(BadAuthorizeRequest::UnknownScope(scope.to_owned())) }
    }

    /// Refuses the parameter `scope`, even an empty one.
    fn check_further(params: &Params) -> Result<(), BadAuthorizeRequest> {
        if params.get("scope").is_none() { Ok(()) } else { Err(BadAuthorizeRequest::Value("scope", "left out")) }
    }

    fn permission(_: &str) -> String {
        "Do what you can do in FreeAgent".to_owned()
    }

    fn choices((): (), _: &AuthorizeRequest) -> Vec<Choice> {
        let (value, name) = (company::COMPANY_ID.to_string(), company::COMPANY_NAME);
        vec![Choice { value, name, detail: USER.to_owned(), chosen: true }]
    }

    fn agree(agreeing: Agreeing<'_, Self>) -> Result<Agreed, BadAuthorizeRequest> {
        let Agreeing { ask, ledger, .. } = agreeing;
        let consent = Consent::new(CLIENT_ID, USER, &ask.scope, &ledger.settings);
        Ok(Agreed { consent, callback: Vec::new() })
    }

    /// Adds the remaining life of the refresh token. Each answer repeats the refresh token.
    fn complete(answer: &mut Value, tokens: &Tokens, _: &HeaderMap) {
        answer["refresh_token_expires_in"] = json!(tokens.hard_seconds);
    }

    /// Not used, because there is no revocation endpoint.
    fn revoked() -> Response {
        StatusCode::NOT_FOUND.into_response()
    }

    fn refuse(refusal: &Refusal) -> (StatusCode, Value) {
        let (status, error) = match refusal {
            Refusal::BadRequest(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Refusal::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Refusal::UnknownClient | Refusal::WrongSecret => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Refusal::DeadCode | Refusal::OtherRedirectUri | Refusal::DeadRefreshToken | Refusal::DeadToken => {
                (StatusCode::BAD_REQUEST, "invalid_grant")
            }
            Refusal::TooManyTokens => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Refusal::NotKept(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        };
        (status, json!({ "error": error }))
    }

    fn disconnect(ledger: &mut Ledger<Self>, Disconnect {}: Disconnect, now: Timestamp) -> Result<usize, String> {
        Ok(ledger.end_all_of(USER, Ending::DisconnectedByCustomer, now))
    }
}
