//! The description of one route.

use serde_json::{Map, Value, json};

use crate::extract::cursor;
use crate::openapi::schemas::Components;
use crate::openapi::text::{HTML, Text, number, query};
use crate::openapi::{Whole, example, refusal, security};
use crate::routes::Route;
use crate::signature::{Body, Signature};

/// What a handler's types and its text say.
pub(crate) struct Described {
    pub(crate) text: Text,
    pub(crate) signature: Signature,
}

impl Described {
    /// Puts the two together, and adds the schemas of both to the document.
    pub(crate) fn of(text: Text, mut signature: Signature, components: &mut Components) -> Self {
        if let Some(answer) = text.answer {
            signature.answer = Some(answer(&mut signature.schemas));
        }
        components.add(std::mem::take(&mut signature.schemas));
        Self { text, signature }
    }
}

/// The description of a route.
pub(crate) fn operation(whole: &Whole, components: &Map<String, Value>) -> Value {
    let Whole { tag, id, route, described: Described { text, signature } } = whole;
    let mut responses =
        text.statuses.iter().map(|status| (status.to_string(), success(*status, whole, components))).collect::<Map<_, _>>();
    for (status, refused) in refusal::of(whole) {
        responses.entry(status).or_insert(refused);
    }
    let mut operation = json!({
        "operationId": id,
        "tags": [tag],
        "summary": text.summary,
        "parameters": parameters(whole),
        "security": security::of(whole),
        "responses": responses,
        "x-surface": format!("{:?}", route.surface),
    });
    if !text.detail.is_empty() {
        operation["description"] = text.detail.into();
    }
    if let Some(body) = body(route, signature, components) {
        operation["requestBody"] = body;
    }
    operation
}

fn parameters(whole: &Whole) -> Vec<Value> {
    let Whole { route, described: Described { text, signature }, .. } = whole;
    let mut all = Vec::new();
    if let Some(name) = route.path.split(['{', '}']).nth(1) {
        let schema =
            signature.in_path.clone().unwrap_or_else(|| panic!("{} has a parameter that its handler does not read", route.path));
        all.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    all.extend(text.queries.clone());
    if signature.is_paged {
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": cursor::LONGEST });
        all.push(number("limit", 1, 100, 50, "The largest number of entries."));
        all.push(query("cursor", "The cursor of the page before, unchanged.", &schema));
    }
    if route.is_idempotent {
        all.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "A random text of yours. A request with the key of an earlier one, and the same body, gets the answer of the earlier one.",
            "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
        }));
    }
    all
}

fn body(route: &Route, signature: &Signature, components: &Map<String, Value>) -> Option<Value> {
    if let Some(Body::Json { schema, is_required }) = &signature.body {
        let content = json!({ "schema": schema, "example": example::of(schema, components) });
        return Some(json!({ "required": is_required, "content": { "application/json": content } }));
    }
    if let Some(Body::Form) = &signature.body {
        let company = json!({ "type": "string", "minLength": 1, "maxLength": 64 });
        let schema = json!({ "type": "object", "required": ["company_id"], "properties": { "company_id": company } });
        return Some(json!({ "required": true, "content": { "application/x-www-form-urlencoded": { "schema": schema } } }));
    }
    let is_notification = !route.is_for_browsers() && route.scopes.is_empty();
    is_notification.then(|| json!({ "required": true, "content": { "application/json": { "schema": {} } } }))
}

fn success(status: u16, whole: &Whole, components: &Map<String, Value>) -> Value {
    let Whole { route, described: Described { text, signature }, .. } = whole;
    let mut headers = Map::from_iter([("X-Request-Id".to_owned(), refusal::header("X-Request-Id"))]);
    let mut content = Map::new();
    let description = match status {
        302 | 303 => {
            headers.insert("Location".to_owned(), refusal::header("Location"));
            "A redirect."
        }
        _ => {
            if let Some(schema) = signature.answer.as_ref().filter(|_| route.method != "HEAD") {
                let entry = json!({ "schema": schema, "example": example::of(schema, components) });
                content.insert("application/json".to_owned(), entry);
            }
            for kind in text.also {
                content.insert((*kind).to_owned(), json!({ "schema": { "type": "string" } }));
                if *kind != HTML {
                    headers.insert("Link".to_owned(), refusal::header("Link"));
                }
            }
            match status {
                201 => "Created.",
                202 => "Something goes on.",
                503 => "Something is missing.",
                _ => "Success.",
            }
        }
    };
    if route.is_idempotent {
        headers.insert("Idempotency-Replayed".to_owned(), refusal::header("Idempotency-Replayed"));
    }
    let mut answer = json!({ "description": description, "headers": headers });
    if !content.is_empty() {
        answer["content"] = content.into();
    }
    answer
}
