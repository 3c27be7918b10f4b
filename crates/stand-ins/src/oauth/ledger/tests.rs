//! Tests of the ledger's bounds.

use url::Url;

use super::*;
use crate::oauth::ledger_bounds::MAX_GRANTS;
use crate::params::Params;
use crate::quickbooks::{Intuit, RedirectUris};

const KEYS: &str = "keys";

fn consent() -> Consent {
    Consent::new(KEYS, "holder", "", &Intuit::settings())
}

fn ask() -> AuthorizeRequest {
    AuthorizeRequest {
        client_id: KEYS.to_owned(),
        redirect_uri: Url::parse("http://localhost/").expect("an address"),
        redirect_uri_text: "uri".to_owned(),
        scope: String::new(),
        state: String::new(),
        challenge: None,
        params: Params::parse(b"").expect("none"),
    }
}

fn connect(ledger: &mut Ledger<Intuit>) -> Tokens {
    let now = Timestamp::UNIX_EPOCH;
    let code = ledger.issue_code(consent(), &ask(), now).expect("there is room");
    let exchange = Exchange { keys: KEYS, code, redirect_uri: "uri".to_owned(), verifier: None };
    let exchanged = ledger.exchange(&exchange, now);
    ledger.codes = Codes::default();
    exchanged.expect("the code is good")
}

fn refresh(ledger: &mut Ledger<Intuit>, refresh_token: &str) -> Option<Tokens> {
    let refresh = Refresh { keys: KEYS, token: refresh_token, raced: false, rotation: Rotate::Always };
    ledger.refresh(&refresh, Timestamp::UNIX_EPOCH).ok()
}

#[test]
fn a_grant_remembers_a_bounded_number_of_tokens() {
    let mut ledger = Ledger::<Intuit>::new(RedirectUris::default());
    let first = connect(&mut ledger);
    let mut refresh_token = first.refresh_token;
    for _ in 0..300 {
        refresh_token = refresh(&mut ledger, &refresh_token).expect("live").refresh_token;
    }
    assert!(ledger.tokens.len() <= 257, "{}", ledger.tokens.len());
    assert!(refresh(&mut ledger, &refresh_token).is_some());
}

#[test]
fn the_oldest_grant_is_deleted_if_there_are_too_many() {
    let mut ledger = Ledger::<Intuit>::new(RedirectUris::default());
    let oldest = connect(&mut ledger);
    let second = connect(&mut ledger);
    for _ in 2..=MAX_GRANTS {
        connect(&mut ledger);
    }
    assert_eq!(ledger.grants.len(), MAX_GRANTS);
    assert_eq!(ledger.tokens.len(), 2 * MAX_GRANTS);
    assert!(refresh(&mut ledger, &oldest.refresh_token).is_none());
    assert!(refresh(&mut ledger, &second.refresh_token).is_some());
}

#[test]
fn codes_are_bounded_and_expire() {
    let mut ledger = Ledger::<Intuit>::new(RedirectUris::default());
    let now = Timestamp::UNIX_EPOCH;
    let issued = std::iter::from_fn(|| ledger.issue_code(consent(), &ask(), now)).take(20_000).count();
    assert_eq!(issued, 10_000);
    let later = now + SignedDuration::from_mins(10);
    assert!(ledger.issue_code(consent(), &ask(), later).is_some());
}
