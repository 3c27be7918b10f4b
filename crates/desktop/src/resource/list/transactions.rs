//! Lists of transactions. The order of the elements is that of qbXML's group `TxnFilter`.

use super::filter::{self, Read, Text};
use super::given::Given;
use super::time;
use crate::qbxml::Element;
use crate::resource::kind::Resource;
use crate::resource::shape::OWNER_ID;

const REF_NUMBER: Text = Text {
    matches: ["refNumberContains", "refNumberStartsWith", "refNumberEndsWith"],
    range: ["refNumberFrom", "refNumberTo"],
    xml: "RefNumber",
};
const PAYMENT_STATUS: &[(&str, &str)] = &[("all", "All"), ("paid", "PaidOnly"), ("not_paid", "NotPaidOnly")];

/// The transactions that are asked for by themselves.
pub(super) fn keys(given: &mut Given) -> Vec<Element> {
    given.exclude(&[&["ids"], &["refNumbers"]]);
    let ids = given.ids("ids").into_iter().map(|id| Element::of_text("TxnID", id));
    ids.chain(given.texts("refNumbers").into_iter().map(|number| Element::of_text("RefNumberCaseSensitive", number))).collect()
}

/// What is asked for of each transaction.
pub(super) fn includes(resource: Resource, given: &mut Given) -> Vec<Element> {
    let mut includes = vec![Element::of_text("IncludeLineItems", given.flag("includeLineItems", true).to_string())];
    if resource.has_linked_transactions() {
        let is_included = given.flag("includeLinkedTransactions", false);
        includes.push(Element::of_text("IncludeLinkedTxns", is_included.to_string()));
    }
    includes.push(Element::of_text(OWNER_ID.0, OWNER_ID.1));
    includes
}

/// The filters.
pub(super) fn filters(resource: Resource, given: &mut Given) -> Vec<Element> {
    given.exclude(&[&["updatedAfter", "updatedBefore"], &["transactionDateFrom", "transactionDateTo"]]);
    let updated = [("updatedAfter", "FromModifiedDate", time::from as Read), ("updatedBefore", "ToModifiedDate", time::to)];
    let updated = filter::each(given, time::TIME, updated);
    let dated = [("transactionDateFrom", "FromTxnDate", time::date as Read), ("transactionDateTo", "ToTxnDate", time::date)];
    let dated = filter::each(given, time::DATE, dated);
    let mut filters = Vec::new();
    filters.extend(filter::around("ModifiedDateRangeFilter", updated));
    filters.extend(filter::around("TxnDateRangeFilter", dated));
    filters.extend(filter::ids(given, entity_ids(resource), "EntityFilter"));
    filters.extend(filter::ids(given, "accountIds", "AccountFilter"));
    filters.extend(REF_NUMBER.filter(given));
    filters.extend(filter::ids(given, "currencyIds", "CurrencyFilter"));
    if matches!(resource, Resource::Bill | Resource::Invoice) {
        let status = filter::word(given, "paymentStatus", "one of all, paid and not_paid", PAYMENT_STATUS);
        filters.push(Element::of_text("PaidStatus", status.unwrap_or("All")));
    }
    filters
}

/// The parameter for the other side of the transaction.
fn entity_ids(resource: Resource) -> &'static str {
    match resource {
        Resource::Check => "payeeIds",
        Resource::Invoice => "customerIds",
        _ => "vendorIds",
    }
}
