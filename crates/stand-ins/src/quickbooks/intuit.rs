//! The authorization server of Intuit. The rules are those of its OAuth pages and SDKs; each source is named at its rule.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::environment::Environment;
use super::gateway;
use super::{Endpoints, RedirectUris};
use crate::desk::Failure;
use crate::oauth::authorize::{Agreed, AuthorizeRequest, BadAuthorizeRequest};
use crate::oauth::grant::{Consent, Ending, Tokens};
use crate::oauth::keys::{Keys, Showing};
use crate::oauth::ledger::Ledger;
use crate::oauth::page::{Choice, Choosing, Look};
use crate::oauth::raw::Source;
use crate::oauth::refusal::Refusal;
use crate::oauth::settings::Settings;
use crate::oauth::{Agreeing, Rules, StandInPlatform};
use crate::random;
use crate::sample::{Rotation, Sample};

/// The scope of the data API. It allows reading and writing; there is no smaller one.
pub(super) const ACCOUNTING_SCOPE: &str = "com.intuit.quickbooks.accounting";
/// The life of a refresh token since its last use: the 101 days in the mocks of Intuit's SDK. Intuit's text says 100 days. The answer has
/// this number.
const REFRESH_TOKEN_LIFE: SignedDuration = SignedDuration::from_secs(8_726_400);
/// The header that requests the grant's fixed end [intuit-oauth, test/HardExpiresTest.js].
const HARD_EXPIRY_HEADER: &str = "x-include-refresh-token-hard-expires-in";

/// Intuit. A grant belongs to a company, so its holder is the company.
pub(crate) enum Intuit {}

/// A company's user disconnects the app.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disconnect {
    realm: String,
}

impl StandInPlatform for Intuit {
    const NAME: &'static str = "quickbooks";
    const KEYS: &'static [Keys] = &[Environment::Production.keys(), Environment::Sandbox.keys()];
    const FAILURE: Failure = gateway::failure;
    const RULES: Rules = Rules {
        // Two set-up guides; Intuit itself names none.
        code_life: SignedDuration::from_mins(10),
        // intuit/oauth-jsclient issue 173
        second_use_of_code_ends_grant: true,
        refresh_token_life: Some(REFRESH_TOKEN_LIFE),
        // Five years [Intuit, "Important changes to refresh token policy"].
        grant_life: Some(SignedDuration::from_secs(157_680_000)),
        keys_shown: Showing::InHeader,
        token_parameters: Source::Form,
        revocation_parameters: Source::Json,
        keys_to_revoke: true,
        revokes_access_tokens: true,
        // An invalid one is a 400 [intuit-oauth].
        revokes_unknown_tokens: false,
        redirect_uri_on_refresh: false,
        // Not advertised, so not accepted.
        pkce: false,
        token_type: "bearer",
        // There is no id_token for openid.
        scopes: &[ACCOUNTING_SCOPE, "com.intuit.quickbooks.payment", "openid", "profile", "email", "phone", "address"],
        scope_separator: ' ',
        default_scope: None,
        further_parameters: &[],
    };
    const SAMPLE: Sample = Sample {
        chosen: &[("realm", "9130357849012345")],
        companies: &[("9130357849012345", "Larkspur Roofing LLC")],
        names_company: true,
        region: None,
        api: "/quickbooks/api",
        access_token_seconds: 3_600,
        rotation: Rotation::Repeated,
        pkce: false,
        can_revoke: true,
        disconnect: r#"{"realm":"9130357849012345"}"#,
    };
    const LOOK: Look = Look {
        name: "QuickBooks",
        style: include_str!("look.css"),
        heading: "Connect your books",
        asks: "asks to work with one of your companies.",
        choice: "Which company?",
        choosing: Choosing::One("realm"),
        permissions: "The app will be able to",
        connect: "Connect",
        cancel: "Cancel",
        action: "oauth2",
    };

    type Site = ();
    type RedirectUris = RedirectUris;
    type Reach = ();
    type Disconnect = Disconnect;

    fn variables(base_url: &str) -> Vec<(&'static str, String)> {
        let Endpoints { authorize, token, revoke, api, sandbox_api, control: _ } = Endpoints::at(base_url);
        let [production, sandbox] = Environment::ALL;
        vec![
            ("AUTHORIZE_URL", authorize),
            ("TOKEN_URL", token),
            ("REVOKE_URL", revoke),
            ("API_URL", api),
            ("SANDBOX_API_URL", sandbox_api),
            ("CLIENT_ID", production.client_id().to_owned()),
            ("CLIENT_SECRET", production.client_secret().to_owned()),
            ("SANDBOX_CLIENT_ID", sandbox.client_id().to_owned()),
            ("SANDBOX_CLIENT_SECRET", sandbox.client_secret().to_owned()),
            ("WEBHOOK_VERIFIER", production.webhook_verifier().to_owned()),
            ("SANDBOX_WEBHOOK_VERIFIER", sandbox.webhook_verifier().to_owned()),
        ]
    }

