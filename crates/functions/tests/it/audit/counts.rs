//! The daily counts of token reads and refreshes.

use counterfoil_testkit::wire::{Fault, Rule};
use serde_json::{Value, json};

use super::{ALL, DAY, ONE, connected};
use crate::harness::get;

#[tokio::test]
async fn a12_token_reads_and_refreshes_are_counted_per_day_and_added_by_a_later_event_once_a_minute() {
    let place = connected().await;
    place.pass(60).await;
    place.wire.reset();
    for _ in 0..3 {
        assert_eq!(place.token("beach-blend").await.status, 200);
    }
    place.pass(59).await;
    assert_eq!(place.token("beach-blend").await.status, 200);
    assert_eq!(place.wire.counts(), [("BatchGetItem", 1), ("GetItem", 3)].map(|(name, count)| (name.to_owned(), count)).into());
    assert_eq!(place.audit(ALL, "action=daily_counts").await, Vec::<Value>::new(), "they are in memory");
    place.pass(1).await;
    assert_eq!(place.token("beach-blend").await.status, 200);
    let counts = async |query: &str| {
        let rows = place.audit(ALL, &format!("action=daily_counts{query}")).await;
        rows.iter().map(|row| (row["id"].as_str().expect("an id").to_owned(), row["detail"].clone())).collect::<Vec<_>>()
    };
    let first = ("counts-2026-03-02".to_owned(), json!({ "token_read_served": "4" }));
    assert_eq!(counts("").await, [first], "the last one is not a minute old");
    let other = place.process(&[]);
    let read = |server| get("/api/token/beach-blend").key(&place.key).to(server);
    assert_eq!(read(&other).await.status, 200);
    place.pass(DAY).await;
    assert_eq!((read(&other).await.status, place.token("nobody").await.status), (200, 404));
    place.pass(60).await;
    assert_eq!((read(&other).await.status, place.token("beach-blend").await.status), (200, 200));
    let days = [
        ("counts-2026-03-03".to_owned(), json!({ "refresh_refreshed": "1", "token_read_served": "1" })),
        ("counts-2026-03-02".to_owned(), json!({ "token_read_served": "6" })),
    ];
    assert_eq!(counts("").await, days);
    assert_eq!(counts("&limit=1").await, days);
    assert_eq!(counts("&until=2026-03-02T23:59:59Z").await, days[1..]);
    assert_eq!(counts("&since=2026-03-02T00:00:01Z").await, days[..1]);
    assert_eq!(place.audit(ONE, "action=daily_counts").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a12_what_the_table_did_not_take_is_counted_later() {
    let place = connected().await;
    assert_eq!(place.token("beach-blend").await.status, 200);
    place.pass(60).await;
    place.wire.inject(Rule::on("UpdateItem", Fault::Throttled).times(20));
    assert_eq!(place.token("beach-blend").await.status, 200, "a caller does not notice");
    place.wire.reset();
    place.pass(60).await;
    assert_eq!(place.token("beach-blend").await.status, 200);
    let row = place.audit(ALL, "action=daily_counts").await[0].clone();
    assert_eq!(row["detail"]["token_read_served"], "2");
}
