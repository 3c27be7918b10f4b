//! `counterfoil partner create`.

use clap::Args;
use counterfoil_core::model::name::{DisplayName, PartnerId};
use counterfoil_core::service::partner::operator::Operator;
use counterfoil_core::service::partner::partners::{NewPartner, create_partner};

use super::{read_id, read_name};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::terminal;

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// Its id: up to 32 of the characters a-z 0-9 _ -
    #[arg(value_parser = read_id)]
    id: PartnerId,
    /// Its display name; by default its id
    #[arg(long, value_parser = read_name)]
    name: Option<DisplayName>,
    /// A redirect URI allowed after a consent (compared exactly); repeat the option for several
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    #[command(flatten)]
    pub(super) dir: DataDir,
}

pub(super) async fn run(options: Options, operator: &Operator) -> Result<(), Failure> {
    let name = options.name.map_or_else(|| DisplayName::parse(options.id.as_str()), Ok)?;
    let new = NewPartner { id: options.id, name, redirect_uris: options.redirect_uris };
    let id = create_partner(operator, new).await?.id;
    terminal::say(format!(
        "The partner {id} is created. To create its first key: counterfoil key create --partner {id} --name \"...\" --scope tokens:read"
    ));
    Ok(())
}
