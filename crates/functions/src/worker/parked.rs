//! Commits parked grants: from the queue when deployed, from the folder on the laptop.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use counterfoil_core::service::commit_parked::commit_parked;
use counterfoil_core::{App, Error};
use counterfoil_store::parking::{Folder, read};

/// What the slowest message takes: a few requests to the table.
const SLOWEST: Duration = Duration::from_secs(8);

/// Commits a batch of the queue, as long as there is time for another message. What was not committed is named, and comes again.
///
/// # Errors
/// None: each message fails alone.
pub async fn run(app: Arc<App>, batch: SqsEvent, left: Duration) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    let ends_at = app.clock.elapsed() + left;
    for message in batch.records {
        let committed = match read(message.body.as_deref().unwrap_or_default()) {
            _ if app.clock.elapsed() + SLOWEST > ends_at => Err(out_of_time()),
            Ok(parked) => commit_parked(&app, &parked).await.map(|unparked| (parked, unparked)),
            Err(error) => Err(error.into()),
        };
        match committed {
            Ok((parked, unparked)) => tracing::info!(connection = %parked.connection, ?unparked, "a parked grant"),
            Err(error) => {
                tracing::error!(code = error.code(), fault = error.fault(), %error, "a parked grant stays parked");
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = message.message_id.unwrap_or_default();
                answer.batch_item_failures.push(failure);
            }
        }
    }
    Ok(answer)
}

fn out_of_time() -> Error {
    let message = "There was no time left for it in this run.".to_owned();
    Error::TryLater { code: "out_of_time", message, retry_after: Duration::ZERO }
}

/// Commits what is in the folder; says how many were and how many stay.
///
/// # Errors
/// What the file system says. What the table refuses stays in the folder.
pub async fn run_folder(app: &App, folder: &Folder) -> std::io::Result<(usize, usize)> {
    let (mut committed, mut left) = (0, 0);
    for (file, parked) in folder.parked()? {
        match commit_parked(app, &parked).await {
            Ok(unparked) => {
                tracing::info!(connection = %parked.connection, ?unparked, "a parked grant");
                folder.forget(&file)?;
                committed += 1;
            }
            Err(error) => {
                tracing::error!(connection = %parked.connection, %error, "a parked grant stays parked");
                left += 1;
            }
        }
    }
    Ok((committed, left))
}
