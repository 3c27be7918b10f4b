//! `/api/connections`: lists and reads connections, without their tokens, and changes their settings.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use counterfoil_core::model::connection::{Connection, Freshness, GrantState, LastFailure, Status};
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::purge::Purge;
use counterfoil_core::model::sync::settings::{CheckRule, Schedule};
use counterfoil_core::port::store::connections::ListQuery;
use counterfoil_core::port::store::syncs::SyncState;
use counterfoil_core::service::partner::change_connection::{Change, change_connection, note_change};
use counterfoil_core::service::sync::configure::{self, configure};
use counterfoil_core::{App, Error};
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::body::JsonBody;
use crate::extract::caller::{Caller, Named};
use crate::extract::cursor;
use crate::extract::name::name;
use crate::extract::paging::Paging;
use crate::extract::query::Query;
use crate::surface::problem::Problem;
use crate::surface::words;

/// A connection. Times are seconds since 1970.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub(crate) struct ConnectionAnswer {
    company_key: String,
    company_name: String,
    realm_id: String,
    #[schema(schema_with = words::environment)]
    environment: &'static str,
    #[serde(with = "second::optional")]
    #[schema(value_type = Option<i64>)]
    access_token_expires_at: Option<Timestamp>,
    #[serde(with = "second::optional")]
    #[schema(value_type = Option<i64>)]
    refresh_token_expires_at: Option<Timestamp>,
    #[serde(with = "second::required")]
    #[schema(value_type = i64)]
    updated_at: Timestamp,
    #[serde(with = "second::required")]
    #[schema(value_type = i64)]
    created_at: Timestamp,
    #[serde(with = "second::required")]
    #[schema(value_type = i64)]
    last_refresh_at: Timestamp,
    connected: bool,
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    company_id: String,
    #[schema(schema_with = words::connection_status)]
    status: &'static str,
    last_error: Option<LastError>,
    #[schema(schema_with = words::freshness)]
    freshness: &'static str,
    /// The scopes that were requested and not granted (O-15).
    missing_scopes: Vec<String>,
    #[schema(schema_with = words::schedule)]
    sync_schedule: &'static str,
    keep_source: bool,
    check_rule: String,
    /// The latest `updatedAt` of its records.
    #[serde(with = "second::optional")]
    #[schema(value_type = Option<i64>)]
    records_updated_at: Option<Timestamp>,
    /// The last purge; absent where there was none, and in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    purge: Option<PurgeAnswer>,
}

/// How far a purge is.
#[derive(Serialize, ToSchema)]
#[schema(as = Purge)]
struct PurgeAnswer {
    #[schema(schema_with = words::purge_status)]
    status: &'static str,
    /// How many items of the table it has removed.
    removed: u64,
    #[serde(with = "second::required")]
    #[schema(value_type = i64)]
    requested_at: Timestamp,
    #[serde(with = "second::optional")]
    #[schema(value_type = Option<i64>)]
    completed_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
struct LastError {
    #[schema(schema_with = words::failure)]
    code: &'static str,
    message: &'static str,
    #[serde(with = "second::required")]
    #[schema(value_type = i64)]
    at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Connections)]
pub(crate) struct List {
    connections: Vec<ConnectionAnswer>,
    next_cursor: Option<String>,
}

/// The name of this list in its cursors: a cursor of another list is refused.
const LIST: &str = "connections";

pub(crate) async fn read(State(app): State<Arc<App>>, Named(_, connection): Named) -> Result<Json<ConnectionAnswer>, Problem> {
    Ok(Json(whole(&app, connection).await?))
}

/// The connection with its settings and its last purge. Only one that was disconnected can have had one.
pub(crate) async fn whole(app: &App, connection: Connection) -> Result<ConnectionAnswer, Error> {
    let state = app.syncs.state(&connection.id).await?;
    let purge = match connection.disconnected_at {
        Some(_) => app.purges.purge(&connection.id).await?.as_ref().map(purge_answer),
        None => None,
    };
    Ok(ConnectionAnswer { purge, ..answer(connection, &state) })
}

fn purge_answer(purge: &Purge) -> PurgeAnswer {
    PurgeAnswer {
        status: if purge.completed_at.is_some() { "completed" } else { "running" },
        removed: purge.removed,
        requested_at: purge.requested_at,
        completed_at: purge.completed_at,
    }
}

/// The settings that may be changed. A field that is absent or null stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectionChange)]
pub(crate) struct Fields {
    #[schema(min_length = 1, max_length = 200)]
    company_name: Option<String>,
    #[schema(schema_with = words::freshness_or_null)]
    freshness: Option<String>,
    #[schema(schema_with = words::schedule_or_null)]
    sync_schedule: Option<String>,
    keep_source: Option<bool>,
    #[schema(schema_with = words::check_rule_or_null)]
    check_rule: Option<String>,
}

