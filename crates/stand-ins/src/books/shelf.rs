//! The books of all companies of a platform.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::draw::Draw;
use super::entry::Entry;
use super::plan::Plan;
use super::{Entity, Profile};

const DAY_SECONDS: i64 = 86_400;

/// The plan of each company whose books were changed. The other companies have their first books.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Shelf {
    /// The last midnight before the stand-in started, in Unix seconds, at which the first books end.
    opened_at: i64,
    plans: BTreeMap<String, Plan>,
}

/// One company's books, for reading.
pub(crate) struct Books<'a> {
    pub(crate) profile: Profile,
    pub(crate) plan: Cow<'a, Plan>,
    pub(crate) draw: Draw,
}

impl Shelf {
    pub(crate) fn opened(now: Timestamp) -> Self {
        let now = now.as_second();
        Self { opened_at: now - now.rem_euclid(DAY_SECONDS), plans: BTreeMap::new() }
    }

    pub(crate) fn books(&self, company: &str, profile: Profile) -> Books<'_> {
        let plan = match self.plans.get(company) {
            Some(plan) => Cow::Borrowed(plan),
            None => Cow::Owned(Plan::at_start(profile, self.opened_at)),
        };
        Books { profile, draw: Draw::of_company(plan.seed, company), plan }
    }

    /// A company's plan, for changing.
    pub(crate) fn plan(&mut self, company: &str, profile: Profile) -> &mut Plan {
        self.plans.entry(company.to_owned()).or_insert_with(|| Plan::at_start(profile, self.opened_at))
    }

    /// Replaces the books of a company.
    pub(crate) fn put(&mut self, company: &str, plan: Plan) {
        self.plans.insert(company.to_owned(), plan);
    }
}

impl Books<'_> {
    /// The record with this index, deleted or not.
    pub(crate) fn entry(&self, entity: Entity, index: u64) -> Option<Entry<'_>> {
        (index < self.plan.size(entity)).then(|| Entry::new(self, entity, index))
    }
}
