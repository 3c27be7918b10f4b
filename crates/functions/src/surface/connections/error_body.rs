//! The error body of this surface: RFC 9457 with `code` and `request_id`.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::surface::words;

/// An extension of an error's answer: the companies to choose from.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// The address to post the `company_id` to.
    pub(crate) choose_at: String,
    pub(crate) companies: Vec<Choosable>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ChoosableCompany)]
pub(crate) struct Choosable {
    pub(crate) company_id: String,
    pub(crate) name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    #[schema(value_type = String)]
    r#type: &'static str,
    title: &'a str,
    status: u16,
    #[schema(schema_with = words::code)]
    code: &'a str,
    detail: String,
    request_id: &'a str,
    /// An extension field of RFC 9457: the address to post the `company_id` to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    choose_at: Option<&'a str>,
    /// An extension field of RFC 9457: the companies to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    companies: Option<&'a [Choosable]>,
}

/// The answer of an error with this code; `detail` is its message.
pub(crate) fn answer(status: StatusCode, code: &str, detail: String, request_id: &str, choice: Option<&Choice>) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let (r#type, number) = ("about:blank", status.as_u16());
    let (choose_at, companies) = choice.map(|choice| (choice.choose_at.as_str(), choice.companies.as_slice())).unzip();
    let body = ProblemBody { r#type, title, status: number, code, detail, request_id, choose_at, companies };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
}
