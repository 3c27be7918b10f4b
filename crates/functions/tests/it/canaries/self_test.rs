//! The search finds each kind of secret, in each form, in each sink.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::recorder::Recorded;
use super::secrets::{KINDS, Secrets, forms};
use super::sinks::Evidence;
use crate::harness::Row;

const SECRET: &str = "canary/secret+of\"every kind=1a2b";

fn row(name: &str, value: AttributeValue) -> Row {
    let key = |text: &str| AttributeValue::S(text.to_owned());
    Row::from([("PK".to_owned(), key("AUDIT#default")), ("SK".to_owned(), key("1")), (name.to_owned(), value)])
}

/// Nothing but this text, in one sink after another.
fn planted(text: &str) -> Vec<Evidence> {
    let (line, owned) = (format!("before {text} after"), text.to_owned());
    let answer = |status| Recorded { route: ("GET", "/health"), status, text: line.clone() };
    let logs = Evidence { logs: format!("{{}}\n{line}\n"), ..Evidence::default() };
    let results = Evidence { results: vec![line.clone()], ..Evidence::default() };
    let delivered = Evidence { delivered: vec![line.clone()], ..Evidence::default() };
    let answers = [200, 500].map(|status| Evidence { answers: vec![answer(status)], ..Evidence::default() });
    let values = [
        AttributeValue::S(owned.clone()),
        AttributeValue::B(Blob::new(line.clone())),
        AttributeValue::Ss(vec![owned.clone()]),
        AttributeValue::L(vec![AttributeValue::S(owned.clone())]),
        AttributeValue::M([("a".to_owned(), AttributeValue::S(owned.clone()))].into()),
        AttributeValue::M([(owned, AttributeValue::Null(true))].into()),
    ];
    let rows = values.map(|value| Evidence { rows: vec![row("detail", value)], ..Evidence::default() });
    let messages = Evidence { messages: vec![line.clone()], ..Evidence::default() };
    [logs, results, delivered, messages].into_iter().chain(answers).chain(rows).collect()
}

#[test]
fn t1_the_search_finds_each_kind_in_each_form_in_each_sink() {
    for kind in KINDS {
        let mut secrets = Secrets::default();
        secrets.keep(SECRET, kind);
        for form in forms(SECRET) {
            let form = String::from_utf8(form).expect("a text");
            for (sink, evidence) in planted(&form).into_iter().enumerate() {
                // The address of an endpoint belongs into the requests to it.
                let expected = usize::from(!(format!("{kind:?}") == "EndpointAddress" && sink == 2));
                assert_eq!(evidence.leaks(&secrets).len(), expected, "{kind:?} as {form} in sink {sink}");
            }
        }
        assert!(planted("nothing that is secret").iter().all(|evidence| evidence.leaks(&secrets).is_empty()));
    }
}

#[test]
fn t1_a_secret_is_found_in_the_base64_of_a_longer_text() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    let mut secrets = Secrets::default();
    secrets.keep(SECRET, KINDS[0]);
    for before in ["", "a", "ab", "abc", "client:"] {
        for encoded in [STANDARD.encode(format!("{before}{SECRET}!")), URL_SAFE.encode(format!("{before}{SECRET}"))] {
            let evidence = Evidence { logs: encoded.clone(), ..Evidence::default() };
            assert_eq!(evidence.leaks(&secrets).len(), 1, "{encoded}");
        }
    }
}
