//! The OpenAPI document as a page, without scripts: the browser shows all of it, and opens answers by itself.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use crate::page::markdown::{blocks, inline};

/// The style of the page. The content security policy of its answer has its hash.
pub(crate) const STYLE: &str = concat!(include_str!("colors.css"), include_str!("docs.css"));

/// The page.
pub(crate) fn docs(document: &Value) -> Markup {
    let tags: Vec<_> = list(&document["tags"]).filter_map(|tag| tag["name"].as_str()).collect();
    let operations: Vec<_> = operations(document);
    let of_tag = |tag: &str| operations.iter().filter(|shown| shown.operation["tags"][0] == tag).collect::<Vec<_>>();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (text(&document["info"]["title"])) " API" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div.frame {
                    nav aria-label="Routes" {
                        details open {
                            summary { "Routes" }
                            @for tag in &tags {
                                h2 { (tag) }
                                ul { @for shown in of_tag(tag) { li { a href={ "#" (shown.id()) } { (text(&shown.operation["summary"])) } } } }
                            }
                            h2 { "Reference" }
                            ul {
                                li { a href="#codes" { "Error codes" } }
                                li { a href="/openapi.json" { "openapi.json" } }
                            }
                        }
                    }
                    main {
                        h1 { (text(&document["info"]["title"])) " API" }
                        div.intro { (blocks(text(&document["info"]["description"]))) }
                        @for tag in &tags {
                            h2.tag { (tag) }
                            @for shown in of_tag(tag) { (shown.section()) }
                        }
                        h2.tag id="codes" { "Error codes" }
                        div.intro { (blocks(text(&document["components"]["schemas"]["ErrorCode"]["description"]))) }
                    }
                }
            }
        }
    }
}

/// One operation of the document.
struct Shown<'a> {
    document: &'a Value,
    path: &'a str,
    method: &'a str,
    operation: &'a Value,
}

fn operations(document: &Value) -> Vec<Shown<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| Shown { document, path, method, operation })
        })
        .collect()
}

impl Shown<'_> {
    fn id(&self) -> &str {
        text(&self.operation["operationId"])
    }

    fn section(&self) -> Markup {
        let Self { path, method, operation, .. } = self;
        let parameters: Vec<_> = list(&operation["parameters"]).collect();
        let body = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
        html! {
            section id=(self.id()) {
                h3 { (text(&operation["summary"])) }
                p.address { span class={ "method " (method) } { (method.to_uppercase()) } code { (path) } }
                (scopes(&operation["security"]))
                @if let Some(description) = operation["description"].as_str() { p { (inline(description)) } }
                @if !parameters.is_empty() {
                    h4 { "Parameters" }
                    table { tbody { @for parameter in parameters { (self.parameter(parameter)) } } }
                }
                @if let Some((kind, content)) = body {
                    h4 { "Body " span.quiet { (kind) } }
                    (self.fields(&content["schema"]))
                    (json(&content["example"]))
                }
                h4 { "Answers" }
                @for (status, answer) in operation["responses"].as_object().into_iter().flatten() { (self.answer(status, answer)) }
            }
        }
    }

    fn parameter(&self, parameter: &Value) -> Markup {
        let schema = self.resolved(&parameter["schema"]);
        html! {
            tr {
                th scope="row" {
                    code { (text(&parameter["name"])) }
                    @if parameter["required"] == true { " " small { "required" } }
                }
                td { (inline(text(&parameter["description"]))) " " (values(schema)) }
            }
        }
    }

    fn fields(&self, schema: &Value) -> Markup {
        let schema = self.resolved(schema);
        let is_required = |name: &str| list(&schema["required"]).any(|required| required == name);
        html! {
            table { tbody { @for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                tr {
                    th scope="row" { code { (name) } @if is_required(name) { " " small { "required" } } }
                    td { (inline(text(&field["description"]))) " " (values(self.resolved(field))) }
                }
            } } }
        }
    }

    fn answer(&self, status: &str, answer: &Value) -> Markup {
        let whole = self.resolved(answer);
        let shown = whole["content"].as_object().into_iter().flatten();
        let class = if status < "400" { "status" } else { "status refused" };
        html! {
            details {
                summary { span class=(class) { (status) } span { (inline(text(&answer["description"]))) } }
                @for (kind, content) in shown {
                    p.quiet { (kind) }
                    (json(&content["example"]))
                }
                @let headers: Vec<_> = whole["headers"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                @if !headers.is_empty() { p.quiet { "Headers: " (headers.join(", ")) } }
            }
        }
    }

    /// The value that a reference names, or the value itself.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }
}

fn scopes(security: &Value) -> Markup {
    let names = || list(security).flat_map(|one| list(&one["key"])).filter_map(Value::as_str);
    let needs_none = list(security).any(|one| one.as_object().is_some_and(serde_json::Map::is_empty));
    html! {
        p.scopes {
            @if names().next().is_none() { "No API key" } @else {
                @if needs_none { "No API key, or one with " } @else { "An API key with " }
                @for name in names() { span.scope { (name) } }
            }
        }
    }
}

/// The type, the words and the bounds of a value.
fn values(schema: &Value) -> Markup {
    let types: Vec<_> = schema["type"].as_str().into_iter().chain(list(&schema["type"]).filter_map(Value::as_str)).collect();
    let words: Vec<_> = list(&schema["enum"]).chain(list(&schema["items"]["enum"])).filter_map(Value::as_str).collect();
    let bounds = ["minimum", "maximum", "maxLength", "default", "format", "pattern"];
    let bounds: Vec<_> = bounds.iter().filter_map(|name| Some(format!("{name} {}", plain(schema.get(name)?)))).collect();
    html! {
        span.quiet { (types.join(" or ")) @if !bounds.is_empty() { ", " (bounds.join(", ")) } }
        @for word in words { " " code { (word) } }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn json(value: &Value) -> Markup {
    html! { @if !value.is_null() { pre tabindex="0" { code { (format!("{value:#}")) } } } }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
