//! `counterfoil key create`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use counterfoil_core::port::store::partners::PartnerStore as _;
use counterfoil_store::Table;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Owner;
use super::issue::{NewKey, issue};
use crate::failure::Failure;
use crate::{partner, terminal};

/// What the key is to be.
#[derive(Args)]
pub(crate) struct Options {
    /// Its purpose, shown in lists
    #[arg(long, value_parser = partner::read_name)]
    name: String,
    /// A scope; repeat the option for several
    #[arg(long = "scope", value_name = "SCOPE", value_parser = a_scope(), required_unless_present = "publishable")]
    scopes: Vec<Scope>,
    /// When it expires; by default never
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3_650))]
    expires_in_days: Option<u16>,
    /// A key for use in a page: it can start consents and nothing else
    #[arg(long)]
    publishable: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) owner: Owner,
}

pub(super) async fn run(options: Options, table: &Table) -> Result<(), Failure> {
    let partner = options.owner.partner;
    if table.partner(&partner).await?.is_none() {
        return Err(partner::no_such(&partner));
    }
    let now = SystemClock::start().now();
    let new = NewKey {
        partner,
        name: options.name,
        scopes: scopes(options.scopes, options.publishable)?,
        publishable: options.publishable,
        created_at: now,
        expires_at: options.expires_in_days.map(|days| days_after(now, days)).transpose()?,
    };
    let (text, key) = issue(table, new).await?;
    if options.json {
        let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        return terminal::say_json(&json!({
            "id": key.id.as_str(),
            "api_key": text.expose(),
            "partner_id": key.partner.as_str(),
            "name": key.name,
            "scopes": scopes,
            "created_at": key.created_at,
            "expires_at": key.expires_at,
        }));
    }
    terminal::say(text.expose());
    terminal::say(format!(
        "\nThis is the only time it is shown. To revoke it: counterfoil key revoke --partner {} {}",
        key.partner, key.id
    ));
    Ok(())
}

fn scopes(mut given: Vec<Scope>, publishable: bool) -> Result<Vec<Scope>, Failure> {
    if publishable && given.iter().any(|scope| *scope != Scope::ConsentStart) {
        let only = Scope::ConsentStart;
        return Err(Failure::new(format!(
            "A publishable key can only have the scope {only}, because anyone can read it in a page."
        )));
    }
    if publishable {
        given.push(Scope::ConsentStart);
    }
    given.sort_unstable();
    given.dedup();
    Ok(given)
}

fn days_after(now: Timestamp, days: u16) -> Result<Timestamp, Failure> {
    now.checked_add(SignedDuration::from_hours(24 * i64::from(days)))
        .map_err(|_| Failure::new("The expiry is too far in the future."))
}

fn a_scope() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)).try_map(|text| text.parse::<Scope>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a1_a_publishable_key_gets_no_other_scope() {
        assert!(scopes(vec![], true).is_ok_and(|scopes| scopes == [Scope::ConsentStart]));
        assert!(scopes(vec![Scope::TokensRead], true).is_err());
        let twice = vec![Scope::TokensRead, Scope::ConsentStart, Scope::TokensRead];
        assert!(scopes(twice, false).is_ok_and(|scopes| scopes == [Scope::ConsentStart, Scope::TokensRead]));
    }
}
