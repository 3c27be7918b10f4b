//! The address to which a browser may be redirected at the end (O-10), and the status of a redirect after a POST (O-11).

use crate::callback::encoded;
use crate::harness::{Browser, Installation, LARKSPUR, RETURN_URL, get};

#[tokio::test]
async fn o10_a_return_url_is_taken_from_the_partners_list_byte_for_byte() {
    let place = Installation::start().await;
    let status = async |url: &str| get(format!("/oauth/start/b?return_url={}", encoded(url))).to(&place.server).await.status;
    assert_eq!(status(RETURN_URL).await, 302);
    for url in [
        "https://app.example.com/done",
        "https://app.example.com/done?from=books#x",
        "https://APP.example.com/done?from=books",
        "https://app.example.com:443/done?from=books",
        "https://app.example.com./done?from=books",
        "https://app.example.com@evil.example/done?from=books",
        "https://app.example.com.evil.example/done?from=books",
        "https://evil.example/https://app.example.com/done?from=books",
        "//app.example.com/done?from=books",
        "http://app.example.com/done?from=books",
        "https:/app.example.com/done?from=books",
        "https://app.example.com/done?from=books%20",
        "https://app.example.com/./done?from=books",
        "https://app.example.com/do%6ee?from=books",
        "javascript:alert(1)",
        "/",
        "",
    ] {
        assert_eq!(status(url).await, 400, "{url}");
    }
}

#[tokio::test]
async fn o10_no_url_one_character_away_is_taken() {
    let place = Installation::start().await;
    for place_in_it in 0..RETURN_URL.len() {
        let (before, after) = (&RETURN_URL[..place_in_it], &RETURN_URL[place_in_it..]);
        for wrong in [format!("{before}{}", &after[1..]), format!("{before}x{}", &after[1..]), format!("{before}/{after}")] {
            if wrong == RETURN_URL {
                continue;
            }
            let answer = get(format!("/oauth/start/b?return_url={}", encoded(&wrong))).to(&place.server).await;
            assert_eq!(answer.problem(), (400, "invalid_return_url".to_owned()), "{wrong}");
            assert!(!answer.text("detail").contains("app.example"), "not reflected: {}", answer.body);
        }
    }
    assert!(place.rows.under("FLOW#", "").await.is_empty());
}

#[tokio::test]
async fn o10_another_partners_return_url_is_refused() {
    let place = Installation::start().await;
    place.partner("rival", &["https://rival.example/done"]).await;
    let answer = get(format!("/oauth/start/b?return_url={}", encoded("https://rival.example/done"))).to(&place.server).await;
    assert_eq!(answer.problem(), (400, "invalid_return_url".to_owned()));
}

#[tokio::test]
async fn o11_a_redirect_after_a_post_is_a_303() {
    let place = Installation::start().await;
    let mut browser = Browser::at(&place.server);
    let page = browser.start("/oauth/start/beach-blend").await;
    let done = browser.get(place.stand_ins.consent(&page, LARKSPUR).await).await;
    let answer = browser.post(format!("{}/retry", done.location())).await;
    assert_eq!((answer.status, answer.location()), (303, done.location()));
}
