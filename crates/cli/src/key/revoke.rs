//! `counterfoil key revoke`.

use clap::Args;
use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::service::partner::keys::{Revoked, revoke_key};
use counterfoil_core::service::partner::operator::Operator;

use super::{Owner, read_key_id, refused};
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
    let revoked = revoke_key(operator, partner, id).await.map_err(|error| refused(error, partner, id))?;
    terminal::say(match revoked {
        Revoked::Now(key) => format!("The key {id} ({}) is revoked; it stops working within a minute.", key.name),
        Revoked::Before(key) => format!("The key {id} ({}) was already revoked.", key.name),
    });
    Ok(())
}
