//! The user, and the businesses that the token reaches.

use reqwest::StatusCode;
use serde_json::json;

use super::{ASK, World};
use crate::world::{answered, tokens, with};

#[tokio::test]
async fn o18_the_user_belongs_to_several_businesses_one_of_them_without_books() {
    let world = World::start().await;
    let given = world.connect().await;
    let (status, body) = answered(world.me(&given.access).send().await.expect("answers")).await;
    assert_eq!(status, 200);
    let me = &body["response"];
    assert_eq!(me["id"], me["identity_id"]);
    let businesses: Vec<_> = me["business_memberships"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|membership| (&membership["business"]["name"], &membership["business"]["account_id"]))
        .collect();
    assert_eq!(
        businesses,
        [
            (&json!("Okafor Studio"), &json!("Qx9Zb1")),
            (&json!("Okafor & Lind Ceramics"), &json!("Lm4Tk7")),
            (&json!("Riverside Makers Co-op"), &json!(null)),
        ]
    );
    assert_eq!(me["roles"].as_array().expect("a list").len(), 2);
    assert_eq!(me["permissions"]["Qx9Zb1"]["accounts_payable.access"], true);
}

#[tokio::test]
async fn an_invalid_token_is_unauthenticated() {
    let world = World::start().await;
    let given = world.connect().await;
    for token in ["made-up", &given.refresh] {
        let answer = answered(world.me(token).send().await.expect("answers")).await;
        let description = "This action requires authentication to continue.";
        assert_eq!(answer, (401, json!({ "error": "unauthenticated", "error_description": description })));
    }
    world.pass(43_200).await;
    assert_eq!(world.probe(&given.access).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_request_without_the_scope_is_forbidden() {
    let world = World::start().await;
    let code = world.code_for(&with(&ASK, "scope", "user:bills:read")).await;
    let narrow = tokens(world.exchange(&code).await).await;
    assert_eq!(world.probe(&narrow.access).await, StatusCode::FORBIDDEN);
    let given = world.connect().await;
    let with_query = world.me(&given.access).query(&[("page", "1")]).send().await.expect("answers");
    assert_eq!(with_query.status(), StatusCode::BAD_REQUEST);
    world.control("settings", json!({ "company_info_denied": true })).await;
    assert_eq!(world.probe(&given.access).await, StatusCode::FORBIDDEN);
}
