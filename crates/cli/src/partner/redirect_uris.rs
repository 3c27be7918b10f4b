//! `counterfoil partner add-redirect-uri` and `remove-redirect-uri`.

use clap::Args;
use counterfoil_core::model::name::PartnerId;
use counterfoil_store::Table;

use super::{existing, read_id};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::{redirect_uri, terminal};

/// Whose, and which.
#[derive(Args)]
pub(crate) struct Options {
    /// The partner's id
    #[arg(value_parser = read_id)]
    id: PartnerId,
    /// The address, exactly as it will be asked for
    uri: String,
    #[command(flatten)]
    pub(super) dir: DataDir,
}

pub(super) async fn add(options: &Options, table: &Table) -> Result<(), Failure> {
    let partner = existing(table, &options.id).await?;
    let uris = redirect_uri::added(&partner.redirect_uris, std::slice::from_ref(&options.uri))?;
    store(table, options, &uris).await
}

pub(super) async fn remove(options: &Options, table: &Table) -> Result<(), Failure> {
    let mut uris = existing(table, &options.id).await?.redirect_uris;
    let before = uris.len();
    uris.retain(|uri| *uri != options.uri);
    if uris.len() == before {
        let id = &options.id;
        return Err(Failure::new(format!(
            "The redirect URI is not on the list. The comparison is exact. See: counterfoil partner show {id}"
        )));
    }
    store(table, options, &uris).await
}

async fn store(table: &Table, options: &Options, uris: &[String]) -> Result<(), Failure> {
    table.set_redirect_uris(&options.id, uris).await?;
    terminal::say(format!("Redirect URIs of the partner {}: {}.", options.id, uris.len()));
    Ok(())
}
