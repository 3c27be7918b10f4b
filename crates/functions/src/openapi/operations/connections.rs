//! Connections and their tokens.

use counterfoil_core::model::audit::Action;
use counterfoil_core::model::connection::Status;
use counterfoil_core::model::name::CompanyKey;
use strum::{VariantArray as _, VariantNames as _};

use crate::openapi::text::{Text, flag, number, platform, text, time, word};
use crate::surface::connections::audit;

/// The type of JSON Lines.
const LINES: &str = "application/x-ndjson";

/// The errors of a request that may refresh a token.
const REFRESH: &[&str] = &[
    "grant_refused",
    "reauthorization_required",
    "missing_refresh_token",
    "no_tokens",
    "refresh_in_progress",
    "refresh_outcome_unknown",
    "refresh_too_slow",
    "clock_skewed",
    "client_refused",
    "platform_throttled",
    "platform_unavailable",
    "credentials_missing",
    "credentials_unusable",
    "other_client",
    "invalid_min_valid_seconds",
    "company_forbidden",
    "verification_too_slow",
    "connection_changed",
];

pub(crate) fn of(handler: &str) -> Option<Text> {
    Some(match handler {
        "token::read" => Text::new("Read an access token")
            .detail("The token is valid for `min_valid_seconds` more. It is refreshed first if it is not.")
            .query([number("min_valid_seconds", 0, 86_400, 300, "At most half of the token's life.")])
            .codes(REFRESH),
        "token::refresh" => Text::new("Refresh an access token")
            .detail("A new token, even if the stored one is valid. The platform is called at most once in ten seconds.")
            .codes(REFRESH),
        "exchange::token" => Text::new("Exchange a code for an access token")
            .detail(
                "Send `code` and `platform`, or `grantType` \"refresh_token\" with `refreshToken`. A code can be exchanged once, within five minutes. \
                 The exchange creates the connection.",
            )
            .codes(EXCHANGE),
        "verify::verify" => Text::new("Verify a connection at its platform")
            .detail("If access was withdrawn there, the connection ends: 409.")
            .codes(REFRESH),
        "readiness::read" => Text::new("Check whether a connection works")
            .detail("Each check that does not pass says what to do.")
            .query([flag("live", "Whether to ask the platform, at most once in ten seconds.")]),
        "integrations::health" => Text::new("Read the health of all integrations")
            .detail("Counts are of the last 24 hours. `attention` names the connections that need somebody, and says what to do."),
        "connections::list" => Text::new("List connections").query([
            text("prefix", CompanyKey::LONGEST, "The beginning of the company keys."),
            platform("Only connections to this platform."),
            word("status", Status::VARIANTS, "Only connections with this status."),
        ]),
        "connections::read" => Text::new("Read a connection"),
        "connections::change" => Text::new("Change the settings of a connection")
            .detail("A field that is absent or null stays as it is. `check_rule` is for platforms without a type for checks.")
            .codes(&["empty_parameter", "invalid_parameter"]),
        "audit::of_connection" => audit_list("List the audit rows of a connection"),
        "audit::of_partner" => audit_list("List the audit rows of the partner"),
        "disconnect::disconnect" => Text::new("Disconnect a connection")
            .detail("`revocation` is the state of the grant at the platform. A purge removes what is stored about the connection, in the background.")
            .query([flag("purge", "Whether to remove the connection's data too.")])
            .codes(&["connection_changed", "credentials_missing", "changed_meanwhile"]),
        _ => return None,
    })
}

/// The errors of an exchange: those of a refresh and of the end of a consent.
const EXCHANGE: &[&str] = &[
    "invalid_code",
    "invalid_refresh_token",
    "invalid_grant_type",
    "missing_parameter",
    "empty_parameter",
    "parameter_too_long",
    "invalid_parameter",
    "wrong_partner",
    "not_found",
    "too_many_connections",
    "reserved_company_key",
    "other_company",
    "grant_refused",
    "reauthorization_required",
    "missing_refresh_token",
    "no_tokens",
    "refresh_in_progress",
    "refresh_outcome_unknown",
    "refresh_too_slow",
    "clock_skewed",
    "client_refused",
    "platform_throttled",
    "platform_unavailable",
    "credentials_missing",
    "credentials_unusable",
    "other_client",
];

fn audit_list(summary: &'static str) -> Text {
    let actions: Vec<_> = Action::VARIANTS.iter().map(|action| action.as_str()).collect();
    Text::new(summary)
        .detail("The newest row comes first. As JSON Lines the oldest comes first, at most 5,000 rows; the header `Link` has the rest.")
        .query([
            time("since", "The earliest time."),
            time("until", "The latest time."),
            word("action", &actions, "Only rows of this action."),
        ])
        .also(&[LINES])
        .answers::<audit::List>()
}
