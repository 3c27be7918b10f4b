//! Zoho's accounts servers.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::data_center::{DATA_CENTERS, DataCenter};
use super::organizations::{access_denied, failure};
use super::{CLIENT_ID, CLIENT_SECRET, DataCenterAddress, Endpoints};
use crate::desk::Failure;
use crate::headers::origin;
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

/// Zoho. A grant belongs to a user and is valid only in that user's data centre, though the client id is the same everywhere. So codes and
/// tokens belong to the data centre.
pub(crate) enum Zoho {}

/// The user of that data centre revokes the app under "Connected Apps".
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disconnect {
    location: String,
}

impl StandInPlatform for Zoho {
    const NAME: &'static str = "zoho";
    const KEYS: &'static [Keys] = &[Keys { id: CLIENT_ID, secret: CLIENT_SECRET }];
    const FAILURE: Failure = failure;
    const RULES: Rules = Rules {
        // "Short-lived" by the documents; third parties measured a minute.
        code_life: SignedDuration::from_secs(60),
        second_use_of_code_ends_grant: false,
        refresh_token_life: None,
        grant_life: None,
        keys_shown: Showing::InBody,
        token_parameters: Source::FormAndQuery,
        revocation_parameters: Source::FormAndQuery,
        // A revocation needs only the token.
        keys_to_revoke: false,
        revokes_access_tokens: true,
        revokes_unknown_tokens: false,
        redirect_uri_on_refresh: false,
        pkce: true,
        token_type: "Bearer",
        scopes: &[
            "ZohoBooks.fullaccess.all",
            "ZohoBooks.settings.READ",
            "ZohoBooks.vendorpayments.READ",
            "ZohoBooks.expenses.READ",
            "ZohoBooks.bills.READ",
            "ZohoBooks.invoices.READ",
            "ZohoBooks.contacts.READ",
            "ZohoBooks.banking.READ",
            "ZohoBooks.accountants.READ",
        ],
        scope_separator: ',',
        default_scope: None,
        further_parameters: &["access_type", "prompt"],
    };
    const SAMPLE: Sample = Sample {
        chosen: &[("account", "eu")],
        companies: &[("20087615", "Veldhoven Fietsen BV")],
        names_company: false,
        region: Some("eu"),
        api: "/zoho/eu/api/books/v3",
        access_token_seconds: 3_600,
        rotation: Rotation::Silent,
        pkce: true,
        can_revoke: true,
        disconnect: r#"{"location":"eu"}"#,
    };
    const LOOK: Look = Look {
        name: "Zoho Books",
        style: include_str!("look.css"),
        heading: "An app would like your permission",
        asks: "would like to access the following information of your account.",
        choice: "Signed in as",
        choosing: Choosing::One("account"),
        permissions: "Zoho Books",
        connect: "Accept",
        cancel: "Reject",
        action: "auth",
    };

    type Site = &'static DataCenter;
    type RedirectUris = RedirectUris;
    type Reach = ();
    type Disconnect = Disconnect;

