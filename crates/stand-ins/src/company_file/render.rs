//! Writes records in the order of the schema.

use super::CompanyFile;
use super::lists::{self, ACCOUNTS_PAYABLE, Person};
use super::txn::{Kind, Line, Txn};
use super::writer::Writer;

/// The rate of the other currency.
const RATE: (&str, i64) = ("0.73", 73);
/// The first qbXML version with each part that came later.
const CURRENCIES_SINCE: (u8, u8) = (8, 0);
const VENDOR_ADDRESS_SINCE: (u8, u8) = (13, 0);

/// What a request wants to see.
pub(super) struct Wish<'a> {
    pub(super) version: (u8, u8),
    pub(super) elements: Vec<&'a str>,
    pub(super) lines: bool,
    pub(super) links: bool,
    /// Whether it asks for the custom fields that users see.
    pub(super) custom_fields: bool,
}

impl CompanyFile {
    /// A transaction, as the content of its `…Ret`.
    pub(super) fn record(&self, kind: Kind, txn: &Txn, wish: &Wish<'_>) -> String {
        let mut out = Writer::of(&wish.elements);
        out.leaf("TxnID", &txn.id);
        out.time("TimeCreated", txn.created);
        out.time("TimeModified", txn.modified);
        out.leaf("EditSequence", txn.modified.to_string());
        out.leaf("TxnNumber", (txn.index * 4 + kind as u64 + 1).to_string());
        match kind {
            Kind::Check => self.check(txn, wish, &mut out),
            Kind::BillPaymentCheck => self.bill_payment(txn, wish, &mut out),
            Kind::Bill => self.bill(txn, wish, &mut out),
            Kind::Invoice => self.invoice(txn, wish, &mut out),
        }
        out.into_text()
    }

    fn check(&self, txn: &Txn, wish: &Wish<'_>, out: &mut Writer<'_>) {
        out.reference("AccountRef", &txn.account);
        party("PayeeEntityRef", txn, out);
        out.leaf_if("RefNumber", txn.ref_number.as_ref());
        out.date("TxnDate", txn.date);
        out.amount("Amount", txn.cents);
        self.currency(txn, wish, Some(("AmountInHomeCurrency", txn.cents)), out);
        memo_and_address(txn, out);
        out.flag("IsToBePrinted", txn.ref_number.is_none());
        out.leaf_if("ExternalGUID", txn.external_guid.as_ref());
        expense_lines(txn, wish, out);
    }

    fn bill_payment(&self, txn: &Txn, wish: &Wish<'_>, out: &mut Writer<'_>) {
        party("PayeeEntityRef", txn, out);
        out.reference("APAccountRef", &lists::account(ACCOUNTS_PAYABLE));
        out.date("TxnDate", txn.date);
        out.reference("BankAccountRef", &txn.account);
        out.amount("Amount", txn.cents);
        self.currency(txn, wish, Some(("AmountInHomeCurrency", txn.cents)), out);
        out.leaf_if("RefNumber", txn.ref_number.as_ref());
        memo_and_address(txn, out);
        out.flag("IsToBePrinted", txn.ref_number.is_none());
        if let Some(bill) = self.txn(Kind::Bill, txn.index).filter(|_| wish.lines) {
            out.group("AppliedToTxnRet", |inner| {
                inner.leaf("TxnID", &bill.id);
                inner.leaf("TxnType", "Bill");
                inner.date("TxnDate", bill.date);
                inner.leaf_if("RefNumber", bill.ref_number.as_ref());
                inner.amount("BalanceRemaining", bill.balance);
                inner.amount("Amount", txn.cents);
            });
        }
    }

