//! The stored form of audit rows, which other tools and later versions read.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::audit::{Action, Actor, Audit};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::audit::AuditLog as _;
use counterfoil_testkit::fixture::{Item, START, connection};

use crate::harness::{Store, store, text};

const CONNECTION: &str = "CONN#default#acme";
/// [`START`] in milliseconds.
const START_MILLIS: &str = "1767225600000";

fn number(digits: &str) -> AttributeValue {
    AttributeValue::N(digits.to_owned())
}

fn row<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn detail(name: &str, value: &str) -> AttributeValue {
    AttributeValue::M(row([(name, text(value))]))
}

async fn item(store: &Store, pk: &str, sk: &str) -> Item {
    store.item(pk, sk).await.expect("an item")
}

#[tokio::test]
async fn an_audit_row_says_what_was_done_when_and_by_whom() {
    let store = store().await;
    store.consented("acme").await;
    let sk = format!("AUDIT#{}", connection("acme").commit_id);
    let expected = row([
        ("PK", text(CONNECTION)),
        ("SK", text(&sk)),
        ("schema_version", number("1")),
        ("at", number(START_MILLIS)),
        ("action", text("connected")),
        ("actor", text("vault")),
        ("detail", detail("cause", "a test")),
    ]);
    assert_eq!(item(&store, CONNECTION, &sk).await, expected);
}

#[tokio::test]
async fn the_audit_row_of_a_refusal_is_stored_under_its_partner_and_expires_after_a_year() {
    let store = store().await;
    let refused = Audit {
        id: "refused".to_owned(),
        subject: (&PartnerId::default_partner()).into(),
        at: START,
        action: Action::RedirectRefused,
        actor: Actor::Anonymous,
        detail: [("reason", "not_on_the_list".to_owned())].into(),
    };
    store.table.note(&refused).await.expect("a table that answers");
    let expected = row([
        ("PK", text("PARTNER#default")),
        ("SK", text("AUDIT#refused")),
        ("schema_version", number("1")),
        ("at", number(START_MILLIS)),
        ("action", text("redirect_refused")),
        ("actor", text("anonymous")),
        ("detail", detail("reason", "not_on_the_list")),
        ("ttl", number("1798761600")),
    ]);
    assert_eq!(item(&store, "PARTNER#default", "AUDIT#refused").await, expected);
}
