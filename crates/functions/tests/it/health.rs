//! `/health` and `/ready` (S-5).

use axum::http::Method;

use crate::harness::{Ask, Installation, get};

#[tokio::test]
async fn health_says_that_the_process_is_up() {
    let place = Installation::start().await;
    insta::assert_json_snapshot!(get("/health").to(&place.server).await.shown(), @r#"
    {
      "body": {
        "status": "ok"
      },
      "content_type": "application/json",
      "status": 200
    }
    "#);
}

#[tokio::test]
async fn health_answers_the_head_requests_of_uptime_checks() {
    let place = Installation::start().await;
    let answer = Ask::new(Method::HEAD, "/health").to(&place.server).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
}

#[tokio::test]
async fn s5_ready_names_what_was_checked() {
    let place = Installation::start().await;
    insta::assert_json_snapshot!(get("/ready").to(&place.server).await.shown(), @r#"
    {
      "body": {
        "checks": {
          "credentials": "ok",
          "keyring": "ok",
          "public_base_url": "ok",
          "table": "ok"
        },
        "status": "ready"
      },
      "content_type": "application/json",
      "status": 200
    }
    "#);
}

#[tokio::test]
async fn s5_ready_says_what_is_missing_and_what_to_do_and_shows_no_secret() {
    let place = Installation::start().await;
    let bare =
        place.process(&[("TABLE_NAME", "elsewhere"), ("KEYRING", ""), ("PUBLIC_BASE_URL", ""), ("QUICKBOOKS_CLIENT_SECRET", "")]);
    let answer = get("/ready").to(&bare).await;
    insta::assert_json_snapshot!(answer.shown(), @r#"
    {
      "body": {
        "checks": {
          "credentials": "Missing for QuickBooks Online: QUICKBOOKS_CLIENT_SECRET. Put it into the credentials secret of the deployment, or on the laptop into .env.",
          "keyring": "KEYRING_SECRET_ARN is not set for this function: name the secret there.",
          "public_base_url": "The public base URL is not set. Set it to the address that browsers reach.",
          "table": "The table elsewhere does not exist or lacks an index. Deploy the stack, or correct the name in the configuration."
        },
        "status": "not_ready"
      },
      "content_type": "application/json",
      "status": 503
    }
    "#);
    assert_eq!(get("/health").to(&bare).await.status, 200);
}
