//! Queries for transactions and lists, and iterators.

use super::CompanyFile;
use super::filter::{Match, TextRange, TimeRange, TxnFilter};
use super::lists;
use super::reference::{Among, Reference};
use super::render::{self, Wish};
use super::status::Status;
use super::txn::{Kind, Txn};
use crate::xml::Element;

/// The answer of a query.
pub(super) struct Found {
    pub(super) status: Status,
    /// The content of each record's `…Ret`.
    pub(super) records: Vec<String>,
}

impl Found {
    fn of(records: Vec<String>) -> Self {
        let status = if records.is_empty() { Status::none_found() } else { Status::ok() };
        Self { status, records }
    }

    pub(super) fn nothing(status: Status) -> Self {
        Self { status, records: Vec::new() }
    }
}

/// Where an iterator is.
#[derive(Default)]
pub(super) struct Position {
    /// The index of the next record to look at.
    pub(super) next: u64,
    /// How many records match behind the last one that was answered.
    pub(super) remaining: u64,
}

impl Position {
    /// Moves it behind this number of the records that match.
    pub(super) fn pass(&mut self, records: usize) {
        self.next += records as u64;
        self.remaining = self.remaining.saturating_sub(records as u64);
    }
}

impl CompanyFile {
    /// The transactions that a request names by ids or numbers; `None` if it names none.
    pub(super) fn named_txns(&self, kind: Kind, request: &Element, wish: &Wish<'_>) -> Option<Found> {
        let by_id = request.children_named("TxnID").map(|id| (id.text.as_str(), self.find(kind, &id.text).into_iter().collect()));
        let named: Vec<(&str, Vec<Txn>)> = by_id.collect();
        let named = if named.is_empty() { self.numbered(kind, request) } else { named };
        if named.is_empty() {
            return None;
        }
        let missing = named.iter().find(|(_, found)| found.is_empty()).map(|(name, _)| *name);
        let records = named.iter().flat_map(|(_, found)| found).map(|txn| self.record(kind, txn, wish)).collect();
        Some(Found { status: missing.map_or_else(Status::ok, Status::not_all_found), records })
    }

    fn numbered<'a>(&self, kind: Kind, request: &'a Element) -> Vec<(&'a str, Vec<Txn>)> {
        let exact = request.children_named("RefNumberCaseSensitive").map(|number| (number.text.as_str(), true));
        let numbers: Vec<_> =
            request.children_named("RefNumber").map(|number| (number.text.as_str(), false)).chain(exact).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(&str, Vec<Txn>)> = numbers.iter().map(|(number, _)| (*number, Vec::new())).collect();
        for txn in (0..self.size(kind)).filter_map(|index| self.txn(kind, index)) {
            let is = |(wanted, is_exact): &(&str, bool)| {
                let equal = |number: &String| if *is_exact { number == wanted } else { number.eq_ignore_ascii_case(wanted) };
                txn.ref_number.as_ref().is_some_and(equal)
            };
            if let Some(place) = numbers.iter().position(is) {
                found[place].1.push(txn);
            }
        }
        found
    }

    /// How many transactions match.
    pub(super) fn count(&self, kind: Kind, filter: &TxnFilter) -> u64 {
        (0..self.size(kind)).filter_map(|index| self.txn(kind, index)).filter(|txn| filter.has(txn)).count() as u64
    }

    /// The next transactions that match, at most `most`, and moves the position behind them.
    pub(super) fn page(&self, kind: Kind, filter: &TxnFilter, position: &mut Position, most: usize, wish: &Wish<'_>) -> Found {
        let mut records = Vec::new();
        let size = self.size(kind);
        while position.next < size && records.len() < most {
            if let Some(txn) = self.txn(kind, position.next).filter(|txn| filter.has(txn)) {
                records.push(self.record(kind, &txn, wish));
            }
            position.next += 1;
        }
        position.remaining = position.remaining.saturating_sub(records.len() as u64);
        Found::of(records)
    }
}

/// One element of a list: what it is filtered by, and its record.
struct Listed {
    reference: Reference,
    is_active: bool,
    modified: i64,
    kind: &'static str,
    record: String,
}

