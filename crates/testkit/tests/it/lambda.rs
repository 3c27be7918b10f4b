//! `Lambda` with a real binary that uses the real runtime crate.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use counterfoil_testkit::lambda::{InvokeError, Lambda};
use serde_json::{Value, json};

const NOOP: &str = env!("CARGO_BIN_EXE_noop_lambda");

async fn noop() -> Lambda {
    Lambda::start(Path::new(NOOP), []).await
}

#[tokio::test]
async fn one_process_answers_several_events() {
    let lambda = noop().await;

    for number in 0..3 {
        let event = json!({"number": number, "text": "ä\n"});
        assert_eq!(lambda.invoke(&event).await.expect("an answer"), event);
    }

    let poll = lambda.time_to_first_poll().expect("it polled");
    let answer = lambda.time_to_first_answer().expect("it answered");
    assert!(Duration::ZERO < poll && poll <= answer, "{poll:?} {answer:?}");
}

#[tokio::test]
async fn invocations_at_once_each_get_their_own_answer() {
    let lambda = noop().await;
    let (one, two) = (json!(1), json!(2));

    let (first, second) = tokio::join!(lambda.invoke(&one), lambda.invoke(&two));

    assert_eq!((first.expect("an answer"), second.expect("an answer")), (one, two));
}

#[tokio::test]
async fn an_error_of_the_function_is_returned_and_its_process_continues() {
    let lambda = noop().await;
    let too_deep = (0..200).fold(json!(0), |inner, _| json!([inner]));

    let error = lambda.invoke(&too_deep).await.expect_err("deeper than the function's parser follows");

    let InvokeError::Function(body) = error else { panic!("{error:?}") };
    assert!(body["errorMessage"].as_str().is_some_and(|text| text.contains("recursion limit")), "{body}");
    assert_eq!(lambda.invoke(&json!(1)).await.expect("an answer"), json!(1));
}

#[tokio::test]
async fn an_answer_larger_than_lambda_allows_is_an_error() {
    let lambda = noop().await;

    let error = lambda.invoke(&Value::String("x".repeat(6_300_000))).await.expect_err("too large");

    let InvokeError::Function(body) = error else { panic!("{error:?}") };
    assert_eq!(body["errorType"], "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn a_process_that_ends_is_reported_with_its_output() {
    let lambda = Lambda::start(Path::new("/usr/bin/env"), [("CANARY".to_owned(), "in the log".to_owned())]).await;

    let error = lambda.invoke(&json!({})).await.expect_err("it only prints its environment");

    let InvokeError::Exited { status, output } = error else { panic!("{error:?}") };
    assert_eq!(status, "exit status: 0");
    assert!(output.contains("CANARY=in the log\n"), "{output}");
    assert_eq!(lambda.logs(), output);
    assert_eq!(lambda.time_to_first_poll(), None);
}

#[tokio::test]
async fn a_function_sees_lambdas_variables_and_no_others() {
    let lambda = Lambda::start(Path::new("/usr/bin/env"), [("AWS_REGION".to_owned(), "eu-central-1".to_owned())]).await;
    lambda.invoke(&json!({})).await.expect_err("it only prints its environment");

    let mut names: Vec<_> = lambda.logs().lines().filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect();
    names.sort();

    let expected = [
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ];
    assert_eq!(names, expected);
    assert!(lambda.logs().contains("AWS_REGION=eu-central-1\n"));
}

#[tokio::test]
async fn a_killed_process_answers_no_more() {
    let lambda = noop().await;
    lambda.invoke(&json!(1)).await.expect("an answer");

    lambda.kill().await;
    lambda.kill().await;

    let error = lambda.invoke(&json!(2)).await.expect_err("nobody there");
    assert!(matches!(&error, InvokeError::Exited { status, .. } if status.contains("signal: 9")), "{error:?}");
    assert_eq!(lambda.peak_memory_bytes(), None);
}

#[tokio::test]
async fn a_function_that_hangs_is_killed_at_its_limit() {
    let lambda = noop().await;
    lambda.invoke(&json!(1)).await.expect("an answer");
    signal("STOP", lambda.pid());

    let error = lambda.invoke_within(&json!(2), Duration::from_millis(50)).await.expect_err("it stands still");

    assert!(matches!(error, InvokeError::TimedOut { .. }), "{error:?}");
    let error = lambda.invoke(&json!(3)).await.expect_err("it was killed");
    assert!(matches!(error, InvokeError::Exited { .. }), "{error:?}");
}

#[tokio::test]
async fn memory_is_measured() {
    let lambda = noop().await;
    lambda.invoke(&json!(1)).await.expect("an answer");

    let peak = lambda.peak_memory_bytes().expect("it runs");

    assert!((500_000..500_000_000).contains(&peak), "{peak}");
}

#[tokio::test]
async fn a_dropped_lambda_leaves_no_process() {
    let lambda = noop().await;
    lambda.invoke(&json!(1)).await.expect("an answer");
    let status = format!("/proc/{}/status", lambda.pid());

    drop(lambda);

    let gone = async {
        // A killed process that nobody has waited for yet counts as ended.
        while std::fs::read_to_string(&status).is_ok_and(|status| !status.contains("State:\tZ")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the process is gone");
}

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
    assert!(sent.expect("the kill command").success());
}
