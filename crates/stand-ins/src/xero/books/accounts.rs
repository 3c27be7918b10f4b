//! The part of the chart of accounts that payments need: the bank accounts and the card, and two other accounts.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::identity::Xero;
use super::super::organisation::{SETTINGS_SCOPE, envelope, tenant_id};
use super::super::problem::invalid;
use super::filter::{Filter, Literal};
use super::{admit, records};
use crate::bookkeeping::visit::{BooksRequest, Reading};
use crate::books::account::Account;
use crate::oauth::StandIn;
use crate::params::Params;

pub(super) async fn answer(stand_in: Arc<StandIn<Xero>>, query: Option<String>, headers: HeaderMap) -> Response {
    let company = tenant_id(&headers).unwrap_or_default().to_owned();
    let admit = move |stand_in: &StandIn<Xero>, now| admit(SETTINGS_SCOPE, &headers, stand_in, now);
    let answer = move |reading: &Reading<'_>| {
        list(reading, query.as_deref().unwrap_or_default()).map_err(|reason| invalid(&reason).into())
    };
    BooksRequest { stand_in, company, counted_as: "Accounts" }.attend(admit, answer).await
}

fn list(reading: &Reading<'_>, query: &str) -> Result<Value, String> {
    let params = Params::parse(query.as_bytes()).map_err(|bad| bad.to_string())?;
    params.only(&["where"]).map_err(|bad| bad.to_string())?;
    let filter = Filter::read(params.get("where").unwrap_or_default(), &["Type", "Status"])?;
    let banks = reading.books.profile.accounts();
    let others = [(200, "Sales", "REVENUE"), (300, "Purchases", "DIRECTCOSTS")];
    let accounts = banks.iter().map(bank_account).chain(others.map(|(code, name, kind)| account(code, name, kind)));
    let is_wanted = |account: &Value| filter.holds(|name| Literal::Text(account[name].as_str().unwrap_or_default().to_owned()));
    Ok(envelope("Accounts", &accounts.filter(is_wanted).collect::<Vec<_>>(), reading.now))
}

fn bank_account(bank: &Account) -> Value {
    let mut account = account(records::code(bank.id), bank.name, "BANK");
    account["AccountID"] = json!(records::account_id(bank.id));
    account["BankAccountType"] = json!(if bank.is_card() { "CREDITCARD" } else { "BANK" });
    account["CurrencyCode"] = json!(bank.currency);
    account
}

fn account(code: u64, name: &str, kind: &str) -> Value {
    json!({
        "AccountID": records::account_id(code),
        "Code": format!("{code:03}"),
        "Name": name,
        "Status": "ACTIVE",
        "Type": kind,
        "EnablePaymentsToAccount": false,
    })
}
