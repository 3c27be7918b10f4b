//! `counterfoil key alias`.

use std::io::Read as _;

use clap::Args;
use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::partner::keys::{alias_key, remove_alias};
use counterfoil_core::service::partner::operator::Operator;

use super::{Owner, read_key_id, refused};
use crate::failure::Failure;
use crate::terminal;

/// The longest alias that is read, in bytes.
const ALIAS_LONGEST: u64 = 1_024;

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// The key's id, as `key list` shows it
    #[arg(value_name = "KEY_ID", value_parser = read_key_id)]
    id: KeyId,
    /// Remove this alias of the key; it stops working within a minute
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    pub(super) owner: Owner,
}

/// Reads the alias from standard input, where no list of processes shows it.
pub(super) async fn run(options: &Options, operator: &Operator) -> Result<(), Failure> {
    let (partner, id) = (&options.owner.partner, &options.id);
    let mut text = String::new();
    let read = std::io::stdin().take(ALIAS_LONGEST).read_to_string(&mut text);
    read.map_err(|error| Failure::new(format!("The alias could not be read from standard input: {error}")))?;
    let alias = Secret::new(text.trim());
    let changed = if options.remove {
        remove_alias(operator, partner, id, &alias).await
    } else {
        alias_key(operator, partner, id, &alias).await
    };
    let key = changed.map_err(|error| refused(error, partner, id))?;
    let outcome = if options.remove { "is no longer named by this alias" } else { "can now be named by this alias too" };
    terminal::say(format!("The key {id} ({}) {outcome}.", key.name));
    Ok(())
}
