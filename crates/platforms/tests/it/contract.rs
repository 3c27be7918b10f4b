//! The contract of every platform.

use std::time::Duration;

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::time::later;
use counterfoil_core::port::platform::{ConfirmFailure, Revoke, RevokeFailure, TokenFailure};
use counterfoil_stand_ins::Rotation;
use serde_json::json;

use crate::rows::{Row, row, rows};
use crate::stand_in::{STATE, StandIn};

/// Runs a test on each platform. A failure names it.
async fn on_each(test: impl AsyncFn(StandIn)) {
    for row in rows() {
        test(StandIn::start(row).await).await;
    }
}

/// The error of a result whose success cannot be shown.
fn failure<T>(result: Result<T, TokenFailure>, of: Row) -> TokenFailure {
    result.err().unwrap_or_else(|| panic!("{}: it succeeded", of.name))
}

#[tokio::test]
async fn a_consent_becomes_a_grant_that_reaches_the_companies() {
    on_each(async |stand_in| {
        let (name, row) = (stand_in.row.name, stand_in.row);
        let callback = stand_in.consent().await;
        assert_eq!(callback["state"], STATE, "{name}");
        assert_eq!(stand_in.read(&callback).region.as_deref(), row.region, "{name}");
        assert_eq!(stand_in.read(&callback).claim.as_deref(), stand_in.claim(), "{name}");
        let before = stand_in.now().await;
        let grant = stand_in.exchange(&callback).await.unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        assert!(grant.refresh_token.is_some(), "{name}");
        let life = Duration::from_secs(row.access_token_seconds.unsigned_abs());
        let (least, most) = (later(before, life), later(stand_in.now().await, life));
        assert!((least..=most).contains(&grant.access_token_expires_at), "{name}: {}", grant.access_token_expires_at);
        assert_eq!(grant.missing_scopes(stand_in.platform.scopes()), [""; 0], "{name}");
        assert_eq!(grant.region.as_deref(), row.region, "{name}");

        let found = stand_in.companies(&grant, stand_in.claim()).await.expect("they are named");
        let ids: Vec<_> = found.companies.iter().map(|company| company.company_id.as_str()).collect();
        assert_eq!(ids, row.company_ids(), "{name}");
        assert!(found.named_by_consent, "{name}");
        for company in &found.companies {
            assert!(company.api_base_url.ends_with(row.api) && !company.name.is_empty(), "{name}: {company:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_comes_back_as_access_denied_without_a_code() {
    on_each(async |stand_in| {
        let callback = stand_in.decide("cancel", &[]).await;
        assert_eq!(callback.get("error").map(String::as_str), Some("access_denied"), "{}", stand_in.row.name);
        assert!(!callback.contains_key("code"), "{}", stand_in.row.name);
    })
    .await;
}

#[tokio::test]
async fn a_code_works_once_and_an_unknown_one_never() {
    on_each(async |stand_in| {
        let callback = stand_in.consent().await;
        let mut forged = callback.clone();
        forged.insert("code".to_owned(), "made-up".to_owned());
        assert_eq!(failure(stand_in.exchange(&forged).await, stand_in.row), TokenFailure::Refused, "{}", stand_in.row.name);
        assert!(stand_in.exchange(&callback).await.is_ok(), "{}", stand_in.row.name);
        assert_eq!(failure(stand_in.exchange(&callback).await, stand_in.row), TokenFailure::Refused, "{}", stand_in.row.name);
    })
    .await;
}

#[tokio::test]
async fn o7_a_code_is_refused_without_its_verifier() {
    on_each(async |stand_in| {
        let (name, pkce) = (stand_in.row.name, stand_in.row.pkce);
        assert_eq!(stand_in.page().contains("code_challenge_method=S256"), pkce, "{name}");
        if pkce {
            let callback = stand_in.consent().await;
            let another = "another-verifier-of-forty-three-characters-or-so";
            let refused = failure(stand_in.exchange_with(&callback, another).await, stand_in.row);
            assert_eq!(refused, TokenFailure::Refused, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn r11_a_refresh_follows_the_platforms_rotation() {
    on_each(async |stand_in| {
        let name = stand_in.row.name;
        let grant = stand_in.grant().await;
        let first = grant.refresh_token.expect("one");
        let refreshed = stand_in.refresh(&first).await.unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        assert!(refreshed.access_token.expose() != grant.access_token.expose(), "{name}");
        let repeated = refreshed.refresh_token.as_ref().map(|token| token.expose() == first.expose());
        let expected = match stand_in.row.rotation {
            Rotation::Silent => None,
            Rotation::Repeated => Some(true),
            Rotation::Graceful | Rotation::OneUse => Some(false),
        };
        assert_eq!(repeated, expected, "{name}");
        let again = stand_in.refresh(&first).await.map(|_| ());
        let one_use = stand_in.row.rotation == Rotation::OneUse;
        assert_eq!(again, if one_use { Err(TokenFailure::Refused) } else { Ok(()) }, "{name}");
    })
    .await;
}

#[tokio::test]
async fn an_expired_access_token_is_refused_and_a_refreshed_one_is_not() {
    on_each(async |stand_in| {
        let name = stand_in.row.name;
        let grant = stand_in.grant().await;
        stand_in.control("clock", json!({ "advance_seconds": stand_in.row.access_token_seconds + 1 })).await;
        let found = stand_in.companies(&grant, stand_in.claim()).await;
        assert_eq!(found, Err(ConfirmFailure::Unauthorized), "{name}");
        let refreshed = stand_in.refresh(&grant.refresh_token.expect("one")).await;
        let refreshed = refreshed.unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        assert!(stand_in.companies(&refreshed, stand_in.claim()).await.is_ok(), "{name}");
    })
    .await;
}

#[tokio::test]
async fn r8_a_grant_that_the_customer_withdrew_is_refused() {
    on_each(async |stand_in| {
        let grant = stand_in.grant().await;
        let disconnect = serde_json::from_str(stand_in.row.disconnect).expect("JSON");
        stand_in.control("revoke", disconnect).await;
        let refreshed = stand_in.refresh(&grant.refresh_token.expect("one")).await;
        assert_eq!(failure(refreshed, stand_in.row), TokenFailure::Refused, "{}", stand_in.row.name);
    })
    .await;
}

#[tokio::test]
async fn t5_a_revoked_grant_is_invalid_and_revoking_it_again_succeeds() {
    on_each(async |stand_in| {
        let name = stand_in.row.name;
        let grant = stand_in.grant().await;
        let refresh_token = grant.refresh_token.expect("one");
        let revoke = Revoke {
            access_token: &grant.access_token,
            refresh_token: &refresh_token,
            region: grant.region.as_deref(),
            company_id: stand_in.row.company_ids()[0],
        };
        assert_eq!(stand_in.platform.can_revoke(), stand_in.row.can_revoke, "{name}");
        if !stand_in.row.can_revoke {
            assert_eq!(stand_in.platform.revoke(revoke).await, Err(RevokeFailure), "{name}");
            return assert!(stand_in.refresh(&refresh_token).await.is_ok(), "{name}");
        }
        assert_eq!(stand_in.platform.revoke(revoke).await, Ok(()), "{name}");
        assert_eq!(failure(stand_in.refresh(&refresh_token).await, stand_in.row), TokenFailure::Refused, "{name}");
        assert_eq!(stand_in.platform.revoke(revoke).await, Ok(()), "{name}");
    })
    .await;
}

#[tokio::test]
async fn r8_a_temporary_failure_ends_no_grant() {
    on_each(async |stand_in| {
        let name = stand_in.row.name;
        let mut token = stand_in.grant().await.refresh_token.expect("one");
        for kind in ["throttled", "garbage", "oversized", "status", "reset"] {
            stand_in.fault(kind).await;
            let failed = failure(stand_in.refresh(&token).await, stand_in.row);
            match kind {
                "throttled" => assert!(matches!(failed, TokenFailure::Throttled { .. }), "{name}: {failed:?}"),
                "status" => assert_eq!(failed, TokenFailure::Broken { status: 503 }, "{name}"),
                "reset" => assert_eq!(failed, TokenFailure::NoAnswer, "{name}"),
                "oversized" => assert_eq!(failed, TokenFailure::Broken { status: 200 }, "{name}: eight megabytes of blanks"),
                _ => assert!(matches!(failed, TokenFailure::Unreadable { status: 200, .. }), "{name} {kind}: {failed:?}"),
            }
            let refreshed = stand_in.refresh(&token).await.unwrap_or_else(|failure| panic!("{name} {kind}: {failure:?}"));
            token = refreshed.refresh_token.unwrap_or(token);
        }
    })
    .await;
}

/// The time of a slow platform, which is longer than the time-out of other requests.
const SLOW_MS: u64 = 1_500;

/// On one platform, because all have the same client.
#[tokio::test]
async fn r3_a_token_request_waits_for_its_answer_for_the_senders_time() {
    let (row, given) = (row(PlatformName::Quickbooks), Duration::from_secs(1));
    let stand_in = StandIn::start_within(row, &[], given).await;
    let token = stand_in.grant().await.refresh_token.expect("one");
    let slow = async |delay: u64| {
        stand_in.control("faults", json!({ "at": "token", "kind": "slow", "delay_ms": delay, "times": 1 })).await;
    };
    slow(SLOW_MS).await;
    let refreshed = stand_in.refresh(&token).await.unwrap_or_else(|failure| panic!("{failure:?}"));
    slow(60_000).await;
    let token = refreshed.refresh_token.unwrap_or(token);
    assert_eq!(failure(stand_in.refresh_within(&token, given).await, row), TokenFailure::NoAnswer);
}

#[tokio::test]
async fn r8_wrong_client_credentials_end_no_grant() {
    for row in rows() {
        let secret = format!("{}_CLIENT_SECRET", row.name.as_str().to_ascii_uppercase());
        let stand_in = StandIn::start_with(row, &[(&secret, "wrong")]).await;
        let callback = stand_in.consent().await;
        assert_eq!(failure(stand_in.exchange(&callback).await, row), TokenFailure::ClientRefused, "{}", row.name);
    }
}

#[tokio::test]
async fn a7_a_platform_that_cannot_be_asked_for_companies_denies_nothing() {
    on_each(async |stand_in| {
        let grant = stand_in.grant().await;
        for kind in ["throttled", "garbage", "oversized", "status", "reset"] {
            stand_in.control("faults", json!({ "at": "api", "kind": kind, "times": 1 })).await;
            let found = stand_in.companies(&grant, stand_in.claim()).await;
            assert_eq!(found, Err(ConfirmFailure::Unavailable), "{} {kind}", stand_in.row.name);
        }
    })
    .await;
}

#[tokio::test]
async fn o18_an_unknown_token_reaches_no_company() {
    on_each(async |stand_in| {
        let grant = stand_in.grant().await;
        let forged = counterfoil_core::model::grant::Grant { access_token: Secret::new("made.up.token"), ..grant };
        let found = stand_in.companies(&forged, stand_in.claim()).await;
        assert_eq!(found, Err(ConfirmFailure::Unauthorized), "{}", stand_in.row.name);
    })
    .await;
}

#[tokio::test]
async fn o15_requested_scopes_that_were_not_granted_are_known() {
    on_each(async |stand_in| {
        // With no scopes or only one, nothing can be left out.
        let [granted @ .., left_out] = stand_in.platform.scopes() else { return };
        if granted.is_empty() {
            return;
        }
        stand_in.control("settings", json!({ "granted_scope": granted.join(" ") })).await;
        let grant = stand_in.grant().await;
        let missing = grant.missing_scopes(stand_in.platform.scopes());
        assert_eq!(missing, std::slice::from_ref(left_out), "{}", stand_in.row.name);
    })
    .await;
}
