//! Documents of requests.

use counterfoil_core::port::qbxml::Qbxml as _;
use counterfoil_desktop::protocol::Protocol;
use counterfoil_desktop::qbxml::{
    BYTES_MOST, DEPTH_MOST, Element, REQUEST_ID_LONGEST, REQUESTS_MOST, Unwritable, Version, document,
};
use proptest::prelude::*;

use crate::elements::any_element;
use crate::orders::any_request;

fn one(request: Element) -> Result<String, Unwritable> {
    document(Version::OWN, vec![("1".to_owned(), request)])
}

#[test]
fn a_document_has_its_declarations_and_its_requests_in_order() {
    let checks = Element::new("CheckQueryRq").with_attribute("iterator", "Start").with_text("IncludeLineItems", "true");
    let checks = checks.with_text("MaxReturned", "100").with_attribute("requestID", "replaced");
    let requests = vec![("job_1".to_owned(), checks), ("job_2".to_owned(), Element::new("HostQueryRq"))];
    let expected = "<?xml version=\"1.0\" encoding=\"utf-8\"?><?qbxml version=\"13.0\"?><QBXML><QBXMLMsgsRq onError=\"stopOnError\">\
                    <CheckQueryRq requestID=\"job_1\" iterator=\"Start\"><MaxReturned>100</MaxReturned><IncludeLineItems>true\
                    </IncludeLineItems></CheckQueryRq><HostQueryRq requestID=\"job_2\"></HostQueryRq></QBXMLMsgsRq></QBXML>";
    assert_eq!(document(Version::OWN, requests).as_deref(), Ok(expected));
}

#[test]
fn no_newer_version_is_spoken_than_both_sides_know() {
    let majors = [1, 7, 8, 12, 13, 14, 16, u16::MAX];
    for (version, spoken) in [
        (Version::OWN, ["8.0", "12.0", "13.0", "13.0", "13.0", "13.0"]),
        (Version::NEWEST, ["8.0", "12.0", "13.0", "14.0", "16.0", "16.0"]),
    ] {
        let document = document(version, vec![("1".to_owned(), Element::new("HostQueryRq"))]).expect("a document");
        let sent = |major| Protocol.for_version(&document, major);
        let declared = |spoken: &str| document.replace(&format!("version=\"{version}\""), &format!("version=\"{spoken}\""));
        let expected = spoken.map(|spoken| Some(declared(spoken)));
        assert_eq!(majors.map(sent), [&[None, None], expected.as_slice()].concat().as_slice());
        assert_eq!(sent(0), Some(declared("13.0")), "a Web Connector that does not say the version");
    }
}

#[test]
fn what_cannot_be_written_is_refused_with_the_reason() {
    let nested = |levels: usize| (1..levels).fold(Element::new("A"), |inner, _| Element::new("A").with(inner));
    for (request, error) in [
        (Element::new(""), Unwritable::Name(String::new())),
        (Element::new("A").with(Element::new("a b")), Unwritable::Name("a b".to_owned())),
        (Element::new("A><B"), Unwritable::Name("A><B".to_owned())),
        (Element::new("A".repeat(65)), Unwritable::Name("A".repeat(64))),
        (Element::new("A").with_attribute("x y", ""), Unwritable::Name("x y".to_owned())),
        (Element::new("A").with_text("Memo", "\u{1b}"), Unwritable::Character("Memo".to_owned())),
        (Element::new("A").with_attribute("x", "\0"), Unwritable::Character("A".to_owned())),
        (Element::of_text("A", "text").with(Element::new("B")), Unwritable::MixedContent("A".to_owned())),
        (nested(DEPTH_MOST - 1), Unwritable::TooDeep),
        (Element::of_text("A", "x".repeat(BYTES_MOST)), Unwritable::TooLarge),
    ] {
        assert_eq!(one(request), Err(error));
    }
    assert!(one(nested(DEPTH_MOST - 2)).is_ok_and(|xml| Element::parse(&xml).is_ok()));
}

#[test]
fn a_document_has_from_one_to_twenty_requests_with_ids_that_quickbooks_accepts() {
    let host = |id: String| (id, Element::new("HostQueryRq"));
    let many = |count| document(Version::OWN, (0..count).map(|n| host(n.to_string())).collect());
    assert_eq!([0, REQUESTS_MOST + 1].map(many), [Err(Unwritable::RequestCount), Err(Unwritable::RequestCount)]);
    assert!(many(REQUESTS_MOST).is_ok());
    let with_id = |length| document(Version::OWN, vec![host("é".repeat(length))]).err();
    assert_eq!(with_id(0), Some(Unwritable::RequestId));
    assert_eq!(with_id(REQUEST_ID_LONGEST + 1), Some(Unwritable::RequestId));
    assert_eq!(with_id(REQUEST_ID_LONGEST), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(request in prop_oneof![any_request(), any_element()]) {
        let xml = one(request.clone()).expect("a document");
        let document = Element::parse(&xml).expect("XML");
        let written = document.child("QBXMLMsgsRq").and_then(|messages| messages.children.first()).expect("a request");
        prop_assert_eq!(written.attribute("requestID"), Some("1"));
        prop_assert_eq!(&written.children, &request.children);
    }
}