    fn bill(&self, txn: &Txn, wish: &Wish<'_>, out: &mut Writer<'_>) {
        party("VendorRef", txn, out);
        if wish.version >= VENDOR_ADDRESS_SINCE {
            address("VendorAddress", txn, out);
        }
        out.reference("APAccountRef", &txn.account);
        out.date("TxnDate", txn.date);
        out.date("DueDate", txn.due_date());
        out.amount("AmountDue", txn.cents);
        self.currency(txn, wish, Some(("AmountDueInHomeCurrency", txn.cents)), out);
        out.leaf_if("RefNumber", txn.ref_number.as_ref());
        out.leaf_if("Memo", txn.memo.as_ref());
        out.flag("IsPaid", txn.balance == 0);
        if let Some(payment) = self.txn(Kind::BillPaymentCheck, txn.index).filter(|_| wish.links) {
            out.group("LinkedTxn", |inner| {
                inner.leaf("TxnID", &payment.id);
                inner.leaf("TxnType", "BillPaymentCheck");
                inner.date("TxnDate", payment.date);
                inner.leaf_if("RefNumber", payment.ref_number.as_ref());
                inner.leaf("LinkType", "AMTTYPE");
                inner.amount("Amount", -payment.cents);
            });
        }
        expense_lines(txn, wish, out);
        out.amount("OpenAmount", txn.balance);
    }

    fn invoice(&self, txn: &Txn, wish: &Wish<'_>, out: &mut Writer<'_>) {
        party("CustomerRef", txn, out);
        out.reference("ARAccountRef", &txn.account);
        out.date("TxnDate", txn.date);
        out.leaf_if("RefNumber", txn.ref_number.as_ref());
        address("BillAddress", txn, out);
        out.flag("IsPending", false);
        out.flag("IsFinanceCharge", false);
        out.date("DueDate", txn.due_date());
        out.date("ShipDate", txn.date);
        out.amount("Subtotal", txn.cents);
        out.leaf("SalesTaxPercentage", "0.00");
        out.amount("SalesTaxTotal", 0);
        out.amount("AppliedAmount", txn.balance - txn.cents);
        out.amount("BalanceRemaining", txn.balance);
        self.currency(txn, wish, Some(("BalanceRemainingInHomeCurrency", txn.balance)), out);
        out.leaf_if("Memo", txn.memo.as_ref());
        out.flag("IsPaid", txn.balance == 0);
        out.flag("IsToBePrinted", false);
        out.flag("IsToBeEmailed", false);
        for (place, line) in txn.lines.iter().enumerate().filter(|_| wish.lines) {
            out.group("InvoiceLineRet", |inner| {
                inner.leaf("TxnLineID", line_id(txn, place));
                inner.leaf_if("Desc", line.memo.as_ref());
                inner.leaf("Quantity", "1");
                inner.amount("Rate", line.cents);
                inner.amount("Amount", line.cents);
            });
        }
    }

    fn currency(&self, txn: &Txn, wish: &Wish<'_>, at_home: Option<(&str, i64)>, out: &mut Writer<'_>) {
        if !self.contents.multicurrency || wish.version < CURRENCIES_SINCE {
            return;
        }
        out.reference("CurrencyRef", &lists::currencies()[usize::from(txn.is_foreign)]);
        let (rate, percent) = if txn.is_foreign { RATE } else { ("1", 100) };
        out.leaf("ExchangeRate", rate);
        if let Some((name, cents)) = at_home {
            out.amount(name, cents * percent / 100);
        }
    }
}

fn party(name: &str, txn: &Txn, out: &mut Writer<'_>) {
    if let Some(party) = &txn.party {
        out.reference(name, party);
    }
}

fn memo_and_address(txn: &Txn, out: &mut Writer<'_>) {
    out.leaf_if("Memo", txn.memo.as_ref());
    address("Address", txn, out);
}

fn address(name: &str, txn: &Txn, out: &mut Writer<'_>) {
    if let Some(party) = &txn.party {
        let lines = [("Addr1", party.full_name.as_str()), ("Addr2", "418 Alder Street")];
        let town = [("City", "Boise"), ("State", "ID"), ("PostalCode", "83702")];
        out.address(name, &[lines.as_slice(), town.as_slice()].concat());
    }
}

fn line_id(txn: &Txn, place: usize) -> String {
    let (number, time) = txn.id.split_once('-').unwrap_or((&txn.id, "0"));
    format!("{number}{}-{time}", place + 1)
}

