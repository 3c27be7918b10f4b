//! An operator's actions: each change has its audit row, and a refused one changes nothing.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_core::model::api_key::{ApiKey, KeyId, Scope};
use counterfoil_core::model::audit::Actor;
use counterfoil_core::model::name::{CompanyKey, DisplayName, PartnerId};
use counterfoil_core::model::origin::Origin;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::service::partner::authenticate::{authenticate, authenticate_and_read};
use counterfoil_core::service::partner::keys::{
    NewKey, Revoked, alias_key, create_key, list_keys, remove_alias, revoke_key, store_key,
};
use counterfoil_core::service::partner::operator::Operator;
use counterfoil_core::service::partner::partners::{NewPartner, create_partner, list_partners};
use counterfoil_core::service::partner::redirect_uris::{add_redirect_uris, remove_redirect_uri};
use counterfoil_core::service::partner::rotate_key::rotate_key;
use counterfoil_core::settings::AUDIT_RETENTION;
use counterfoil_testkit::fixture::{Item, START};
use counterfoil_testkit::platform::RotationPolicy;

use crate::harness::Stage;

const DONE: &str = "https://app.example.com/done";
const ROWS: &str = "PARTNER#second";

fn id(text: &str) -> PartnerId {
    PartnerId::parse(text).expect("a partner id")
}

fn name(text: &str) -> DisplayName {
    DisplayName::parse(text).expect("a name")
}

fn operator(stage: &Stage) -> Operator {
    Operator {
        store: Arc::new(stage.installation.table()),
        clock: stage.app.clock.clone(),
        entropy: stage.app.entropy.clone(),
        actor: Actor::Operator(Some(name("ada"))),
        scopes: Scope::ALL.to_vec(),
        origin: Origin::default(),
        audit_retention: AUDIT_RETENTION,
    }
}

fn new_partner() -> NewPartner {
    NewPartner { id: id("second"), name: name("Second App"), redirect_uris: vec![DONE.to_owned()] }
}

fn new_key(scopes: &[Scope]) -> NewKey {
    let life = Some(Duration::from_secs(86_400));
    NewKey { partner: id("second"), name: name("a server"), scopes: scopes.to_vec(), publishable: false, life }
}

/// An operator, and the partner `second` with one redirect URI.
async fn with_partner() -> (Stage, Operator) {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let operator = operator(&stage);
    create_partner(&operator, new_partner()).await.expect("a new partner");
    stage.clock.advance(Duration::from_secs(1));
    (stage, operator)
}

/// The audit rows of the partner `second`: time in seconds after the start, actor, action, detail.
async fn history(stage: &Stage) -> Vec<String> {
    let items = stage.installation.items_under(ROWS).await;
    items.iter().filter(|(key, _)| key.starts_with("AUDIT#")).map(|(_, row)| line(row)).collect()
}

fn line(row: &Item) -> String {
    let text = |name: &str| row[name].as_s().expect("a text").clone();
    let at: i64 = row["at"].as_n().expect("a number").parse().expect("a number");
    let detail = row["detail"].as_m().expect("a map");
    let mut detail: Vec<_> = detail.iter().map(|(name, value)| format!("{name}={}", value.as_s().expect("a text"))).collect();
    detail.sort_unstable();
    format!("{} {} {}: {}", at / 1_000 - START.as_second(), text("actor"), text("action"), detail.join(", "))
}

fn code<T>(result: Result<T, Error>) -> &'static str {
    result.err().expect("it must be refused").code()
}

#[tokio::test]
async fn every_change_of_a_partner_has_an_audit_row() {
    let (stage, operator) = with_partner().await;
    let uris = ["https://app.example.com/a".to_owned(), DONE.to_owned(), "https://app.example.com/b".to_owned()];
    let listed = add_redirect_uris(&operator, &id("second"), &uris).await.expect("a list");
    assert_eq!(listed, [DONE, "https://app.example.com/a", "https://app.example.com/b"]);
    stage.clock.advance(Duration::from_secs(1));
    let listed = remove_redirect_uri(&operator, &id("second"), DONE).await.expect("a list");
    assert_eq!(operator.partner(&id("second")).await.map(|partner| partner.redirect_uris), Ok(listed));
    let expected = [
        "0 operator:ada partner_created: name=Second App, redirect_uris=https://app.example.com/done",
        "1 operator:ada redirect_uri_added: redirect_uri=https://app.example.com/a https://app.example.com/b",
        "2 operator:ada redirect_uri_removed: redirect_uri=https://app.example.com/done",
    ];
    assert_eq!(history(&stage).await, expected);
    let ids: Vec<_> = list_partners(&operator).await.expect("a list").into_iter().map(|partner| partner.id).collect();
    assert_eq!(ids, [PartnerId::default_partner(), id("second")]);
}

