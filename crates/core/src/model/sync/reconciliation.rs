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

/// The most groups of a side. More would not fit into the answer that shows them, nor into the write that ends the run.
const GROUPS_MOST: usize = 10_000;

impl Reconciliation {
    /// Adds the groups of all bank accounts up if there are more than [`GROUPS_MOST`] groups.
    #[must_use]
    pub fn bounded(self) -> Self {
        let Self { covers, platform, stored } = self;
        if platform.0.len().max(stored.0.len()) <= GROUPS_MOST {
            return Self { covers, platform, stored };
        }
        Self { covers, platform: platform.without_accounts(), stored: stored.without_accounts() }
    }

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

    fn without_accounts(self) -> Self {
        let mut all = Self::default();
        for (group, total) in self.0 {
            all.merge(&Self([(Group { bank_account: None, ..group }, total)].into()));
        }
        all
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_groups_than_fit_are_added_up_without_their_bank_accounts() {
        let month = Date::constant(2026, 9, 1);
        let totals = |accounts: i64| {
            let of = |account: i64| Group {
                kind: RecordKind::Check,
                bank_account: Some(account.to_string()),
                month,
                currency: Some("USD".to_owned()),
            };
            Totals((0..accounts).map(|account| (of(account), Total { count: 2, sum: Decimal::new(150, 2) })).collect())
        };
        let both = |accounts| Reconciliation { covers: Covers::All, platform: totals(accounts), stored: totals(accounts) };
        assert_eq!(both(10_000).bounded(), both(10_000));
        let bounded = both(10_001).bounded();
        assert!(bounded.matches());
        let all: Vec<_> = bounded.platform.0.into_iter().map(|(group, total)| (group.bank_account, total)).collect();
        assert_eq!(all, [(None, Total { count: 20_002, sum: Decimal::new(1_500_150, 2) })]);
    }
}
