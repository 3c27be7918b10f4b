//! Pages: iterators, cursors, and the answers to clients.

use counterfoil_desktop::resource::{ListRequest, Next, Page, Resource, Step};
use serde_json::json;
use strum::VariantArray as _;

use super::{element, list};

fn good(resource: Resource, parameters: &str) -> ListRequest {
    list(resource, parameters).expect("good parameters")
}

#[test]
fn the_steps_of_an_iterator() {
    let request = good(Resource::Vendor, "limit=20&cursor=c");
    assert_eq!((request.limit(), request.cursor(), request.is_paged()), (Some(20), Some("c"), true));
    let query = |step| request.query(Page { most: Some(20), step: Some(step) }).to_xml();
    let rest = "<MaxReturned>20</MaxReturned><ActiveStatus>ActiveOnly</ActiveStatus><OwnerID>0</OwnerID></VendorQueryRq>";
    assert_eq!(query(Step::Start), format!("<VendorQueryRq iterator=\"Start\">{rest}"));
    assert_eq!(query(Step::Continue("{1}")), format!("<VendorQueryRq iterator=\"Continue\" iteratorID=\"{{1}}\">{rest}"));
    assert_eq!(query(Step::Stop("{1}")), format!("<VendorQueryRq iterator=\"Stop\" iteratorID=\"{{1}}\">{rest}"));
}

#[test]
fn lists_without_pages() {
    let page = Page { most: Some(5), step: Some(Step::Start) };
    let request = good(Resource::Account, "limit=5");
    assert_eq!((request.limit(), request.is_paged()), (Some(5), false));
    let query = "<AccountQueryRq><MaxReturned>5</MaxReturned><ActiveStatus>ActiveOnly</ActiveStatus><OwnerID>0</OwnerID></AccountQueryRq>";
    assert_eq!(request.query(page).to_xml(), query);
    assert_eq!(good(Resource::Account, "").limit(), None);
    let request = good(Resource::Vendor, "ids=1");
    assert_eq!((request.limit(), request.is_paged()), (Some(150), false));
    assert_eq!(request.query(page).to_xml(), "<VendorQueryRq><ListID>1</ListID><OwnerID>0</OwnerID></VendorQueryRq>");
}

#[test]
fn a_cursor_belongs_to_the_parameters_of_its_list() {
    let number = |parameters| good(Resource::Customer, parameters).fingerprint();
    assert_eq!(number("limit=1&cursor=a"), number("status=active"));
    let others = ["status=all", "nameFrom=a", "nameTo=a", "ids=a", "fullNames=a", "classIds=a", "currencyIds=a"];
    let numbers = others.map(number).into_iter().chain([number(""), number("excludeAlternateShippingAddresses=true")]);
    let of_resources = Resource::VARIANTS.iter().map(|resource| good(*resource, "").fingerprint());
    let all: std::collections::BTreeSet<_> = numbers.chain(of_resources).collect();
    assert_eq!(all.len(), others.len() + 2 + Resource::VARIANTS.len() - 1);
    // The same in every build: a cursor outlives a deployment.
    assert_eq!(good(Resource::Check, "").fingerprint(), 3_079_564_308_202_759_058);
}

#[test]
fn answers() {
    let response = element("<CheckQueryRs statusCode=\"1\"/>");
    let request = good(Resource::Check, "");
    let data = request.read_all(&response).expect("no checks");
    let url = "/lists/checks";
    let last = request.answer(url, data, Next { cursor: None, remaining: Some(0) });
    assert_eq!(
        last,
        json!({ "objectType": "list", "url": url, "data": [], "nextCursor": null, "remainingCount": 0, "hasMore": false })
    );
    let next = Next { cursor: Some("c".to_owned()), remaining: None };
    let first = good(Resource::BillCheckPayment, "").answer(url, vec![json!(1)], next);
    assert_eq!(
        first,
        json!({ "objectType": "list", "url": url, "data": [1], "nextCursor": "c", "remainingCount": null, "hasMore": true })
    );
    let accounts = good(Resource::Account, "").answer(url, Vec::new(), Next::default());
    assert_eq!(accounts, json!({ "objectType": "list", "url": url, "data": [] }));
}

#[test]
fn the_objects_of_a_response() {
    let customers = format!("<CustomerQueryRs>{0}{0}<Other/></CustomerQueryRs>", include_str!("answers/customer.xml"));
    let read = |parameters| good(Resource::Customer, parameters).read_all(&element(&customers)).expect("customers");
    let all = read("");
    assert_eq!((all.len(), all[0]["alternateShippingAddresses"][0]["city"].as_str()), (2, Some("ShipToAddress.City")));
    let without = read("excludeAlternateShippingAddresses=true");
    assert!(without.iter().all(|customer| customer["alternateShippingAddresses"].is_null()));
    let broken = element("<CustomerQueryRs><CustomerRet><ListID>1</ListID></CustomerRet></CustomerQueryRs>");
    assert!(good(Resource::Customer, "").read_all(&broken).is_err());
}
