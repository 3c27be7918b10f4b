//! `counterfoil partner list`.

use clap::Args;
use counterfoil_core::service::partner::operator::Operator;
use counterfoil_core::service::partner::partners::list_partners;

use super::show::as_json;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::terminal;

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) dir: DataDir,
}

pub(super) async fn run(options: &Options, operator: &Operator) -> Result<(), Failure> {
    let partners = list_partners(operator).await?;
    if options.json {
        return terminal::say_json(&partners.iter().map(as_json).collect::<Vec<_>>());
    }
    if partners.is_empty() {
        terminal::say("There are no partners. Create one with: counterfoil partner create default");
        return Ok(());
    }
    let head = ["ID", "CREATED", "REDIRECT URIS", "NAME"].map(str::to_owned).to_vec();
    let rows = partners.iter().map(|partner| {
        let created = partner.created_at.strftime("%Y-%m-%d").to_string();
        vec![partner.id.to_string(), created, partner.redirect_uris.len().to_string(), partner.name.clone()]
    });
    terminal::say(terminal::columns(&std::iter::once(head).chain(rows).collect::<Vec<_>>()));
    Ok(())
}
