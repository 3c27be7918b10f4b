//! Tests of one platform's peculiarities.

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::port::platform::{CallbackFault, CallbackParameters, ConfirmFailure, Revoke, TokenFailure};
use counterfoil_stand_ins::xero::ORGANISATIONS;
use serde_json::json;

use crate::rows::row;
use crate::stand_in::StandIn;

#[tokio::test]
async fn o18_quickbooks_denies_a_realm_that_the_grant_is_not_for() {
    let stand_in = StandIn::start(row(PlatformName::Quickbooks)).await;
    let grant = stand_in.grant().await;
    assert_eq!(stand_in.companies(&grant, Some("9130357849067890")).await, Err(ConfirmFailure::Forbidden));
    assert_eq!(stand_in.companies(&grant, Some("../1")).await, Err(ConfirmFailure::Denied));
}

#[tokio::test]
async fn o14_xero_names_only_the_organisations_of_this_consent() {
    let stand_in = StandIn::start(row(PlatformName::Xero)).await;
    let [first, second, third] = [0, 1, 2].map(|index: usize| ORGANISATIONS[index].tenant_id);
    let both = stand_in.decide("connect", &[("tenant_id", first), ("tenant_id", third)]).await;
    let earlier = stand_in.exchange(&both).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(stand_in.companies(&earlier, None).await.map(|found| found.companies.len()), Ok(2));
    let later = stand_in.grant().await;
    let found = stand_in.companies(&later, None).await.expect("named");
    assert_eq!((found.companies.len(), found.companies[0].company_id.as_str(), found.named_by_consent), (1, second, true));

    let none = stand_in.decide("connect", &[]).await;
    let of_none = stand_in.exchange(&none).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    let found = stand_in.companies(&of_none, None).await.expect("all of the user's");
    assert_eq!((found.companies.len(), found.named_by_consent), (3, false), "a person's to choose");
}

#[tokio::test]
async fn t6_xero_loses_one_organisation_and_keeps_the_others() {
    let stand_in = StandIn::start(row(PlatformName::Xero)).await;
    let [first, second] = [0, 1].map(|index: usize| ORGANISATIONS[index].tenant_id);
    let callback = stand_in.decide("connect", &[("tenant_id", first), ("tenant_id", second)]).await;
    let grant = stand_in.exchange(&callback).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    let refresh_token = grant.refresh_token.clone().expect("one");
    let revoke = Revoke { access_token: &grant.access_token, refresh_token: &refresh_token, region: None, company_id: first };
    for _time in 1..=2 {
        assert_eq!(stand_in.platform.revoke(revoke).await, Ok(()));
        let left = stand_in.companies(&grant, None).await.expect("named").companies;
        assert_eq!(left.iter().map(|company| company.company_id.as_str()).collect::<Vec<_>>(), [second]);
    }
    assert!(stand_in.refresh(&refresh_token).await.is_ok());
}

#[tokio::test]
async fn o13_requests_go_only_to_zohos_own_data_centres() {
    let stand_in = StandIn::start(row(PlatformName::Zoho)).await;
    let callback = stand_in.consent().await;
    for (name, value) in [
        ("accounts-server", "https://accounts.zoho.evil.example"),
        ("accounts-server", "https://accounts.zoho.eu.evil.example"),
        ("accounts-server", "http://169.254.169.254"),
        ("accounts-server", ""),
        ("location", "in"),
        ("location", "EU"),
        ("location", ""),
    ] {
        let mut forged = callback.clone();
        forged.insert(name.to_owned(), value.to_owned());
        let read = stand_in.platform.read_callback(CallbackParameters { parameters: &forged, renews: None });
        assert_eq!(read, Err(CallbackFault::UnknownRegion), "{name}={value}");
    }
    for missing in ["accounts-server", "location"] {
        let mut shorter = callback.clone();
        shorter.remove(missing);
        assert_eq!(stand_in.read(&shorter).region.as_deref(), Some("eu"), "without {missing}");
    }
    assert_eq!(stand_in.token_requests().await, 0);
}

