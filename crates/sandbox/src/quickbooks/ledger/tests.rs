//! The bounds of what the ledger remembers.

use super::*;

fn consent() -> Consent {
    Consent {
        environment: Environment::Production,
        realm: Environment::Production.companies()[0].realm.to_owned(),
        scope: String::new(),
        scope_differs: false,
    }
}

fn connect(ledger: &mut Ledger) -> Tokens {
    let now = Timestamp::UNIX_EPOCH;
    let code = ledger.issue_code(consent(), "uri", now).expect("there is room");
    let exchanged = ledger.exchange(Environment::Production, &code, "uri", now);
    ledger.codes = Codes::default();
    exchanged.expect("the code is good")
}

fn refresh(ledger: &mut Ledger, refresh_token: &str) -> Option<Tokens> {
    let now = Timestamp::UNIX_EPOCH;
    ledger.refresh(Environment::Production, refresh_token, false, Rotation::Forced, now).ok()
}

#[test]
fn a_grant_remembers_a_bounded_number_of_tokens() {
    let mut ledger = Ledger::new(RedirectUris::default());
    let first = connect(&mut ledger);
    let mut refresh_token = first.refresh_token;
    for _ in 0..300 {
        refresh_token = refresh(&mut ledger, &refresh_token).expect("live").refresh_token;
    }
    assert!(ledger.tokens.len() <= 257, "{}", ledger.tokens.len());
    assert!(refresh(&mut ledger, &refresh_token).is_some());
}

#[test]
fn the_oldest_grant_makes_room_for_a_new_one() {
    let mut ledger = Ledger::new(RedirectUris::default());
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
fn codes_are_bounded_and_room_comes_back_with_time() {
    let mut ledger = Ledger::new(RedirectUris::default());
    let now = Timestamp::UNIX_EPOCH;
    let issued = std::iter::from_fn(|| ledger.issue_code(consent(), "uri", now)).take(20_000).count();
    assert_eq!(issued, 10_000);
    let later = now + SignedDuration::from_mins(10);
    assert!(ledger.issue_code(consent(), "uri", later).is_some());
}
