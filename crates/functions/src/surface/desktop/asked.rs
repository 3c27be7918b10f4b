//! A request for a company file: it becomes one qbXML document, and its answer is read.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use counterfoil_core::App;
use counterfoil_core::model::desktop::connection::DesktopConnection;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::secret::{Fingerprint, Secret};
use counterfoil_core::service::job::ask::{self, Ask};
use counterfoil_desktop::failure::Failure;
use counterfoil_desktop::qbxml::{Element, Response, Version, document};
use counterfoil_desktop::session::fitting_page;

use crate::surface::desktop::refusal::{Refused, of_ask};

/// The header with the longest time that a caller waits.
const TIMEOUT: &str = "conductor-timeout-seconds";
/// The time that a caller waits if it does not say.
const WAIT: u64 = 90;
/// The longest time that a caller can wait. The function ends after 120 s, and the SDKs do not wait longer.
const WAIT_MOST: u64 = 110;

/// The longest time that the caller waits for QuickBooks, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait(pub(crate) u64);

impl FromRequestParts<Arc<App>> for Wait {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _app: &Arc<App>) -> Result<Self, Refused> {
        let Some(given) = parts.headers.get(TIMEOUT) else { return Ok(Self(WAIT)) };
        let seconds = given.to_str().ok().and_then(|text| text.trim().parse::<u64>().ok()).filter(|seconds| *seconds > 0);
        let message = "The header Conductor-Timeout-Seconds must be a whole number of seconds.";
        Ok(Self(seconds.ok_or_else(|| Failure::invalid_request(message))?.min(WAIT_MOST)))
    }
}

/// An answer of QuickBooks, and the session that brought it.
pub(super) struct Answered {
    pub(super) response: Response,
    pub(super) session: Fingerprint,
    /// The largest page of such objects that arrives in one piece, up to the one that was asked for.
    pub(super) fitting: Option<u32>,
}

/// The conversation with one company file for one request of a partner, within its time.
pub(crate) struct Conversation<'a> {
    app: &'a App,
    connection: DesktopConnection,
    wait: Wait,
    ends_at: Duration,
}

impl<'a> Conversation<'a> {
    /// Begins a conversation, if the Web Connector of the end user is active.
    pub(crate) async fn begin(app: &'a App, end_user: &EndUserName, wait: Wait) -> Result<Self, Refused> {
        let connection = ask::active_connection(app, end_user).await.map_err(|error| of_ask(error, wait.0))?;
        let ends_at = app.clock.elapsed() + Duration::from_secs(wait.0);
        Ok(Self { app, connection, wait, ends_at })
    }

    /// Asks for one query, in a session whose iterator it continues. A failure of QuickBooks is an answer too.
    pub(super) async fn query(&self, query: Element, session: Option<Fingerprint>) -> Result<Answered, Refused> {
        let most = query.text_of("MaxReturned").and_then(|most| most.parse().ok());
        let requests = vec![("1".to_owned(), query)];
        let (answer, session) = self.send(Version::OWN, requests, false, session).await?;
        let responses = Response::parse(answer.expose()).map_err(|broken| Failure::broken_answer(broken.to_string()))?;
        let first = responses.into_iter().next();
        let response = first.ok_or_else(|| Failure::broken_answer("QuickBooks answered nothing."))?;
        let fitting = most.map(|most| fitting_page(most, answer.expose(), response.returned.len()));
        Ok(Answered { response, session, fitting })
    }

    /// As [`Self::query`], in the session of an iterator; `None` if that session has ended.
    pub(super) async fn query_in(&self, query: Element, session: Fingerprint) -> Result<Option<Answered>, Refused> {
        if !self.connection.has_session(&session) {
            return Ok(None);
        }
        match self.query(query, Some(session)).await {
            Ok(answered) => Ok(Some(answered)),
            Err(Refused::IteratorLost) => Ok(None),
            Err(refused) => Err(refused),
        }
    }

    /// Asks for one query, and returns what QuickBooks returned.
    pub(super) async fn returned(&self, query: Element) -> Result<Vec<Element>, Refused> {
        let Answered { response, .. } = self.query(query, None).await?;
        Failure::of_response(&response).map_or(Ok(response.returned), |failure| Err(failure.into()))
    }

    /// Sends requests as one document of up to this version, and returns QuickBooks's document.
    pub(super) async fn send(
        &self,
        version: Version,
        requests: Vec<(String, Element)>,
        is_write: bool,
        session: Option<Fingerprint>,
    ) -> Result<(Secret, Fingerprint), Refused> {
        let document = document(version, requests).map_err(|error| Failure::invalid_request(error.to_string()))?;
        let wait = self.ends_at.saturating_sub(self.app.clock.elapsed());
        let asked = Ask { document: Secret::new(document), is_write, session, wait };
        let answered = ask::ask(self.app, &self.connection.end_user, asked).await;
        answered.map(|answer| (answer.document, answer.session)).map_err(|error| of_ask(error, self.wait.0))
    }
}
