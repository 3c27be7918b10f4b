//! `counterfoil partner show`.

use clap::Args;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::service::partner::operator::Operator;
use serde_json::{Value, json};

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
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) dir: DataDir,
}

pub(super) async fn run(options: &Options, operator: &Operator) -> Result<(), Failure> {
    let partner = operator.partner(&options.id).await.map_err(|error| failure(error, &options.id))?;
    if options.json {
        return terminal::say_json(&as_json(&partner));
    }
    terminal::say(as_text(&partner));
    Ok(())
}

/// The JSON of a partner.
pub(super) fn as_json(partner: &Partner) -> Value {
    json!({
        "id": partner.id.as_str(),
        "name": partner.name,
        "redirect_uris": partner.redirect_uris,
        "created_at": partner.created_at,
    })
}

fn as_text(partner: &Partner) -> String {
    let created = partner.created_at.strftime("%Y-%m-%d").to_string();
    let mut rows = vec![("id", partner.id.to_string()), ("name", partner.name.clone()), ("created", created)];
    let titles = std::iter::once("redirect URIs").chain(std::iter::repeat(""));
    rows.extend(titles.zip(partner.redirect_uris.iter().cloned()));
    if partner.redirect_uris.is_empty() {
        rows.push(("redirect URIs", "none".to_owned()));
    }
    terminal::columns(&rows.into_iter().map(|(title, value)| vec![title.to_owned(), value]).collect::<Vec<_>>())
}
