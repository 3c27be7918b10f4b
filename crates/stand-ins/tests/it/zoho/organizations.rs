//! The organisations of a data centre's user.

use serde_json::json;

use super::{ASK, World};
use crate::world::{answered, with};

#[tokio::test]
async fn o18_a_user_may_have_several_organisations() {
    let world = World::start().await;
    let given = world.connect("us").await;
    for authorization in [format!("Zoho-oauthtoken {}", given.access), format!("Bearer {}", given.access)] {
        let (status, body) = answered(world.organizations("us", &authorization).send().await.expect("answers")).await;
        assert_eq!((status, &body["code"], &body["message"]), (200, &json!(0), &json!("success")));
        let organizations = body["organizations"].as_array().expect("a list");
        assert_eq!(organizations.len(), 2);
        assert_eq!(
            (&organizations[0]["organization_id"], &organizations[0]["name"]),
            (&json!("10234695"), &json!("Beacon Supplies"))
        );
        assert_eq!((&organizations[0]["is_default_org"], &organizations[1]["is_default_org"]), (&json!(true), &json!(false)));
        assert_eq!(organizations[1]["org_settings"]["is_org_active"], true);
    }
    let given = world.connect("eu").await;
    let request = world.organizations("eu", &format!("Zoho-oauthtoken {}", given.access));
    let (_, body) = answered(request.send().await.expect("answers")).await;
    assert_eq!(body["organizations"][0]["currency_code"], "EUR");
}

#[tokio::test]
async fn no_token_is_code_14_and_a_bad_one_57() {
    let world = World::start().await;
    let narrow = world.connect_by(&with(&ASK, "scope", "ZohoBooks.bills.READ"), "us").await;
    let given = world.connect("us").await;
    for (authorization, code) in [
        (given.access.clone(), 14),
        (format!("Basic {}", given.access), 14),
        ("Zoho-oauthtoken 1000.made-up".to_owned(), 57),
        (format!("Zoho-oauthtoken {}", given.refresh), 57),
        (format!("Zoho-oauthtoken {}", narrow.access), 57),
    ] {
        let (status, body) = answered(world.organizations("us", &authorization).send().await.expect("answers")).await;
        assert_eq!((status, &body["code"]), (401, &json!(code)), "{authorization}");
    }
    world.pass(3600).await;
    assert_eq!(world.probe("us", &given.access).await, 401);
}

#[tokio::test]
async fn only_the_organization_may_be_named() {
    let world = World::start().await;
    let given = world.connect("us").await;
    let request = || world.organizations("us", &format!("Zoho-oauthtoken {}", given.access));
    for (name, wanted) in [("organization_id", 200), ("page", 400)] {
        let answer = request().query(&[(name, "10234695")]).send().await.expect("answers");
        assert_eq!(answer.status(), wanted, "{name}");
    }
    world.control("settings", json!({ "company_info_denied": true })).await;
    let (status, body) = answered(request().send().await.expect("answers")).await;
    assert_eq!((status, &body["code"]), (401, &json!(57)));
}