#[tokio::test]
async fn the_token_answer_names_zohos_data_centre_if_the_callback_does_not() {
    let mut zoho = row(PlatformName::Zoho);
    (zoho.sample.chosen, zoho.sample.region) = (&[("account", "us")], None);
    let stand_in = StandIn::start(zoho).await;
    let mut callback = stand_in.consent().await;
    callback.remove("accounts-server");
    callback.remove("location");
    let grant = stand_in.exchange(&callback).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(grant.region.as_deref(), Some("us"));
    let found = stand_in.companies(&grant, None).await.expect("named");
    assert_eq!(found.companies.len(), 2);
    assert!(found.companies[0].api_base_url.ends_with("/zoho/us/api/books/v3"), "{:?}", found.companies[0]);
}

#[tokio::test]
async fn zoho_throttles_the_eleventh_refresh_and_ends_nothing() {
    let stand_in = StandIn::start(row(PlatformName::Zoho)).await;
    let token = stand_in.grant().await.refresh_token.expect("one");
    for number in 1..=10 {
        assert!(stand_in.refresh(&token).await.is_ok(), "{number}");
    }
    let eleventh = stand_in.refresh(&token).await.err();
    assert!(matches!(eleventh, Some(TokenFailure::Throttled { retry_after: Some(pause) }) if pause.as_secs() == 600));
    stand_in.control("clock", json!({ "advance_seconds": 601 })).await;
    assert!(stand_in.refresh(&token).await.is_ok());
}

#[tokio::test]
async fn a_zoho_data_centres_own_secret_is_used_there() {
    let zoho = row(PlatformName::Zoho);
    let right = StandIn::start_with(zoho, &[("ZOHO_CLIENT_SECRET", "wrong"), ("ZOHO_CLIENT_SECRET_EU", "stand-in-zoho-secret")]);
    assert!(right.await.grant().await.refresh_token.is_some());
    let wrong = StandIn::start_with(zoho, &[("ZOHO_CLIENT_SECRET_EU", "wrong")]).await;
    let callback = wrong.consent().await;
    assert_eq!(wrong.exchange(&callback).await.err(), Some(TokenFailure::ClientRefused));
}

#[tokio::test]
async fn r11_freshbooks_counts_from_when_the_token_was_made() {
    let stand_in = StandIn::start(row(PlatformName::Freshbooks)).await;
    stand_in.control("settings", json!({ "access_token_age_seconds": 3_600 })).await;
    let grant = stand_in.grant().await;
    let left = grant.access_token_expires_at.as_second() - stand_in.now().await.as_second();
    assert!((39_590..=39_600).contains(&left), "{left}");
}

#[tokio::test]
async fn freeagent_has_no_scopes_and_a_grant_that_ends_twenty_years_after_its_consent() {
    let stand_in = StandIn::start(row(PlatformName::Freeagent)).await;
    assert!(!stand_in.page().contains("scope"), "{}", stand_in.page());
    let callback = stand_in.consent().await;
    let grant = stand_in.exchange(&callback).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    let consented_at = stand_in.now().await;
    assert_eq!(grant.refresh_token_expires_at, None, "it lives however seldom it is used");
    let ends_at = grant.hard_expires_at.expect("the answer says it");
    stand_in.control("clock", json!({ "advance_seconds": 86_400 })).await;
    let refreshed = stand_in.refresh(&grant.refresh_token.expect("one")).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    let moved = refreshed.hard_expires_at.expect("the answer says it").as_second() - ends_at.as_second();
    assert!(moved.abs() <= 2, "a refresh puts it off by {moved} s");
    assert_eq!((ends_at.as_second() - consented_at.as_second()) / 31_536_000, 20);

    let mut named = callback.clone();
    named.insert("iss".to_owned(), "https://api.freeagent.com".to_owned());
    let read = stand_in.platform.read_callback(CallbackParameters { parameters: &named, renews: None });
    assert_eq!(read, Err(CallbackFault::WrongIssuer), "it has none");
}