impl Fields {
    /// The settings as they were asked for, for the audit row.
    fn in_words(&self) -> BTreeMap<&'static str, String> {
        let fields = [
            ("company_name", self.company_name.clone()),
            ("freshness", self.freshness.clone()),
            ("sync_schedule", self.sync_schedule.clone()),
            ("keep_source", self.keep_source.map(|keeps| keeps.to_string())),
            ("check_rule", self.check_rule.clone()),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn changes(self) -> Result<(Change, configure::Change), Error> {
        let company_name = self.company_name.map(|text| {
            let empty = || Error::invalid("empty_parameter", "company_name is empty.");
            name("company_name", &text)?.ok_or_else(empty)
        });
        let check_rule = self.check_rule.map(|text| {
            let longest = CheckRule::PREFIX_LONGEST;
            let one_of = format!("number_like, all_spend, prefix: and 1 to {longest} characters");
            CheckRule::parse(&text).ok_or_else(|| not_one_of("check_rule", &one_of))
        });
        let of_connection = Change {
            company_name: company_name.transpose()?,
            freshness: word::<Freshness>("freshness", self.freshness, "always, adaptive")?,
        };
        let of_imports = configure::Change {
            schedule: word("sync_schedule", self.sync_schedule, Schedule::WORDS)?,
            keeps_source: self.keep_source,
            check_rule: check_rule.transpose()?,
        };
        Ok((of_connection, of_imports))
    }
}

fn word<T: FromStr>(name: &str, text: Option<String>, allowed: &str) -> Result<Option<T>, Error> {
    text.map(|text| text.parse().map_err(|_| not_one_of(name, allowed))).transpose()
}

fn not_one_of(name: &str, allowed: &str) -> Error {
    Error::invalid("invalid_parameter", format!("{name} must be one of: {allowed}."))
}

pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Named(key, connection): Named,
    JsonBody(fields): JsonBody<Fields>,
) -> Result<Json<ConnectionAnswer>, Problem> {
    let wanted = fields.in_words();
    let (of_connection, of_imports) = fields.changes()?;
    note_change(&app, &key, &connection.id, wanted).await?;
    let state = configure(&app, &connection, &of_imports).await?;
    Ok(Json(answer(change_connection(&app, connection, &of_connection).await?, &state)))
}

/// The parameters of a list, checked before anything is read from the table.
pub(crate) struct ListFilter {
    prefix: String,
    platform: Option<PlatformName>,
    status: Option<Status>,
}

impl<S: Sync> FromRequestParts<S> for ListFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = Query::of(parts);
        Ok(Self {
            prefix: query.filled("prefix", CompanyKey::LONGEST)?.unwrap_or_default().to_owned(),
            platform: query.word("platform", &PlatformName::names())?,
            status: query.word("status", "active, needs_reauthorization, disconnected")?,
        })
    }
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    ListFilter { prefix, platform, status }: ListFilter,
    paging: Paging,
    Caller(caller): Caller,
) -> Result<Json<List>, Problem> {
    let after = paging.after(LIST, &caller.partner, |after| CompanyKey::parse(after).ok())?;
    let limit = paging.limit;
    // DynamoDB refuses a start key outside of the prefix.
    if after.as_ref().is_some_and(|after| !after.as_str().starts_with(&prefix)) {
        return Err(cursor::damaged().into());
    }
    let page = app.connections.list(&caller.partner, &ListQuery { prefix, platform, status, after, limit }).await?;
    let ids: Vec<_> = page.connections.iter().map(|connection| connection.id.clone()).collect();
    let states = app.syncs.states(&ids).await?;
    let known = page.connections.into_iter().zip(states).filter_map(|(connection, state)| Some((connection, state?)));
    Ok(Json(List {
        connections: known.map(|(connection, state)| answer(connection, &state)).collect(),
        next_cursor: page.next.map(|next| cursor::write(LIST, &caller.partner, next.as_str())),
    }))
}

fn answer(connection: Connection, state: &SyncState) -> ConnectionAnswer {
    let grant = connection.grant();
    ConnectionAnswer {
        environment: connection.company.environment.as_str(),
        access_token_expires_at: grant.map(|grant| grant.access_token_expires_at),
        refresh_token_expires_at: grant.and_then(|grant| grant.refresh_token_expires_at),
        updated_at: connection.updated_at,
        created_at: connection.created_at,
        last_refresh_at: connection.last_refresh_at(),
        connected: connection.grant_state == GrantState::WithoutGrant || grant.is_some_and(|grant| grant.refresh_token.is_some()),
        platform: connection.company.platform.as_str(),
        status: connection.status().as_str(),
        missing_scopes: grant.map(|grant| grant.missing_scopes.clone()).unwrap_or_default(),
        freshness: connection.freshness.as_str(),
        last_error: connection.last_failure.as_ref().map(last_error),
        realm_id: connection.company.company_id.clone(),
        company_id: connection.company.company_id,
        company_key: connection.id.company_key.to_string(),
        company_name: connection.company_name,
        sync_schedule: state.settings.schedule.into(),
        keep_source: state.settings.keeps_source,
        check_rule: state.settings.check_rule.to_string(),
        records_updated_at: state.records_updated_at,
        purge: None,
    }
}

fn last_error(LastFailure { code, at, .. }: &LastFailure) -> LastError {
    LastError { code: code.as_str(), message: code.in_words(), at: *at }
}
