//! `counterfoil key create`.

use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use counterfoil_core::model::api_key::{ApiKey, Scope};
use counterfoil_core::model::name::DisplayName;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::partner::keys::{NewKey, create_key};
use counterfoil_core::service::partner::operator::Operator;
use serde_json::json;

use super::Owner;
use crate::failure::Failure;
use crate::{partner, terminal};

const DAY: Duration = Duration::from_secs(86_400);

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// Its purpose, shown in lists
    #[arg(long, value_parser = partner::read_name)]
    name: DisplayName,
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

pub(super) async fn run(options: Options, operator: &Operator) -> Result<(), Failure> {
    let partner = options.owner.partner;
    let new = NewKey {
        partner: partner.clone(),
        name: options.name,
        scopes: options.scopes,
        publishable: options.publishable,
        life: options.expires_in_days.map(|days| DAY * u32::from(days)),
    };
    let (text, key) = create_key(operator, new).await.map_err(|error| partner::failure(error, &partner))?;
    say(&text, &key, options.json)
}

/// Prints a new key, and how to revoke it.
pub(super) fn say(text: &Secret, key: &ApiKey, json: bool) -> Result<(), Failure> {
    if json {
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

fn a_scope() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)).try_map(|text| text.parse::<Scope>())
}
