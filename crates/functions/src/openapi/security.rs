//! The security schemes, and those that a route accepts. The scopes stand with each scheme, as OpenAPI 3.1 allows for every type.

use serde_json::{Value, json};

use crate::openapi::Whole;

pub(crate) fn schemes() -> Value {
    let key = |place: &str, name: &str| json!({ "type": "apiKey", "in": place, "name": name });
    json!({
        "key": key("header", "X-API-Key"),
        "bearer": { "type": "http", "scheme": "bearer", "description": "The API key as a bearer token." },
        "keyInQuery": key("query", "api_key"),
        "browser": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-counterfoil",
            "description": "The browser that started the consent. Without https the cookie is named `counterfoil`.",
        },
    })
}

/// What a route accepts: one of these.
pub(crate) fn of(whole: &Whole) -> Value {
    let Whole { route, described, .. } = whole;
    let signature = &described.signature;
    let takes_query = route.is_keyless || signature.takes_key_in_query;
    let schemes = ["key", "bearer"].into_iter().chain(takes_query.then_some("keyInQuery"));
    let mut accepted: Vec<_> =
        schemes.flat_map(|scheme| route.scopes.iter().map(move |scope| json!({ scheme: [scope.as_str()] }))).collect();
    if !route.needs_key() {
        accepted.insert(0, json!({}));
    }
    if signature.reads_cookie {
        accepted.push(json!({ "browser": [] }));
    }
    accepted.into()
}
