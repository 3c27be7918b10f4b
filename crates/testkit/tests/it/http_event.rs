//! Events compared with API Gateway's documentation and with captured ones.

use counterfoil_testkit::http_answer::HttpAnswer;
use counterfoil_testkit::http_event::HttpEvent;
use serde_json::{Value, json};

#[test]
fn a_get_has_every_field_of_the_format() {
    let event =
        HttpEvent::get("/api/token/acme?platform=xero&x=1&x=a%20b").header("X-API-Key", "k").cookie("session=s").to_json();

    let expected = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/api/token/acme",
        "rawQueryString": "platform=xero&x=1&x=a%20b",
        "cookies": ["session=s"],
        "headers": {
            "accept": "*/*",
            "content-length": "0",
            "host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "user-agent": "counterfoil-test/1",
            "x-amzn-trace-id": "Root=1-69559b00-000000000000000000000000",
            "x-api-key": "k",
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https"
        },
        "queryStringParameters": {"platform": "xero", "x": "1,a b"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": "GET",
                "path": "/api/token/acme",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "counterfoil-test/1"
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_i64
        },
        "isBase64Encoded": false
    });
    assert_eq!(event, expected);
}

#[test]
fn a_repeated_header_is_one_value_and_the_cookie_header_is_none() {
    let event = HttpEvent::get("/").header("X-Tag", "a").header("x-tag", "b").header("Cookie", "a=1; b=2").to_json();

    assert_eq!(event["headers"]["x-tag"], "a,b");
    assert_eq!(event["headers"].get("cookie"), None);
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
}

#[test]
fn the_path_is_decoded_and_the_query_is_not() {
    let event = HttpEvent::get("/a%20b%2Fc?d=%20").to_json();

    assert_eq!(event["rawPath"], "/a b/c");
    assert_eq!(event["requestContext"]["http"]["path"], "/a b/c");
    assert_eq!(event["rawQueryString"], "d=%20");
}

#[test]
fn json_is_text_and_a_form_is_base64() {
    let text = HttpEvent::post("/").json(&json!({"a": 1})).to_json();
    assert_eq!((&text["body"], &text["isBase64Encoded"]), (&json!(r#"{"a":1}"#), &json!(false)));
    assert_eq!(text["headers"]["content-length"], "7");

    let form = HttpEvent::post("/").form(&[("a", "1 2")]).to_json();
    assert_eq!((&form["body"], &form["isBase64Encoded"]), (&json!("YT0xKzI="), &json!(true)));

    let untyped = HttpEvent::post("/").body("a").to_json();
    assert_eq!((&untyped["body"], &untyped["isBase64Encoded"]), (&json!("YQ=="), &json!(true)));
}

#[test]
fn an_answer_is_read_decoded() {
    let answer = HttpAnswer::read(&json!({
        "statusCode": 302,
        "headers": {"Location": "https://example.com/"},
        "cookies": ["session=; Max-Age=0"],
        "body": "eyJhIjoxfQ==",
        "isBase64Encoded": true
    }));

    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("location"), Some("https://example.com/"));
    assert_eq!(answer.cookies, ["session=; Max-Age=0"]);
    assert_eq!(answer.json(), json!({"a": 1}));
}

#[test]
fn an_answer_without_a_body_has_an_empty_one() {
    let answer = HttpAnswer::read(&json!({"statusCode": 204, "body": Value::Null}));

    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
}

#[test]
#[should_panic(expected = "not an answer to an HTTP event")]
fn an_answer_without_a_status_is_refused() {
    HttpAnswer::read(&json!({"body": "hello"}));
}
