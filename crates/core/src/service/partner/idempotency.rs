//! Carries out a request with an `Idempotency-Key` once: of any number of equal requests one begins, and the others get its
//! answer.
//!
//! A process that dies leaves its attempt without an answer. Nobody knows then what it has done. So after the attempt's end the next
//! equal request is carried out.

use std::time::Duration;

use crate::model::idempotency::{Attempt, EarlierRequest, KeyedRequest, Progress};
use crate::model::name::PartnerId;
use crate::model::secret::{Fingerprint, Secret};
use crate::model::time::{later, until};
use crate::port::store::{StoreError, Written};
use crate::{App, Error};

/// The purpose of the sealed answer of a request.
const ANSWER: &str = "answer";
/// The largest answer that is kept, in bytes: `DynamoDB` takes 400 KB with the rest of the row.
pub const ANSWER_MOST: usize = 256 * 1024;
/// Time after the longest time of a function until its attempt counts as ended. The clocks of two processes differ by less.
const MARGIN: Duration = Duration::from_secs(6);
/// The longest time after which a caller may ask again for the answer of a request that is under way.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Whether a request is new.
pub enum Admission {
    /// It must be carried out now. The caller then calls [`keep`] or [`release`].
    New(Attempt),
    /// It was carried out before, with this answer.
    Repeated(Secret),
}

/// Begins a request, unless it was begun before.
///
/// # Errors
/// `Invalid` if the key was used with another body, `TryLater` while the first request is under way, `Conflict` if its answer could
/// not be kept, else those of the table and the keyring. Nothing was begun then.
pub async fn begin(app: &App, request: KeyedRequest) -> Result<Admission, Error> {
    app.sealer.check().await?;
    let started_at = app.now();
    let ends_at = later(started_at, app.settings.function_time + MARGIN);
    let attempt = Attempt { id: app.new_id("attempt_"), request, started_at, ends_at };
    match app.idempotency.begin_attempt(&attempt).await {
        Ok(None) => Ok(Admission::New(attempt)),
        Ok(Some(earlier)) => answer_of(app, &attempt, earlier).await.map(Admission::Repeated),
        Err(error) => {
            // The write may have been stored although its answer was lost.
            release(app, &attempt).await;
            Err(error.into())
        }
    }
}

async fn answer_of(app: &App, attempt: &Attempt, earlier: EarlierRequest) -> Result<Secret, Error> {
    let KeyedRequest { partner, name, body } = &attempt.request;
    if !earlier.body.matches(body) {
        let message = "This Idempotency-Key was used for a request with another body. Use another key for another request.";
        return Err(Error::invalid("idempotency_key_reused", message));
    }
    match earlier.progress {
        Progress::Answered(Some(sealed)) => app.sealer.open(&sealing_owner(partner, name), ANSWER, &sealed).await,
        Progress::Answered(None) => Err(Error::conflict(
            "idempotency_answer_not_kept",
            "The request with this Idempotency-Key was carried out, but its answer was too large to be kept. Read what it changed.",
        )),
        Progress::UnderWay(ends_at) => Err(Error::TryLater {
            code: "idempotency_in_progress",
            message: "The first request with this Idempotency-Key is not answered yet. Send it again later.".to_owned(),
            retry_after: until(attempt.started_at, ends_at).min(ASK_AGAIN_AFTER),
        }),
    }
}

/// Keeps the answer of a request. A failure is logged and not returned, because the caller gets the answer.
pub async fn keep(app: &App, attempt: &Attempt, answer: &Secret) {
    let KeyedRequest { partner, name, .. } = &attempt.request;
    let sealed = if answer.expose().len() > ANSWER_MOST {
        None
    } else {
        let sealed = app.sealer.seal(&sealing_owner(partner, name), ANSWER, answer).await;
        sealed.inspect_err(|error| tracing::error!(%error, "the answer of a request could not be sealed")).ok()
    };
    log(attempt, app.idempotency.answer_attempt(attempt, sealed.as_ref(), app.now()).await);
}

/// Ends a request as if it had not been begun, so that the next one with its key is carried out. A failure is logged and not
/// returned: then the next one must wait for the attempt's end.
pub async fn release(app: &App, attempt: &Attempt) {
    log(attempt, app.idempotency.release_attempt(attempt).await);
}

fn log(attempt: &Attempt, ended: Result<Written, StoreError>) {
    match ended {
        Ok(Written::Stored) => {}
        Ok(Written::Overtaken) => tracing::warn!(attempt = attempt.id, "an attempt had ended, or another took its place"),
        Err(error) => tracing::warn!(attempt = attempt.id, %error, "the end of an attempt could not be stored"),
    }
}

/// The owner of the sealed answer of a request.
pub fn sealing_owner(partner: &PartnerId, name: &Fingerprint) -> String {
    format!("request {partner}/{}", name.as_str())
}
