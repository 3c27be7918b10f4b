//! The parts of every answer: headers that keep secrets out of caches, referrers and frames (O-9), an id, and error bodies of one
//! form (A-8).

use axum::Router;
use axum::http::Method;
use axum::routing::get as route;
use counterfoil_functions::router;
use counterfoil_functions::routes::routes;
use serde_json::Value;

use crate::harness::{Answer, Ask, Installation, Logs, get, post};

#[tokio::test]
async fn o9_every_known_and_unknown_route_answers_with_the_security_headers() {
    let place = Installation::start().await;
    for route in routes() {
        let method = route.method.parse().expect("a method");
        guarded(&Ask::new(method, filled(route.path)).to(&place.server).await);
    }
    guarded(&get("/nowhere").to(&place.server).await);
    guarded(&Ask::new(Method::DELETE, "/health").to(&place.server).await);
}

fn guarded(answer: &Answer) {
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let policy = answer.header("content-security-policy").expect("a policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()));
}

/// A path with its parameters filled in.
pub(crate) fn filled(path: &str) -> String {
    path.replace("{company_key}", "beach-blend").replace("{platform}", "quickbooks").replace("{id}", &"a".repeat(64))
}

#[tokio::test]
async fn a8_an_error_has_a_stable_code_a_plain_message_and_the_request_id_of_its_header() {
    let place = Installation::start().await;
    let answer = get("/api/token/beach-blend").to(&place.server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "unauthenticated",
        "detail": "The API key is missing, unknown, expired or revoked.",
        "request_id": "[id]",
        "status": 401,
        "title": "Unauthorized",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 401
    }
    "#);
    assert_eq!(answer.header("x-request-id"), Some(answer.text("request_id").as_str()));
    let next = get("/api/token/beach-blend").to(&place.server).await;
    assert_ne!(next.text("request_id"), answer.text("request_id"));
}

#[tokio::test]
async fn a8_every_kind_of_error_has_the_same_shape() {
    let place = Installation::start().await;
    let errors = [
        (400, get("/oauth/start/")),
        (401, get("/api/connections")),
        (404, get("/api/token/beach-blend").key(&place.key)),
        (404, get("/nowhere")),
        (405, post("/health")),
        (413, post("/api/token/beach-blend/refresh").key(&place.key).body(vec![b'x'; 64 * 1024 + 1])),
    ];
    for (status, ask) in errors {
        let answer = ask.to(&place.server).await;
        assert_eq!(answer.problem().0, status, "{}", answer.body);
        let Value::Object(body) = answer.json() else { panic!("{}", answer.body) };
        let fields: Vec<_> = body.keys().map(String::as_str).collect();
        assert_eq!(fields, ["code", "detail", "request_id", "status", "title", "type"]);
        assert_eq!(body["status"], status);
    }
}

#[tokio::test]
async fn a_handler_that_panics_answers_an_error_of_its_surface_without_the_panics_message() {
    async fn panics() {
        panic!("canary")
    }
    let place = Installation::start().await;
    let panicking = Router::new().route("/boom", route(panics)).route("/v1/connect-links", route(panics));
    let server = router::finish(panicking, routes(), &place.app());
    let logs = Logs::capture();
    let answer = get("/boom").to(&server).await;
    assert_eq!(answer.problem(), (500, "internal_error".to_owned()));
    assert_eq!(answer.header("x-request-id"), Some(answer.text("request_id").as_str()));
    let of_partner = get("/v1/connect-links").to(&server).await;
    assert_eq!((of_partner.status, &of_partner.json()["error"]["code"]), (500, &"internal_error".into()));
    let told = format!("{}{}{}", answer.body, of_partner.body, logs.text());
    assert!(!told.contains("canary") && logs.text().contains(&answer.text("request_id")), "{told}");
    assert_eq!(get("/nowhere").to(&server).await.status, 404, "it goes on");
}

#[tokio::test]
async fn hsts_is_sent_for_https_addresses_only() {
    let place = Installation::start().await;
    let plain = place.process(&[("PUBLIC_BASE_URL", "http://localhost:3000")]);
    assert_eq!(get("/health").to(&plain).await.header("strict-transport-security"), None);
}

#[tokio::test]
async fn an_unknown_address_is_a_404() {
    let place = Installation::start().await;
    let answer = get("/nowhere").to(&place.server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "not_found",
        "detail": "There is nothing at this address.",
        "request_id": "[id]",
        "status": 404,
        "title": "Not Found",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 404
    }
    "#);
    for path in ["/", "/api", "/api/token", "/api/token/", "/api/connections/", "/oauth/callback/nowhere", "/api/token/a/b"] {
        assert_eq!(get(path).key(&place.key).to(&place.server).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_method_that_a_route_does_not_take_is_a_405_that_names_those_it_takes() {
    let place = Installation::start().await;
    let answer = Ask::new(Method::DELETE, "/api/token/beach-blend").to(&place.server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "method_not_allowed",
        "detail": "This address does not accept this method.",
        "request_id": "[id]",
        "status": 405,
        "title": "Method Not Allowed",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 405
    }
    "#);
    for (path, allowed) in [
        ("/health", "GET, HEAD"),
        ("/oauth/start/beach-blend", "GET"),
        ("/oauth/callback", "GET"),
        ("/api/token/beach-blend", "GET"),
        ("/api/token/beach-blend/refresh", "POST"),
    ] {
        for method in [Method::PUT, Method::OPTIONS, Method::TRACE] {
            let answer = Ask::new(method, path).to(&place.server).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)), "{path}");
        }
    }
    for path in ["/oauth/start/beach-blend", "/oauth/callback", "/api/token/beach-blend"] {
        let answer = Ask::new(Method::HEAD, path).to(&place.server).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET")), "{path}");
    }
}
