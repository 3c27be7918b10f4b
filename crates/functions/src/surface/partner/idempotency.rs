//! `Idempotency-Key`: the middleware of the routes that the route table marks as idempotent. A request with the key of an earlier
//! one gets the answer of the earlier one. The middleware runs after authentication, and before the handler reads the request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest as _, FromRequestParts as _, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::model::api_key::{ApiKey, Scope};
use counterfoil_core::model::idempotency::{IdempotencyKey, KeyedRequest, RequestAttempt};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::partner::idempotency::{Admission, begin, keep, release};
use counterfoil_core::{App, Error};
use serde::{Deserialize, Serialize};

use crate::deadline::EndsAt;
use crate::extract::body::whole;
use crate::extract::caller::Scopes;
use crate::extract::request_id::RequestId;
use crate::surface::Surface;
use crate::surface::partner::serve::PartnerCaller;
use crate::surface::problem::Problem;

/// The header of the key.
const KEY: &str = "idempotency-key";
/// The header that marks a repeated answer.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The headers that are stored with an answer. The others belong to one request, or are the same for all.
const KEPT_HEADERS: [HeaderName; 4] = [header::CONTENT_TYPE, header::LOCATION, header::LINK, header::RETRY_AFTER];

/// A stored answer.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

/// Executes a request once. A request without a key goes directly to the handler.
pub(crate) async fn idempotent(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match key(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => once(&app, &key, request, next).await.unwrap_or_else(Problem::into_response),
        Err(error) => Problem::from(error).into_response(),
    }
}

fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Error> {
    let mut values = headers.get_all(KEY).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if let Some(key) = IdempotencyKey::parse(value.as_bytes()) => Ok(Some(key)),
        _ => {
            let longest = IdempotencyKey::LONGEST;
            let message = format!("Send one Idempotency-Key of 1 to {longest} visible ASCII characters.");
            Err(Error::invalid("invalid_idempotency_key", message))
        }
    }
}

async fn once(app: &Arc<App>, key: &IdempotencyKey, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let PartnerCaller(caller) = PartnerCaller::from_request_parts(&mut parts, app).await?;
    let EndsAt(ends_at) = EndsAt::from_request_parts(&mut parts, app).await?;
    let id = parts.extensions.get::<RequestId>().cloned();
    let body = whole(Bytes::from_request(Request::from_parts(parts.clone(), body), app).await)?;
    let route = route(&parts, &caller);
    let attempt = match begin(app, KeyedRequest::new(caller.partner, &route, key, &body)).await? {
        Admission::New(attempt) => attempt,
        Admission::Repeated(answer) => return replayed(&answer),
        Admission::OtherBody => return Err(other_body()),
        Admission::AnswerNotKept => return Err(answer_not_kept().into()),
        Admission::UnderWay { retry_after } => return Err(under_way(retry_after).into()),
    };
    // The answer must be in the table before the function's time is over.
    parts.extensions.insert(EndsAt(ends_at.saturating_sub(app.settings.store_timeout)));
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    end(app, &attempt, response, id).await
}

fn other_body() -> Problem {
    let message = "This Idempotency-Key was used for a request with another body. Use another key for another request.";
    Problem { error: Error::invalid("idempotency_key_reused", message), status: StatusCode::UNPROCESSABLE_ENTITY }
}

fn answer_not_kept() -> Error {
    Error::conflict(
        "idempotency_answer_not_kept",
        "The request with this Idempotency-Key was carried out, but its answer was too large to be kept. Read what it changed.",
    )
}

fn under_way(retry_after: Duration) -> Error {
    let message = "The first request with this Idempotency-Key is not answered yet. Send it again later.".to_owned();
    Error::InProgress { code: "idempotency_in_progress", message, retry_after }
}

/// The method and the path of a request. On a route of administrators also the scopes of the caller: the stored answer may contain an
/// API key, which a caller with fewer scopes must not get.
fn route(parts: &Parts, caller: &ApiKey) -> String {
    let route = format!("{} {}", parts.method, parts.uri.path());
    if !Scopes::of(&parts.extensions).contains(&Scope::Admin) {
        return route;
    }
    caller.scopes.iter().fold(route, |route, scope| format!("{route} {scope}"))
}

/// Stores an answer, or releases the key for another attempt.
async fn end(app: &App, attempt: &RequestAttempt, response: Response, id: Option<RequestId>) -> Result<Response, Problem> {
    if !is_kept(&response) {
        release(app, attempt).await;
        return Ok(response);
    }
    let (parts, body) = with_body(response, id).into_parts();
    // The handler has made it: it is in memory, and bounded there.
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Error::Internal("an answer has no whole body".to_owned()))?;
    keep(app, attempt, &kept(parts.status, &parts.headers, &body)?).await;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// The answer of an error. It also carries the error, so that `wrap` logs it and makes the same body.
fn with_body(response: Response, id: Option<RequestId>) -> Response {
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    let id = id.map(|RequestId(id)| id).unwrap_or_default();
    let mut whole = problem.with_headers(problem.as_body(&id, Surface::Partner, response.extensions()));
    whole.extensions_mut().insert(problem.clone());
    whole
}

/// Whether an answer is final. Any other answer means that the request was refused before it began, or may succeed later.
fn is_kept(response: &Response) -> bool {
    let status = response.status();
    let is_refused_before = matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PAYLOAD_TOO_LARGE
    );
    let is_temporary = response.extensions().get::<Problem>().is_some_and(|problem| problem.error.is_temporary());
    let may_succeed_later = is_temporary || status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    !is_refused_before && !may_succeed_later
}

fn kept(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<Secret, Error> {
    let header = |name: &HeaderName| Some((name.to_string(), headers.get(name)?.to_str().ok()?.to_owned()));
    let headers = KEPT_HEADERS.iter().filter_map(header).collect();
    let body = String::from_utf8_lossy(body).into_owned();
    let text = serde_json::to_string(&KeptAnswer { status: status.as_u16(), headers, body });
    text.map(Secret::new).map_err(|error| Error::Internal(error.to_string()))
}

fn replayed(answer: &Secret) -> Result<Response, Problem> {
    let unreadable = |_| Error::Internal("a kept answer cannot be read".to_owned());
    let KeptAnswer { status, headers, body } = serde_json::from_str(answer.expose()).map_err(unreadable)?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).map_err(|error| Error::Internal(error.to_string()))?;
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
