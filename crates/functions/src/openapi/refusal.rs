//! The answers to refused requests: for each form of an error body and each status.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::openapi::codes::CODES;
use crate::openapi::operations::failures;
use crate::openapi::text::HTML;
use crate::openapi::{Whole, example};
use crate::routes::Route;
use crate::surface::Surface;

/// The form of an error's answer, by the name of its responses.
const FORMS: [&str; 5] = ["Problem", "ProblemOrPage", "Refusal", "RefusalOrPage", "Empty"];

fn form(route: &Route) -> &'static str {
    match (route.surface, route.is_for_browsers()) {
        (Surface::Connections, false) => "Problem",
        (Surface::Connections, true) => "ProblemOrPage",
        (Surface::Partner, false) => "Refusal",
        (Surface::Partner, true) => "RefusalOrPage",
        (Surface::PlatformWebhooks | Surface::Desktop | Surface::WebConnector | Surface::Setup, _) => "Empty",
    }
}

/// The answers of a route to refused requests, by their status, each with its codes.
pub(crate) fn of(whole: &Whole) -> BTreeMap<String, Value> {
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in codes(whole) {
        let (_, statuses, _) =
            CODES.iter().find(|(known, ..)| *known == code).unwrap_or_else(|| panic!("{code} is not in CODES"));
        for status in *statuses {
            by_status.entry(*status).or_default().push(code);
        }
    }
    let form = form(&whole.route);
    let answer = |(status, mut codes): (u16, Vec<&str>)| {
        codes.sort_unstable();
        codes.dedup();
        let codes: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
        let reference = format!("#/components/responses/{form}{status}");
        (status.to_string(), json!({ "$ref": reference, "description": codes.join(", ") }))
    };
    by_status.into_iter().map(answer).collect()
}

/// The codes of a route: its own, and those that its types, its path and its surface imply.
fn codes(whole: &Whole) -> Vec<&'static str> {
    let Whole { route, described, .. } = whole;
    let (text, signature) = (&described.text, &described.signature);
    let mut codes = text.codes.to_vec();
    let mut add = |is_so: bool, more: &[&'static str]| {
        if is_so {
            codes.extend(more);
        }
    };
    let reads_query = !text.queries.is_empty() || signature.is_paged || signature.takes_key_in_query || route.is_keyless;
    add(text.uses_table, TABLE);
    add(!route.scopes.is_empty(), &["unauthenticated", "insufficient_scope", "invalid_api_key", "ambiguous_api_key"]);
    add(reads_query, QUERY);
    add(signature.is_paged, &["invalid_cursor"]);
    add(signature.body.is_some(), &["invalid_body"]);
    add(route.method != "GET" && route.method != "HEAD", &["body_too_large"]);
    add(route.is_idempotent, IDEMPOTENCY);
    add(route.path.contains("{company_key}"), &["invalid_company_key"]);
    add(route.path.contains("{platform}"), &["invalid_parameter"]);
    add(route.path.contains('{') && route.needs_key(), &["not_found"]);
    if whole.described.text.codes.contains(&"consent_pending") {
        codes.extend(failures());
    }
    codes
}

/// The errors of the table, the keyring and the configuration.
const TABLE: &[&str] = &[
    "internal_error",
    "configuration_incomplete",
    "table_missing",
    "table_denied",
    "secret_missing",
    "keyring_unusable",
    "secret_unavailable",
    "storage_unavailable",
    "written_by_later_version",
];

const QUERY: &[&str] = &["invalid_query", "repeated_parameter", "parameter_too_long", "invalid_parameter", "empty_parameter"];

const IDEMPOTENCY: &[&str] =
    &["invalid_idempotency_key", "idempotency_in_progress", "idempotency_answer_not_kept", "idempotency_key_reused"];

/// The headers of answers.
pub(crate) fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "X-Request-Id": text("The id of the request, which the log has too."),
        "Retry-After": {
            "description": "After how many seconds to repeat the request. Without it, a repetition does not help.",
            "schema": { "type": "integer", "minimum": 0 },
        },
        "WWW-Authenticate": text("`Bearer`."),
        "Location": text("Where to go on."),
        "Link": text("`<address>; rel=\"next\"`: the next page, if there is one. JSON answers have a cursor instead."),
        "Idempotency-Replayed": { "description": "`true` on a repeated answer.", "schema": { "const": "true" } },
    })
}

/// A reference to a header.
pub(crate) fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The answers to refused requests, by form and status.
pub(crate) fn responses(components: &Map<String, Value>) -> Value {
    let mut statuses: Vec<u16> = CODES.iter().flat_map(|(_, statuses, _)| *statuses).copied().collect();
    statuses.sort_unstable();
    statuses.dedup();
    let named = |form: &'static str| {
        let statuses = statuses.clone();
        statuses.into_iter().map(move |status| (format!("{form}{status}"), response(form, status, components)))
    };
    FORMS.into_iter().flat_map(named).collect::<Map<_, _>>().into()
}

fn response(form: &str, status: u16, components: &Map<String, Value>) -> Value {
    let codes: Vec<_> = CODES.iter().filter(|(_, statuses, _)| statuses.contains(&status)).map(|(code, ..)| *code).collect();
    let mut headers = Map::from_iter([("X-Request-Id".to_owned(), header("X-Request-Id"))]);
    if [409, 429, 502, 503].contains(&status) {
        headers.insert("Retry-After".to_owned(), header("Retry-After"));
    }
    if status == 401 {
        headers.insert("WWW-Authenticate".to_owned(), header("WWW-Authenticate"));
    }
    let mut response = json!({ "description": format!("Refused with {status}."), "headers": headers });
    let (kind, name, shown) = if form.starts_with("Problem") {
        let mut shown = example::of(&json!({ "$ref": "#/components/schemas/Problem" }), components);
        shown["status"] = status.into();
        shown["code"] = codes[0].into();
        ("application/problem+json", "Problem", shown)
    } else {
        let mut shown = example::of(&json!({ "$ref": "#/components/schemas/Refusal" }), components);
        shown["error"]["code"] = codes[0].into();
        ("application/json", "Refusal", shown)
    };
    if form != "Empty" {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        response["content"] = json!({ kind: { "schema": schema, "example": shown } });
    }
    if form.ends_with("Page") {
        response["content"][HTML] = json!({ "schema": { "type": "string" } });
    }
    response
}
