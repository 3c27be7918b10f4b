//! Counts and sums of groups of records as attributes. Sums are decimal text.

use counterfoil_core::model::sync::reconciliation::{Group, Total, Totals};
use counterfoil_core::port::store::StoreError;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::records::row::decimal;
use crate::row::word;

#[derive(Serialize, Deserialize)]
pub(crate) struct GroupRow {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bank_account: Option<String>,
    month: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
}

impl From<&Group> for GroupRow {
    fn from(group: &Group) -> Self {
        Self {
            kind: Into::<&str>::into(group.kind).to_owned(),
            bank_account: group.bank_account.clone(),
            month: group.month,
            currency: group.currency.clone(),
        }
    }
}

impl GroupRow {
    pub(crate) fn read(self, item: &str) -> Result<Group, StoreError> {
        Ok(Group {
            kind: word(item, "kind", &self.kind)?,
            bank_account: self.bank_account,
            month: self.month,
            currency: self.currency,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TotalRow {
    count: i64,
    sum: String,
}

impl From<&Total> for TotalRow {
    fn from(total: &Total) -> Self {
        Self { count: total.count, sum: total.sum.to_string() }
    }
}

impl TotalRow {
    pub(crate) fn read(&self, item: &str) -> Result<Total, StoreError> {
        Ok(Total { count: self.count, sum: decimal(item, "sum", Some(&self.sum))? })
    }
}

/// A group of one side of a reconciliation.
#[derive(Serialize, Deserialize)]
pub(crate) struct SideRow {
    #[serde(flatten)]
    group: GroupRow,
    #[serde(flatten)]
    total: TotalRow,
}

pub(crate) fn write_side(totals: &Totals) -> Vec<SideRow> {
    totals.0.iter().map(|(group, total)| SideRow { group: group.into(), total: total.into() }).collect()
}

pub(crate) fn read_side(item: &str, rows: Vec<SideRow>) -> Result<Totals, StoreError> {
    let read = |row: SideRow| Ok((row.group.read(item)?, row.total.read(item)?));
    Ok(Totals(rows.into_iter().map(read).collect::<Result<_, StoreError>>()?))
}
