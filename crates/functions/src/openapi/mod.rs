//! The OpenAPI 3.1 document of all routes. Paths, methods, scopes and surfaces come from the table of routes, bodies and answers from the
//! types of the handlers, and only texts, the parameters of queries and examples are written here.
//!
//! The document is made by a test and committed as `openapi.json`, so that no function has the code that makes it.

pub mod codes;
mod example;
mod operation;
mod operations;
mod refusal;
mod schemas;
mod security;
mod text;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::openapi::operation::Described;
use crate::openapi::schemas::Components;
use crate::routes::{Route, described};
use crate::surface::connections::error_body::ProblemBody;
use crate::surface::partner::envelope::Refusal;

/// A route and what is written about it.
struct Whole {
    tag: &'static str,
    id: String,
    route: Route,
    described: Described,
}

/// The document.
///
/// # Panics
/// If a route has no text in `operations`, or if two types have one name in the document.
pub fn document() -> Value {
    let mut components = Components::default();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    components.add_type::<ProblemBody<'static>>();
    components.add_type::<Refusal<'static>>();
    let all = wholes(&mut components);
    let components = components.finish();
    for whole in &all {
        let path = paths.entry(whole.route.path).or_default();
        path.insert(whole.route.method.to_lowercase(), operation::operation(whole, &components));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Counterfoil",
            "version": "1",
            "description": include_str!("description.md"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": operations::tags().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": security::schemes(),
            "headers": refusal::headers(),
            "responses": refusal::responses(&components),
        },
    })
}

fn wholes(components: &mut Components) -> Vec<Whole> {
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    described()
        .into_iter()
        .map(|(route, handler, signature)| {
            let (tag, text) = operations::of(handler).unwrap_or_else(|| panic!("openapi::operations has no text for {handler}"));
            let described = Described::of(text, signature(), components);
            let name = handler.replace("::", "_");
            let times = ids.entry(name.clone()).or_default();
            *times += 1;
            let id = if *times == 1 { name } else { format!("{name}_{times}") };
            Whole { tag, id, route, described }
        })
        .collect()
}
