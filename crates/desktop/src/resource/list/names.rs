//! Lists of accounts, customers and vendors. The order of the elements is that of qbXML's group `ListFilter`.

use super::filter::{self, Read, Text};
use super::given::Given;
use super::time;
use crate::qbxml::Element;
use crate::resource::field::{Field, Kind};
use crate::resource::kind::Resource;
use crate::resource::shape::{ACCOUNT_TYPES, ALTERNATE_SHIPPING_ADDRESSES, OWNER_ID};
use crate::resource::word::pascal_case;

const NAME: Text =
    Text { matches: ["nameContains", "nameStartsWith", "nameEndsWith"], range: ["nameFrom", "nameTo"], xml: "Name" };
const STATUS: &[(&str, &str)] = &[("active", "ActiveOnly"), ("all", "All"), ("inactive", "InactiveOnly")];
/// The comparisons of the balance; QuickBooks accepts one.
const TOTAL_BALANCE: [(&str, &str); 5] = [
    ("totalBalance", "Equal"),
    ("totalBalanceGreaterThan", "GreaterThan"),
    ("totalBalanceGreaterThanOrEqualTo", "GreaterThanEqual"),
    ("totalBalanceLessThan", "LessThan"),
    ("totalBalanceLessThanOrEqualTo", "LessThanEqual"),
];

/// The objects that are asked for by themselves. QuickBooks has no full names of vendors: it compares with the name.
pub(super) fn keys(resource: Resource, given: &mut Given) -> Vec<Element> {
    let names = if matches!(resource, Resource::Vendor) { "names" } else { "fullNames" };
    given.exclude(&[&["ids"], &[names]]);
    let ids = given.ids("ids").into_iter().map(|id| Element::of_text("ListID", id));
    ids.chain(given.texts(names).into_iter().map(|name| Element::of_text("FullName", name))).collect()
}

/// What is asked for of each object. qbXML can leave nothing out, so all other elements are named.
pub(super) fn includes(resource: Resource, leaves_out_addresses: bool) -> Vec<Element> {
    let is_named = |field: &&Field| {
        leaves_out_addresses && field.xml != ALTERNATE_SHIPPING_ADDRESSES.xml && !matches!(field.kind, Kind::Constant(_))
    };
    let named = resource.fields().iter().filter(is_named).map(|field| Element::of_text("IncludeRetElement", field.xml));
    named.chain([Element::of_text(OWNER_ID.0, OWNER_ID.1)]).collect()
}

/// The filters.
pub(super) fn filters(resource: Resource, given: &mut Given) -> Vec<Element> {
    let status = filter::word(given, "status", "one of active, all and inactive", STATUS);
    let mut filters = vec![Element::of_text("ActiveStatus", status.unwrap_or("ActiveOnly"))];
    let updated = [("updatedAfter", "FromModifiedDate", time::from as Read), ("updatedBefore", "ToModifiedDate", time::to)];
    filters.extend(filter::each(given, time::TIME, updated));
    filters.extend(NAME.filter(given));
    if matches!(resource, Resource::Account) {
        let account_type = given.read("accountType", "a type of account, such as bank", |text| {
            ACCOUNT_TYPES.contains(&text).then(|| pascal_case(text))
        });
        filters.extend(account_type.map(|word| Element::of_text("AccountType", word)));
    } else {
        filters.extend(total_balance(given));
    }
    filters.extend(filter::ids(given, "currencyIds", "CurrencyFilter"));
    if !matches!(resource, Resource::Account) {
        filters.extend(filter::ids(given, "classIds", "ClassFilter"));
    }
    filters
}

fn total_balance(given: &mut Given) -> Option<Element> {
    given.exclude(&TOTAL_BALANCE.each_ref().map(|(name, _)| std::slice::from_ref(name)));
    let mut found = None;
    for (name, operator) in TOTAL_BALANCE {
        let read = given.read(name, "an amount with up to 13 digits before the point and up to 2 after it", amount);
        found =
            found.or_else(|| Some(Element::new("TotalBalanceFilter").with_text("Operator", operator).with_text("Amount", read?)));
    }
    found
}

/// An amount with two decimals, as qbXML's type `AMTTYPE` has it.
fn amount(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let sign = if text.len() > unsigned.len() { "-" } else { "" };
    (is_digits(whole, 13) && is_digits(fraction, 2)).then(|| format!("{sign}{whole}.{fraction:0<2}"))
}
