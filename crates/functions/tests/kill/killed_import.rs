//! An import whose worker is killed at random requests to the table; and an unbroken one, which must end the same.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::record::Record;
use counterfoil_core::model::stored_record::{Earlier, RecordId};
use counterfoil_core::model::sync::counts::{Counts, RecordOutcome};
use counterfoil_core::model::sync::reconciliation::Reconciliation;
use counterfoil_core::model::sync::{SyncId, SyncStatus};
use counterfoil_store::aws::local_config;
use counterfoil_store::table::{DUE_AT, PK, SK};
use counterfoil_testkit::lambda::InvokeError;
use counterfoil_testkit::wire::{Fault, Rule};
use serde_json::json;

use crate::deployment::{COMPANY_KEY, Deployment, TABLE};
use crate::importing::{Importing, invoke, work};

/// What must not depend on where a run was interrupted.
#[derive(Debug, PartialEq)]
pub(crate) struct End {
    status: SyncStatus,
    pub(crate) counts: Counts,
    pages: u32,
    reconciliation: Option<Reconciliation>,
    pub(crate) checks: Vec<(RecordId, Record, RecordOutcome, u32, Option<Earlier>)>,
}

/// A company in which something of everything has changed since its first import, and a full run of it that nobody works on yet.
pub(crate) async fn changed(deployment: Deployment, checks: u64) -> (Importing, SyncId) {
    let tenth = checks / 10;
    let importing = Importing::of(deployment, checks).await;
    importing.edit(0, 2 * tenth, json!({ "state": "deleted" })).await;
    importing.begin(false, false).await;
    work(&importing.deployment.function("sync-worker").await.lambda).await;
    importing.edit(0, tenth, json!({ "state": "standing" })).await;
    importing.edit(3 * tenth, tenth, json!({ "cents": 12_345 })).await;
    importing.edit(5 * tenth, tenth, json!({ "state": "void" })).await;
    importing.edit(7 * tenth, tenth, json!({ "state": "deleted" })).await;
    let id = importing.begin(true, false).await;
    (importing, id)
}

/// Works on the run to its end in one process; the number of its requests to the table is beside it.
pub(crate) async fn unbroken(importing: &Importing, id: &SyncId) -> (End, usize) {
    let worker = importing.deployment.function("sync-worker").await;
    work(&worker.lambda).await;
    (end(importing, id).await, worker.wire.requests().len())
}

/// Works on the run in processes that are killed: each at a random one of its requests to the table, before or after that is applied.
/// An unbroken run makes that many `requests`; on average the kills are spread over them. The last process is not killed. Returns
/// how many were.
pub(crate) async fn killed(importing: &Importing, id: &SyncId, most: usize, requests: usize) -> (End, usize) {
    let mut kills = 0;
    for _ in 0..most {
        let worker = importing.deployment.function("sync-worker").await;
        let entropy = &importing.deployment.operator.entropy;
        let fault = if entropy.fraction() < 0.5 { Fault::Hold } else { Fault::HoldAnswer };
        worker.wire.inject(Rule::on_any(fault).after(up_to(entropy.fraction(), 2 * requests / most)));
        tokio::select! {
            ran = invoke(&worker.lambda) => {
                assert!(ran.is_ok(), "{ran:?}\n{}", worker.lambda.logs());
                break;
            }
            () = worker.wire.held() => {}
        }
        worker.lambda.kill().await;
        let ran = invoke(&worker.lambda).await;
        assert!(matches!(&ran, Err(InvokeError::Exited { status, .. }) if status.contains("SIGKILL")), "{ran:?}");
        kills += 1;
        end_lease(importing).await;
    }
    work(&importing.deployment.function("sync-worker").await.lambda).await;
    (end(importing, id).await, kills)
}

/// A whole number below `most`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "it is small")]
fn up_to(fraction: f64, most: usize) -> usize {
    (fraction * most as f64) as usize
}

async fn end(importing: &Importing, id: &SyncId) -> End {
    let run = importing.run(id).await;
    let checks = importing.checks().await.into_iter();
    End {
        status: run.status,
        counts: run.counts,
        pages: run.pages,
        reconciliation: run.reconciliation,
        checks: checks.map(|it| (it.id, it.record, it.outcome, it.page, it.earlier)).collect(),
    }
}

/// The lease of the process that was killed is over, as it would be in 75 seconds.
async fn end_lease(importing: &Importing) {
    let client = Client::new(&local_config(importing.deployment.table_endpoint()));
    let now = importing.deployment.operator.now().as_millisecond();
    let ended = client
        .update_item()
        .table_name(TABLE)
        .key(PK, AttributeValue::S(format!("SYNCS#default#{COMPANY_KEY}")))
        .key(SK, AttributeValue::S("STATE".to_owned()))
        .update_expression(format!("SET {DUE_AT} = :now"))
        .condition_expression("attribute_exists(active)")
        .expression_attribute_values(":now", AttributeValue::N(now.to_string()))
        .send()
        .await;
    // A process that was killed right after it had ended the run leaves none.
    let is_over = |error: &UpdateItemError| error.is_conditional_check_failed_exception();
    assert!(ended.as_ref().err().is_none_or(|error| error.as_service_error().is_some_and(is_over)), "{ended:?}");
}
