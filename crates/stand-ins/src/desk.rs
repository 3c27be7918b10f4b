//! Handles every request of a stand-in: logs it, applies the fault that is due, and answers. All platforms share this, so that a fault
//! has the same effect at each.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;

use crate::clock::{Clock, real_delay};
use crate::fault::{Fault, Faults, Kind, Place};
use crate::journal::{Journal, Outcome};

/// The body of the fault `oversized`: this many chunks of this many bytes, 8 MiB.
const OVERSIZED_CHUNKS: usize = 128;
const OVERSIZED_CHUNK_BYTES: usize = 64 * 1024;

/// Makes the platform's own error answer for a status, at a place and a time.
pub(crate) type Failure = fn(Place, StatusCode, Timestamp) -> Response;

/// The parts that every stand-in has.
pub(crate) struct Desk {
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    failure: Failure,
}

/// A request, before it is processed.
pub(crate) struct Call<H> {
    /// The endpoint's name in the journal.
    pub(crate) endpoint: &'static str,
    /// The place of the faults that apply to it.
    pub(crate) place: Place,
    /// The delay of the answer, without faults.
    pub(crate) delay: Duration,
    /// A value that is dropped when the answer is sent, or when the caller disconnects without one.
    pub(crate) held: H,
}

impl Call<()> {
    /// A request without a delay and without a held value.
    pub(crate) fn new(endpoint: &'static str, place: Place) -> Self {
        Self { endpoint, place, delay: Duration::ZERO, held: () }
    }
}

/// Whether a refresh must give a new refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotate {
    /// By the platform's own rule.
    IfDue,
    /// Always, because the answer will be lost. A platform whose tokens never change does not rotate them here either.
    Always,
}

impl Desk {
    pub(crate) fn new(endpoints: &'static [&'static str], failure: Failure) -> Self {
        Self { clock: Clock::default(), faults: Faults::default(), journal: Journal::new(endpoints), failure }
    }

    /// Answers a request with the result of `act`, or as the fault that is due has it. `act` changes the state immediately. If the caller
    /// disconnects during a delay, the request is processed all the same, as on a real platform. Only a request that times out ends when its
    /// caller disconnects, because nothing was done for it.
    pub(crate) async fn attend<H, A>(&self, call: Call<H>, act: A) -> Response
    where
        H: Send + 'static,
        A: FnOnce(Rotate) -> Response + Send + 'static,
    {
        let now = self.clock.now();
        let line = self.journal.begin(call.endpoint, now);
        let fault = self.faults.take(call.place);
        let failure = self.failure;
        let times_out = fault.as_ref().is_some_and(|fault| fault.kind == Kind::Timeout);
        let answering = async move {
            let delay = call.delay + fault.as_ref().map(Fault::delay).unwrap_or_default();
            let answer = act_under(fault.as_ref(), act, |status| failure(call.place, status, now));
            real_delay(delay).await;
            drop(call.held);
            answer
        };
        let answer = if times_out { answering.await } else { tokio::spawn(answering).await.expect("answering does not panic") };
        line.end(&answer);
        answer
    }

    /// Clears faults and journal, and sets the clock to the real time.
    pub(crate) fn reset(&self) {
        self.clock.reset();
        self.faults.clear();
        self.journal.clear();
    }
}

fn act_under(
    fault: Option<&Fault>,
    act: impl FnOnce(Rotate) -> Response,
    failure: impl FnOnce(StatusCode) -> Response,
) -> Response {
    let Some(fault) = fault else {
        return act(Rotate::IfDue);
    };
    let mut answer = match fault.kind {
        Kind::Slow | Kind::Records(_) => return act(Rotate::IfDue),
        Kind::Status => failure(fault.status()),
        Kind::Throttled => failure(StatusCode::TOO_MANY_REQUESTS),
        Kind::Garbage => garbage(),
        Kind::Oversized => oversized(),
        Kind::Timeout | Kind::Reset => connection_closed(),
        Kind::AnswerLostAfterRotating => {
            act(Rotate::Always);
            connection_closed()
        }
        Kind::StatusAfterRotating => {
            act(Rotate::Always);
            failure(fault.status())
        }
    };
    let outcome = Outcome(format!("fault {:?}", fault.kind).into());
    answer.extensions_mut().insert(outcome);
    answer
}

/// A body that fails at its first byte. hyper then closes the connection before it has sent the status.
fn connection_closed() -> Response {
    let broken = stream::iter([Err::<Bytes, _>(io::Error::other("closed by a fault"))]);
    Response::new(Body::from_stream(broken))
}

fn garbage() -> Response {
    ([(CONTENT_TYPE, "application/json")], r#"{"access_token":"eyJlbm"#).into_response()
}

/// A large body in chunks, so that no length announces it.
fn oversized() -> Response {
    let chunk = Bytes::from(vec![b' '; OVERSIZED_CHUNK_BYTES]);
    let chunks = stream::iter((0..OVERSIZED_CHUNKS).map(move |_| Ok::<_, Infallible>(chunk.clone())));
    ([(CONTENT_TYPE, "application/json")], Body::from_stream(chunks)).into_response()
}
