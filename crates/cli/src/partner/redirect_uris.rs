//! `counterfoil partner add-redirect-uri` and `remove-redirect-uri`.

use clap::Args;
use counterfoil_core::Error;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::service::partner::operator::Operator;
use counterfoil_core::service::partner::redirect_uris::{add_redirect_uris, remove_redirect_uri};

use super::{failure, read_id};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::terminal;

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// The partner's id
    #[arg(value_parser = read_id)]
    id: PartnerId,
    /// The address, exactly as requests will have it
    uri: String,
    #[command(flatten)]
    pub(super) dir: DataDir,
}

pub(super) async fn add(options: &Options, operator: &Operator) -> Result<(), Failure> {
    let added = add_redirect_uris(operator, &options.id, std::slice::from_ref(&options.uri)).await;
    say(options, added)
}

pub(super) async fn remove(options: &Options, operator: &Operator) -> Result<(), Failure> {
    say(options, remove_redirect_uri(operator, &options.id, &options.uri).await)
}

fn say(options: &Options, listed: Result<Vec<String>, Error>) -> Result<(), Failure> {
    let listed = listed.map_err(|error| failure(error, &options.id))?;
    terminal::say(format!("Redirect URIs of the partner {}: {}.", options.id, listed.len()));
    Ok(())
}
