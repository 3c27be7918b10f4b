//! `counterfoil key revoke`.

use clap::Args;
use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use counterfoil_core::port::store::partners::PartnerStore as _;
use counterfoil_store::Table;

use super::Owner;
use crate::failure::Failure;
use crate::terminal;

/// Which key.
#[derive(Args)]
pub(crate) struct Options {
    /// The key's id, as `key list` shows it
    #[arg(value_name = "KEY_ID", value_parser = read_key_id)]
    id: KeyId,
    #[command(flatten)]
    pub(super) owner: Owner,
}

pub(super) async fn run(options: &Options, table: &Table) -> Result<(), Failure> {
    let (partner, id) = (&options.owner.partner, &options.id);
    let Some(key) = table.key(partner, id).await? else {
        return Err(Failure::new(format!(
            "The partner {partner} has no key {id}. See: counterfoil key list --partner {partner}"
        )));
    };
    if key.revoked_at.is_some() {
        terminal::say(format!("The key {id} ({}) was already revoked.", key.name));
        return Ok(());
    }
    table.revoke_key(partner, id, SystemClock::start().now()).await?;
    terminal::say(format!("The key {id} ({}) is revoked; it stops working within a minute.", key.name));
    Ok(())
}

fn read_key_id(text: &str) -> Result<KeyId, String> {
    KeyId::parse(text).ok_or_else(|| "a key's id is 16 hex digits, as `counterfoil key list` shows them".to_owned())
}
