//! `/qbwc`, which the Web Connector polls. Function: `web-connector`.
//!
//! It has no authorizer and no API key: the Web Connector signs in with the user name and the password of its connection.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::desktop::close;
use counterfoil_core::service::desktop::receive::{self, Progress, Received};
use counterfoil_core::service::desktop::send::{self, Host, Pause};
use counterfoil_core::service::desktop::sign_in::{self, SignIn};
use counterfoil_core::{App, Error};
use counterfoil_desktop::protocol::{Protocol, SERVICE_PATH};
use counterfoil_desktop::soap::{Answer, CONTENT_TYPE, Call, Cause, Company, decode, fault, wsdl};

use crate::deadline::EndsAt;
use crate::surface::problem::Problem;

/// What the Web Connector shows as the version of the service.
const VERSION: &str = "Counterfoil";
/// The progress that keeps a session going. 100 ends it.
const GOING_ON: i32 = 50;

/// The check of a certificate when a user adds the `.qwc` file, the page of its `AppSupport`, and the WSDL.
pub(crate) async fn get(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    if query.as_deref().is_some_and(|query| query.eq_ignore_ascii_case("wsdl")) {
        return Ok(xml(StatusCode::OK, wsdl(&format!("{}{SERVICE_PATH}", app.base_url()?))));
    }
    let text = "This is the address for the QuickBooks Web Connector. Add it there with the .qwc file of your setup page.\n";
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

pub(crate) async fn post(
    State(app): State<Arc<App>>,
    EndsAt(ends_at): EndsAt,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let refused = |message: &str| xml(StatusCode::INTERNAL_SERVER_ERROR, fault(Cause::Client, message));
    let Ok(body) = body else { return refused("The request is too large, or incomplete.") };
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let call = match Call::parse(&decode(&body, content_type)) {
        Ok(call) => call,
        Err(error) => return refused(&error.to_string()),
    };
    match answer(&app, call, ends_at).await {
        Ok(answer) => xml(StatusCode::OK, answer.to_xml()),
        Err(error) => {
            tracing::error!(code = error.code(), fault = error.fault(), %error, "a call of the Web Connector failed");
            xml(
                StatusCode::INTERNAL_SERVER_ERROR,
                fault(Cause::Server, "The service cannot answer now. The next update tries again."),
            )
        }
    }
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response()
}

async fn answer(app: &App, call: Call, ends_at: std::time::Duration) -> Result<Answer, Error> {
    Ok(match call {
        Call::ServerVersion { .. } => Answer::ServerVersion(VERSION.to_owned()),
        Call::ClientVersion { .. } => Answer::ClientVersion(String::new()),
        Call::Authenticate { user_name, password } => authenticate(app, &user_name, &password).await?,
        Call::SendRequestXml { ticket, hcp_response, major_version, .. } => {
            let host = Host { answer: &hcp_response, major: major_version };
            let request = send::next_request(app, &ticket, host, ends_at, &Protocol).await?;
            Answer::SendRequestXml(request.map_or_else(String::new, |request| request.expose().to_owned()))
        }
        Call::ReceiveResponseXml { ticket, response, hresult, message } => {
            let received = Received { document: Secret::new(response), hresult, message };
            Answer::ReceiveResponseXml(match receive::receive(app, &ticket, received, &Protocol).await? {
                Progress::GoOn => GOING_ON,
                Progress::Finished => 100,
                Progress::UnknownSession => -1,
            })
        }
        Call::ConnectionError { ticket, hresult, message } => {
            receive::connection_failed(app, &ticket, &hresult, &message).await?;
            Answer::ConnectionError("done".to_owned())
        }
        Call::GetLastError { ticket } => Answer::GetLastError(match send::last_error(app, &ticket).await? {
            Pause::HoldSession => "NoOp".to_owned(),
            Pause::End(text) => text,
        }),
        Call::CloseConnection { ticket } => {
            // A fault here would only be shown as one: the next sign-in ends the session too.
            if let Err(error) = close::close(app, &ticket, &Protocol).await {
                tracing::warn!(code = error.code(), %error, "a session could not be closed");
            }
            Answer::CloseConnection("OK".to_owned())
        }
        Call::GetInteractiveUrl { .. } => Answer::GetInteractiveUrl(String::new()),
        Call::InteractiveDone { .. } => Answer::InteractiveDone("Done".to_owned()),
        Call::InteractiveRejected { .. } => Answer::InteractiveRejected("OK".to_owned()),
    })
}

/// A ticket is given even if there is no work, because some programs close the connection with it.
async fn authenticate(app: &App, user_name: &str, password: &Secret) -> Result<Answer, Error> {
    let no_session = || Secret::new("none");
    let (ticket, company) = match sign_in::sign_in(app, user_name, password, &Protocol).await? {
        SignIn::Work(ticket) => (ticket, Company::Open),
        SignIn::Idle => (no_session(), Company::NoWork),
        SignIn::Refused => (no_session(), Company::NotValid),
    };
    Ok(Answer::Authenticate { ticket, company })
}
