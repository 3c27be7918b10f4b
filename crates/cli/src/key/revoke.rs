//! `counterfoil key revoke`.

use clap::Args;
use counterfoil_core::Error;
use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::service::partner::keys::{Revoked, revoke_key};
use counterfoil_core::service::partner::operator::Operator;

use super::Owner;
use crate::failure::Failure;
use crate::terminal;

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// The key's id, as `key list` shows it
    #[arg(value_name = "KEY_ID", value_parser = read_key_id)]
    id: KeyId,
    #[command(flatten)]
    pub(super) owner: Owner,
}

pub(super) async fn run(options: &Options, operator: &Operator) -> Result<(), Failure> {
    let (partner, id) = (&options.owner.partner, &options.id);
    let revoked = revoke_key(operator, partner, id).await.map_err(|error| match error {
        Error::NotFound(_) => {
            Failure::new(format!("The partner {partner} has no key {id}. See: counterfoil key list --partner {partner}"))
        }
        other => other.into(),
    })?;
    terminal::say(match revoked {
        Revoked::Now(key) => format!("The key {id} ({}) is revoked; it stops working within a minute.", key.name),
        Revoked::Before(key) => format!("The key {id} ({}) was already revoked.", key.name),
    });
    Ok(())
}

fn read_key_id(text: &str) -> Result<KeyId, String> {
    KeyId::parse(text).ok_or_else(|| "a key's id is 16 hex digits, as `counterfoil key list` shows them".to_owned())
}
