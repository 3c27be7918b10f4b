//! `counterfoil answer`: lists and opens token answers that could not be read. Each may have the only copy of a grant, so it is
//! stored, sealed, for ninety days.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use counterfoil_core::App;
use counterfoil_core::model::kept_answer::{AnswerOf, KeptAnswer};
use counterfoil_core::service::vault::keep_answer::{ANSWER, owner};
use counterfoil_functions::config::Config;
use counterfoil_functions::wiring::{World, assemble};

use crate::data_dir::DataDir;
use crate::doctor::of_this_machine;
use crate::failure::Failure;
use crate::variables::Variables;
use crate::{private_file, terminal, which_table};

/// The subcommands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List token answers that could not be read
    List(ListOptions),
    /// Write an answer to a file that only you can read
    Open(OpenOptions),
}

/// The options of `answer list`.
#[derive(Args)]
pub(crate) struct ListOptions {
    #[command(flatten)]
    dir: DataDir,
}

/// The options of `answer open`.
#[derive(Args)]
pub(crate) struct OpenOptions {
    /// The id that the list shows
    id: String,
    /// The file to write; it contains a customer's tokens, so delete it when you are done
    #[arg(long)]
    to: PathBuf,
    #[command(flatten)]
    dir: DataDir,
}

/// Runs the command.
pub(crate) async fn run(command: Command, given: Variables) -> Result<(), Failure> {
    let dir = match &command {
        Command::List(options) => options.dir.clone(),
        Command::Open(options) => options.dir.clone(),
    };
    let open = which_table::open(&given, &dir).await?;
    let kept = open.table.kept_answers(jiff::Timestamp::MAX).await?;
    match command {
        Command::List(_) => {
            list(&kept);
            Ok(())
        }
        Command::Open(options) => {
            let kept = kept.iter().find(|kept| kept.hash == options.id);
            let kept = kept.ok_or_else(|| Failure::new("There is no such answer. See: counterfoil answer list"))?;
            let variables = if given.get("TABLE_NAME").is_some() { given } else { of_this_machine(&dir, given)? };
            let config = Config::from_variables(variables.as_map()).map_err(Failure::new)?;
            write(&assemble(&config, &open.aws, World::real()), kept, &options.to).await
        }
    }
}

fn list(kept: &[KeptAnswer]) {
    if kept.is_empty() {
        terminal::say("There are no unreadable answers.");
        return;
    }
    let head = ["ID", "CAME", "PLATFORM", "OF", "EPOCH"].map(str::to_owned).to_vec();
    let rows = kept.iter().map(|kept| {
        let came = kept.at.strftime("%Y-%m-%d %H:%M:%S").to_string();
        vec![kept.hash.clone(), came, kept.platform.to_string(), of(kept), kept.epoch.to_string()]
    });
    terminal::say(terminal::columns(&std::iter::once(head).chain(rows).collect::<Vec<_>>()));
}

fn of(kept: &KeptAnswer) -> String {
    match &kept.of {
        AnswerOf::Connection(id) => id.to_string(),
        AnswerOf::Flow(_) => "a consent".to_owned(),
    }
}

async fn write(app: &App, kept: &KeptAnswer, to: &std::path::Path) -> Result<(), Failure> {
    let text = app.sealer.open(&owner(&kept.of), ANSWER, &kept.text).await.map_err(|error| Failure::new(error.to_string()))?;
    let written = private_file::replace(to, text.expose());
    written.map_err(|error| Failure::new(format!("{} cannot be written: {error}.", to.display())))?;
    terminal::say(format!("{} has the answer of {}. Delete it when you are done.", to.display(), of(kept)));
    Ok(())
}
