//! `counterfoil keyring reseal`.

use counterfoil_core::port::entropy::SystemEntropy;
use counterfoil_store::sealing::Keyring;

use super::kept;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::variables::Variables;
use crate::{terminal, which_table};

pub(super) async fn run(dir: &DataDir, variables: &Variables) -> Result<(), Failure> {
    let ring = kept::find(variables).await?.text(dir, variables).await?;
    let open = which_table::open(variables, dir).await?;
    let done = open.table.reseal(&Keyring::parse(&ring.text())?, &SystemEntropy).await?;
    terminal::say(format!("Sealed {} values again with the key {}.", done.values, ring.ids()[0]));
    if done.overtaken > 0 {
        terminal::say(format!("{} items were changed meanwhile. Run the command again for those.", done.overtaken));
    }
    if done.unopened == 0 {
        return Ok(());
    }
    for item in &done.unopened_items {
        terminal::say(format!("does not open: {item}"));
    }
    Err(Failure::new(format!(
        "{} values do not open with this keyring and were left as they are. See `counterfoil keyring status`.",
        done.unopened
    )))
}