/// Answers a query for a list. It reads the whole list, which is short.
pub(super) fn list(name: &str, request: &Element, wish: &Wish<'_>) -> Found {
    let all: Vec<_> = match name {
        "AccountQuery" => (0..lists::ACCOUNTS.len()).map(|place| listed_account(place, wish)).collect(),
        _ => listed_people(name == "CustomerQuery", wish),
    };
    let named: Vec<_> = request.children.iter().filter(|child| matches!(child.name.as_str(), "ListID" | "FullName")).collect();
    if !named.is_empty() {
        return named_list(&named, &all);
    }
    let status = request.text_of("ActiveStatus").unwrap_or("ActiveOnly");
    let modified = TimeRange::read(request, "FromModifiedDate", "ToModifiedDate");
    let name_match = request.child("NameFilter").map(|filter| Match::read(filter, "Name"));
    let name_range = request.child("NameRangeFilter").map(|range| TextRange::read(range, "FromName", "ToName"));
    let kinds: Vec<_> = request.children_named("AccountType").map(|kind| kind.text.as_str()).collect();
    let currency = request.child("CurrencyFilter").map(|filter| Among::read(filter, &lists::currencies())).transpose();
    let is_home = match currency {
        Ok(currency) => currency.is_none_or(|among| among.has(lists::CURRENCIES[0].0)),
        Err(missing) => return Found::nothing(Status::no_such_object(&missing)),
    };
    if let Some(class) = request.child("ClassFilter").and_then(|filter| filter.children.first()) {
        // The company uses no classes.
        return Found::nothing(Status::no_such_object(&class.text));
    }
    let balance_fits = request.child("TotalBalanceFilter").is_none_or(fits_no_balance);
    let fits = |listed: &&Listed| {
        let full_name = listed.reference.full_name.as_str();
        (status == "All" || listed.is_active == (status == "ActiveOnly"))
            && modified.has(listed.modified)
            && name_match.as_ref().is_none_or(|wanted| wanted.fits(full_name))
            && name_range.as_ref().is_none_or(|range| range.has(full_name))
            && (kinds.is_empty() || kinds.contains(&listed.kind))
            && is_home
            && balance_fits
    };
    Found::of(all.iter().filter(fits).map(|listed| listed.record.clone()).collect())
}

/// Whether a filter of balances lets a balance of nothing through: no vendor and no customer has another.
fn fits_no_balance(filter: &Element) -> bool {
    let amount: f64 = filter.text_of("Amount").and_then(|amount| amount.parse().ok()).unwrap_or_default();
    match filter.text_of("Operator") {
        Some("LessThan") => amount > 0.0,
        Some("LessThanEqual") => amount >= 0.0,
        Some("GreaterThan") => amount < 0.0,
        Some("GreaterThanEqual") => amount <= 0.0,
        _ => amount == 0.0,
    }
}

fn named_list(named: &[&Element], all: &[Listed]) -> Found {
    let find = |wanted: &&Element| {
        let is = |listed: &&Listed| match wanted.name.as_str() {
            "ListID" => listed.reference.list_id == wanted.text,
            _ => listed.reference.full_name.eq_ignore_ascii_case(&wanted.text),
        };
        (wanted.text.clone(), all.iter().find(is).map(|listed| listed.record.clone()))
    };
    let found: Vec<_> = named.iter().map(find).collect();
    let missing = found.iter().find(|(_, record)| record.is_none()).map(|(name, _)| name.as_str());
    let status = missing.map_or_else(Status::ok, Status::not_all_found);
    Found { status, records: found.into_iter().filter_map(|(_, record)| record).collect() }
}

fn listed_account(place: usize, wish: &Wish<'_>) -> Listed {
    let (_, kind, _, is_active) = lists::ACCOUNTS[place];
    let reference = lists::accounts()[place].clone();
    Listed { reference, is_active, modified: lists::modified(place), kind, record: render::account(place, wish) }
}

fn listed_people(are_customers: bool, wish: &Wish<'_>) -> Vec<Listed> {
    let listed = |(place, person): (usize, lists::Person)| {
        let record = render::person(&person, place, are_customers, wish);
        Listed { reference: person.reference, is_active: person.is_active, modified: lists::modified(place), kind: "", record }
    };
    lists::people(are_customers).into_iter().enumerate().map(listed).collect()
}
