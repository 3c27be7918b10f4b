//! Two partners of one installation. See also `every_route`.

use counterfoil_core::model::api_key::Scope;

use crate::harness::{Browser, HARBOR, Installation, LARKSPUR, get};

#[tokio::test]
async fn a2_two_partners_with_the_same_company_key_have_different_connections() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let ours = place.rows.connection("beach-blend").await;
    let start = get("/oauth/start/beach-blend").key(&rival).to(&place.server).await;
    let answer = place.consent(start.location(), HARBOR).await;
    assert_eq!(answer.status, 200);
    assert_eq!(place.rows.connection("beach-blend").await, ours);
    let theirs = get("/api/connections/beach-blend").key(&rival).to(&place.server).await;
    assert_eq!(theirs.text("realm_id"), HARBOR);
    assert_eq!(place.connection("beach-blend").await.text("realm_id"), LARKSPUR);
}

#[tokio::test]
async fn a2_only_the_browser_of_a_flow_finishes_it_whichever_key_is_sent() {
    let place = Installation::start().await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let mut browser = Browser::curl(&place.server);
    let page = browser.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    for path in [callback.clone(), callback.replace("/oauth/callback?", "/oauth/callback/quickbooks?")] {
        assert_eq!(get(path).key(&rival).to(&place.server).await.problem(), (400, "wrong_browser".to_owned()));
    }
    assert_eq!(browser.get(callback).await.status, 200);
}

#[tokio::test]
async fn a2_a_cursor_of_another_partner_is_a_400() {
    let place = Installation::start().await;
    place.connect("a", LARKSPUR).await;
    place.connect("b", LARKSPUR).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let cursor = get("/api/connections?limit=1").key(&place.key).to(&place.server).await.text("next_cursor");
    let answer = get(format!("/api/connections?cursor={cursor}")).key(&rival).to(&place.server).await;
    assert_eq!(answer.problem(), (400, "invalid_cursor".to_owned()));
}
