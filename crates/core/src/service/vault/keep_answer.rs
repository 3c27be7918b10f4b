//! Stores a token answer that could not be read, because it may have the only copy of a grant: sealed, in the table, or in the queue if
//! the table fails. An operator lists and opens stored answers (`counterfoil answer`).

use std::time::Duration;

use crate::model::kept_answer::{AnswerOf, KeptAnswer};
use crate::model::platform::PlatformName;
use crate::model::unread::UnreadAnswer;
use crate::{App, Error};

use crate::service::vault::refresh::sealed_grant::sealing_owner;

/// The purpose that the text of an answer is sealed for.
pub const ANSWER: &str = "answer";

/// Stores an answer. It retries for as long as a commit may take, and not beyond the monotonic time `ends_at`. A failure is only logged:
/// the refresh or the consent continues.
pub(crate) async fn keep_answer(
    app: &App,
    of: AnswerOf,
    epoch: u64,
    platform: PlatformName,
    answer: &UnreadAnswer,
    ends_at: Duration,
) {
    let hash = answer.fingerprint().short().to_owned();
    let is_kept = match sealed(app, of, epoch, platform, answer).await {
        Ok(kept) => store(app, &kept, ends_at).await,
        Err(error) => {
            tracing::error!(%error, "a token answer could not be sealed");
            false
        }
    };
    tracing::error!(%platform, answer = hash, is_kept, "a token answer cannot be read");
}

async fn sealed(app: &App, of: AnswerOf, epoch: u64, platform: PlatformName, answer: &UnreadAnswer) -> Result<KeptAnswer, Error> {
    let text = app.sealer.seal(&owner(&of), ANSWER, answer.text()).await?;
    Ok(KeptAnswer { of, epoch, hash: answer.fingerprint().short().to_owned(), platform, at: app.now(), text })
}

/// The owner that the text of an answer is sealed for.
pub fn owner(of: &AnswerOf) -> String {
    match of {
        AnswerOf::Connection(id) => sealing_owner(id),
        AnswerOf::Flow(id) => id.as_str().to_owned(),
    }
}

/// Tries table and queue in turn. It starts no request that could not end in time.
async fn store(app: &App, kept: &KeptAnswer, ends_at: Duration) -> bool {
    let until = app.clock.elapsed() + app.settings.commit_budget;
    let has_time = || app.clock.elapsed() + app.settings.store_timeout <= ends_at;
    while has_time() {
        let Err(by_table) = app.grants.keep_answer(kept).await else { return true };
        if !has_time() {
            break;
        }
        let Err(by_parking) = app.parking.park_answer(kept).await else { return true };
        tracing::warn!(%by_table, %by_parking, "a token answer could not be kept yet");
        if app.clock.elapsed() >= until {
            break;
        }
        app.clock.sleep(app.settings.poll * 4).await;
    }
    false
}
