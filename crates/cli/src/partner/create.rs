//! `counterfoil partner create`.

use clap::Args;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use counterfoil_core::port::store::Written;
use counterfoil_store::Table;

use super::{read_id, read_name};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::{redirect_uri, terminal};

/// What the partner is to be.
#[derive(Args)]
pub(crate) struct Options {
    /// Its id: up to 32 of the characters a-z 0-9 _ -
    #[arg(value_parser = read_id)]
    id: PartnerId,
    /// Its display name; by default its id
    #[arg(long, value_parser = read_name)]
    name: Option<String>,
    /// A redirect URI allowed after a consent, compared exactly; repeat the option for several
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    #[command(flatten)]
    pub(super) dir: DataDir,
}

pub(super) async fn run(options: Options, table: &Table) -> Result<(), Failure> {
    let partner = Partner {
        name: options.name.unwrap_or_else(|| options.id.to_string()),
        id: options.id,
        redirect_uris: redirect_uri::added(&[], &options.redirect_uris)?,
        created_at: SystemClock::start().now(),
    };
    match table.create_partner(&partner).await? {
        Written::Stored => {
            let id = &partner.id;
            terminal::say(format!(
                "The partner {id} is created. To create its first key: counterfoil key create --partner {id} --name \"...\" --scope tokens:read"
            ));
            Ok(())
        }
        Written::Overtaken => Err(Failure::new(format!("The partner {} already exists. Nothing was changed.", partner.id))),
    }
}
