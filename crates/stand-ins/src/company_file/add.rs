//! `CheckAdd`: the one write that this company file knows.

use super::lists;
use super::reference::Reference;
use super::status::Status;
use super::txn::{Kind, Line, Txn, day, id};
use super::{CompanyFile, MAX_ADDED};
use crate::xml::Element;

/// The longest texts, in characters.
const MAX_REF_NUMBER: usize = 11;
const MAX_MEMO: usize = 4_095;

impl CompanyFile {
    /// Adds a check, or says why not.
    pub(super) fn add_check(&self, add: &Element) -> Result<Txn, Status> {
        let account = named(add.child("AccountRef"), lists::accounts(), "Account")?;
        let account = account.ok_or_else(|| Status::bad_reference("Account", ""))?;
        let party = named(add.child("PayeeEntityRef"), lists::vendors(), "Entity")?;
        let text = |name: &str, most: usize| match add.text_of(name) {
            Some(text) if text.chars().count() > most => {
                Err(Status::new(3_070, format!("The string \"{text}\" in the field \"{name}\" is too long.")))
            }
            text => Ok(text.filter(|text| !text.is_empty()).map(str::to_owned)),
        };
        let (ref_number, memo) = (text("RefNumber", MAX_REF_NUMBER)?, text("Memo", MAX_MEMO)?);
        let lines = add.children_named("ExpenseLineAdd").map(line).collect::<Result<Vec<_>, _>>()?;
        let mut state = self.state();
        if state.added.len() == MAX_ADDED {
            return Err(Status::new(3_180, "There was an error when saving a Check."));
        }
        let created = self.contents.until + i64::try_from(state.added.len()).expect("at most ten thousand") + 1;
        let index = self.contents.checks + state.added.len() as u64;
        let check = Txn {
            index,
            id: id(Kind::Check, index, created),
            created,
            modified: created,
            date: add.text_of("TxnDate").and_then(|date| date.parse().ok()).unwrap_or_else(|| day(created)),
            party,
            account,
            ref_number: if add.text_of("IsToBePrinted") == Some("true") { None } else { ref_number },
            cents: lines.iter().map(|line| line.cents).sum(),
            balance: 0,
            memo,
            external_guid: add.text_of("ExternalGUID").map(str::to_owned),
            is_foreign: false,
            lines,
        };
        state.added.push(check.clone());
        Ok(check)
    }
}

fn line(add: &Element) -> Result<Line, Status> {
    let account = named(add.child("AccountRef"), lists::accounts(), "Account")?;
    Ok(Line { account, cents: cents(add.text_of("Amount").unwrap_or("0")), memo: add.text_of("Memo").map(str::to_owned) })
}

/// The list element that a `…Ref` names.
fn named(reference: Option<&Element>, known: &[Reference], list: &str) -> Result<Option<Reference>, Status> {
    let Some(reference) = reference else { return Ok(None) };
    let found = known.iter().find(|known| known.is_named_by(reference));
    let name = || reference.children.first().map_or("", |child| &child.text);
    found.cloned().map(Some).ok_or_else(|| Status::bad_reference(list, name()))
}

/// The hundredths of an amount that the grammar has accepted.
fn cents(amount: &str) -> i64 {
    let (whole, cents) = amount.split_once('.').unwrap_or((amount, "00"));
    let digits = format!("{}{cents}", whole.trim_start_matches('+'));
    digits.parse().unwrap_or_default()
}
