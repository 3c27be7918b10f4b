//! `counterfoil keyring status`: counts the values that each key has sealed, and says when an old key is no longer needed.

use std::collections::BTreeMap;

use counterfoil_store::keyring_text::KeyringText;
use counterfoil_store::parking::{Folder, ParkedMessage};
use counterfoil_store::sealing::key_id;
use jiff::Timestamp;

use super::kept::{self, Kept};
use super::rotate;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::variables::Variables;
use crate::{terminal, which_table};

/// Where sealed values may be that the counts do not include.
enum Elsewhere {
    /// In the queues and the backups of a deployment. The time is that of the keyring's present version.
    Deployed(Timestamp),
    /// In copies of the folder that somebody made.
    Laptop,
}

pub(super) async fn run(dir: &DataDir, variables: &Variables) -> Result<(), Failure> {
    let kept = kept::find(variables).await?;
    let (ring, pending, elsewhere) = match &kept {
        Kept::Deployed(secret) => {
            let current = secret.current().await?;
            let ring = KeyringText::parse(&current.text)?;
            let pending = rotate::pending(&current, &ring);
            (ring, pending, Elsewhere::Deployed(current.made_at))
        }
        Kept::Laptop => (kept.text(dir, variables).await?, None, Elsewhere::Laptop),
    };
    let mut counts = which_table::open(variables, dir).await?.table.sealed_values().await?;
    if matches!(kept, Kept::Laptop) {
        add_parked(dir, &mut counts)?;
    }
    terminal::say(terminal::columns(&table(&ring, &counts)));
    for id in ring.ids().iter().skip(1) {
        let sealed = counts.get(id).copied().unwrap_or_default();
        terminal::say(advice(id, pending.as_ref() == Some(id), sealed, &elsewhere));
    }
    let lost: Vec<_> = counts.iter().filter(|(id, _)| !ring.ids().contains(id)).collect();
    for (id, values) in &lost {
        terminal::say(format!("{id}: is not in the keyring, but sealed {values} values. Restore it under \"older\"."));
    }
    if lost.is_empty() { Ok(()) } else { Err(Failure::new("The keyring lacks a key.")) }
}

fn table(ring: &KeyringText, counts: &BTreeMap<String, u64>) -> Vec<Vec<String>> {
    let head = ["KEY", "PLACE", "SEALED VALUES"].map(str::to_owned).to_vec();
    let row = |(place, id): (usize, &String)| {
        let named = if place == 0 { "primary".to_owned() } else { format!("older, {place}") };
        vec![id.clone(), named, counts.get(id).copied().unwrap_or_default().to_string()]
    };
    std::iter::once(head).chain(ring.ids().iter().enumerate().map(row)).collect()
}

fn advice(id: &str, is_pending: bool, sealed: u64, elsewhere: &Elsewhere) -> String {
    if is_pending {
        return format!("{id}: added, not used for sealing yet. `counterfoil keyring rotate` makes it the primary key.");
    }
    if sealed > 0 {
        return format!("{id}: is needed. `counterfoil keyring reseal` seals its {sealed} values again.");
    }
    match elsewhere {
        Elsewhere::Deployed(since) => {
            let since = since.strftime("%Y-%m-%d %H:%M UTC");
            format!(
                "{id}: nothing in the table needs it. It may go once the parking queue and its failure queue hold no message from before {since} \
                 (they keep one for 14 days at most), and once you will not restore the table to a time before now \
                 (point-in-time recovery reaches back 35 days; backups of yours as long as you keep them)."
            )
        }
        Elsewhere::Laptop => format!("{id}: nothing here needs it. Remove it, unless you keep older copies of this folder."),
    }
}

fn add_parked(dir: &DataDir, counts: &mut BTreeMap<String, u64>) -> Result<(), Failure> {
    for (_, waiting) in Folder::new(dir.parked()).parked().map_err(|error| dir.unusable(&error))? {
        let sealed = match waiting {
            ParkedMessage::Grant(parked) => {
                let grant = parked.commit.grant;
                grant.refresh_token.into_iter().chain([grant.access_token]).collect()
            }
            ParkedMessage::Answer(kept) => vec![kept.text],
        };
        for id in sealed.iter().filter_map(key_id) {
            *counts.entry(id).or_default() += 1;
        }
    }
    Ok(())
}
