//! Change data capture: all changes since a time, including deletions. It looks back 30 days, gives 1000 objects in all, and has no pages
//! [Intuit ref: `ChangeDataCapture`].

use std::sync::Arc;

use axum::extract::{Path, RawQuery};
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::super::environment::Environment;
use super::super::gateway::pacific_time;
use super::super::intuit::Intuit;
use super::condition::time;
use super::records::{self, FIELDS};
use super::{BadRequest, admit, parameters_of, response_of};
use crate::bookkeeping::visit::{BooksRequest, Reading};
use crate::books::Entity;
use crate::books::list::{Order, Wanted};
use crate::oauth::StandIn;

const MAX_OBJECTS: usize = 1_000;
const MAX_AGE_SECONDS: i64 = 30 * 86_400;

/// A parsed request.
struct Changes {
    entities: Vec<(Entity, &'static str)>,
    since: i64,
}

impl Changes {
    fn parse(text: &str) -> Result<Self, BadRequest> {
        let params = parameters_of(text, &["entities", "changedSince"])?;
        let missing = |bad: crate::params::BadParams| BadRequest::parameter(bad.to_string());
        let names = params.require("entities").map_err(missing)?;
        let entities = names.split(',').map(|name| {
            records::entity_of(name.trim()).ok_or_else(|| BadRequest::parameter(format!("there is no entity {}", name.trim())))
        });
        let since = time(params.require("changedSince").map_err(missing)?);
        let since = since.ok_or_else(|| BadRequest::parameter("changedSince is no time".to_owned()))?;
        Ok(Self { entities: entities.collect::<Result<_, _>>()?, since })
    }

    fn run(&self, reading: &Reading<'_>) -> Result<Value, BadRequest> {
        if self.since < reading.now.as_second() - MAX_AGE_SECONDS {
            return Err(BadRequest::parameter("changedSince must be within the last 30 days".to_owned()));
        }
        let mut left = MAX_OBJECTS;
        let mut of_entity = |(entity, name): &(Entity, &'static str)| {
            let entities = [*entity];
            let changed_since = Some(self.since);
            let wanted = Wanted { changed_since, with_deleted: true, order: Order::Changed, ..Wanted::all(&entities) };
            let mut records = reading.page(&wanted, (0, left), FIELDS, records::as_json_or_deleted);
            records.truncate(left);
            left -= records.len();
            response_of(name, &records, 1)
        };
        let responses: Vec<Value> = self.entities.iter().map(&mut of_entity).collect();
        let mut body = Map::new();
        body.insert("CDCResponse".to_owned(), json!([{ "QueryResponse": responses }]));
        body.insert("time".to_owned(), json!(pacific_time(reading.now)));
        Ok(Value::Object(body))
    }
}

pub(super) async fn answer(
    host: Environment,
    stand_in: Arc<StandIn<Intuit>>,
    Path(realm): Path<String>,
    RawQuery(parameters): RawQuery,
    headers: HeaderMap,
) -> Response {
    let company = realm.clone();
    let admit = move |stand_in: &StandIn<Intuit>, now| admit(host, &realm, &headers, stand_in, now);
    let answer = move |reading: &Reading<'_>| {
        let changes = Changes::parse(parameters.as_deref().unwrap_or_default());
        changes.and_then(|changes| changes.run(reading)).map_err(|bad| bad.answer(reading.now).into())
    };
    BooksRequest { stand_in, company, counted_as: "cdc" }.attend(admit, answer).await
}
