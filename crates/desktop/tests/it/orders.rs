//! The order of the elements of requests.

use counterfoil_desktop::qbxml::{Element, arrange, check};
use counterfoil_desktop::resource::{ListRequest, Page, Resource, Step, company};
use proptest::prelude::*;
use strum::VariantArray as _;

/// A query in the order of the schema: either by `ids`, or with a choice of filters.
fn query(name: &'static str, ids: &'static [&'static str], filters: &[&[&str]], after: &[&str]) -> BoxedStrategy<Element> {
    let by_id = prop::sample::select(ids).prop_flat_map(|id| prop::collection::vec(Just(element(id)), 1..4));
    let filters: Vec<_> = filters.iter().map(|choice| optional(choice)).collect();
    let after: Vec<_> = after.iter().map(|name| optional(&[name])).collect();
    let found = prop_oneof![by_id, filters.prop_map(|chosen| chosen.concat())];
    (found, after, 0_usize..3, 0_usize..3)
        .prop_map(move |(found, after, columns, owners)| {
            let end = [vec![element("IncludeRetElement"); columns], vec![element("OwnerID"); owners]].concat();
            Element { children: [found, after.concat(), end].concat(), ..Element::new(name) }
        })
        .boxed()
}

/// Nothing, or one of these elements.
fn optional(names: &[&str]) -> BoxedStrategy<Vec<Element>> {
    let elements: Vec<_> = names.iter().map(|name| element(name)).collect();
    prop_oneof![Just(Vec::new()), prop::sample::select(elements).prop_map(|element| vec![element])].boxed()
}

/// An element with what the schema demands inside of it.
fn element(name: &str) -> Element {
    let inside: &[&str] = match name {
        "ModifiedDateRangeFilter" => &["FromModifiedDate", "ToModifiedDate"],
        "TxnDateRangeFilter" => &["FromTxnDate", "ToTxnDate"],
        "EntityFilter" | "ClassFilter" => &["ListID", "ListID"],
        "AccountFilter" => &["FullNameWithChildren"],
        "CurrencyFilter" => &["FullName"],
        "RefNumberFilter" => &["MatchCriterion", "RefNumber"],
        "RefNumberRangeFilter" => &["FromRefNumber", "ToRefNumber"],
        "NameFilter" => &["MatchCriterion", "Name"],
        "NameRangeFilter" => &["FromName", "ToName"],
        "TotalBalanceFilter" => &["Operator", "Amount"],
        _ => return Element::of_text(name, "1"),
    };
    inside.iter().fold(Element::new(name), |element, inside| element.with_text(*inside, "1"))
}

const TXN_IDS: &[&str] = &["TxnID", "RefNumber", "RefNumberCaseSensitive"];
const LIST_IDS: &[&str] = &["ListID", "FullName"];
const TXN_FILTERS: &[&[&str]] = &[
    &["MaxReturned"],
    &["ModifiedDateRangeFilter", "TxnDateRangeFilter"],
    &["EntityFilter"],
    &["AccountFilter"],
    &["RefNumberFilter", "RefNumberRangeFilter"],
    &["CurrencyFilter"],
];
const LIST_FILTERS: &[&[&str]] =
    &[&["MaxReturned"], &["ActiveStatus"], &["FromModifiedDate"], &["ToModifiedDate"], &["NameFilter", "NameRangeFilter"]];

/// Any request of those that this crate writes, in the order of the schema.
pub(crate) fn any_request() -> BoxedStrategy<Element> {
    let linked: &[&str] = &["IncludeLineItems", "IncludeLinkedTxns"];
    let paid = [TXN_FILTERS, &[&["PaidStatus"]]].concat();
    let balances = [LIST_FILTERS, &[&["TotalBalanceFilter"], &["CurrencyFilter"], &["ClassFilter"]]].concat();
    let accounts = [LIST_FILTERS, &[&["AccountType"], &["CurrencyFilter"]]].concat();
    let deleted = Element::new("TxnDeletedQueryRq").with_text("TxnDelType", "Check").with_text("TxnDelType", "Check");
    let deleted = deleted.with(Element::new("DeletedDateRangeFilter").with_text("FromDeletedDate", "1"));
    prop_oneof![
        query("CheckQueryRq", TXN_IDS, TXN_FILTERS, linked),
        query("BillPaymentCheckQueryRq", TXN_IDS, TXN_FILTERS, &["IncludeLineItems"]),
        query("InvoiceQueryRq", TXN_IDS, &paid, linked),
        query("BillQueryRq", TXN_IDS, &paid, linked),
        query("VendorQueryRq", LIST_IDS, &balances, &[]),
        query("CustomerQueryRq", LIST_IDS, &balances, &[]),
        query("AccountQueryRq", LIST_IDS, &accounts, &[]),
        Just(Element::new("HostQueryRq").with_text("IncludeRetElement", "MajorVersion")),
        Just(Element::new("CompanyQueryRq").with_text("OwnerID", "0")),
        Just(deleted),
    ]
    .boxed()
}

fn first_difference(request: &Element) -> String {
    check(request).expect_err("a difference").to_string()
}

#[test]
fn each_kind_of_difference_is_named() {
    let check_query = || Element::new("CheckQueryRq");
    let filter = |inside: &[&str]| {
        let filter = inside.iter().fold(Element::new("EntityFilter"), |filter, name| filter.with_text(*name, "1"));
        check_query().with(filter)
    };
    for (request, difference) in [
        (Element::new("ItemQueryRq"), "The elements of ItemQueryRq are not known."),
        (Element::new("AccountQueryRq").with_attribute("iterator", "Start"), "AccountQueryRq has no attribute iterator."),
        (Element::new("HostQueryRq").with_attribute("metaData", "MetaDataOnly"), "HostQueryRq has no attribute metaData."),
        (check_query().with_text("Unknown", ""), "Unknown cannot be there in CheckQueryRq."),
        (
            check_query().with_text("IncludeLineItems", "").with_text("MaxReturned", ""),
            "MaxReturned cannot be there in CheckQueryRq.",
        ),
        (check_query().with_text("TxnID", "").with_text("MaxReturned", ""), "MaxReturned cannot be there in CheckQueryRq."),
        (check_query().with_text("MaxReturned", "").with_text("MaxReturned", ""), "CheckQueryRq has more than one MaxReturned."),
        (check_query().with(Element::new("MaxReturned").with(Element::new("A"))), "A cannot be there in MaxReturned."),
        (filter(&[]), "ListID is missing in EntityFilter."),
        (filter(&["ListID", "FullName"]), "FullName cannot be there in EntityFilter."),
        (filter(&["ListIDWithChildren", "ListIDWithChildren"]), "EntityFilter has more than one ListIDWithChildren."),
        (Element::new("TxnDeletedQueryRq"), "TxnDelType is missing in TxnDeletedQueryRq."),
        (
            Element::new("BillPaymentCheckQueryRq").with_text("IncludeLinkedTxns", ""),
            "IncludeLinkedTxns cannot be there in BillPaymentCheckQueryRq.",
        ),
    ] {
        assert_eq!(first_difference(&request), difference);
    }
}

#[test]
fn a_request_that_is_not_known_keeps_its_order_and_an_unknown_element_its_neighbour() {
    let unknown = Element::new("ItemQueryRq").with_text("OwnerID", "0").with_text("MaxReturned", "1");
    let mut arranged = unknown.clone();
    arrange(&mut arranged);
    assert_eq!(arranged, unknown);
    let mut request = Element::new("CheckQueryRq");
    for name in ["OwnerID", "Newer", "IncludeLineItems", "MaxReturned"] {
        request.children.push(Element::new(name));
    }
    arrange(&mut request);
    let names: Vec<_> = request.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(names, ["MaxReturned", "IncludeLineItems", "OwnerID", "Newer"]);
}

/// The parameters of lists, each with a valid value.
const PARAMETERS: &[(&str, &str)] = &[
    ("accountIds", "8-1"),
    ("accountType", "bank"),
    ("classIds", "8-2"),
    ("currencyIds", "8-3"),
    ("customerIds", "8-4"),
    ("excludeAlternateShippingAddresses", "true"),
    ("fullNames", "A:B"),
    ("ids", "1-1"),
    ("includeLineItems", "false"),
    ("includeLinkedTransactions", "true"),
    ("limit", "10"),
    ("nameContains", "a"),
    ("nameFrom", "A"),
    ("nameTo", "B"),
    ("names", "A"),
    ("payeeIds", "8-5"),
    ("paymentStatus", "paid"),
    ("refNumberContains", "1"),
    ("refNumberFrom", "1"),
    ("refNumberTo", "2"),
    ("refNumbers", "1"),
    ("status", "all"),
    ("totalBalance", "1.00"),
    ("transactionDateFrom", "2025-01-01"),
    ("transactionDateTo", "2025-01-31"),
    ("updatedAfter", "2025-01-01"),
    ("updatedBefore", "2025-02-01"),
    ("vendorIds", "8-6"),
];

fn parsed(resource: Resource, parameters: &[(&str, &str)]) -> Option<ListRequest> {
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ListRequest::parse(resource, &pairs).ok()
}

/// A list with up to eight parameters that the resource has and that do not exclude each other.
fn any_list() -> impl Strategy<Value = ListRequest> {
    let accepted = |resource: &Resource| {
        let own = PARAMETERS.iter().copied().filter(|parameter| parsed(*resource, &[*parameter]).is_some());
        (*resource, own.collect::<Vec<_>>())
    };
    let resources: Vec<_> = Resource::VARIANTS.iter().map(accepted).collect();
    prop::sample::select(resources)
        .prop_flat_map(|(resource, own)| (Just(resource), prop::sample::subsequence(own, 0..=8)))
        .prop_filter_map("parameters exclude each other", |(resource, parameters)| parsed(resource, &parameters))
}

#[test]
fn queries_for_one_object_are_in_the_order_of_the_schema() {
    for resource in Resource::VARIANTS {
        assert_eq!(check(&resource.retrieve("1-1").expect("a query")), Ok(()));
    }
    assert_eq!(check(&company::query()), Ok(()));
}

fn reversed(element: &Element) -> Element {
    let children = element.children.iter().rev().map(reversed).collect();
    Element { children, ..element.clone() }
}

proptest! {
    #[test]
    fn queries_for_lists_are_in_the_order_of_the_schema(list in any_list(), is_first: bool) {
        let step = if is_first { Step::Start } else { Step::Continue("{iterator}") };
        prop_assert_eq!(check(&list.query(Page { most: list.limit(), step: Some(step) })), Ok(()));
        prop_assert_eq!(check(&list.query(Page::default())), Ok(()));
    }

    #[test]
    fn a_request_in_any_order_is_put_into_the_order_of_the_schema(request in any_request(), seed in 0_usize..24) {
        prop_assert_eq!(check(&request), Ok(()));
        let mut shuffled = reversed(&request);
        let by = seed % shuffled.children.len().max(1);
        shuffled.children.rotate_left(by);
        arrange(&mut shuffled);
        prop_assert_eq!(check(&shuffled), Ok(()));
        prop_assert_eq!(shuffled, request);
    }
}
