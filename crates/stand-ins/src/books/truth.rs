//! The sums of a company's books, computed from the records themselves and not from the platform's API. Tests compare an import with
//! them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::entry::{Entry, decimal};
use super::list::Wanted;
use super::shelf::Books;
use super::{Entity, Method, State};

/// The counts and sums of one entity.
#[derive(Default, Serialize)]
pub(crate) struct Truth {
    /// The number of records that are not deleted.
    count: u64,
    deleted: u64,
    draft: u64,
    void: u64,
    /// What an import counts: valid checks, open bills (by the amount due), valid invoices.
    counted: Sums,
}

#[derive(Default, Serialize)]
struct Sums {
    count: u64,
    /// By currency, as decimal texts.
    sums: BTreeMap<String, Value>,
}

impl Books<'_> {
    pub(crate) fn truth(&self, entity: Entity) -> Truth {
        let entities = [entity];
        let wanted = Wanted { with_deleted: true, ..Wanted::all(&entities) };
        let mut truth = Truth::default();
        let mut sums = BTreeMap::<String, i64>::new();
        for entry in self.walk(&wanted) {
            let state = entry.state();
            truth.count += u64::from(state != State::Deleted);
            truth.deleted += u64::from(state == State::Deleted);
            truth.draft += u64::from(state == State::Draft);
            truth.void += u64::from(state == State::Void);
            if let (State::Standing, Some(cents)) = (state, counted(&entry)) {
                truth.counted.count += 1;
                *sums.entry(entry.currency().to_owned()).or_default() += cents;
            }
        }
        truth.counted.sums = sums.into_iter().map(|(currency, cents)| (currency, Value::from(decimal(cents)))).collect();
        truth
    }
}

/// The amount that an import adds up, in hundredths.
fn counted(entry: &Entry<'_>) -> Option<i64> {
    match entry.entity {
        Entity::Purchases | Entity::Payments => (entry.method() == Method::Check).then(|| entry.cents()),
        Entity::Bills => Some(entry.balance()).filter(|due| *due != 0),
        Entity::Invoices => Some(entry.cents()),
    }
}
