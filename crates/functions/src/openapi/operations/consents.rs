//! Consents: the starts, the callbacks and the pages.

use counterfoil_core::Error;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_platforms::facts_of;
use serde_json::{Value, json};

use crate::extract::name::NAME_LONGEST;
use crate::openapi::text::{HTML, Text, any_text, company_key, platform_with_oauth, query, required, text, word};
use crate::surface::connections::answers::ConsentAnswer;
use crate::surface::consent::start::URL_LONGEST;
use crate::surface::partner::authorize::STATE_LONGEST;

/// The errors of every start.
const START: &[&str] = &[
    "insufficient_scope",
    "invalid_return_url",
    "redirect_uri_not_listed",
    "unknown_partner",
    "platform_without_oauth",
    "reserved_company_key",
    "too_many_consents",
    "not_found",
    "credentials_missing",
    "credentials_unusable",
    "partner_missing",
    "public_base_url_missing",
    "invalid_redirect_uri",
    "wrong_partner",
    "missing_parameter",
    "invalid_partner_id",
    "invalid_company_key",
    "authority_revoked",
    "link_used",
    "cross_site_form",
    "invalid_state",
    "wrong_browser",
    "client_refused",
];

/// The errors of a consent beyond those in `FlowFailure`.
pub(crate) const CONSENT: &[&str] = &[
    "missing_state",
    "invalid_state",
    "wrong_browser",
    "consent_pending",
    "consent_in_progress",
    "exchange_postponed",
    "company_unconfirmed",
    "company_choice_required",
    "exchange_required",
    "not_found",
    "invalid_query",
    "repeated_parameter",
    "parameter_too_long",
    "invalid_parameter",
    "empty_parameter",
    "missing_company_id",
    "unknown_company",
    "invalid_body",
    "credentials_missing",
    "credentials_unusable",
    "platform_unavailable",
    "platform_without_oauth",
    "reserved_company_key",
    "too_many_connections",
    "other_company",
];

pub(crate) fn of(handler: &str) -> Option<Text> {
    Some(match handler {
        "start::company_key_missing" => Text::new("Refuse a start without a company key")
            .detail("The path must name the connection. This route only says so.")
            .statuses(&[])
            .codes(&["missing_company_key"])
            .without_table(),
        "start::start" => Text::new("Start a consent")
            .detail(
                "A browser is redirected to the platform's consent page. With an API key in a header, `Location` is an address of \
                 Counterfoil: forward it to the customer within ten minutes. Without a key this route works only where `OPEN_START` is on.",
            )
            .query([
                query("company_name", "The name of the customer's company.", &json!({ "type": "string", "maxLength": NAME_LONGEST })),
                text("return_url", URL_LONGEST, "The page to return to. It must be on the partner's list."),
                platform_with_oauth("The platform to connect. The first if not given."),
                word("environment", &["production", "sandbox"], "Not every platform has a sandbox."),
            ])
            .statuses(&[302])
            .codes(START),
        "authorize::authorize" => Text::new("Start a consent from a partner's page")
            .detail("The customer returns to `redirectUri` with a `code` for `POST /v1/oauth/token`, or with an `error`.")
            .query([
                required(platform_with_oauth("The platform to connect.")),
                required(query("partnerId", "The partner.", &json!({ "type": "string", "pattern": PARTNER_ID, "maxLength": PartnerId::LONGEST }))),
                text("redirectUri", URL_LONGEST, "The page to return to. It must be on the partner's list. The first on the list if not given."),
                text("state", STATE_LONGEST, "Returned unchanged."),
                company_key("The connection. It needs an API key in a header."),
            ])
            .statuses(&[302])
            .codes(START),
        "open::consent_confirmation" => Text::new("Open the address that a server forwarded")
            .detail("A page with a form that starts the consent, or a redirect to the platform.")
            .statuses(&[200, 302])
            .also(&[HTML])
            .codes(START),
        "open::consent_continue" => Text::new("Continue from that page to the platform").statuses(&[303]).codes(START),
        "open::link_confirmation" => Text::new("Open a connect link")
            .detail("A page that names the partner, with a form that starts the consent. To load it changes nothing.")
            .statuses(&[200, 302])
            .also(&[HTML])
            .codes(START),
        "open::link_continue" => Text::new("Start the consent of a connect link").statuses(&[303]).codes(START),
        "callback::callback" => consent("Finish a consent")
            .detail(
                "The redirect URI that is registered at the platform. `state` and `code`, or `error`, are the platform's, and so are further \
                 parameters. A browser is redirected to the partner's page or to a page with the result. A program gets JSON.",
            )
            .query([
                any_text("state", "The state of the start."),
                any_text("code", "The platform's authorization code."),
                any_text("error", "The platform's error."),
            ])
            .statuses(&[200, 303]),
        "callback::result" => consent("Show the result of a consent")
            .detail("`id` is the id of a consent of this browser, or an error code.")
            .also(&[HTML])
            .statuses(&[200]),
        "callback::hand_over" => consent("Continue to the partner's page").statuses(&[200, 303]),
        "callback::retry" => consent("Repeat a request that failed at the platform").statuses(&[200, 303]),
        "callback::choose" => consent("Choose a company").detail("A form with `company_id`.").statuses(&[200, 303]),
        "verify::hint" => Text::new("Report a disconnect at the platform")
            .detail("The address to which a platform sends a customer who disconnected the app there. It stores a hint, which the refresher verifies.")
            .queries(PlatformName::with_oauth().filter_map(|platform| facts_of(platform)?.disconnect_hint).map(company))
            .also(&[HTML]),
        _ => return None,
    })
}

fn company(name: &str) -> Value {
    any_text(name, "The platform's id of the company.")
}

/// The pattern of a partner's id (`core::model::name`).
const PARTNER_ID: &str = "^[a-z0-9][a-z0-9_-]{0,31}$";

fn consent(summary: &'static str) -> Text {
    Text::new(summary).codes(CONSENT).answers::<ConsentAnswer>()
}

/// The codes of a failed consent.
pub(crate) fn failures() -> impl Iterator<Item = &'static str> {
    FlowFailure::ALL.into_iter().map(|failure| Error::from(failure).code())
}