#[tokio::test]
async fn every_change_of_a_key_has_an_audit_row_without_the_key() {
    let (stage, operator) = with_partner().await;
    let (text, key) = create_key(&operator, new_key(&[Scope::TokensRead, Scope::ConnectionsRead])).await.expect("a key");
    stage.clock.advance(Duration::from_secs(1));
    let first = revoke_key(&operator, &id("second"), &key.id).await;
    let revoked = ApiKey { revoked_at: Some(stage.clock.now()), ..key.clone() };
    assert_eq!(first, Ok(Revoked::Now(revoked.clone())));
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(revoke_key(&operator, &id("second"), &key.id).await, Ok(Revoked::Before(revoked.clone())));
    assert_eq!(list_keys(&operator, &id("second")).await, Ok(vec![revoked]));
    let expected = [
        format!(
            "1 operator:ada key_created: expires_at=2026-01-02T00:00:01Z, key={}, name=a server, \
             scopes=tokens:read connections:read",
            key.id
        ),
        format!("2 operator:ada key_revoked: key={}, name=a server", key.id),
    ];
    assert_eq!(history(&stage).await[1..], expected);
    let random = text.expose().rsplit('_').next().expect("a random part");
    assert!(!format!("{:?}", stage.installation.items_under(ROWS).await).contains(random));
}

#[tokio::test]
async fn a_rotation_has_one_audit_row_with_both_keys() {
    let (stage, operator) = with_partner().await;
    let (_, old) = create_key(&operator, new_key(&[Scope::TokensRead])).await.expect("a key");
    stage.clock.advance(Duration::from_secs(1));
    let (text, new) = rotate_key(&operator, &id("second"), &old.id, Duration::from_secs(60)).await.expect("a key");
    let expected = format!(
        "2 operator:ada key_rotated: expires_at=2026-01-02T00:00:02Z, key={}, name=a server, replaced_key={}, \
         replaced_key_ends_at=2026-01-01T00:01:02Z, scopes=tokens:read",
        new.id, old.id
    );
    assert_eq!(history(&stage).await[2..], [expected]);
    let random = text.expose().rsplit('_').next().expect("a random part");
    assert!(!format!("{:?}", stage.installation.items_under(ROWS).await).contains(random));
    let lesser = Operator { scopes: vec![Scope::Admin], ..operator };
    assert_eq!(code(rotate_key(&lesser, &id("second"), &new.id, Duration::ZERO).await), "insufficient_scope");
}

#[tokio::test]
async fn an_invalid_change_leaves_a_partner_unchanged() {
    let (stage, operator) = with_partner().await;
    let before = stage.installation.items_under(ROWS).await;
    let again = NewPartner { name: name("Another"), ..new_partner() };
    assert_eq!(code(create_partner(&operator, again).await), "partner_exists");
    let bad = ["http://app.example.com/".to_owned()];
    assert_eq!(code(add_redirect_uris(&operator, &id("second"), &bad).await), "invalid_redirect_uri");
    let third = NewPartner { id: id("third"), redirect_uris: bad.to_vec(), ..new_partner() };
    assert_eq!(code(create_partner(&operator, third).await), "invalid_redirect_uri");
    assert_eq!(operator.store.partner(&id("third")).await, Ok(None));
    let many: Vec<_> = (0..20).map(|number| format!("{DONE}/{number}")).collect();
    assert_eq!(code(add_redirect_uris(&operator, &id("second"), &many).await), "too_many_redirect_uris");
    assert_eq!(code(add_redirect_uris(&operator, &id("third"), &many[..1]).await), "not_found");
    let slash = format!("{DONE}/");
    assert_eq!(code(remove_redirect_uri(&operator, &id("second"), &slash).await), "redirect_uri_not_listed");
    let listed = add_redirect_uris(&operator, &id("second"), &[DONE.to_owned()]).await;
    assert_eq!(listed, Ok(vec![DONE.to_owned()]), "it is listed already");
    assert!(stage.installation.items_under(ROWS).await == before);
}

