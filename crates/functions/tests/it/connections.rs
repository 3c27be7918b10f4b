//! `GET /api/connections/{company_key}`: a connection without its tokens.

use counterfoil_core::model::api_key::Scope;

use crate::harness::{Installation, LARKSPUR, get};

#[tokio::test]
async fn a3_a_connection_has_the_fields_of_the_contract() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    insta::assert_json_snapshot!(place.connection("beach-blend").await.shown(), @r#"
    {
      "body": {
        "access_token_expires_at": 1772445600,
        "check_rule": "number_like",
        "company_id": "9130357849012345",
        "company_key": "beach-blend",
        "company_name": "Larkspur Roofing LLC",
        "connected": true,
        "created_at": 1772442000,
        "environment": "production",
        "freshness": "always",
        "keep_source": false,
        "last_error": null,
        "last_refresh_at": 1772442000,
        "missing_scopes": [],
        "platform": "quickbooks",
        "realm_id": "9130357849012345",
        "records_updated_at": null,
        "refresh_token_expires_at": 1781168400,
        "status": "active",
        "sync_schedule": "off",
        "updated_at": 1772442000
      },
      "content_type": "application/json",
      "status": 200
    }
    "#);
}

#[tokio::test]
async fn a_refresh_shows_on_the_connection() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let before = place.connection("beach-blend").await.json();
    place.pass(1_000).await;
    place.refresh("beach-blend").await;
    let after = place.connection("beach-blend").await.json();
    for field in ["access_token_expires_at", "updated_at", "last_refresh_at"] {
        assert_eq!(after[field].as_i64(), before[field].as_i64().map(|before| before + 1_000), "{field}");
    }
    assert_eq!(after["created_at"], before["created_at"]);
}

#[tokio::test]
async fn an_unknown_connection_is_a_404() {
    let place = Installation::start().await;
    let answer = place.connection("nobody").await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "not_found",
        "detail": "There is no connection with this company key.",
        "request_id": "[id]",
        "status": 404,
        "title": "Not Found",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 404
    }
    "#);
}

#[tokio::test]
async fn seeing_connections_needs_the_scope_for_it() {
    let place = Installation::start().await;
    let others: Vec<_> = Scope::ALL.into_iter().filter(|scope| *scope != Scope::ConnectionsRead).collect();
    let lesser = place.key_of("default", &others).await;
    for path in ["/api/connections", "/api/connections/beach-blend"] {
        assert_eq!(get(path).key(&lesser).to(&place.server).await.problem(), (403, "insufficient_scope".to_owned()));
    }
}
