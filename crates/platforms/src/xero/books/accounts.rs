//! The bank accounts of an organisation. A payment names its account by id only.

use std::collections::BTreeMap;

use counterfoil_core::port::accounting::{PageRequest, ReadFailure};

use super::request;
use crate::books::UNREADABLE;
use crate::books::entry::NAME_MOST;
use crate::object::Object;
use crate::parts::Parts;

/// Names and currencies of bank accounts, by id.
#[derive(Default)]
pub(super) struct Accounts(BTreeMap<String, Account>);

pub(super) struct Account {
    pub(super) name: Option<String>,
    pub(super) currency: Option<String>,
}

impl Accounts {
    pub(super) fn get(&self, id: &str) -> Option<&Account> {
        self.0.get(id)
    }
}

/// The bank accounts. Empty if the grant lacks the scope for them: Xero has just accepted the same token for the payments.
pub(super) async fn accounts(parts: &Parts, page_request: PageRequest<'_>) -> Result<Accounts, ReadFailure> {
    let asked = request(parts, page_request, "Accounts", &[("where", r#"Type=="BANK""#)], None).await;
    let answer = match asked {
        Err(ReadFailure::Unauthorized | ReadFailure::AccessDenied | ReadFailure::CompanyGone) => {
            tracing::warn!("the bank accounts may not be read: payments stay without their names and currencies");
            return Ok(Accounts::default());
        }
        asked => asked?.ok_or(UNREADABLE)?,
    };
    let body = answer.object()?;
    let accounts = body.list("Accounts").ok_or(UNREADABLE)?;
    let account = |json| {
        let account = Object::parse(json)?;
        Some((
            account.id("AccountID")?,
            Account { name: account.text_of("Name", NAME_MOST), currency: account.currency("CurrencyCode") },
        ))
    };
    Ok(Accounts(accounts.into_iter().filter_map(account).collect()))
}

#[cfg(test)]
impl Accounts {
    pub(super) fn of(id: &str, name: &str, currency: &str) -> Self {
        let account = Account { name: Some(name.to_owned()), currency: Some(currency.to_owned()) };
        Self([(id.to_owned(), account)].into())
    }
}
