//! Which attempt of a request with an `Idempotency-Key` may begin.

use counterfoil_core::model::idempotency::{EarlierRequest, IdempotencyKey, KeyedRequest, Progress, RequestAttempt};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Sealed;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::idempotency::IdempotencyStore as _;
use counterfoil_testkit::fixture::START;
use jiff::ToSpan as _;
use tokio::task::JoinSet;

use crate::harness::{Store, store};

/// An attempt that begins so many minutes after the start and ends a minute later.
fn attempt(id: &str, body: &str, minutes: i64) -> RequestAttempt {
    let key = IdempotencyKey::parse(b"key").expect("a key");
    let request = KeyedRequest::new(PartnerId::default_partner(), "POST /v1/things", &key, body.as_bytes());
    let started_at = START + minutes.minutes();
    RequestAttempt { id: id.to_owned(), request, started_at, ends_at: started_at + 1.minute() }
}

/// What does not let an attempt begin, in a word.
async fn begin(store: &Store, attempt: &RequestAttempt) -> &'static str {
    match store.table.begin_attempt(attempt).await.expect("a table that answers") {
        None => "begun",
        Some(EarlierRequest { body, .. }) if body != attempt.request.body => "another body",
        Some(EarlierRequest { progress: Progress::UnderWay(_), .. }) => "under way",
        Some(EarlierRequest { progress: Progress::Answered(answer), .. }) => match answer {
            Some(answer) if answer.as_bytes() == b"sealed" => "answered",
            Some(_) => "another answer",
            None => "no answer kept",
        },
    }
}

#[tokio::test]
async fn a9_an_attempt_begins_if_none_lives_or_was_answered() {
    let store = store().await;
    let first = attempt("first", "a", 0);
    assert_eq!(begin(&store, &first).await, "begun");
    assert_eq!(begin(&store, &first).await, "begun", "the same again: a lost answer");
    assert_eq!(begin(&store, &attempt("second", "a", 0)).await, "under way");
    assert_eq!(begin(&store, &attempt("second", "b", 2)).await, "another body", "also after its end");
    let second = attempt("second", "a", 1);
    assert_eq!(begin(&store, &second).await, "begun", "the first has ended");
    assert_eq!(begin(&store, &first).await, "under way", "a write that comes late");

    let sealed = Sealed::from_bytes(b"sealed".to_vec());
    assert_eq!(store.table.answer_attempt(&first, Some(&sealed), START).await, Ok(Written::Overtaken));
    assert_eq!(store.table.release_attempt(&first).await, Ok(Written::Overtaken));
    for _ in 0..2 {
        assert_eq!(store.table.answer_attempt(&second, Some(&sealed), START).await, Ok(Written::Stored));
    }
    assert_eq!(begin(&store, &attempt("third", "a", 24 * 60)).await, "answered", "the row is from a minute later");
    assert_eq!(begin(&store, &attempt("third", "b", 24 * 60)).await, "another body");
    assert_eq!(begin(&store, &attempt("third", "b", 24 * 60 + 1)).await, "begun", "a day later nothing is left of it");
    assert_eq!(begin(&store, &attempt("fourth", "b", 24 * 60 + 1)).await, "under way", "nor its answer");
}

#[tokio::test]
async fn a9_a_released_request_may_begin_with_any_body_and_one_without_an_answer_may_not() {
    let store = store().await;
    let first = attempt("first", "a", 0);
    assert_eq!(begin(&store, &first).await, "begun");
    assert_eq!(store.table.release_attempt(&first).await, Ok(Written::Stored));
    let second = attempt("second", "b", 0);
    assert_eq!(begin(&store, &second).await, "begun");
    assert_eq!(store.table.answer_attempt(&second, None, START).await, Ok(Written::Stored));
    assert_eq!(begin(&store, &attempt("third", "b", 2)).await, "no answer kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a9_of_fifty_attempts_at_once_one_begins() {
    let store = store().await;
    assert_eq!(begin(&store, &attempt("ended", "a", 0)).await, "begun");
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let table = store.table.clone();
        tasks.spawn(async move { table.begin_attempt(&attempt(&format!("attempt_{number}"), "a", 1)).await });
    }
    let begun = tasks.join_all().await;
    assert_eq!(begun.iter().filter(|begun| matches!(begun, Ok(None))).count(), 1);
}
