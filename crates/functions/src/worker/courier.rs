//! Delivers to webhook endpoints: to each one that a message of the queue names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use counterfoil_core::port::wake::{CourierCall, NAMED_MOST};
use counterfoil_core::service::webhook::deliver::deliver as deliver_to;
use counterfoil_core::{App, Error};
use counterfoil_store::courier_queue::read;
use futures_util::future::join_all;

/// What is kept of the function's time for its end.
const ENDING_TAKES: Duration = Duration::from_secs(2);

/// Delivers to the endpoints of a batch of messages, to all at once. The answer names the messages of endpoints that could not be worked
/// on, and the queue delivers them again.
///
/// # Errors
/// None: a failed endpoint affects no other.
pub async fn run(app: Arc<App>, batch: SqsEvent, left: Duration) -> Result<SqsBatchResponse, Error> {
    let ends_at = app.clock.elapsed() + left.saturating_sub(ENDING_TAKES);
    let mut calls = BTreeMap::<_, (Vec<_>, Vec<String>)>::new();
    for message in batch.records {
        match read(message.body.as_deref().unwrap_or_default()) {
            Ok(CourierCall { endpoint, deliveries }) => {
                let (named, messages) = calls.entry(endpoint).or_default();
                named.extend(deliveries);
                messages.extend(message.message_id);
            }
            Err(error) => tracing::error!(%error, fault = "internal", "a message is left out"),
        }
    }
    let delivering = calls.into_iter().map(async |(endpoint, (mut deliveries, messages))| {
        deliveries.truncate(NAMED_MOST);
        let is_done = deliver(&app, CourierCall { endpoint, deliveries }, ends_at).await;
        if is_done { Vec::new() } else { messages }
    });
    let mut answer = SqsBatchResponse::default();
    for message in join_all(delivering).await.into_iter().flatten() {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message;
        answer.batch_item_failures.push(failure);
    }
    Ok(answer)
}

/// Delivers to one endpoint until the clock's elapsed time is `ends_at`. Returns whether it could be worked on.
pub async fn deliver(app: &App, call: CourierCall, ends_at: Duration) -> bool {
    let endpoint = call.endpoint.clone();
    let delivered = deliver_to(app, call, ends_at).await;
    delivered
        .inspect_err(|error| {
            tracing::error!(%endpoint, code = error.code(), fault = error.fault(), %error, "an endpoint could not be delivered to");
        })
        .is_ok()
}
