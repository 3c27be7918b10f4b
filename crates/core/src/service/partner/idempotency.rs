//! Executes a request with an `Idempotency-Key` once. Of several equal requests one is executed, and the others get its answer.
//!
//! If a process dies, its attempt has no answer, and it is unknown what the process has changed. The next equal request after the end
//! of that attempt is therefore executed.

use std::time::Duration;

use crate::model::idempotency::{EarlierRequest, KeyedRequest, Progress, RequestAttempt};
use crate::model::name::PartnerId;
use crate::model::secret::{Fingerprint, Secret};
use crate::model::time::{later, until};
use crate::port::store::{StoreError, Written};
use crate::{App, Error};

/// The purpose of the sealed answer of a request.
const ANSWER: &str = "answer";
/// The largest answer that is stored, in bytes. An item of `DynamoDB` has at most 400 KB.
pub const ANSWER_MOST: usize = 256 * 1024;
/// The time from the longest life of a function to the end of its attempt. The clocks of two processes differ by less.
const MARGIN: Duration = Duration::from_secs(6);
/// The longest `Retry-After` for a request that another process executes.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Whether a request is new.
pub enum Admission {
    /// The caller must execute it, and then call [`keep`] or [`release`].
    New(RequestAttempt),
    /// It was executed before, with this answer.
    Repeated(Secret),
    /// It was executed before, and its answer was too large to be stored.
    AnswerNotKept,
    /// Another process executes it.
    UnderWay {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The key was used for a request with another body.
    OtherBody,
}

/// Begins a request, if it is new.
///
/// # Errors
/// The errors of the table and the keyring. After an error the request has not begun.
pub async fn begin(app: &App, request: KeyedRequest) -> Result<Admission, Error> {
    app.sealer.check().await?;
    let started_at = app.now();
    let ends_at = later(started_at, app.settings.function_time + MARGIN);
    let attempt = RequestAttempt { id: app.new_id("attempt_"), request, started_at, ends_at };
    match app.idempotency.begin_attempt(&attempt).await {
        Ok(None) => Ok(Admission::New(attempt)),
        Ok(Some(earlier)) => after(app, &attempt, earlier).await,
        Err(error) => {
            // The write may have been stored although its answer was lost.
            release(app, &attempt).await;
            Err(error.into())
        }
    }
}

/// The admission of a request whose key was used before.
async fn after(app: &App, attempt: &RequestAttempt, earlier: EarlierRequest) -> Result<Admission, Error> {
    let KeyedRequest { partner, name, body } = &attempt.request;
    if !earlier.body.matches(body) {
        return Ok(Admission::OtherBody);
    }
    Ok(match earlier.progress {
        Progress::Answered(Some(sealed)) => {
            Admission::Repeated(app.sealer.open(&sealing_owner(partner, name), ANSWER, &sealed).await?)
        }
        Progress::Answered(None) => Admission::AnswerNotKept,
        Progress::UnderWay(ends_at) => {
            Admission::UnderWay { retry_after: until(attempt.started_at, ends_at).min(ASK_AGAIN_AFTER) }
        }
    })
}

/// Stores the answer of a request. It logs a failure and does not return it, because the caller gets the answer.
pub async fn keep(app: &App, attempt: &RequestAttempt, answer: &Secret) {
    let KeyedRequest { partner, name, .. } = &attempt.request;
    let sealed = if answer.expose().len() > ANSWER_MOST {
        None
    } else {
        let sealed = app.sealer.seal(&sealing_owner(partner, name), ANSWER, answer).await;
        sealed.inspect_err(|error| tracing::error!(%error, "the answer of a request could not be sealed")).ok()
    };
    log(attempt, app.idempotency.answer_attempt(attempt, sealed.as_ref(), app.now()).await);
}

/// Ends a request as if it had not begun, so that the next one with its key is executed. It logs a failure and does not return it: the
/// next request must then wait for the attempt's end.
pub async fn release(app: &App, attempt: &RequestAttempt) {
    log(attempt, app.idempotency.release_attempt(attempt).await);
}

fn log(attempt: &RequestAttempt, ended: Result<Written, StoreError>) {
    match ended {
        Ok(Written::Stored) => {}
        Ok(Written::Overtaken) => tracing::warn!(attempt = attempt.id, "an attempt had ended, or another one had replaced it"),
        Err(error) => tracing::warn!(attempt = attempt.id, %error, "the end of an attempt could not be stored"),
    }
}

/// The owner of the sealed answer of a request.
pub fn sealing_owner(partner: &PartnerId, name: &Fingerprint) -> String {
    format!("request {partner}/{}", name.as_str())
}
