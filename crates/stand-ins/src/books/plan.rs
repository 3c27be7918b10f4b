//! The stored part of a company's books: the number of records, and the changes since.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Entity, Method, Profile, State};

/// The largest number of records of one entity.
pub(crate) const MAX_RECORDS: u64 = 10_000_000;
/// The largest amount that a change can set, in hundredths.
const MAX_CENTS: u64 = 1_000_000_000_000_000;
/// The end of the two years must be between 1980 and 2200, in Unix seconds.
const UNTIL: std::ops::RangeInclusive<i64> = 315_532_800..=7_258_118_400;
/// The largest number of records of one company that can be changed.
const MAX_EDITS: usize = 200_000;
/// The largest number of times that records can be added.
const MAX_ADDITIONS: usize = 1_000;
/// The largest size of the JSON fields that one change sets, in bytes.
const MAX_RAW_BYTES: usize = 4_096;

/// The stored part of one company's books.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// The end of the two years over which the records are spread, in Unix seconds.
    pub(crate) until: i64,
    pub(crate) sizes: BTreeMap<Entity, u64>,
    pub(crate) checks_only: bool,
    pub(crate) changed_long_ago: bool,
    pub(crate) added: Vec<Addition>,
    pub(crate) edits: BTreeMap<Entity, BTreeMap<u64, Edit>>,
}

/// Records that were added after the first ones.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Addition {
    pub(crate) entity: Entity,
    pub(crate) count: u64,
    pub(crate) at: i64,
}

/// A change of one record.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Edit {
    /// The time of the change that the record shows, in Unix seconds; `None` if it does not show it.
    pub(crate) at: Option<i64>,
    pub(crate) times: u32,
    pub(crate) values: Values,
    /// The merge patch that is applied to the platform's JSON (RFC 7396). `null` removes a field.
    pub(crate) raw: Map<String, Value>,
}

/// The values that a change sets. A missing one stays as it was.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Values {
    pub(crate) cents: Option<i64>,
    pub(crate) currency: Option<String>,
    pub(crate) date: Option<Date>,
    pub(crate) memo: Option<String>,
    pub(crate) method: Option<Method>,
    pub(crate) number: Option<String>,
    /// Of a bill or an invoice: whether it is paid in full.
    pub(crate) paid: Option<bool>,
    pub(crate) payee: Option<String>,
    pub(crate) state: Option<State>,
}

/// Why a change was refused. The plan stays as it was.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadChange {
    #[error("this platform has no such entity")]
    NoSuchEntity,
    #[error("there can be at most {MAX_RECORDS} records of an entity")]
    TooManyRecords,
    #[error("there is no record of this index")]
    NoSuchRecord,
    #[error("at most {MAX_EDITS} records of a company can be changed")]
    TooManyEdits,
    #[error("records can be added {MAX_ADDITIONS} times")]
    TooManyAdditions,
    #[error("raw must be at most {MAX_RAW_BYTES} bytes")]
    LongRaw,
    #[error("give either indexes, or first and count")]
    NoRecords,
    #[error("cents must be at most {MAX_CENTS}")]
    TooManyCents,
    #[error("until must be between 1980 and 2200")]
    Until,
}

impl Plan {
    pub(crate) fn at_start(profile: Profile, until: i64) -> Self {
        Self {
            seed: 1,
            until,
            sizes: profile.sizes.iter().copied().collect(),
            checks_only: false,
            changed_long_ago: profile.changed_long_ago,
            added: Vec::new(),
            edits: BTreeMap::new(),
        }
    }

    /// Sets the number of records. An entity that is not named has none.
    pub(crate) fn begin(&mut self, sizes: BTreeMap<Entity, u64>) -> Result<(), BadChange> {
        if sizes.keys().any(|entity| !self.sizes.contains_key(entity)) {
            return Err(BadChange::NoSuchEntity);
        }
        if sizes.values().any(|size| *size > MAX_RECORDS) {
            return Err(BadChange::TooManyRecords);
        }
        if !UNTIL.contains(&self.until) {
            return Err(BadChange::Until);
        }
        self.sizes.values_mut().for_each(|size| *size = 0);
        self.sizes.extend(sizes);
        Ok(())
    }

