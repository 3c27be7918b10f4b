//! `counterfoil key rotate`.

use std::time::Duration;

use clap::Args;
use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::service::partner::operator::Operator;
use counterfoil_core::service::partner::rotate_key::{OVERLAP, OVERLAP_MOST, rotate_key};

use super::{Owner, create, read_key_id, refused};
use crate::failure::Failure;

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// The key's id, as `key list` shows it
    #[arg(value_name = "KEY_ID", value_parser = read_key_id)]
    id: KeyId,
    /// How long the old key stays valid
    #[arg(long, value_name = "SECONDS", default_value_t = OVERLAP.as_secs(), value_parser = clap::value_parser!(u64).range(..=OVERLAP_MOST.as_secs()))]
    overlap_seconds: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) owner: Owner,
}

pub(super) async fn run(options: &Options, operator: &Operator) -> Result<(), Failure> {
    let (partner, id) = (&options.owner.partner, &options.id);
    let overlap = Duration::from_secs(options.overlap_seconds);
    let (text, key) = rotate_key(operator, partner, id, overlap).await.map_err(|error| refused(error, partner, id))?;
    create::say(&text, &key, options.json)
}
