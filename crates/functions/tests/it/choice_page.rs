//! The page for choosing one of many companies.

use axum::routing::get as on_get;
use axum::{Json, Router};
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::secret::Secret;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::{Browser, Installation, OTHER_KEYS, parameter};
use crate::platforms::callback;

/// A user with this number of businesses at `FreshBooks`: "Shop 1" with the id `acct1`, and so on; with `with_odd` also one without a
/// valid id.
async fn businesses(count: usize, with_odd: bool) -> String {
    let name = |number: usize| format!("Shop {number} {}", if count > 1_000 { "x".repeat(150) } else { String::new() });
    let business = |number| json!({ "business": { "account_id": format!("acct{number}"), "name": name(number) } });
    let odd = with_odd.then(|| json!({ "business": { "account_id": "/", "name": "odd" } }));
    let memberships: Vec<Value> = (1..=count).map(business).chain(odd).collect();
    let answer = json!({ "response": { "business_memberships": memberships } });
    let router = Router::new().route("/auth/api/v1/users/me", on_get(move || async move { Json(answer) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    base
}

async fn installation(count: usize, with_odd: bool) -> Installation {
    let api = businesses(count, with_odd).await;
    let mut variables = OTHER_KEYS.to_vec();
    variables.push(("FRESHBOOKS_API_URL", &api));
    Installation::start_with(&variables).await
}

/// The address of the page on which this browser must choose.
async fn choosing(place: &Installation, browser: &mut Browser<'_>) -> String {
    let callback = callback(place, browser, "/oauth/start/shop?platform=freshbooks", &[]).await;
    browser.get(&callback).await;
    let state = parameter(&callback, "state").expect("a state");
    format!("/oauth/result/{}", FlowId::of(&Secret::new(state)).as_str())
}

/// The ids of the companies on a page.
fn ids(page: &str) -> Vec<String> {
    let after = page.split("name=\"company_id\" value=\"").skip(1);
    after.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

const CUT: &str = "This list is not complete";

#[tokio::test]
async fn many_companies_are_listed_in_pages_and_each_can_be_chosen() {
    let place = installation(230, false).await;
    let mut browser = Browser::at(&place.server);
    let result = choosing(&place, &mut browser).await;
    let mut seen = Vec::new();
    let mut address = Some(result.clone());
    while let Some(next) = address {
        let page = browser.get(&next).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("of 230") && !page.body.contains(CUT) && !page.body.contains("<script"), "{}", page.body);
        assert!(ids(&page.body).len() <= 50);
        seen.extend(ids(&page.body));
        let link = page.body.split("<a href=\"").find(|rest| rest.contains("\" rel=\"next\"") && rest.starts_with(&result));
        address = link.map(|rest| rest.split('"').next().unwrap_or_default().replace("&amp;", "&"));
    }
    assert_eq!(seen.len(), 230);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 230, "each once");
    let chosen = browser.submit(format!("{result}/choose"), "company_id=acct229").await;
    assert_eq!(chosen.status, 303);
    assert_eq!(place.connection("shop").await.text("company_id"), "acct229");
}

#[tokio::test]
async fn a_search_finds_by_name_and_by_id_in_any_case_and_keeps_to_its_pages() {
    let place = installation(230, false).await;
    let mut browser = Browser::at(&place.server);
    let result = choosing(&place, &mut browser).await;
    let field = r#"<input type="search" name="q""#;
    assert!(browser.get(&result).await.body.contains(field));
    for (query, expected) in [("q=sHoP%20229", vec!["acct229"]), ("q=+ACCT117", vec!["acct117"]), ("q=none", vec![])] {
        let page = browser.get(format!("{result}?{query}")).await;
        assert_eq!((page.status, ids(&page.body)), (200, expected.into_iter().map(str::to_owned).collect()), "{query}");
    }
    let page = browser.get(format!("{result}?q=shop%201&page=2")).await;
    assert!(page.body.contains("51 to 100 of 111") && page.body.contains("?q=shop+1&amp;page=3"), "{}", page.body);
    let script = browser.get(format!("{result}?q=%22%3E%3Cscript%3E")).await;
    assert!(script.body.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{}", script.body);
    for odd in ["page=0", "page=99", "page=x", "q=%ff", "q=a&q=b", &format!("q={}", "x".repeat(101))] {
        let page = browser.get(format!("{result}?{odd}")).await;
        assert!(page.status == 200 && !ids(&page.body).is_empty(), "{odd}: {}", page.body);
    }
    let mut curl = Browser::curl(&place.server);
    curl.cookie = browser.cookie.clone();
    let all = curl.get(format!("{result}?q=none&page=2")).await.json();
    assert_eq!(all["companies"].as_array().map(Vec::len), Some(230), "a client gets all of them");
}

#[tokio::test]
async fn a_list_that_was_cut_says_so() {
    for (count, with_odd, is_cut) in [(2, false, false), (2, true, true), (2_000, false, true)] {
        let place = installation(count, with_odd).await;
        let mut browser = Browser::at(&place.server);
        let result = choosing(&place, &mut browser).await;
        let page = browser.get(&result).await;
        assert_eq!((page.status, page.body.contains(CUT)), (200, is_cut), "{count}, {with_odd}");
        assert_eq!(page.body.contains("type=\"search\""), count > 2);
    }
}
