//! `/v1/syncs`: the runs of imports. The function `records` serves the reads, and `sync` serves `cancel`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::sync::{SyncGroup, SyncId, SyncKind, SyncRun, SyncStatus};
use counterfoil_core::service::sync::import::Imported;
use counterfoil_core::service::sync::stop;
use counterfoil_core::{App, Error};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::cursor;
use crate::extract::paging::Paging;
use crate::extract::path::InPath;
use crate::extract::query::Query;
use crate::surface::partner::envelope::{Envelope, Page};
use crate::surface::partner::import_answer::ImportAnswer;
use crate::surface::partner::serve::PartnerCaller;
use crate::surface::partner::sync_answer::{GroupAnswer, SyncAnswer, answer, groups};
use crate::surface::problem::Problem;

/// The list that a cursor belongs to.
const LIST: &str = "syncs";
/// The largest number of reads in one request to find runs that match.
const READS_MOST: usize = 10;
/// The number of runs in each of these reads.
const READ_AT_ONCE: u32 = 100;
/// The number of runs that are read at once.
const AT_ONCE: usize = 10;

/// Which runs to list.
#[derive(Debug, Default, PartialEq)]
struct Filter {
    company_key: Option<CompanyKey>,
    platform: Option<PlatformName>,
    kind: Option<SyncKind>,
    status: Option<SyncStatus>,
    since: Option<Timestamp>,
}

impl Filter {
    fn of(query: &Query) -> Result<Self, Error> {
        Ok(Self {
            company_key: query.filled("companyKey", CompanyKey::LONGEST)?.map(CompanyKey::parse).transpose()?,
            platform: query.word("platform", &PlatformName::names())?,
            kind: query.word("kind", "sync, import_invoices")?,
            status: query.word("status", "queued, running, waiting, completed, failed, canceled")?,
            since: query.time("since")?,
        })
    }

    fn matches(&self, run: &SyncRun) -> bool {
        self.company_key.as_ref().is_none_or(|key| *key == run.connection.company_key)
            && self.platform.is_none_or(|platform| platform == run.company.platform)
            && self.kind.is_none_or(|kind| kind == run.options.kind)
            && self.status.is_none_or(|status| status == run.status)
            && self.since.is_none_or(|since| run.created_at >= since)
    }
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    paging: Paging,
    query: Query,
) -> Result<Json<Page<SyncAnswer>>, Problem> {
    let filter = Filter::of(&query)?;
    let parent = query.filled("parentId", 80)?.map(|id| SyncId::parse(id).ok_or(Error::NO_SYNC)).transpose()?;
    // The runs of a group, and those that a filter leaves, have cursors of their own.
    let of = parent.as_ref().map(|parent| format!(" {}", parent.as_str())).unwrap_or_default();
    let filtered = if filter == Filter::default() { String::new() } else { format!(" {filter:?}") };
    let list = format!("{LIST}{of}{filtered}");
    let after = paging.after(&list, &key.partner, SyncId::parse)?;
    let (runs, next) = matching(&app, &key.partner, parent.as_ref(), &filter, after, paging.limit).await?;
    let next = next.map(|last| cursor::write(&list, &key.partner, last.as_str()));
    Ok(Json(Page::of(runs.into_iter().map(answer).collect(), next)))
}

/// The runs that match, at most `limit`, and the last one that was checked if more may follow.
async fn matching(
    app: &App,
    partner: &PartnerId,
    parent: Option<&SyncId>,
    filter: &Filter,
    mut after: Option<SyncId>,
    limit: u32,
) -> Result<(Vec<SyncRun>, Option<SyncId>), Error> {
    let mut found = Vec::new();
    for _ in 0..READS_MOST {
        let part = match parent {
            Some(group) => parts(app, partner, group, after.as_ref()).await?,
            None => newest(app, partner, after.as_ref()).await?,
        };
        for run in part.runs {
            after = Some(run.id.clone());
            let is_past = parent.is_none() && filter.since.is_some_and(|since| run.created_at < since);
            if is_past {
                return Ok((found, None));
            }
            if filter.matches(&run) {
                found.push(run);
                if found.len() == limit as usize {
                    return Ok((found, after));
                }
            }
        }
        after = part.next;
        if after.is_none() {
            return Ok((found, None));
        }
    }
    Ok((found, after))
}

async fn newest(app: &App, partner: &PartnerId, after: Option<&SyncId>) -> Result<Part, Error> {
    let runs = app.syncs.syncs(partner, after, READ_AT_ONCE).await?;
    let next = runs.last().filter(|_| runs.len() == READ_AT_ONCE as usize).map(|run| run.id.clone());
    Ok(Part { runs, next })
}

/// A part of a list of runs.
struct Part {
    runs: Vec<SyncRun>,
    /// The run after which the next part begins, if more may follow.
    next: Option<SyncId>,
}

async fn parts(app: &App, partner: &PartnerId, group: &SyncId, after: Option<&SyncId>) -> Result<Part, Error> {
    let ids = app.syncs.parts(partner, group, after, READ_AT_ONCE).await?;
    let next = ids.last().filter(|_| ids.len() == READ_AT_ONCE as usize).cloned();
    let reading: Vec<_> = ids.iter().map(|id| app.syncs.sync(partner, id)).collect();
    let runs: Vec<_> = stream::iter(reading).buffered(AT_ONCE).try_collect().await?;
    Ok(Part { runs: runs.into_iter().flatten().collect(), next })
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<SyncId>,
) -> Result<Response, Problem> {
    if let Some(run) = app.syncs.sync(&key.partner, &id).await? {
        return Ok(Json(Envelope::of(answer(run))).into_response());
    }
    let group = app.syncs.group(&key.partner, &id).await?.ok_or(Error::NO_SYNC)?;
    Ok(Json(Envelope::of(whole(&app, group).await?)).into_response())
}

/// The answer for an import of several connections, as it is now.
async fn whole(app: &App, group: SyncGroup) -> Result<ImportAnswer, Error> {
    let (mut runs, mut after) = (Vec::new(), None);
    for _ in 0..READS_MOST {
        let part = parts(app, &group.partner, &group.id, after.as_ref()).await?;
        runs.extend(part.runs);
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    let total = usize::try_from(group.count).unwrap_or(usize::MAX);
    Ok(ImportAnswer::of(group.platform, group.kind, total, Imported { id: group.id, runs, skipped: group.skipped }))
}

/// The reconciliation of a run, group by group.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReconciliationByGroup {
    id: String,
    matches: bool,
    groups: Vec<GroupAnswer>,
}

pub(crate) async fn reconciliation(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<SyncId>,
) -> Result<Json<Envelope<ReconciliationByGroup>>, Problem> {
    let run = app.syncs.sync(&key.partner, &id).await?.ok_or(Error::NO_SYNC)?;
    let not_yet = || Error::conflict("not_reconciled", "This sync has no reconciliation, because it has not ended or it failed.");
    let reconciliation = run.reconciliation.ok_or_else(not_yet)?;
    Ok(Json(Envelope::of(ReconciliationByGroup {
        id: run.id.as_str().to_owned(),
        matches: reconciliation.matches(),
        groups: groups(&reconciliation),
    })))
}

pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<SyncId>,
) -> Result<Json<Envelope<SyncAnswer>>, Problem> {
    let run = app.syncs.sync(&key.partner, &id).await?.ok_or(Error::NO_SYNC)?;
    stop::cancel(&app, &run.connection, &id).await?;
    let run = app.syncs.sync(&key.partner, &id).await?.ok_or(Error::NO_SYNC)?;
    Ok(Json(Envelope::of(answer(run))))
}
