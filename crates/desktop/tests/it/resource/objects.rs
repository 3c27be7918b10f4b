//! Full answers. They have every element of Intuit's schemas of qbXML 13.0, and the later ones that a resource shows. Each text is the name
//! of the place that it comes from.

use counterfoil_desktop::resource::{Resource, company};
use serde_json::Value;

use super::element;

fn read(resource: Resource, xml: &str) -> Value {
    resource.read(&element(xml)).expect("a full answer")
}

#[test]
fn checks() {
    insta::assert_json_snapshot!(read(Resource::Check, include_str!("answers/check.xml")));
}

#[test]
fn bill_check_payments() {
    insta::assert_json_snapshot!(read(Resource::BillCheckPayment, include_str!("answers/bill_payment_check.xml")));
}

#[test]
fn bills() {
    insta::assert_json_snapshot!(read(Resource::Bill, include_str!("answers/bill.xml")));
}

#[test]
fn invoices() {
    insta::assert_json_snapshot!(read(Resource::Invoice, include_str!("answers/invoice.xml")));
}

#[test]
fn vendors() {
    insta::assert_json_snapshot!(read(Resource::Vendor, include_str!("answers/vendor.xml")));
}

#[test]
fn customers() {
    insta::assert_json_snapshot!(read(Resource::Customer, include_str!("answers/customer.xml")));
}

#[test]
fn accounts() {
    insta::assert_json_snapshot!(read(Resource::Account, include_str!("answers/account.xml")));
}

#[test]
fn the_company() {
    insta::assert_json_snapshot!(company::read(&element(include_str!("answers/company.xml"))).expect("a full answer"));
}
