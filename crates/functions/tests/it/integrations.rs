//! `GET /v1/integrations/health` over HTTP.

use counterfoil_core::model::api_key::Scope;
use counterfoil_testkit::receiver::Receiver;
use serde_json::{Value, json};

use crate::harness::{HARBOR, Installation, LARKSPUR, get};
use crate::webhooks::{deliver, endpoint, installation};

const PATH: &str = "/v1/integrations/health";

async fn health(place: &Installation) -> Value {
    place.data(PATH).await
}

#[tokio::test]
async fn s7_a_partner_without_connections_is_well_and_every_field_is_there() {
    let place = Installation::start().await;
    let expected = json!({
        "status": "ok", "platforms": [],
        "webhooks": { "status": "ok", "pending": 0, "failing": 0, "delayMsP50": null, "delayMsP95": null, "oldestPendingSeconds": null },
        "attention": [], "attentionTruncated": false,
    });
    assert_eq!(health(&place).await, expected);
    let other = place.key_of("default", &[Scope::RecordsRead]).await;
    assert_eq!(get(PATH).key(&other).to(&place.server).await.status, 403);
}

#[tokio::test]
async fn s7_what_happened_is_in_the_health_with_what_to_do() {
    let place = installation().await;
    let receiver = Receiver::start().await;
    let made = endpoint(&place, &receiver.url()).await;
    place.connect("beach-blend", LARKSPUR).await;
    place.connect("harbor", HARBOR).await;
    place.pass(11).await;
    assert_eq!(place.refresh("beach-blend").await.status, 200);
    place.pass(61).await;
    place.stand_ins.control("revoke", json!({ "realm": HARBOR })).await;
    assert_eq!(place.refresh("harbor").await.status, 502);
    place.pass(61).await;
    deliver(&place, &made).await;
    let found = health(&place).await;
    assert_eq!(found["status"], "degraded", "{found}");
    let platform = &found["platforms"][0];
    assert_eq!(platform["connections"], json!({ "active": 1, "needsReauthorization": 1, "disconnected": 0 }));
    assert_eq!(platform["refreshes"], json!({ "succeeded": 1, "failed": 1, "lost": 0 }));
    assert_eq!(platform["syncs"], json!({ "completed": 0, "failed": 0, "recordErrors": 0 }));
    assert_eq!((&platform["throttled"], &platform["oldestOverdueSeconds"]), (&json!(0), &json!(0)));
    assert_eq!((&found["webhooks"]["pending"], &found["webhooks"]["failing"]), (&json!(0), &json!(0)));
    let expected = json!([{
        "companyKey": "harbor", "platform": "quickbooks",
        "problem": "The platform refused the refresh token: access was withdrawn or has ended.",
        "action": "Send the customer to /oauth/start/harbor?platform=quickbooks to consent again.",
    }]);
    assert_eq!(found["attention"], expected);
    let readiness = get("/api/connections/harbor/readiness").key(&place.key).to(&place.server).await.json();
    let token =
        readiness["checks"].as_array().and_then(|all| all.iter().find(|it| it["name"] == "access_token")).expect("a check");
    assert_eq!((&token["message"], &token["action"]), (&expected[0]["problem"], &expected[0]["action"]), "one source of words");
}
