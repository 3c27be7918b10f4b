//! Reconciliation: compares the sums of the records that the platform sent with the sums of the records in the table (`docs/sync.md`).

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::model::record::{Body, CheckStatus, InvoiceStatus, RecordKind};

/// The result of a reconciliation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// Which records were compared.
    pub covers: Covers,
    /// The totals of the records that the platform sent.
    pub platform: Totals,
    /// The totals of the records in the table.
    pub stored: Totals,
}

impl Reconciliation {
    /// Whether both totals are equal, to the last digit.
    pub fn matches(&self) -> bool {
        self.platform == self.stored
    }
}

/// Which records a reconciliation compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Covers {
    /// All records of the company.
    All,
    /// The records that the run saw.
    Changed,
}

/// Counts and sums for each group of records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals(pub BTreeMap<Group, Total>);

/// The records that are added up together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// Checks or invoices.
    pub kind: RecordKind,
    /// The id of the bank account, else its name; `None` if neither is known.
    pub bank_account: Option<String>,
    /// The first day of the month of the records' dates.
    pub month: Date,
    /// The currency; `None` if it is not known.
    pub currency: Option<String>,
}

/// A number of records and the sum of their amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// The number of records.
    pub count: i64,
    /// The sum, of at most 28 digits. If an addition would exceed them, the sum does not change and [`Totals::add`] returns `false`.
    pub sum: Decimal,
}

impl Totals {
    /// Adds a record (`times` 1) or removes it (`times` -1). Void, deleted and closed records do not count and change nothing.
    /// Returns `false` if the sum would have too many digits.
    pub fn add(&mut self, body: &Body, times: i64) -> bool {
        let Some((group, amount)) = counted(body) else { return true };
        let total = self.0.entry(group.clone()).or_default();
        total.count += times;
        let sum = if times < 0 { total.sum.checked_sub(amount) } else { total.sum.checked_add(amount) };
        let fits = sum.is_some();
        total.sum = sum.unwrap_or(total.sum);
        if total.count == 0 && total.sum.is_zero() {
            self.0.remove(&group);
        }
        fits
    }

    /// The totals of one record.
    pub fn of(body: &Body) -> Self {
        let mut totals = Self::default();
        totals.add(body, 1);
        totals
    }

    /// Adds other totals.
    pub fn merge(&mut self, other: &Self) {
        self.merge_times(other, 1);
    }

    /// Subtracts other totals.
    pub fn subtract(&mut self, other: &Self) {
        self.merge_times(other, -1);
    }

    fn merge_times(&mut self, other: &Self, times: i64) {
        for (group, more) in &other.0 {
            let total = self.0.entry(group.clone()).or_default();
            total.count += times * more.count;
            total.sum = total.sum.checked_add(Decimal::from(times) * more.sum).unwrap_or(total.sum);
            if total.count == 0 && total.sum.is_zero() {
                self.0.remove(group);
            }
        }
    }
}

fn counted(body: &Body) -> Option<(Group, Decimal)> {
    let (date, currency, amount, account) = match body {
        Body::Check(check) if matches!(check.status, CheckStatus::Issued | CheckStatus::ToBeIssued) => {
            (check.date, &check.currency, check.amount, check.bank_account.id.as_ref().or(check.bank_account.name.as_ref()))
        }
        Body::Invoice(invoice) if matches!(invoice.status, InvoiceStatus::Open | InvoiceStatus::Paid) => {
            (invoice.date, &invoice.currency, invoice.total, None)
        }
        Body::Check(_) | Body::Invoice(_) => return None,
    };
    let group =
        Group { kind: body.kind(), bank_account: account.cloned(), month: date.first_of_month(), currency: currency.clone() };
    Some((group, amount))
}
