//! A missing or invalid configuration: the error is plain, and nothing is written (S-6).

use counterfoil_functions::config::Config;
use counterfoil_functions::{router, routes};

use crate::harness::{Answer, Browser, Installation, KEYRING, LARKSPUR, Logs, Row, get, post, text};

const OTHER_KEYRING: &str = r#"{"primary":"another-keyring-0123456789-0123456789-01234567"}"#;

const CANNOT_BE_OPENED: &str = "A stored secret cannot be opened. The operator of this installation finds the reason in its log.";

async fn connected() -> (Installation, Vec<Row>) {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let rows = place.rows.all().await;
    (place, rows)
}

/// A read, a forced refresh, and a read of an expired token, each with a process that lacks something.
async fn all_three(place: &Installation, changes: &[(&str, &str)]) -> Vec<Answer> {
    let server = place.process(changes);
    let read = || get("/api/token/beach-blend").key(&place.key).to(&server);
    let forced = post("/api/token/beach-blend/refresh").key(&place.key).to(&server).await;
    let first = read().await;
    place.pass(3_600).await;
    vec![first, forced, read().await]
}

#[tokio::test]
async fn s6_another_keyring_changes_nothing_and_the_key_that_is_missing_is_in_the_log_alone() {
    let (place, rows) = connected().await;
    let logs = Logs::capture();
    for answer in all_three(&place, &[("KEYRING", OTHER_KEYRING)]).await {
        assert_eq!(answer.problem(), (500, "keyring_unusable".to_owned()));
        assert_eq!(answer.text("detail"), CANNOT_BE_OPENED);
    }
    let logged = logs.text();
    let line = logged.lines().find(|line| line.contains("key_id")).unwrap_or_else(|| panic!("{logged}"));
    let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!((&line["level"], &line["owner"]), (&"ERROR".into(), &"connection default/beach-blend".into()), "{line}");
    assert_eq!(line["key_id"].as_str().map(str::len), Some(16), "{line}");
    assert_eq!(place.rows.all().await, rows, "not even a lease");
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 0);
    assert_eq!(place.token("beach-blend").await.status, 200, "with the right one all is well");
}

#[tokio::test]
async fn s6_a_new_primary_key_opens_what_the_older_one_sealed() {
    let (place, _) = connected().await;
    let old = KEYRING.replace(r#"{"primary":"#, "").replace('}', "");
    let rotated = OTHER_KEYRING.replace('}', &format!(r#","older":[{old}]}}"#));
    let server = place.process(&[("KEYRING", &rotated)]);
    assert_eq!(post("/api/token/beach-blend/refresh").key(&place.key).to(&server).await.status, 200);
    assert_eq!(place.token("beach-blend").await.problem(), (500, "keyring_unusable".to_owned()), "it is sealed anew");
    assert_eq!(get("/api/token/beach-blend").key(&place.key).to(&server).await.status, 200);
}

#[tokio::test]
async fn a_missing_or_malformed_keyring_says_what_to_do_and_changes_nothing() {
    let (place, rows) = connected().await;
    let missing = all_three(&place, &[("KEYRING", "")]).await;
    insta::assert_json_snapshot!(missing[0].shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "secret_missing",
        "detail": "KEYRING_SECRET_ARN is not set for this function: name the secret there.",
        "request_id": "[id]",
        "status": 500,
        "title": "Internal Server Error",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 500
    }
    "#);
    for answer in &missing {
        assert_eq!(answer.problem(), (500, "secret_missing".to_owned()));
    }
    for answer in all_three(&place, &[("KEYRING", r#"{"primary":"canary"}"#)]).await {
        assert_eq!(answer.problem(), (500, "keyring_unusable".to_owned()));
        assert!(!answer.body.contains("canary"));
    }
    assert_eq!(place.rows.all().await, rows);
}

#[tokio::test]
async fn without_a_keyring_a_code_is_not_exchanged() {
    let place = Installation::start().await;
    let server = place.process(&[("KEYRING", "")]);
    let start = get("/oauth/start/beach-blend").key(&place.key).to(&server).await;
    let mut browser = Browser::curl(&server);
    let page = browser.open(start.location()).await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    assert_eq!(browser.get(callback).await.problem(), (500, "secret_missing".to_owned()));
    assert_eq!(place.stand_ins.token_requests().await, 0);
    assert!(place.rows.connection("beach-blend").await.is_none());
}

#[tokio::test]
async fn missing_credentials_stop_a_refresh_before_it_begins() {
    let (place, rows) = connected().await;
    let answers = all_three(&place, &[("QUICKBOOKS_CLIENT_ID", ""), ("QUICKBOOKS_CLIENT_SECRET", "")]).await;
    assert_eq!(answers[0].status, 200, "a token that is good needs none");
    for answer in &answers[1..] {
        assert_eq!(answer.problem(), (500, "credentials_missing".to_owned()));
        assert!(answer.text("detail").contains("QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET"), "{}", answer.body);
    }
    let mut after = place.rows.all().await;
    after.retain(|row| !text(row, "PK").starts_with("COUNTS#"));
    assert_eq!(after, rows, "the token that was served is counted");
}

#[tokio::test]
async fn a_table_that_does_not_exist_is_named_with_what_to_do() {
    let (place, rows) = connected().await;
    let server = place.process(&[("TABLE_NAME", "elsewhere")]);
    let answer = get("/api/token/beach-blend").key(&place.key).to(&server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "table_missing",
        "detail": "The table elsewhere does not exist or lacks an index. Deploy the stack, or correct the name in the configuration.",
        "request_id": "[id]",
        "status": 500,
        "title": "Internal Server Error",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 500
    }
    "#);
    for path in ["/oauth/start/beach-blend", "/oauth/callback?state=x&code=y", "/api/connections"] {
        let answer = get(path).key(&place.key).to(&server).await;
        assert_eq!(answer.problem(), (500, "table_missing".to_owned()), "{path}");
    }
    assert_eq!(place.rows.all().await, rows);
}

#[tokio::test]
async fn an_incomplete_configuration_answers_everything_but_health_with_what_is_missing() {
    let variables = [("PUBLIC_BASE_URL".to_owned(), "ftp://example.com".to_owned())].into();
    let problem = Config::from_variables(&variables).expect_err("incomplete");
    let server = router::incomplete(routes::TOKEN, &problem);
    assert_eq!(get("/health").to(&server).await.status, 200);
    let answer = get("/api/token/beach-blend").to(&server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "configuration_incomplete",
        "detail": "The configuration is not complete: TABLE_NAME is not set (the name of the DynamoDB table); PUBLIC_BASE_URL must be an address such as https://api.example.com, without a path.",
        "request_id": "[id]",
        "status": 500,
        "title": "Internal Server Error",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 500
    }
    "#);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
