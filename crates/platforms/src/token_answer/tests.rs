use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::freshbooks::Freshbooks;
use crate::quickbooks::Quickbooks;
use crate::vendor::Vendor as _;
use crate::xero::Xero;

const SENT: Timestamp = Timestamp::constant(1_789_400_000, 0);
const HOUR: u64 = 3_600;

/// The grant of an answer with this text.
fn grant(rules: &Rules, text: &str) -> Grant {
    let answer = TokenAnswer::read(Fields::of(text, &["access_token"]));
    let answer = answer.unwrap_or_else(|_| panic!("no token in {text}"));
    answer.into_grant(rules, None, SENT, UnreadAnswer::new(text))
}

fn tokens(grant: &Grant) -> (&str, Option<&str>) {
    (grant.access_token.expose(), grant.refresh_token.as_ref().map(Secret::expose))
}

fn life(grant: &Grant) -> u64 {
    until(SENT, grant.access_token_expires_at).as_secs()
}

fn with(fields: &str) -> String {
    format!(r#"{{"access_token":"access","refresh_token":"refresh",{fields}}}"#)
}

#[test]
fn a_lifetime_is_between_a_minute_and_the_platforms_longest() {
    for (said, expected) in [
        (r#""43200""#, 43_200),
        ("3599.5", 3_599),
        ("600", 600),
        ("1", 60),
        ("43200000", 43_200),
        ("18446744073709551616", 43_200),
        ("1e30", 43_200),
        ("1e999", 43_200),
        ("-1", 43_200),
        ("0", 43_200),
        ("null", 43_200),
        ("true", 43_200),
        (r#"{"seconds":600}"#, 43_200),
        (r#""soon""#, 43_200),
        (r#""NaN""#, 43_200),
    ] {
        let grant = grant(&Freshbooks::RULES, &with(&format!(r#""expires_in":{said}"#)));
        assert_eq!((life(&grant), tokens(&grant)), (expected, ("access", Some("refresh"))), "{said}");
    }
    assert_eq!(life(&grant(&Xero::RULES, &with(r#""expires_in":43200"#))), 1_800);
}

#[test]
fn the_lives_of_a_refresh_token_are_limited_to_the_longest_known_ones() {
    let ends = |fields: &str| {
        let grant = grant(&Quickbooks::RULES, &with(fields));
        let days = |end: Option<Timestamp>| end.map(|end| until(SENT, end).as_secs() / 86_400);
        (days(grant.refresh_token_expires_at), days(grant.hard_expires_at))
    };
    assert_eq!(
        ends(r#""x_refresh_token_expires_in":8726400,"x_refresh_token_hard_expires_in":157680000"#),
        (Some(101), Some(1_825))
    );
    assert_eq!(ends(r#""x_refresh_token_expires_in":"864000""#), (Some(10), None));
    // A life above the longest known one becomes the longest known one, not the default.
    assert_eq!(ends(r#""x_refresh_token_expires_in":31536000,"x_refresh_token_hard_expires_in":1e12"#), (Some(101), Some(1_830)));
    assert_eq!(ends(r#""x_refresh_token_expires_in":[1],"x_refresh_token_hard_expires_in":"never""#), (Some(100), None));
    assert_eq!(ends(r#""x_refresh_token_expires_in":-5,"x_refresh_token_hard_expires_in":0"#), (Some(100), None));
}

#[test]
fn r11_a_token_counts_from_when_it_was_made_if_that_can_be() {
    let made = |created_at: &str| {
        let grant = grant(&Freshbooks::RULES, &with(&format!(r#""expires_in":{HOUR},"created_at":{created_at}"#)));
        (until(grant.issued_at, SENT).as_secs(), life(&grant))
    };
    assert_eq!(made("1789399000"), (1_000, HOUR - 1_000));
    assert_eq!(made(r#""1789399000""#), (1_000, HOUR - 1_000));
    assert_eq!(made("1789399000.5").0, 999);
    // By its own time it has half a minute left; then every read would refresh it.
    assert_eq!(made("1789396430"), (3_570, 60));
    for absurd in ["1789400001", "1789396400", "0", "1e300", "1789400000000", "null", "[]", r#""now""#] {
        assert_eq!(made(absurd), (0, HOUR), "{absurd}");
    }
}

#[test]
fn scopes_are_read_from_a_text_and_from_a_list() {
    let scopes = |said: &str| grant(&Xero::RULES, &with(&format!(r#""scope":{said}"#))).scopes;
    let both = Some(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!((scopes(r#""a b""#), scopes(r#""a,b""#), scopes(r#"["a","b"]"#)), (both.clone(), both.clone(), both));
    assert_eq!((scopes("7"), scopes("null"), scopes(r#"{"a":1}"#)), (None, None, None));
}

#[test]
fn of_a_repeated_token_the_last_readable_one_is_used() {
    let twice = grant(&Xero::RULES, r#"{"access_token":"old","access_token":"new","refresh_token":"r","refresh_token":"r"}"#);
    assert_eq!((tokens(&twice), twice.unread.clone()), (("new", Some("r")), None));
    let voided = grant(&Xero::RULES, r#"{"access_token":"a","refresh_token":"r","access_token":null,"refresh_token":null}"#);
    assert_eq!((tokens(&voided), voided.unread.clone()), (("a", Some("r")), None));
}

#[test]
fn a_refresh_token_that_cannot_be_read_leaves_the_access_token_and_the_answer() {
    for said in ["7", r#"{"value":"r"}"#, r#"["r"]"#, r#""r r""#, "true", r#""r","refresh_token":"other""#] {
        let text = format!(r#"{{"refresh_token":{said},"access_token":"a"}}"#);
        let grant = grant(&Freshbooks::RULES, &text);
        assert_eq!(grant.access_token.expose(), "a", "{said}");
        assert_eq!(grant.unread, Some(UnreadAnswer::new(text)), "{said}");
    }
    for absent in
        [r#"{"access_token":"a"}"#, r#"{"access_token":"a","refresh_token":null}"#, r#"{"access_token":"a","refresh_token":""}"#]
    {
        let grant = grant(&Freshbooks::RULES, absent);
        assert_eq!((tokens(&grant), grant.unread.clone()), (("a", None), None), "{absent}");
    }
}

#[test]
fn text_around_the_tokens_does_not_lose_them() {
    for text in [
        r#"{"access_token":"a","refresh_token":"r"} and more"#,
        r#"{"access_token":"a","refresh_token":"r"}{"access_token":"x"}"#,
        r#"{"access_token":"a","refresh_token":"r","expires_in":36"#,
        r#"{"expires_in":36 00,"access_token":"a","scope":"#.trim_end_matches(','),
        r#")]}',
           {"access_token" : " a\n", "refresh_token":"r",,}"#,
        r#"{"response":{"access_token":"a","refresh_token":"r"}}"#,
        r#"[{"created_at":NaN,"access_token":"a","note":"\"{","refresh_token":"r"}]"#,
    ] {
        let grant = grant(&Xero::RULES, text);
        assert_eq!(grant.access_token.expose(), "a", "{text}");
        let has_one = text.contains("refresh_token");
        assert_eq!(grant.refresh_token.as_ref().map(Secret::expose), has_one.then_some("r"), "{text}");
    }
}

#[test]
fn tokens_are_found_after_any_number_of_other_fields() {
    let others = r#""other":0,"#.repeat(50_000);
    let repeated = r#""refresh_token":"r","#.repeat(10_000);
    let answer = grant(&Xero::RULES, &format!(r#"{{{others}{repeated}"access_token":"a"}}"#));
    assert_eq!((tokens(&answer), answer.unread.clone()), (("a", Some("r")), None));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_in_any_other_field_keeps_the_tokens(
        known in prop::collection::vec((0_usize..8, any_json()), 0..8),
        others in prop::collection::vec((any::<String>(), any_json()), 0..4),
        tokens_at in 0_usize..12,
    ) {
        let names = ["expires_in", "x_refresh_token_expires_in", "x_refresh_token_hard_expires_in", "scope", "created_at",
            "api_domain", "token_type", "error"];
        let mut fields: Vec<_> = known.into_iter().map(|(at, value)| format!("{}:{value}", json!(names[at]))).collect();
        let is_token = |name: &str| name == "access_token" || name == "refresh_token";
        fields.extend(others.into_iter().filter(|(name, _)| !is_token(name)).map(|(name, value)| format!("{}:{value}", json!(name))));
        fields.insert(tokens_at.min(fields.len()), r#""access_token":"access","refresh_token":"refresh""#.to_owned());
        let text = format!("{{{}}}", fields.join(","));
        for rules in [&Quickbooks::RULES, &Xero::RULES, &Freshbooks::RULES] {
            let grant = grant(rules, &text);
            prop_assert_eq!(tokens(&grant), ("access", Some("refresh")));
            prop_assert!(grant.unread.is_none());
            let most = rules.access_token_life.as_secs();
            prop_assert!((60..=most).contains(&life(&grant)));
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>(), json in any_json(), cut in 0_usize..400) {
        for text in [text, format!(r#"{{"access_token":{json},"x":{json}}}"#)] {
            let cut: String = text.chars().take(cut).collect();
            if let Ok(answer) = TokenAnswer::read(Fields::of(&cut, &["access_token"])) {
                answer.into_grant(&Xero::RULES, None, SENT, UnreadAnswer::new(cut.as_str()));
            }
        }
    }
}
