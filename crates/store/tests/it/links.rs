//! Connect links: stored by their hash beside their partner, revoked once.

use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::audit::{Action, Actor, Audit, Subject};
use counterfoil_core::model::connect_link::{ConnectLink, LinkId};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::model::time::later;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::partners::LinkStore as _;
use counterfoil_core::port::store::vault::Consent;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_core::settings::AUDIT_RETENTION;
use counterfoil_testkit::fixture::{START, by_operator, connection};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::ToSpan as _;

use crate::harness::{consent, store};

fn link(token: &str) -> ConnectLink {
    let hash = Fingerprint::of(token);
    ConnectLink {
        id: LinkId::of(&hash),
        partner: PartnerId::default_partner(),
        hash,
        platform: PlatformName::Xero,
        company_key: Some(CompanyKey::parse("acme").expect("a key")),
        company_name: Some("Acme".to_owned()),
        redirect_uri: Some("https://partner.test/done".to_owned()),
        state: Some("s".to_owned()),
        key: KeyId::parse("0123456789abcdef"),
        uses: 3,
        used: 0,
        created_at: START,
        expires_at: START + 1.hour(),
        revoked_at: None,
    }
}

fn audit(action: Action, id: &str) -> Audit {
    let subject = Subject::Partner(PartnerId::default_partner());
    let by_operator = by_operator(&PartnerId::default_partner(), action);
    Audit { id: id.to_owned(), subject, at: START + 1.minute(), actor: Actor::Anonymous, ..by_operator }
}

#[tokio::test]
async fn o12_a_link_is_read_back_unchanged_and_expires_a_month_after_its_end() {
    let store = store().await;
    let full = link("full");
    let bare = ConnectLink { company_key: None, company_name: None, redirect_uri: None, state: None, ..link("bare") };
    for link in [&full, &bare] {
        store.table.create_link(link, &audit(Action::LinkCreated, &link.id.to_string())).await.expect("a table");
        assert_eq!(store.table.link(&link.partner, &link.id).await, Ok(Some(link.clone())));
    }
    let item = store.item("PARTNER#default", &format!("LINK#{}", full.id)).await.expect("its item");
    assert_eq!(item["ttl"].as_n().expect("a number"), &(full.expires_at + 720.hours()).as_second().to_string());
    let row = store.item("PARTNER#default", &format!("AUDIT#{}", full.id)).await.expect("its audit row");
    assert_eq!(row["action"].as_s().expect("text"), "link_created");
    assert_eq!(row["ttl"].as_n().expect("a number"), &later(START, AUDIT_RETENTION).as_second().to_string());

    let mut ids = [full.id.clone(), bare.id.clone()];
    ids.sort();
    let listed = async |after: Option<&LinkId>, most| {
        let links = store.table.links(&full.partner, after, most).await.expect("a table");
        links.into_iter().map(|link| link.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, 10).await, ids);
    assert_eq!((listed(None, 1).await, listed(Some(&ids[0]), 10).await), (vec![ids[0].clone()], vec![ids[1].clone()]));
    let nobodys = PartnerId::parse("rival").expect("an id");
    assert_eq!(store.table.link(&nobodys, &full.id).await, Ok(None), "a2");
}

#[tokio::test]
async fn o12_a_link_is_revoked_once_with_its_audit_row() {
    let store = store().await;
    let made = link("made");
    store.table.create_link(&made, &audit(Action::LinkCreated, "created")).await.expect("a table");
    let revoke = async |id: &str| store.table.revoke_link(&made.partner, &made.id, &audit(Action::LinkRevoked, id)).await;
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply).times(1));
    assert_eq!(revoke("first").await, Ok(Written::Stored), "a lost answer is the same write");
    assert_eq!(revoke("second").await, Ok(Written::Overtaken));
    let found = store.table.link(&made.partner, &made.id).await.expect("a table").expect("the link");
    assert_eq!(found.revoked_at, Some(START + 1.minute()));
    assert!(store.item("PARTNER#default", "AUDIT#second").await.is_none(), "nothing was changed");
    let unknown = LinkId::parse("0123456789abcdef").expect("an id");
    let refused = store.table.revoke_link(&made.partner, &unknown, &audit(Action::LinkRevoked, "third")).await;
    assert_eq!(refused, Ok(Written::Overtaken));
}

#[tokio::test]
async fn o12_a_link_counts_its_uses_with_the_connection_and_refuses_one_too_many() {
    let store = store().await;
    let made = ConnectLink { uses: 2, ..link("made") };
    let revoked = ConnectLink { uses: 2, ..link("revoked") };
    for link in [&made, &revoked] {
        store.table.create_link(link, &audit(Action::LinkCreated, &link.id.to_string())).await.expect("a table");
    }
    let revoke = audit(Action::LinkRevoked, "revoke");
    assert_eq!(store.table.revoke_link(&revoked.partner, &revoked.id, &revoke).await, Ok(Written::Stored));
    let write = async |link: &ConnectLink, company_key: &str| {
        let (connection, flow) = (connection(company_key), store.exchanged_flow(company_key).await);
        let consent = Consent { link: Some(link.id.clone()), ..consent(&connection, None, flow) };
        let written = store.table.write_consent(&consent).await.expect("a table that answers");
        (written, store.table.read(&connection.id).await.expect("a table").is_some())
    };
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply).times(1));
    assert_eq!(write(&made, "one").await, (ConsentWritten::Stored, true), "a lost answer is the same use");
    assert_eq!(write(&made, "two").await, (ConsentWritten::Stored, true));
    assert_eq!(write(&made, "three").await, (ConsentWritten::LinkIsOver, false));
    assert_eq!(write(&revoked, "four").await, (ConsentWritten::LinkIsOver, false));
    let found = store.table.link(&made.partner, &made.id).await.expect("a table").expect("the link");
    assert_eq!((found.used, found.uses, found.is_used_up()), (2, 2, true));
}
