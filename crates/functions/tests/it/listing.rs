//! `GET /api/connections`: a list with pages (A-10).

use serde_json::{Value, json};

use crate::harness::{Answer, Installation, LARKSPUR, get};

/// Connections with these keys, all to one company.
async fn with_connections(company_keys: &[&str]) -> Installation {
    let place = Installation::start().await;
    place.connect(company_keys[0], LARKSPUR).await;
    for key in &company_keys[1..] {
        place.rows.copy(company_keys[0], key).await;
    }
    place
}

async fn list(place: &Installation, query: &str) -> Answer {
    get(format!("/api/connections?{query}")).key(&place.key).to(&place.server).await
}

fn keys(page: &Value) -> Vec<&str> {
    let connections = page["connections"].as_array().expect("a list");
    connections.iter().map(|connection| connection["company_key"].as_str().expect("text")).collect()
}

/// All pages of a query, and the number of pages.
async fn walk(place: &Installation, query: &str) -> (Vec<String>, usize) {
    let (mut found, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = list(place, &format!("{query}{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        pages += 1;
        let page = page.json();
        found.extend(keys(&page).into_iter().map(str::to_owned));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (found, pages),
        }
        assert!(pages < 100, "a list that does not end");
    }
}

#[tokio::test]
async fn a_list_shows_each_connection_as_a_read_does() {
    let place = with_connections(&["beach-blend"]).await;
    let answer = list(&place, "").await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.connections" => "[…]" }, @r#"
    {
      "body": {
        "connections": "[…]",
        "next_cursor": null
      },
      "content_type": "application/json",
      "status": 200
    }
    "#);
    assert_eq!(answer.json()["connections"], json!([place.connection("beach-blend").await.json()]));
    let none = list(&place, "prefix=nobody").await.json();
    assert_eq!(none, json!({ "connections": [], "next_cursor": null }));
}

#[tokio::test]
async fn a10_pages_have_every_connection_once_in_the_order_of_their_keys() {
    let place = with_connections(&["a1", "a2", "B1", "b2", "c.3", "c_4", "d-5"]).await;
    let sorted = ["B1", "a1", "a2", "b2", "c.3", "c_4", "d-5"];
    for (limit, pages) in [(1, 7..=8), (2, 4..=4), (3, 3..=3), (7, 1..=2), (100, 1..=1)] {
        let (found, walked) = walk(&place, &format!("limit={limit}")).await;
        assert_eq!(found, sorted, "limit {limit}");
        assert!(pages.contains(&walked), "limit {limit}: {walked} pages");
    }
}

#[tokio::test]
async fn a10_filters_and_prefix_apply_to_every_page() {
    let place = with_connections(&["a1", "a2", "a3", "b1", "b2"]).await;
    place.rows.disconnect("a2").await;
    place.rows.disconnect("b2").await;
    for limit in [1, 2, 50] {
        let walked = async |query: &str| walk(&place, &format!("limit={limit}&{query}")).await.0;
        assert_eq!(walked("prefix=a").await, ["a1", "a2", "a3"]);
        assert_eq!(walked("status=disconnected").await, ["a2", "b2"]);
        assert_eq!(walked("status=active&prefix=a").await, ["a1", "a3"]);
        assert_eq!(walked("status=needs_reauthorization").await, [""; 0]);
        assert_eq!(walked("platform=quickbooks&prefix=b").await, ["b1", "b2"]);
    }
}

#[tokio::test]
async fn a10_a_rare_match_after_many_others_is_found() {
    let names: Vec<_> = (0..30).map(|number| format!("shop-{number:02}")).collect();
    let place = with_connections(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    place.rows.disconnect("shop-29").await;
    assert_eq!(walk(&place, "limit=1&status=disconnected").await.0, ["shop-29"]);
}

#[tokio::test]
async fn a10_a_damaged_cursor_is_a_400() {
    let place = with_connections(&["a1", "a2", "b1"]).await;
    let cursor = list(&place, "limit=1").await.text("next_cursor");
    assert!(!cursor.contains("a1"), "opaque: {cursor}");
    let (cut, doubled) = (&cursor[1..], format!("{cursor}{cursor}"));
    for damaged in [cut, &doubled, "a1", "AAAA", "%F0%9F%92%A3"] {
        let answer = list(&place, &format!("cursor={damaged}")).await;
        assert_eq!(answer.problem(), (400, "invalid_cursor".to_owned()), "{damaged}");
    }
    let answer = list(&place, "cursor=a1").await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "invalid_cursor",
        "detail": "The cursor is damaged or belongs to another list. Send the cursor unchanged, or start without one.",
        "request_id": "[id]",
        "status": 400,
        "title": "Bad Request",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 400
    }
    "#);
}

#[tokio::test]
async fn a10_a_cursor_of_another_query_is_a_400() {
    let place = with_connections(&["a1", "a2", "b1"]).await;
    let cursor = list(&place, "limit=1").await.text("next_cursor");
    let answer = list(&place, &format!("prefix=b&cursor={cursor}")).await;
    assert_eq!(answer.problem(), (400, "invalid_cursor".to_owned()));
}

#[tokio::test]
async fn a4_a_page_has_1_to_100_connections_and_50_by_default() {
    let names: Vec<_> = (0..60).map(|number| format!("shop-{number:02}")).collect();
    let place = with_connections(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(keys(&list(&place, "").await.json()).len(), 50);
    assert_eq!(keys(&list(&place, "limit=100").await.json()).len(), 60);
    for limit in ["0", "101", "-1", "1.5", "ten", "1e1", "%2B5", "99999999999999999999"] {
        let answer = list(&place, &format!("limit={limit}")).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "{limit}");
    }
}
