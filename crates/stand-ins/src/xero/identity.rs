//! Xero's identity server.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::connections::Connections;
use super::organisation::{ORGANISATIONS, Organisation};
use super::{CLIENT_ID, CLIENT_SECRET, Endpoints, WEBHOOK_KEY, problem};
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
use crate::params::Params;
use crate::random;
use crate::sample::{Rotation, Sample};

/// The only user, by `xero_userid`.
const USER: &str = "9d0b1f5e-37c2-4a86-b1f0-2f6c9e54a7d3";
/// The life of an id token, in seconds.
const ID_TOKEN_SECONDS: i64 = 300;
const ISSUER: &str = "https://identity.xero.com";
/// The scopes that apps created since 2 March 2026 do not get; granular scopes replace them.
const RETIRED_SCOPES: [&str; 3] = ["accounting.transactions", "accounting.transactions.read", "accounting.reports.read"];

/// Xero. A grant belongs to a user and reaches the user's connections.
pub(crate) enum Xero {}

/// The user disconnects an organisation under "Connected apps", or the app from all of them if none is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disconnect {
    tenant_id: Option<String>,
}

impl StandInPlatform for Xero {
    const NAME: &'static str = "xero";
    const KEYS: &'static [Keys] = &[Keys { id: CLIENT_ID, secret: CLIENT_SECRET }];
    const FAILURE: Failure = problem::failure;
    const RULES: Rules = Rules {
        code_life: SignedDuration::from_mins(5),
        second_use_of_code_ends_grant: false,
        // 60 days unused [Xero, OAuth 2.0 FAQ].
        refresh_token_life: Some(SignedDuration::from_hours(60 * 24)),
        grant_life: None,
        keys_shown: Showing::InHeader,
        token_parameters: Source::Form,
        revocation_parameters: Source::Form,
        keys_to_revoke: true,
        // They are JWTs, which cannot be revoked.
        revokes_access_tokens: false,
        revokes_unknown_tokens: true,
        redirect_uri_on_refresh: false,
        pkce: true,
        token_type: "Bearer",
        scopes: &[
            "openid",
            "profile",
            "email",
            "offline_access",
            "accounting.invoices",
            "accounting.invoices.read",
            "accounting.payments",
            "accounting.payments.read",
            "accounting.banktransactions",
            "accounting.banktransactions.read",
            "accounting.contacts",
            "accounting.contacts.read",
            "accounting.settings",
            "accounting.settings.read",
        ],
        scope_separator: ' ',
        default_scope: None,
        further_parameters: &["acr_values"],
    };
    const SAMPLE: Sample = Sample {
        chosen: &[("tenant_id", ORGANISATIONS[1].tenant_id)],
        companies: &[(ORGANISATIONS[1].tenant_id, ORGANISATIONS[1].name)],
        names_company: false,
        region: None,
        api: "/xero/api.xro/2.0",
        access_token_seconds: 1_800,
        rotation: Rotation::Graceful,
        pkce: true,
        can_revoke: true,
        disconnect: "{}",
    };
    const LOOK: Look = Look {
        name: "Xero",
        style: include_str!("look.css"),
        heading: "Allow access to your organisations",
        asks: "wants access to:",
        choice: "Organisation data",
        choosing: Choosing::Any("tenant_id"),
        permissions: "Access granted to the app",
        connect: "Allow access",
        cancel: "Cancel",
        action: "authorize",
    };

    type Site = ();
    type RedirectUris = RedirectUris;
    type Reach = Connections;
    type Disconnect = Disconnect;

