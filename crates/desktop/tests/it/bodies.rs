//! The sizes of SOAP bodies: they stay below what the gateway takes.

use counterfoil_core::service::job::ask::REQUEST_MOST;
use counterfoil_desktop::session::{BODY_MOST, escaped_length, fitting_page};
use counterfoil_desktop::soap::Answer;
use proptest::prelude::*;

/// The largest page of the API.
const PAGE_MOST: usize = 150;
/// How many lines an object has here beside its own.
const LINES: usize = 7;

/// An object of each resource with every field of it, and one of its lines.
const OBJECTS: [(&str, &str); 7] = [
    (include_str!("resource/answers/account.xml"), "DataExtRet"),
    (include_str!("resource/answers/bill.xml"), "ItemLineRet"),
    (include_str!("resource/answers/bill_payment_check.xml"), "AppliedToTxnRet"),
    (include_str!("resource/answers/check.xml"), "ItemLineRet"),
    (include_str!("resource/answers/customer.xml"), "ContactsRet"),
    (include_str!("resource/answers/invoice.xml"), "InvoiceLineRet"),
    (include_str!("resource/answers/vendor.xml"), "ContactsRet"),
];

#[test]
fn a_full_page_of_objects_with_every_field_and_some_lines_fits_into_a_body() {
    for (object, line) in OBJECTS {
        let (start, end) = (format!("<{line}>"), format!("</{line}>"));
        let from = object.find(&start).unwrap_or_else(|| panic!("no {line}"));
        let to = object.find(&end).expect("an end") + end.len();
        let lines = object[from..to].repeat(LINES);
        let page = format!("{}{lines}{}", &object[..to], &object[to..]).repeat(PAGE_MOST);
        assert!(escaped_length(&page) < BODY_MOST, "{line}: {}", escaped_length(&page));
        assert_eq!(fitting_page(150, &page, PAGE_MOST), 150, "{line}");
    }
}

#[test]
fn the_largest_request_fits_into_a_body() {
    for character in ["\"", "&", "<", ">", "'", "a"] {
        let body = Answer::SendRequestXml(character.repeat(REQUEST_MOST)).to_xml();
        assert!(body.len() < BODY_MOST, "{character}: {}", body.len());
    }
}

#[test]
fn the_page_after_a_large_one_is_smaller() {
    let page = |bytes: usize| "a".repeat(bytes);
    assert_eq!(fitting_page(150, &page(BODY_MOST), 150), 150);
    assert_eq!(fitting_page(150, &page(BODY_MOST), 75), 75);
    assert_eq!(fitting_page(100, &page(2 * BODY_MOST), 1), 1);
    assert_eq!(fitting_page(150, "", 0), 150);
}

proptest! {
    #[test]
    fn a_fitting_page_fits_if_its_objects_are_as_large(asked in 1_u32..=150, each in 1_usize..=40_000, objects in 1_usize..=150) {
        let fitting = fitting_page(asked, &"<".repeat(each * objects), objects);
        prop_assert!((1..=asked).contains(&fitting));
        let bytes = escaped_length(&"<".repeat(each)) * usize::try_from(fitting).expect("small");
        prop_assert!(bytes <= BODY_MOST || fitting == 1);
    }

    #[test]
    fn a_document_is_not_longer_in_a_body_than_its_escaped_length(document in "[a-z<>&\"' ]{0,200}") {
        let empty = Answer::SendRequestXml(String::new()).to_xml().len();
        let body = Answer::SendRequestXml(document.clone()).to_xml().len();
        prop_assert!(body <= empty + escaped_length(&document) + "</sendRequestXMLResult>".len());
    }
}
