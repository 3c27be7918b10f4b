//! A consent belongs to the browser that started it (O-6).

use crate::harness::{Browser, Installation, LARKSPUR, get};

#[tokio::test]
async fn o6_a_stolen_callback_url_is_refused_in_another_browser() {
    let place = Installation::start().await;
    let mut victim = Browser::curl(&place.server);
    let page = victim.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;

    let mut thief = Browser::curl(&place.server);
    thief.start("/oauth/start/thiefs-own").await;
    let answer = thief.get(&callback).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "wrong_browser",
        "detail": "This consent was started in another browser, or the browser does not store cookies. Start it again in this browser.",
        "request_id": "[id]",
        "status": 400,
        "title": "Bad Request",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 400
    }
    "#);
    assert_eq!(place.stand_ins.token_requests().await, 0);

    assert_eq!(victim.get(&callback).await.status, 200, "the flow was not spent");
}

#[tokio::test]
async fn o6_a_missing_or_damaged_cookie_is_refused_and_a_browser_is_offered_to_start_again() {
    let place = Installation::start().await;
    let mut browser = Browser::at(&place.server);
    let page = browser.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    let cookie = browser.cookie.take().expect("it was set");

    let answer = browser.get(&callback).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "/oauth/result/wrong_browser?company_key=beach-blend&platform=quickbooks")
    );
    let result = browser.get(answer.location()).await;
    assert_eq!(result.status, 400);
    assert!(result.body.contains(r#"href="/oauth/start/beach-blend?platform=quickbooks""#), "{}", result.body);

    let cut = &cookie[..cookie.len() - 1];
    let unprefixed = cookie.replace("__Host-", "");
    for bad in ["", "__Host-counterfoil=", cut, &unprefixed, "__Host-counterfoil=\u{e4}"] {
        assert_eq!(
            get(&callback).header("cookie", bad).to(&place.server).await.problem(),
            (400, "wrong_browser".to_owned()),
            "{bad}"
        );
    }
    assert_eq!(place.stand_ins.token_requests().await, 0);
    let among_others = format!("theme=dark; {cookie}; other=1");
    assert_eq!(get(&callback).header("cookie", among_others).to(&place.server).await.status, 200);
}

#[tokio::test]
async fn o6_two_tabs_of_one_browser_share_its_id_and_both_finish() {
    let place = Installation::start().await;
    let mut browser = Browser::curl(&place.server);
    let first = browser.start("/oauth/start/beach-blend").await;
    let cookie = browser.cookie.clone();
    let second = browser.start("/oauth/start/corner-shop").await;
    assert_eq!(browser.cookie, cookie);
    for page in [first, second] {
        let callback = place.stand_ins.consent(&page, LARKSPUR).await;
        assert_eq!(browser.get(callback).await.status, 200);
    }
}

#[tokio::test]
async fn o6_a_flow_that_a_server_started_belongs_to_the_browser_that_opens_it() {
    let place = Installation::start().await;
    let start = get("/oauth/start/beach-blend").key(&place.key).to(&place.server).await;
    assert_eq!((start.status, start.header("set-cookie")), (302, None), "the server is not the customer's browser");
    let mut customer = Browser::curl(&place.server);
    let page = customer.open(start.location()).await;
    let token = start.location().rsplit('/').next().expect("a token");
    assert!(!page.contains(token), "whoever knows the address does not know the state");
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    for mut other in [Browser::curl(&place.server), Browser::at(&place.server)] {
        other.start("/oauth/start/their-own").await;
        let refused = other.get(&callback).await;
        let code = if refused.status == 303 { refused.location().to_owned() } else { refused.text("code") };
        assert!(code.contains("wrong_browser"), "{code}");
    }
    assert_eq!(place.stand_ins.token_requests().await, 0);
    assert_eq!(customer.get(callback).await.status, 200);
}

#[tokio::test]
async fn o6_a_key_in_the_address_binds_to_the_browser_all_the_same() {
    let place = Installation::start().await;
    let start = get(format!("/oauth/start/beach-blend?api_key={}", place.key)).to(&place.server).await;
    assert!(start.header("set-cookie").is_some());
    let callback = place.stand_ins.consent(start.location(), LARKSPUR).await;
    assert_eq!(Browser::curl(&place.server).get(callback).await.problem(), (400, "wrong_browser".to_owned()));
}

#[tokio::test]
async fn o6_only_the_same_browser_sees_the_result() {
    let place = Installation::start().await;
    let mut browser = Browser::at(&place.server);
    let page = browser.start("/oauth/start/beach-blend").await;
    let done = browser.get(place.stand_ins.consent(&page, LARKSPUR).await).await;
    let mut stranger = Browser::at(&place.server);
    let shown = stranger.get(done.location()).await;
    assert_eq!(shown.status, 400);
    assert!(!shown.body.contains("Larkspur"), "{}", shown.body);
    assert_eq!(browser.get(done.location()).await.status, 200);
}

/// Other apps' cookies on the domain must not make a consent fail.
#[tokio::test]
async fn o6_the_cookies_of_other_apps_do_no_harm() {
    let place = Installation::start().await;
    let planted = format!("__Host-counterfoil={}", "p".repeat(43));
    for others in [b"city=Z\xc3\xbcrich".as_slice(), b"city=Z\xfcrich", planted.as_bytes(), b"=; ;;a"] {
        let mut browser = Browser::curl(&place.server);
        let page = browser.start("/oauth/start/beach-blend").await;
        let callback = place.stand_ins.consent(&page, LARKSPUR).await;
        let ours = browser.cookie.take().expect("it was set");
        let cookie = [others, b"; ", ours.as_bytes()].concat();
        let answer = get(&callback).header("cookie", cookie).to(&place.server).await;
        assert_eq!(answer.status, 200, "{}: {}", others.escape_ascii(), answer.body);
    }
}