    fn variables(base_url: &str) -> Vec<(&'static str, String)> {
        let Endpoints { authorize, token, revoke, connections, api, control: _ } = Endpoints::at(base_url);
        vec![
            ("AUTHORIZE_URL", authorize),
            ("TOKEN_URL", token),
            ("REVOKE_URL", revoke),
            ("API_URL", api),
            ("CONNECTIONS_URL", connections),
            ("CLIENT_ID", CLIENT_ID.to_owned()),
            ("CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("WEBHOOK_KEY", WEBHOOK_KEY.to_owned()),
        ]
    }

    fn settings() -> Settings {
        Settings {
            access_token_seconds: 1800,
            rotate_after_seconds: Some(0),
            grace_seconds: 1800,
            revoke_on_reuse: false,
            revoke_on_race: false,
            // [developer.xero.com, FAQ "Limits"]
            requests_per_minute: Some(60),
            requests_per_day: Some(5_000),
            concurrent_requests: Some(5),
            app_requests_per_minute: Some(10_000),
            ..Settings::default()
        }
    }

    fn new_code() -> String {
        random::base64url(32)
    }

    fn new_refresh_token(_: Timestamp) -> String {
        random::base64url(32)
    }

    fn new_access_token(consent: &Consent, seconds: u32, now: Timestamp) -> String {
        let scopes: Vec<&str> = consent.scope.split(' ').collect();
        jwt::signed_by_no_one(&json!({
            "nbf": now.as_second(),
            "exp": now.as_second() + i64::from(seconds),
            "iss": ISSUER,
            "aud": format!("{ISSUER}/resources"),
            "client_id": consent.keys,
            "sub": consent.holder,
            "xero_userid": consent.holder,
            "authentication_event_id": consent.event,
            "jti": random::hex(32),
            "scope": scopes,
        }))
    }

    /// Whether it redirects to such an address: https or `http://localhost`, but not `http://127.0.0.1`.
    fn redirects_to(uri: &Url) -> bool {
        uri.scheme() == "https" || uri.host_str() == Some("localhost")
    }

    fn check_scope(scope: &str) -> Result<(), BadAuthorizeRequest> {
        if RETIRED_SCOPES.contains(&scope) {
            Err(BadAuthorizeRequest::RetiredScope(scope.to_owned()))
        } else if Self::RULES.scopes.contains(&scope) {
            Ok(())
        } else {
            Err(BadAuthorizeRequest::UnknownScope(scope.to_owned()))
        }
    }

    fn check_further(params: &Params) -> Result<(), BadAuthorizeRequest> {
        match params.get("acr_values") {
            None | Some("bulk_connect:true" | "bulk_connect:false") => Ok(()),
            Some(_) => Err(BadAuthorizeRequest::Value("acr_values", "bulk_connect:true or bulk_connect:false")),
        }
    }

    fn permission(scope: &str) -> String {
        match scope {
            "openid" | "profile" | "email" => format!("Who you are: {scope}"),
            "offline_access" => "Access while you are away".to_owned(),
            other => match other.strip_prefix("accounting.").unwrap_or(other).split_once('.') {
                Some((what, _)) => format!("View your {what}"),
                None => format!("View and manage your {}", other.trim_start_matches("accounting.")),
            },
        }
    }

    fn choices((): (), _: &AuthorizeRequest) -> Vec<Choice> {
        let choice = |(position, organisation): (usize, &Organisation)| Choice {
            value: organisation.tenant_id.to_owned(),
            name: organisation.name,
            detail: format!("{} · {}", organisation.country, organisation.currencies[0]),
            chosen: position == 0,
        };
        ORGANISATIONS.iter().enumerate().map(choice).collect()
    }

    /// The user can untick all organisations. Then the token is valid, and reaches the organisations of earlier consents.
    fn agree(agreeing: Agreeing<'_, Self>) -> Result<Agreed, BadAuthorizeRequest> {
        let Agreeing { ask, ledger, now, .. } = agreeing;
        let mut consent = Consent::new(CLIENT_ID, USER, &ask.scope, &ledger.settings);
        consent.with_refresh_token = consent.grants("offline_access");
        let chosen: Vec<&str> = ask.params.get("tenant_id").unwrap_or_default().split_whitespace().collect();
        if chosen.iter().any(|tenant_id| Organisation::of(tenant_id).is_none()) {
            return Err(BadAuthorizeRequest::UnknownChoice("tenant_id"));
        }
        for tenant_id in chosen {
            ledger.reach.connect(tenant_id, &consent.event, now);
        }
        let session_state = format!("{}.{}", random::base64url(32), random::hex(32));
        Ok(Agreed { callback: vec![("scope", consent.scope.clone()), ("session_state", session_state)], consent })
    }

    fn complete(answer: &mut Value, tokens: &Tokens, _: &HeaderMap) {
        answer["scope"] = json!(tokens.consent.scope);
        if tokens.consent.grants("openid") {
            answer["id_token"] = json!(jwt::signed_by_no_one(&json!({
                "iss": ISSUER,
                "aud": CLIENT_ID,
                "iat": tokens.made_at.as_second(),
                "exp": tokens.made_at.as_second() + ID_TOKEN_SECONDS,
                "sub": USER,
                "xero_userid": USER,
                "email": "robin@maple-florists.example",
            })));
        }
    }

    fn revoked() -> Response {
        StatusCode::OK.into_response()
    }

    /// Most errors have no description. `invalid_client` as a 400 is assumed from the server software that Xero uses.
    fn refuse(refusal: &Refusal) -> (StatusCode, Value) {
        let error = match refusal {
            Refusal::BadRequest(_) => "invalid_request",
            Refusal::UnsupportedGrantType => "unsupported_grant_type",
            Refusal::UnknownClient | Refusal::WrongSecret => "invalid_client",
            Refusal::DeadCode | Refusal::OtherRedirectUri | Refusal::DeadRefreshToken | Refusal::DeadToken => "invalid_grant",
            Refusal::TooManyTokens => return (StatusCode::TOO_MANY_REQUESTS, json!({})),
            Refusal::NotKept(reason) => {
                return (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": "server_error", "error_description": reason }));
            }
        };
        (StatusCode::BAD_REQUEST, json!({ "error": error }))
    }

    /// Revoking a token disconnects all of the user's organisations.
    fn forget(connections: &mut Connections, _: &str) {
        connections.remove_all();
    }

    fn disconnect(ledger: &mut Ledger<Self>, who: Disconnect, now: Timestamp) -> Result<usize, String> {
        let Some(tenant_id) = who.tenant_id else {
            return Ok(ledger.end_all_of(USER, Ending::DisconnectedByCustomer, now));
        };
        if Organisation::of(&tenant_id).is_none() {
            return Err("there is no organisation with this tenant_id".to_owned());
        }
        ledger.reach.remove_tenant(&tenant_id);
        Ok(0)
    }
}
