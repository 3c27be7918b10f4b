//! Requests with an `Idempotency-Key`: which attempt's answer is kept.

use std::time::Duration;

use counterfoil_core::model::idempotency::{IdempotencyKey, KeyedRequest, RequestAttempt};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::partner::idempotency::{ANSWER_MOST, Admission, begin, keep, release};
use counterfoil_testkit::platform::RotationPolicy;

use crate::harness::Stage;

fn request(body: &str) -> KeyedRequest {
    let key = IdempotencyKey::parse(b"key-1").expect("a key");
    KeyedRequest::new(PartnerId::default_partner(), "POST /v1/things", &key, body.as_bytes())
}

async fn begun(stage: &Stage) -> RequestAttempt {
    match begin(&stage.app, request("{}")).await {
        Ok(Admission::New(attempt)) => attempt,
        Ok(other) => panic!("it is not new: {:?}", word(other)),
        Err(error) => panic!("{error}"),
    }
}

/// The answer of an earlier request, or a word for why there is none.
async fn answered(stage: &Stage) -> Result<String, &'static str> {
    word(begin(&stage.app, request("{}")).await.expect("an admission"))
}

fn word(admission: Admission) -> Result<String, &'static str> {
    match admission {
        Admission::New(_) => Err("new"),
        Admission::Repeated(answer) => Ok(answer.expose().to_owned()),
        Admission::AnswerNotKept => Err("answer not kept"),
        Admission::UnderWay { .. } => Err("under way"),
        Admission::OtherBody => Err("other body"),
    }
}

/// Past the end of an attempt that begins now, and no further.
async fn let_an_attempt_end(stage: &Stage) {
    stage.clock.advance(stage.app.settings.function_time);
    assert_eq!(answered(stage).await, Err("under way"), "its process may live");
    stage.clock.advance(Duration::from_secs(6));
}

#[tokio::test]
async fn a9_a_late_attempt_does_not_overwrite_the_answer_of_the_one_that_took_its_place() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let late = begun(&stage).await;
    let_an_attempt_end(&stage).await;
    let second = begun(&stage).await;
    for early in [true, false] {
        keep(&stage.app, &late, &Secret::new("late")).await;
        release(&stage.app, &late).await;
        if early {
            assert_eq!(answered(&stage).await, Err("under way"));
            keep(&stage.app, &second, &Secret::new("second")).await;
        }
    }
    assert_eq!(answered(&stage).await.as_deref(), Ok("second"));
}

#[tokio::test]
async fn a9_an_answer_that_is_too_large_is_not_kept_and_the_request_not_repeated() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let largest = "x".repeat(ANSWER_MOST);
    let attempt = begun(&stage).await;
    keep(&stage.app, &attempt, &Secret::new(&*largest)).await;
    assert!(answered(&stage).await.is_ok_and(|answer| answer == largest));

    stage.clock.advance(Duration::from_secs(86_400));
    let attempt = begun(&stage).await;
    keep(&stage.app, &attempt, &Secret::new(largest + "x")).await;
    stage.clock.advance(Duration::from_secs(3_600));
    assert_eq!(answered(&stage).await, Err("answer not kept"));
}
