//! Commits parked grants: from the queue when deployed, from the folder on the laptop.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use counterfoil_core::service::vault::commit_parked::commit_parked;
use counterfoil_core::{App, Error};
use counterfoil_store::parking::{Folder, ParkedMessage, read};

/// The time of the slowest message: a few requests to the table.
const SLOWEST: Duration = Duration::from_secs(8);

/// Commits a batch of messages, while there is time for another one. The answer names the messages that were not committed, and the queue
/// delivers them again.
///
/// # Errors
/// None: a failed message affects no other.
pub async fn run(app: Arc<App>, batch: SqsEvent, left: Duration) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    let ends_at = app.clock.elapsed() + left;
    for message in batch.records {
        let committed = match read(message.body.as_deref().unwrap_or_default()) {
            _ if app.clock.elapsed() + SLOWEST > ends_at => Err(out_of_time()),
            Ok(waiting) => store(&app, &waiting).await,
            Err(error) => Err(error.into()),
        };
        match committed {
            Ok(()) => {}
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

/// Commits a grant, or stores an unreadable answer for an operator.
async fn store(app: &App, waiting: &ParkedMessage) -> Result<(), Error> {
    match waiting {
        ParkedMessage::Grant(parked) => {
            let unparked = commit_parked(app, parked).await?;
            tracing::info!(connection = %parked.connection, ?unparked, "a parked grant");
        }
        ParkedMessage::Answer(kept) => {
            app.grants.keep_answer(kept).await?;
            tracing::info!(answer = kept.hash, "a parked answer");
        }
    }
    Ok(())
}

fn out_of_time() -> Error {
    let message = "The time was over before this message was processed.".to_owned();
    Error::TryLater { code: "out_of_time", message, retry_after: Duration::ZERO }
}

/// Commits the grants in the folder. Returns how many were committed and how many stay.
///
/// # Errors
/// Errors of the file system. A grant that the table does not store stays in the folder.
pub async fn run_folder(app: &App, folder: &Folder) -> std::io::Result<(usize, usize)> {
    let (mut committed, mut left) = (0, 0);
    for (file, parked) in folder.parked()? {
        match store(app, &parked).await {
            Ok(()) => {
                folder.forget(&file)?;
                committed += 1;
            }
            Err(error) => {
                tracing::error!(file = %file.display(), %error, "a parked grant stays parked");
                left += 1;
            }
        }
    }
    Ok((committed, left))
}