    fn settings() -> Settings {
        Settings::default()
    }

    fn new_code() -> String {
        format!("XAB1{}", random::alphanumeric(46))
    }

    /// `RT1-39-H0-1798761600…`; the number is the end of its life.
    fn new_refresh_token(now: Timestamp) -> String {
        let expires_at = (now + REFRESH_TOKEN_LIFE).as_second();
        format!("RT1-39-H0-{expires_at}{}", random::alphanumeric(24))
    }

    /// An encrypted JWT (its first part says `{"enc":"A128CBC-HS256","alg":"dir"}`), some 740 characters.
    fn new_access_token(_: &Consent, _: u32, _: Timestamp) -> String {
        format!(
            "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0..{}.{}.{}",
            random::base64url(16),
            random::base64url(480),
            random::base64url(16)
        )
    }

    fn permission(scope: &str) -> String {
        match scope {
            ACCOUNTING_SCOPE => "Read and change the accounting data".to_owned(),
            "com.intuit.quickbooks.payment" => "Take payments".to_owned(),
            "openid" => "Know who you are".to_owned(),
            other => format!("See your {other}"),
        }
    }

    fn choices((): (), ask: &AuthorizeRequest) -> Vec<Choice> {
        let companies = Environment::of_client(&ask.client_id).map(Environment::companies);
        let choice = |(position, company): (usize, &super::Company)| Choice {
            value: company.realm.to_owned(),
            name: company.name,
            detail: format!("{}, {} · ID {}", company.city, company.state, company.realm),
            chosen: position == 0,
        };
        companies.into_iter().flatten().enumerate().map(choice).collect()
    }

    fn agree(agreeing: Agreeing<'_, Self>) -> Result<Agreed, BadAuthorizeRequest> {
        let Agreeing { ask, ledger, .. } = agreeing;
        let environment = Environment::of_client(&ask.client_id).ok_or(BadAuthorizeRequest::UnknownClient)?;
        let company = environment.company(ask.params.require("realm")?).ok_or(BadAuthorizeRequest::UnknownChoice("realm"))?;
        let consent = Consent::new(&ask.client_id, company.realm, &ask.scope, &ledger.settings);
        Ok(Agreed { consent, callback: vec![("realmId", company.realm.to_owned())] })
    }

    fn complete(answer: &mut Value, tokens: &Tokens, request: &HeaderMap) {
        answer["x_refresh_token_expires_in"] = json!(tokens.refresh_seconds);
        if request.get(HARD_EXPIRY_HEADER).is_some_and(|value| value == "true") {
            answer["x_refresh_token_hard_expires_in"] = json!(tokens.hard_seconds);
        }
        if tokens.consent.scope_differs {
            answer["scope"] = json!(tokens.consent.scope);
        }
    }

    fn revoked() -> Response {
        StatusCode::OK.into_response()
    }

    fn refuse(refusal: &Refusal) -> (StatusCode, Value) {
        let (status, error, description) = match refusal {
            Refusal::BadRequest(reason) => (400, "invalid_request", Some(reason.as_str())),
            Refusal::UnsupportedGrantType => (400, "unsupported_grant_type", None),
            Refusal::UnknownClient | Refusal::WrongSecret => (401, "invalid_client", None),
            Refusal::DeadCode | Refusal::OtherRedirectUri => (400, "invalid_grant", Some("Invalid authorization code")),
            Refusal::DeadRefreshToken => (400, "invalid_grant", Some("Incorrect or invalid refresh token")),
            Refusal::DeadToken => (400, "invalid_request", Some("the token is unknown or dead already")),
            Refusal::TooManyTokens => (429, "too_many_requests", None),
            Refusal::NotKept(reason) => (500, "server_error", Some(reason.as_str())),
        };
        let mut body = json!({ "error": error });
        if let Some(description) = description {
            body["error_description"] = json!(description);
        }
        (StatusCode::from_u16(status).expect("a status"), body)
    }

    fn disconnect(ledger: &mut Ledger<Self>, Disconnect { realm }: Disconnect, now: Timestamp) -> Result<usize, String> {
        if Environment::ALL.iter().all(|environment| environment.company(&realm).is_none()) {
            return Err("there is no company with this realm".to_owned());
        }
        Ok(ledger.end_all_of(&realm, Ending::DisconnectedByCustomer, now))
    }
}