#[tokio::test]
async fn an_invalid_key_is_not_stored() {
    let (stage, operator) = with_partner().await;
    let (text, key) = create_key(&operator, new_key(&[Scope::TokensRead])).await.expect("a key");
    let before = stage.installation.items_under(ROWS).await;
    assert_eq!(code(create_key(&operator, new_key(&[])).await), "invalid_scopes");
    let page = NewKey { publishable: true, ..new_key(&[Scope::TokensRead]) };
    assert_eq!(code(create_key(&operator, page).await), "invalid_scopes");
    let nobodys = NewKey { partner: id("nobody"), ..new_key(&[Scope::TokensRead]) };
    assert_eq!(code(create_key(&operator, nobodys).await), "not_found");
    assert_eq!(code(store_key(&operator, &text, new_key(&[Scope::Admin])).await), "key_exists");
    let anothers = NewKey { partner: PartnerId::default_partner(), ..new_key(&[Scope::Admin]) };
    assert_eq!(code(store_key(&operator, &text, anothers).await), "invalid_key");
    assert_eq!(code(list_keys(&operator, &id("nobody")).await), "not_found");
    let unknown = KeyId::parse("0123456789abcdef").expect("a key id");
    assert_eq!(code(revoke_key(&operator, &id("second"), &unknown).await), "not_found");
    assert_eq!(code(revoke_key(&operator, &PartnerId::default_partner(), &key.id).await), "not_found", "another partner's");
    assert!(stage.installation.items_under(ROWS).await == before);
    assert!(stage.installation.items_under("PARTNER#nobody").await.is_empty());
}

#[tokio::test]
async fn an_alias_is_removed_alone_and_can_be_given_to_another_key() {
    let (stage, operator) = with_partner().await;
    let (text, key) = create_key(&operator, new_key(&[Scope::DesktopManage])).await.expect("a key");
    let (_, other) = create_key(&operator, new_key(&[Scope::DesktopManage])).await.expect("a key");
    let (partner, alias) = (id("second"), Secret::new("sk_conductor_0123456789abcdef"));
    let names = async |secret: &Secret| authenticate(&stage.app, Some(secret), &[Scope::DesktopManage]).await.map(|key| key.id);
    let removed = async |key: &ApiKey| {
        let removed = remove_alias(&operator, &partner, &key.id, &alias).await;
        removed.map(|key| key.id).map_err(|error| error.code())
    };
    assert_eq!(removed(&key).await, Err("alias_unknown"));
    alias_key(&operator, &partner, &key.id, &alias).await.expect("an alias");
    assert_eq!(removed(&other).await, Err("alias_unknown"));
    assert_eq!(names(&alias).await, Ok(key.id.clone()));
    assert_eq!(removed(&key).await, Ok(key.id.clone()));
    assert_eq!(removed(&key).await, Err("alias_unknown"));
    stage.clock.advance(stage.app.settings.key_memory);
    assert!(matches!(names(&alias).await, Err(Error::Unauthenticated(_))));
    assert_eq!(names(&text).await, Ok(key.id.clone()));
    alias_key(&operator, &partner, &other.id, &alias).await.expect("an alias");
    assert_eq!(names(&alias).await, Ok(other.id.clone()));
    let rows = format!("{:?}", stage.installation.items_under(ROWS).await);
    assert_eq!((rows.matches("\"key_aliased\"").count(), rows.matches("\"key_alias_removed\"").count()), (2, 1), "{rows}");
}

#[tokio::test]
async fn an_alias_names_its_key_until_that_is_revoked() {
    let (stage, operator) = with_partner().await;
    let (_, key) = create_key(&operator, new_key(&[Scope::DesktopManage])).await.expect("a key");
    let (_, other) = create_key(&operator, new_key(&[Scope::Admin])).await.expect("a key");
    let alias = Secret::new("sk_conductor_0123456789abcdef");
    let named = async |scope| authenticate(&stage.app, Some(&alias), &[scope]).await.map(|key| key.id);
    assert!(matches!(named(Scope::DesktopManage).await, Err(Error::Unauthenticated(_))));

    let partner = id("second");
    alias_key(&operator, &partner, &key.id, &alias).await.expect("an alias");
    assert_eq!(named(Scope::DesktopManage).await, Ok(key.id.clone()));
    assert!(matches!(named(Scope::Admin).await, Err(Error::Forbidden { .. })));
    let company_key = CompanyKey::parse("nobody-here").expect("a company key");
    let read = authenticate_and_read(&stage.app, Some(&alias), &[Scope::DesktopManage], &company_key).await;
    assert_eq!(read.err(), Some(Error::NO_CONNECTION));

    let taken = alias_key(&operator, &partner, &other.id, &alias).await;
    assert_eq!(taken.map_err(|error| error.code()).err(), Some("alias_exists"));
    for bad in ["sk_conductor_short", "cf_live_second_0123456789abcdef", "sk_live_with a space in it", ""] {
        let refused = alias_key(&operator, &partner, &key.id, &Secret::new(bad)).await;
        assert_eq!(refused.map_err(|error| error.code()).err(), Some("invalid_alias"), "{bad}");
    }
    assert!(!stage.installation.items_under(ROWS).await.iter().any(|(_, row)| format!("{row:?}").contains(alias.expose())));

    revoke_key(&operator, &partner, &key.id).await.expect("revoked");
    stage.clock.advance(stage.app.settings.key_memory);
    assert!(matches!(named(Scope::DesktopManage).await, Err(Error::Unauthenticated(_))));
}