    /// The number of the first records, without added ones.
    pub(crate) fn base_size(&self, entity: Entity) -> u64 {
        self.sizes.get(&entity).copied().unwrap_or_default()
    }

    /// The number of records, including added and deleted ones.
    pub(crate) fn size(&self, entity: Entity) -> u64 {
        self.base_size(entity) + self.additions(entity).map(|addition| addition.count).sum::<u64>()
    }

    fn additions(&self, entity: Entity) -> impl Iterator<Item = &Addition> {
        self.added.iter().filter(move |addition| addition.entity == entity)
    }

    /// The time at which a record was added; `None` for one of the first records.
    pub(crate) fn added_at(&self, entity: Entity, index: u64) -> Option<i64> {
        let mut behind = index.checked_sub(self.base_size(entity))?;
        for addition in self.additions(entity) {
            match behind.checked_sub(addition.count) {
                Some(rest) => behind = rest,
                None => return Some(addition.at),
            }
        }
        None
    }

    pub(crate) fn edit(&self, entity: Entity, index: u64) -> Option<&Edit> {
        self.edits.get(&entity)?.get(&index)
    }

    /// Adds records. They are dated now, or at the date of the last record if that is later.
    pub(crate) fn add(&mut self, entity: Entity, count: u64, now: i64) -> Result<(), BadChange> {
        if !self.sizes.contains_key(&entity) {
            return Err(BadChange::NoSuchEntity);
        }
        if count > MAX_RECORDS || self.size(entity) + count > MAX_RECORDS {
            return Err(BadChange::TooManyRecords);
        }
        if self.added.len() == MAX_ADDITIONS {
            return Err(BadChange::TooManyAdditions);
        }
        let last = self.added.last().map_or(self.until, |addition| addition.at);
        self.added.push(Addition { entity, count, at: now.max(last) });
        Ok(())
    }

    /// Changes records. `at` is the time that they show, if they show the change.
    pub(crate) fn change(
        &mut self,
        entity: Entity,
        indexes: &[u64],
        (values, raw): (&Values, &Map<String, Value>),
        at: Option<i64>,
    ) -> Result<(), BadChange> {
        if !self.sizes.contains_key(&entity) {
            return Err(BadChange::NoSuchEntity);
        }
        let size = self.size(entity);
        if indexes.iter().any(|index| *index >= size) {
            return Err(BadChange::NoSuchRecord);
        }
        if self.edits.values().map(BTreeMap::len).sum::<usize>() + indexes.len() > MAX_EDITS {
            return Err(BadChange::TooManyEdits);
        }
        if values.cents.is_some_and(|cents| cents.unsigned_abs() > MAX_CENTS) {
            return Err(BadChange::TooManyCents);
        }
        if Value::Object(raw.clone()).to_string().len() > MAX_RAW_BYTES {
            return Err(BadChange::LongRaw);
        }
        let edits = self.edits.entry(entity).or_default();
        for index in indexes {
            let edit = edits.entry(*index).or_default();
            edit.at = at.or(edit.at);
            edit.times += u32::from(at.is_some());
            edit.values.put(values);
            edit.raw.extend(raw.clone());
        }
        Ok(())
    }
}

impl Values {
    pub(crate) fn is_draft(&self) -> bool {
        self.state == Some(State::Draft)
    }

    fn put(&mut self, new: &Self) {
        let Self { cents, currency, date, memo, method, number, paid, payee, state } = new.clone();
        self.cents = cents.or(self.cents);
        self.currency = currency.or(self.currency.take());
        self.date = date.or(self.date);
        self.memo = memo.or(self.memo.take());
        self.method = method.or(self.method);
        self.number = number.or(self.number.take());
        self.paid = paid.or(self.paid);
        self.payee = payee.or(self.payee.take());
        self.state = state.or(self.state);
    }
}