fn expense_lines(txn: &Txn, wish: &Wish<'_>, out: &mut Writer<'_>) {
    for (place, Line { account, cents, memo }) in txn.lines.iter().enumerate().filter(|_| wish.lines) {
        out.group("ExpenseLineRet", |inner| {
            inner.leaf("TxnLineID", line_id(txn, place));
            if let Some(account) = account {
                inner.reference("AccountRef", account);
            }
            inner.amount("Amount", *cents);
            inner.leaf_if("Memo", memo.as_ref());
        });
    }
}

/// A vendor or a customer, as the content of its `…Ret`.
pub(super) fn person(person: &Person, place: usize, is_customer: bool, wish: &Wish<'_>) -> String {
    let mut out = Writer::of(&wish.elements);
    let full_name = person.reference.full_name.as_str();
    let name = full_name.rsplit(':').next().unwrap_or(full_name);
    out.leaf("ListID", &person.reference.list_id);
    head(place, name, &mut out);
    if is_customer {
        out.leaf("FullName", full_name);
    }
    out.flag("IsActive", person.is_active);
    if is_customer {
        if let Some(parent) = person.parent {
            out.reference("ParentRef", &lists::customers()[parent]);
        }
        out.leaf("Sublevel", if person.parent.is_some() { "1" } else { "0" });
    }
    out.leaf("CompanyName", name);
    let address = if is_customer { "BillAddress" } else { "VendorAddress" };
    out.address(address, &[("Addr1", name), ("City", "Boise"), ("State", "ID"), ("PostalCode", "83702")]);
    out.leaf("Phone", format!("208-555-0{place:03}"));
    out.leaf("Email", format!("office{place}@books.example"));
    if !is_customer {
        out.leaf("NameOnCheck", name);
        out.flag("IsVendorEligibleFor1099", place.is_multiple_of(5));
    }
    out.amount("Balance", 0);
    if is_customer {
        out.amount("TotalBalance", 0);
        out.leaf("JobStatus", if person.parent.is_some() { "InProgress" } else { "None" });
    }
    custom_field(wish, &mut out);
    out.into_text()
}

/// An account, as the content of its `AccountRet`.
pub(super) fn account(place: usize, wish: &Wish<'_>) -> String {
    let (full_name, kind, number, is_active) = lists::ACCOUNTS[place];
    let (parent, name) = full_name.rsplit_once(':').map_or((None, full_name), |(parent, name)| (Some(parent), name));
    let mut out = Writer::of(&wish.elements);
    out.leaf("ListID", &lists::accounts()[place].list_id);
    head(place, name, &mut out);
    out.leaf("FullName", full_name);
    out.flag("IsActive", is_active);
    if let Some(parent) = parent {
        out.reference("ParentRef", &lists::account(parent));
    }
    out.leaf("Sublevel", if parent.is_some() { "1" } else { "0" });
    out.leaf("AccountType", kind);
    out.leaf("AccountNumber", number);
    out.amount("Balance", 12_345 * i64::try_from(place).unwrap_or_default());
    out.amount("TotalBalance", 12_345 * i64::try_from(place).unwrap_or_default());
    out.leaf("CashFlowClassification", "None");
    custom_field(wish, &mut out);
    out.into_text()
}

fn head(place: usize, name: &str, out: &mut Writer<'_>) {
    out.time("TimeCreated", lists::CREATED);
    out.time("TimeModified", lists::modified(place));
    out.leaf("EditSequence", lists::modified(place).to_string());
    out.leaf("Name", name);
}

fn custom_field(wish: &Wish<'_>, out: &mut Writer<'_>) {
    if wish.custom_fields {
        data_ext(out, "0", "Region", "Boise & around");
    }
}

/// A custom field.
pub(super) fn data_ext(out: &mut Writer<'_>, owner: &str, name: &str, value: &str) {
    out.group("DataExtRet", |inner| {
        inner.leaf("OwnerID", owner);
        inner.leaf("DataExtName", name);
        inner.leaf("DataExtType", "STR255TYPE");
        inner.leaf("DataExtValue", value);
    });
}
