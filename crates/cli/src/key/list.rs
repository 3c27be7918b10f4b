//! `counterfoil key list`.

use clap::Args;
use counterfoil_core::model::api_key::ApiKey;
use counterfoil_core::service::partner::keys::list_keys;
use counterfoil_core::service::partner::operator::Operator;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Owner;
use crate::failure::Failure;
use crate::{partner, terminal};

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) owner: Owner,
}

pub(super) async fn run(options: &Options, operator: &Operator) -> Result<(), Failure> {
    let id = &options.owner.partner;
    let keys = list_keys(operator, id).await.map_err(|error| partner::failure(error, id))?;
    if options.json {
        return terminal::say_json(&keys.iter().map(as_json).collect::<Vec<_>>());
    }
    if keys.is_empty() {
        terminal::say(format!("The partner {id} has no keys. Create one with: counterfoil key create --partner {id}"));
        return Ok(());
    }
    let head = ["ID", "NAME", "CREATED", "EXPIRES", "LAST USED", "REVOKED", "SCOPES"];
    let rows = std::iter::once(head.map(str::to_owned).to_vec()).chain(keys.iter().map(as_row));
    terminal::say(terminal::columns(&rows.collect::<Vec<_>>()));
    Ok(())
}

fn as_row(key: &ApiKey) -> Vec<String> {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let maybe = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), day);
    vec![
        key.id.to_string(),
        key.name.clone(),
        day(key.created_at),
        maybe(key.expires_at),
        day(key.last_used_at),
        maybe(key.revoked_at),
        scopes(key).join(" "),
    ]
}

fn as_json(key: &ApiKey) -> Value {
    json!({
        "id": key.id.as_str(),
        "name": key.name,
        "scopes": scopes(key),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    })
}

fn scopes(key: &ApiKey) -> Vec<&'static str> {
    key.scopes.iter().map(|scope| scope.as_str()).collect()
}
