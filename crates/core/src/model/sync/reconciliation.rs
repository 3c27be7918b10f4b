//! The two sides of a run, added up apart: what the platform gave, and what the table holds (`docs/sync.md`).

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::model::record::{Body, CheckStatus, InvoiceStatus, RecordKind};

/// How both sides compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// What was compared.
    pub covers: Covers,
    /// What came from the platform.
    pub platform: Totals,
    /// What lies in the table.
    pub stored: Totals,
}

impl Reconciliation {
    /// Whether they are the same, to the last digit.
    pub fn matches(&self) -> bool {
        self.platform == self.stored
    }
}

/// What a reconciliation compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Covers {
    /// All records.
    All,
    /// Those that the run saw.
    Changed,
}

/// Counts and sums, for each group of records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals(pub BTreeMap<Group, Total>);

/// What is added up together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// Checks, or invoices.
    pub kind: RecordKind,
    /// The id of the bank account, else its name; `None` where neither is known.
    pub bank_account: Option<String>,
    /// The first day of the month.
    pub month: Date,
    /// The currency; `None` where it is not known.
    pub currency: Option<String>,
}

/// A number of records and their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// How many.
    pub count: i64,
    /// Their sum: a number of 28 digits at most, else the sum stays where it is and [`Totals::add`] says so.
    pub sum: Decimal,
}

impl Totals {
    /// Adds a record once (`times` 1) or takes it away (`times` -1), if it is one that counts: no void, deleted or paid one does.
    /// `false` where the sum has more digits than there are.
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

    /// What one record counts.
    pub fn of(body: &Body) -> Self {
        let mut totals = Self::default();
        totals.add(body, 1);
        totals
    }

    /// Adds other totals.
    pub fn merge(&mut self, other: &Self) {
        self.merge_times(other, 1);
    }

    /// Takes other totals away.
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