    /// [Zoho, "OAuth token limits"]
    fn variables(base_url: &str) -> Vec<(&'static str, String)> {
        let Endpoints { authorize, token, revoke, api, data_centers, control: _ } = Endpoints::at(base_url);
        let entry = |it: &DataCenterAddress| format!("{}={}|{}", it.location, it.accounts_server, it.api_domain);
        vec![
            ("AUTHORIZE_URL", authorize),
            ("TOKEN_URL", token),
            ("REVOKE_URL", revoke),
            ("API_URL", api),
            ("DATA_CENTERS", data_centers.iter().map(entry).collect::<Vec<_>>().join(",")),
            ("CLIENT_ID", CLIENT_ID.to_owned()),
            ("CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ]
    }

    fn settings() -> Settings {
        Settings {
            access_token_seconds: 3600,
            rotate_after_seconds: None,
            revoke_on_reuse: false,
            revoke_on_race: false,
            revoke_ends_company: false,
            refreshes_per_ten_minutes: Some(10),
            grants_per_minute: Some(5),
            refresh_tokens_per_user: Some(20),
            access_tokens_per_grant: Some(10),
            // The limits of the plan Professional [Zoho Books, API introduction].
            requests_per_minute: Some(100),
            requests_per_day: Some(5_000),
            concurrent_requests: Some(10),
            ..Settings::default()
        }
    }

    fn new_code() -> String {
        new_value()
    }

    fn new_refresh_token(_: Timestamp) -> String {
        new_value()
    }

    fn new_access_token(_: &Consent, _: u32, _: Timestamp) -> String {
        new_value()
    }

    fn check_further(params: &Params) -> Result<(), BadAuthorizeRequest> {
        if !matches!(params.get("access_type"), None | Some("online" | "offline")) {
            Err(BadAuthorizeRequest::Value("access_type", "online or offline"))
        } else if !matches!(params.get("prompt"), None | Some("consent")) {
            Err(BadAuthorizeRequest::Value("prompt", "consent"))
        } else {
            Ok(())
        }
    }

    fn permission(scope: &str) -> String {
        match scope.split('.').collect::<Vec<_>>()[..] {
            [_, what, "READ"] => format!("View {what}"),
            _ => "Full access to Books".to_owned(),
        }
    }

    /// The users who can sign in. The user of the data centre of the page is selected at first.
    fn choices(site: Self::Site, _: &AuthorizeRequest) -> Vec<Choice> {
        let choice = |user: &DataCenter| Choice {
            value: user.location.to_owned(),
            name: user.name,
            detail: format!("{} · data centre {}", user.email, user.location),
            chosen: user.location == site.location,
        };
        DATA_CENTERS.iter().map(choice).collect()
    }

    /// Only `access_type=offline` gives a refresh token and, after the first consent, only with `prompt=consent`.
    fn agree(agreeing: Agreeing<'_, Self>) -> Result<Agreed, BadAuthorizeRequest> {
        let Agreeing { ask, origin, ledger, now, .. } = agreeing;
        let site = DataCenter::of(ask.params.require("account")?).ok_or(BadAuthorizeRequest::UnknownChoice("account"))?;
        let mut consent = Consent::new(site.location, site.user, &ask.scope, &ledger.settings);
        let is_offline = ask.params.get("access_type") == Some("offline");
        let is_asked_for = ask.params.get("prompt") == Some("consent");
        consent.with_refresh_token = is_offline && (is_asked_for || !ledger.has_live_grant(site.user, now));
        let callback = vec![("location", site.location.to_owned()), ("accounts-server", site.accounts_server(origin))];
        Ok(Agreed { consent, callback })
    }

    fn keys_at(site: Self::Site, _: &'static str) -> &'static str {
        site.location
    }

    fn complete(answer: &mut Value, tokens: &Tokens, request: &HeaderMap) {
        answer["scope"] = json!(tokens.consent.scope);
        answer["api_domain"] = json!(DataCenter::of(&tokens.consent.keys).map(|site| site.api_domain(&origin(request))));
        if tokens.refreshed {
            answer.as_object_mut().expect("an object").remove("refresh_token");
        }
    }

    fn revoked() -> Response {
        Json(json!({ "status": "success" })).into_response()
    }

    fn refuse(refusal: &Refusal) -> (StatusCode, Value) {
        let error = match refusal {
            Refusal::BadRequest(_) | Refusal::UnsupportedGrantType => "general_error",
            Refusal::UnknownClient => "invalid_client",
            Refusal::WrongSecret => "invalid_client_secret",
            Refusal::DeadCode | Refusal::DeadRefreshToken => "invalid_code",
            Refusal::OtherRedirectUri => "redirect_uri_mismatch",
            Refusal::DeadToken => return (StatusCode::BAD_REQUEST, json!({ "error": "invalid_token" })),
            Refusal::TooManyTokens => return (StatusCode::BAD_REQUEST, access_denied()),
            Refusal::NotKept(reason) => {
                return (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": "server_error", "error_description": reason }));
            }
        };
        (StatusCode::OK, json!({ "error": error }))
    }

    fn disconnect(ledger: &mut Ledger<Self>, Disconnect { location }: Disconnect, now: Timestamp) -> Result<usize, String> {
        let site = DataCenter::of(&location).ok_or("there is no data centre of this location")?;
        Ok(ledger.end_all_of(site.user, Ending::DisconnectedByCustomer, now))
    }
}

/// A code or a token: `1000.` and two groups of 32 hexadecimal digits.
fn new_value() -> String {
    format!("1000.{}.{}", random::hex(32), random::hex(32))
}
