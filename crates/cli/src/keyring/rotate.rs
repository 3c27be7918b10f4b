//! `counterfoil keyring rotate`: adds a key that only opens, and makes it the primary key once every process has read it.
//!
//! The id of the secret's version that added a key contains that key's id. So a command that is started again sees that the first step is
//! done, and since when.

use std::time::Duration;

use clap::Args;
use counterfoil_core::model::secret::{Secret, hex};
use counterfoil_core::model::time::{later, until};
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use counterfoil_core::port::entropy::{Entropy as _, SystemEntropy};
use counterfoil_store::kept_secret::{KeptSecret, Version};
use counterfoil_store::keyring_text::KeyringText;
use counterfoil_store::secret_source::FRESH_FOR;
use jiff::Timestamp;

use super::kept::{self, Kept};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::variables::Variables;
use crate::{private_file, terminal};

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// Stop after the first step instead of waiting; the same command later does the second
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    dir: DataDir,
}

/// The time after which every process has the new keyring: each reads it again after [`FRESH_FOR`], and an event may be under way.
const EVERYBODY_KNOWS_AFTER: Duration = FRESH_FOR.saturating_add(Duration::from_secs(60));
/// The prefix of the id of a version that added a key. The key's id follows.
const ADDS: &str = "counterfoil-adds-";
/// The prefix of the id of a version that made a key the primary one.
const PROMOTES: &str = "counterfoil-promotes-";

pub(super) async fn run(options: &Options, variables: &Variables) -> Result<(), Failure> {
    match kept::find(variables).await? {
        Kept::Deployed(secret) => rotate_deployed(&secret, options.no_wait).await,
        Kept::Laptop => rotate_laptops(&options.dir, variables),
    }
}

/// Rotates the laptop's keyring in one step, because no other process reads it while the folder is locked.
fn rotate_laptops(dir: &DataDir, variables: &Variables) -> Result<(), Failure> {
    let Some(_lock) = dir.lock()? else {
        return Err(Failure::new("Stop `counterfoil dev` first: it reads the keyring only when it starts."));
    };
    let ring = KeyringText::parse(&kept::of_laptop(dir, variables)?)?;
    let (added, key_id) = with_new_key(&ring)?;
    let promoted = promoted(&added, &key_id)?;
    private_file::replace(&dir.keyring(), promoted.text().expose()).map_err(|error| dir.unusable(&error))?;
    say_promoted(&key_id);
    Ok(())
}

async fn rotate_deployed(secret: &KeptSecret, no_wait: bool) -> Result<(), Failure> {
    let clock = SystemClock::start();
    let current = secret.current().await?;
    let ring = KeyringText::parse(&current.text)?;
    let (version, key_id, pause) = if let Some(key_id) = pending(&current, &ring) {
        (current.id, key_id, until(clock.now(), later(current.made_at, EVERYBODY_KNOWS_AFTER)))
    } else {
        let (added, key_id) = with_new_key(&ring)?;
        let version = version_id(ADDS, &key_id);
        replace(secret, &current.id, &version, &added.text()).await?;
        (version, key_id, EVERYBODY_KNOWS_AFTER)
    };
    if !pause.is_zero() {
        let at = later(clock.now(), pause);
        terminal::say(format!(
            "The key {key_id} is added. At {} every process knows it, and it can become the primary key.",
            clock_time(at)
        ));
        if no_wait {
            terminal::say("Then run `counterfoil keyring rotate` again.");
            return Ok(());
        }
        terminal::say("Waiting until then. You may press Ctrl-C and run the same command again later.");
        clock.sleep(pause).await;
    }
    let ring = KeyringText::parse(&secret.current().await?.text)?;
    replace(secret, &version, &version_id(PROMOTES, &key_id), &promoted(&ring, &key_id)?.text()).await?;
    say_promoted(&key_id);
    Ok(())
}

/// The key that the current version added and that is not the primary key yet.
pub(super) fn pending(current: &Version, ring: &KeyringText) -> Option<String> {
    let key_id = current.id.strip_prefix(ADDS)?.split('-').next()?;
    ring.ids().iter().skip(1).find(|id| *id == key_id).cloned()
}

fn with_new_key(ring: &KeyringText) -> Result<(KeyringText, String), Failure> {
    let added = ring.adding(KeyringText::new_key(&SystemEntropy))?;
    let key_id = added.ids().last().cloned().unwrap_or_default();
    Ok((added, key_id))
}

fn promoted(ring: &KeyringText, key_id: &str) -> Result<KeyringText, Failure> {
    ring.promoting(key_id).ok_or_else(changed_meanwhile)
}

async fn replace(secret: &KeptSecret, seen: &str, version: &str, text: &Secret) -> Result<(), Failure> {
    if secret.replace(seen, version, text).await? { Ok(()) } else { Err(changed_meanwhile()) }
}

fn changed_meanwhile() -> Failure {
    Failure::new("Another command changed the keyring meanwhile. Nothing was overwritten. See `counterfoil keyring status`.")
}

fn version_id(step: &str, key_id: &str) -> String {
    let mut random = [0; 8];
    SystemEntropy.fill(&mut random);
    format!("{step}{key_id}-{}", hex(&random))
}

fn say_promoted(key_id: &str) {
    terminal::say(format!(
        "The key {key_id} seals from now on; the older ones still open. In six minutes run `counterfoil keyring reseal`, then `counterfoil keyring status`."
    ));
}

fn clock_time(at: Timestamp) -> String {
    at.strftime("%H:%M:%S UTC").to_string()
}
