//! A request for records, the same for every platform. It is counted and checked against access rights and limits. The answer comes from
//! the company's books, with the fault that is due.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Bookkeeper;
use crate::books::Profile;
use crate::books::entry::Entry;
use crate::books::list::Wanted;
use crate::books::mangle::{Fields, RecordFault};
use crate::books::shelf::Books;
use crate::desk::Call;
use crate::fault::Place;
use crate::oauth::settings::Settings;
use crate::oauth::{API, StandIn};

/// A request for a company's books.
pub(crate) struct BooksRequest<P: Bookkeeper> {
    pub(crate) stand_in: Arc<StandIn<P>>,
    pub(crate) company: String,
    /// The name of the request in the counts.
    pub(crate) counted_as: &'static str,
}

/// The books and the fault for one request.
pub(crate) struct Reading<'a> {
    pub(crate) books: Books<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) now: Timestamp,
    fault: Option<RecordFault>,
}

impl<P: Bookkeeper> BooksRequest<P> {
    /// Answers a request. `admit` refuses a caller without access to these books; `answer` makes the body of a success, or a refusal.
    pub(crate) async fn attend(
        self,
        admit: impl FnOnce(&StandIn<P>, Timestamp) -> Result<(), Box<Response>> + Send + 'static,
        answer: impl FnOnce(&Reading<'_>) -> Result<Value, Box<Response>> + Send + 'static,
    ) -> Response {
        let Self { stand_in, company, counted_as } = self;
        let profile = P::profile(&company);
        let slot = Arc::new(profile.map(|_| stand_in.traffic.enter(&company, counted_as)));
        let call = Call { endpoint: API, place: Place::Api, delay: Duration::ZERO, held: Arc::clone(&slot) };
        let acting = Arc::clone(&stand_in);
        let act = move |_| {
            let now = acting.desk.clock.now();
            if let Err(refused) = admit(&acting, now) {
                return *refused;
            }
            let (Some(profile), Some(slot)) = (profile, slot.as_ref()) else {
                return (P::FAILURE)(Place::Api, StatusCode::NOT_FOUND, now);
            };
            let settings = acting.ledger().settings.clone();
            let left = match acting.traffic.spend(slot, settings.allowed(), now) {
                Ok(left) => left,
                Err(breach) => return P::limited(&breach, now),
            };
            let mut answer = read::<P>(&acting, (&company, profile), &settings, now, answer);
            P::tell_limits(answer.headers_mut(), &left);
            answer
        };
        stand_in.desk.attend(call, act).await
    }
}

fn read<P: Bookkeeper>(
    stand_in: &StandIn<P>,
    (company, profile): (&str, Profile),
    settings: &Settings,
    now: Timestamp,
    answer: impl FnOnce(&Reading<'_>) -> Result<Value, Box<Response>>,
) -> Response {
    let fault = stand_in.desk.faults.take(Place::Records).and_then(|fault| fault.kind.of_records());
    if fault == Some(RecordFault::FaultInSuccess) {
        return P::fault_in_success(now);
    }
    let shelf = stand_in.shelf();
    let reading = Reading { books: shelf.books(company, profile), settings, now, fault };
    match answer(&reading) {
        Ok(body) if fault == Some(RecordFault::CutOff) => cut_off(&body),
        Ok(body) => Json(body).into_response(),
        Err(refused) => *refused,
    }
}

impl Reading<'_> {
    /// A page of a list. `render` makes the JSON of each record; changes and the fault that is due are applied to it.
    pub(crate) fn page(
        &self,
        wanted: &Wanted<'_>,
        (offset, size): (usize, usize),
        fields: Fields,
        render: impl Fn(&Entry<'_>) -> Value,
    ) -> Vec<Value> {
        let (offset, size, turned) = self.fault.map_or((offset, size, false), |fault| fault.page(offset, size));
        let wanted = Wanted { descending: wanted.descending != turned, ..*wanted };
        let mut records: Vec<_> =
            self.books.walk(&wanted).skip(offset).take(size).map(|entry| edited(&entry, render(&entry))).collect();
        if let Some(fault) = self.fault {
            fault.strike(&mut records, fields);
        }
        records
    }
}

/// A record's JSON with a control request's changes.
pub(crate) fn edited(entry: &Entry<'_>, mut record: Value) -> Value {
    if let Some(patch) = entry.raw() {
        merge(&mut record, patch);
    }
    record
}

/// Applies a JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (name, value) in patch {
        match value {
            Value::Null => {
                fields.remove(name);
            }
            Value::Object(patch) => merge(fields.entry(name).or_insert(Value::Null), patch),
            other => {
                fields.insert(name.clone(), other.clone());
            }
        }
    }
}

/// An answer with the first half of a body, after which the connection closes.
fn cut_off(body: &Value) -> Response {
    let mut text = body.to_string().into_bytes();
    text.truncate(text.len() / 2);
    let parts = [Ok(Bytes::from(text)), Err(io::Error::other("closed by a fault"))];
    ([("content-type", "application/json")], Body::from_stream(stream::iter(parts))).into_response()
}
