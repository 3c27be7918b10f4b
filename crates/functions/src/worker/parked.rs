//! Commits parked grants: from the queue when deployed, from the folder on the laptop.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use counterfoil_core::service::commit_parked::commit_parked;
use counterfoil_core::{App, Error};
use counterfoil_store::parking::{Folder, read};

/// Commits a batch of the queue. What could not be committed is named, and comes again.
///
/// # Errors
/// None: each message fails alone.
pub async fn run(app: Arc<App>, batch: SqsEvent, _left: Duration) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    for message in batch.records {
        let committed = match read(message.body.as_deref().unwrap_or_default()) {
            Ok(parked) => commit_parked(&app, &parked).await.map(|unparked| (parked, unparked)),
            Err(error) => Err(error.into()),
        };
        match committed {
            Ok((parked, unparked)) => tracing::info!(connection = %parked.connection, ?unparked, "a parked grant"),
            Err(error) => {
                tracing::error!(%error, "a parked grant stays parked");
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = message.message_id.unwrap_or_default();
                answer.batch_item_failures.push(failure);
            }
        }
    }
    Ok(answer)
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
