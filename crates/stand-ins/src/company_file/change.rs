//! Changes that a user makes in QuickBooks.

use super::CompanyFile;
use super::deleted::Deleted;
use super::txn::{Kind, Txn};

/// A transaction as a user has changed it.
#[derive(Clone, Debug)]
pub(super) struct Change {
    modified: i64,
    cents: i64,
    balance: i64,
    memo: Option<String>,
}

impl Change {
    /// The transaction with this change.
    pub(super) fn on(&self, txn: Txn) -> Txn {
        Txn { modified: self.modified, cents: self.cents, balance: self.balance, memo: self.memo.clone(), ..txn }
    }
}

impl CompanyFile {
    /// Changes the amount of a check, in hundredths, at this time in Unix seconds. False if there is no check with this `TxnID`.
    pub fn change_check(&self, txn_id: &str, cents: i64, at: i64) -> bool {
        self.change(Kind::Check, txn_id, |check| Change { modified: at, cents, balance: 0, memo: check.memo })
    }

    /// Voids a check: its amount becomes zero, and its memo begins with `VOID:`. False if there is no check with this `TxnID`.
    pub fn void_check(&self, txn_id: &str, at: i64) -> bool {
        let memo = |check: Txn| Some(format!("VOID: {}", check.memo.unwrap_or_default()));
        self.change(Kind::Check, txn_id, |check| Change { modified: at, cents: 0, balance: 0, memo: memo(check) })
    }

    /// Deletes a check at this time. False if there is none with this `TxnID`, or it was deleted before.
    pub fn delete_check_at(&self, txn_id: &str, at: i64) -> bool {
        let Some(check) = self.find(Kind::Check, txn_id) else { return false };
        self.state().deleted.push(Deleted::of(&check, at));
        true
    }

    /// The `TxnID` of the bill with this index: 0 is the oldest.
    pub fn bill_id(&self, index: u64) -> Option<String> {
        self.txn(Kind::Bill, index).map(|bill| bill.id)
    }

    /// Pays a bill in full, otherwise than by check. False if there is no bill with this `TxnID`.
    pub fn pay_bill(&self, txn_id: &str, at: i64) -> bool {
        self.change(Kind::Bill, txn_id, |bill| Change { modified: at, cents: bill.cents, balance: 0, memo: bill.memo })
    }

    fn change(&self, kind: Kind, txn_id: &str, change: impl FnOnce(Txn) -> Change) -> bool {
        let Some(txn) = self.find(kind, txn_id) else { return false };
        self.state().changes.insert(txn_id.to_owned(), change(txn));
        true
    }
}
