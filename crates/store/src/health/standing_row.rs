//! The item of a connection's standing. While the connection needs somebody, the item is in its partner's list of problems: the key in
//! the list has all that the list shows, so that one request reads it.

use counterfoil_core::model::connection::Status;
use counterfoil_core::model::health::{Problem, Standing};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::health::{Attention, ReplacedStanding, StoredStanding};
use serde::{Deserialize, Serialize};

use counterfoil_core::model::time::sortable;

use crate::connections::row::connection_under;
use crate::key::{HEALTH, Key, problems_of};
use crate::row::{Item, damaged, from_item, name_of, text, to_item, word};
use crate::table::{LIST_SK, PK};

#[derive(Serialize, Deserialize)]
struct StandingRow {
    version: u64,
    platform: String,
    environment: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    list_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    list_sk: Option<String>,
}

pub(super) fn write(replaced: &ReplacedStanding<'_>) -> Result<Item, StoreError> {
    let Standing { platform, environment, status, problem } = replaced.standing;
    let place = problem.map(|problem| {
        let words = [platform.as_str(), environment.as_str(), &problem.to_text()].join("#");
        format!("{}#{words}", sortable(replaced.at))
    });
    let row = StandingRow {
        version: replaced.before.map_or(0, |before| before.version) + 1,
        platform: platform.to_string(),
        environment: environment.as_str().to_owned(),
        status: status.as_str().to_owned(),
        problem: problem.map(Problem::to_text),
        list_pk: place.is_some().then(|| problems_of(&replaced.connection.partner)),
        list_sk: place,
    };
    to_item(&Key::standing(replaced.connection), row)
}

/// A word that this version does not know makes the standing another one, which is then replaced.
pub(super) fn read(item: Item) -> Result<StoredStanding, StoreError> {
    let name = name_of(&item);
    let row: StandingRow = from_item(item)?;
    let standing = Standing {
        platform: word(&name, "platform", &row.platform)?,
        environment: word(&name, "environment", &row.environment)?,
        status: word::<Status>(&name, "status", &row.status)?,
        problem: row.problem.as_deref().and_then(Problem::parse),
    };
    Ok(StoredStanding { version: row.version, standing })
}

/// An entry of the list of problems, by its keys.
pub(super) fn listed(item: &Item) -> Result<Attention, StoreError> {
    let (pk, place) = (text(item, PK)?, text(item, LIST_SK)?);
    let connection = connection_under(HEALTH, &pk)?;
    let [_, platform, environment, problem] = place.split('#').collect::<Vec<_>>()[..] else {
        return Err(damaged(&pk, "not a place in the list of problems"));
    };
    Ok(Attention {
        company_key: connection.company_key,
        platform: word(&pk, "platform", platform)?,
        environment: word(&pk, "environment", environment)?,
        problem: Problem::parse(problem).ok_or_else(|| crate::row::newer(&pk, "problem"))?,
    })
}
