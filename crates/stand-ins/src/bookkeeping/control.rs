//! The control routes of the books: a test sets a company's size, changes its records, and reads which requests came.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Bookkeeper;
use super::notify::notify;
use crate::books::plan::{BadChange, MAX_RECORDS, Plan, Values};
use crate::books::shelf::Books;
use crate::books::traffic::Requests;
use crate::books::{Entity, Profile};
use crate::oauth::StandIn;
use crate::oauth::control::{ControlBody, Ours, Refused};

/// The largest number of ids in an answer.
const MAX_IDS: usize = 1_000;

pub(crate) fn routes<P: Bookkeeper>() -> Router<Arc<StandIn<P>>> {
    Router::new()
        .route("/books/{company}", get(show::<P>).post(begin::<P>))
        .route("/books/{company}/add", post(add::<P>))
        .route("/books/{company}/edit", post(edit::<P>))
        .route("/books/{company}/notify", post(notify::<P>))
        .route("/traffic", get(requests::<P>).delete(forget_requests::<P>))
}

/// New books of a company. An entity that is not named has no records.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beginning {
    seed: Option<u64>,
    /// The end of the two years over which the records are spread, in Unix seconds. Default: the clock's present time.
    until: Option<i64>,
    #[serde(default)]
    checks_only: bool,
    #[serde(default)]
    changed_long_ago: bool,
    sizes: BTreeMap<Entity, u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Adding {
    entity: Entity,
    count: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Editing {
    entity: Entity,
    #[serde(default)]
    indexes: Vec<u64>,
    first: Option<u64>,
    count: Option<u64>,
    #[serde(default)]
    set: Values,
    #[serde(default)]
    raw: Map<String, Value>,
    /// Whether the records do not show that they changed.
    #[serde(default)]
    quiet: bool,
}

fn profile<P: Bookkeeper>(company: &str) -> Result<Profile, Refused> {
    P::profile(company).ok_or_else(|| Refused::because("there is no such company"))
}

async fn show<P: Bookkeeper>(State(stand_in): Ours<P>, Path(company): Path<String>) -> Result<Json<Value>, Refused> {
    let profile = profile::<P>(&company)?;
    let shelf = stand_in.shelf();
    let books = shelf.books(&company, profile);
    let of_entity = |entity: &Entity| (*entity, books.truth(*entity));
    let entities: BTreeMap<_, _> = books.plan.sizes.keys().map(of_entity).collect();
    Ok(Json(json!({ "seed": books.plan.seed, "until": books.plan.until, "entities": entities })))
}

async fn begin<P: Bookkeeper>(
    State(stand_in): Ours<P>,
    Path(company): Path<String>,
    ControlBody(beginning): ControlBody<Beginning>,
) -> Result<Json<Value>, Refused> {
    let profile = profile::<P>(&company)?;
    let mut plan = Plan::at_start(profile, beginning.until.unwrap_or_else(|| stand_in.desk.clock.now().as_second()));
    plan.begin(beginning.sizes).map_err(Refused::because)?;
    plan.seed = beginning.seed.unwrap_or(plan.seed);
    plan.checks_only = beginning.checks_only;
    plan.changed_long_ago = beginning.changed_long_ago;
    stand_in.shelf().put(&company, plan);
    stand_in.keep()?;
    show(State(stand_in), Path(company)).await
}

async fn add<P: Bookkeeper>(
    State(stand_in): Ours<P>,
    Path(company): Path<String>,
    ControlBody(Adding { entity, count }): ControlBody<Adding>,
) -> Result<Json<Value>, Refused> {
    let profile = profile::<P>(&company)?;
    let now = stand_in.desk.clock.now().as_second();
    let ids = {
        let mut shelf = stand_in.shelf();
        let plan = shelf.plan(&company, profile);
        let first = plan.size(entity);
        plan.add(entity, count, now).map_err(Refused::because)?;
        ids::<P>(&shelf.books(&company, profile), entity, first..first + count)
    };
    stand_in.keep()?;
    Ok(Json(json!({ "added": count, "ids": ids })))
}

async fn edit<P: Bookkeeper>(
    State(stand_in): Ours<P>,
    Path(company): Path<String>,
    ControlBody(editing): ControlBody<Editing>,
) -> Result<Json<Value>, Refused> {
    let profile = profile::<P>(&company)?;
    let indexes = editing.indexes().map_err(Refused::because)?;
    let Editing { entity, set, raw, quiet, .. } = editing;
    if set.is_draft() && !P::has_drafts(entity) {
        return Err(Refused::because("this platform has no drafts of this entity"));
    }
    let at = (!quiet).then(|| stand_in.desk.clock.now().as_second());
    let ids = {
        let mut shelf = stand_in.shelf();
        shelf.plan(&company, profile).change(entity, &indexes, (&set, &raw), at).map_err(Refused::because)?;
        ids::<P>(&shelf.books(&company, profile), entity, indexes.iter().copied())
    };
    stand_in.keep()?;
    Ok(Json(json!({ "edited": indexes.len(), "ids": ids })))
}

impl Editing {
    fn indexes(&self) -> Result<Vec<u64>, BadChange> {
        match (&self.indexes[..], self.first, self.count) {
            ([], Some(first), Some(count)) if first <= MAX_RECORDS && count <= MAX_RECORDS => {
                Ok((first..first + count).collect())
            }
            ([_, ..], None, None) => Ok(self.indexes.clone()),
            _ => Err(BadChange::NoRecords),
        }
    }
}

fn ids<P: Bookkeeper>(books: &Books<'_>, entity: Entity, indexes: impl Iterator<Item = u64>) -> Vec<String> {
    let id = |index| books.entry(entity, index).map(|entry| P::record_id(&entry));
    indexes.take(MAX_IDS).filter_map(id).collect()
}

async fn requests<P: Bookkeeper>(State(stand_in): Ours<P>) -> Json<Requests> {
    Json(stand_in.traffic.requests())
}

async fn forget_requests<P: Bookkeeper>(State(stand_in): Ours<P>) -> Json<Requests> {
    stand_in.traffic.forget_requests();
    requests(State(stand_in)).await
}
