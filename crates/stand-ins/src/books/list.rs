//! Lists of records: a filter and an order. A list is iterated over and never stored.

use std::iter::Peekable;

use jiff::civil::Date;

use super::entry::Entry;
use super::shelf::Books;
use super::{Entity, State};

/// The order of a list. Equal records are ordered by their indexes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Index,
    Date,
    Created,
    Changed,
    /// By ids that look random: new records are inserted between others.
    Scattered,
}

/// The filter and the order of a list.
pub(crate) struct Wanted<'a> {
    pub(crate) entities: &'a [Entity],
    /// Only records that changed at this time or later, in Unix seconds.
    pub(crate) changed_since: Option<i64>,
    /// Only records for which this holds.
    pub(crate) matches: Option<&'a dyn Fn(&Entry<'_>) -> bool>,
    pub(crate) with_deleted: bool,
    pub(crate) order: Order,
    pub(crate) descending: bool,
}

impl<'a> Wanted<'a> {
    /// All records that are not deleted.
    pub(crate) fn all(entities: &'a [Entity]) -> Self {
        Self { entities, changed_since: None, matches: None, with_deleted: false, order: Order::Index, descending: false }
    }

    fn takes(&self, entry: &Entry<'_>) -> bool {
        (self.with_deleted || entry.state() != State::Deleted) && self.matches.is_none_or(|matches| matches(entry))
    }
}

type Source<'a> = Peekable<Box<dyn Iterator<Item = Entry<'a>> + 'a>>;

/// Merges sorted lists.
struct Merged<'a> {
    sources: Vec<Source<'a>>,
    order: Order,
    descending: bool,
}

impl<'a> Iterator for Merged<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        if let [only] = &mut self.sources[..] {
            return only.next();
        }
        let order = self.order;
        let heads = self.sources.iter_mut().enumerate().filter_map(|(place, source)| Some((key(order, source.peek()?), place)));
        let (_, place) = if self.descending { heads.max() } else { heads.min() }?;
        self.sources[place].next()
    }
}

fn key(order: Order, entry: &Entry<'_>) -> (i64, Entity, u64) {
    let first = match order {
        Order::Index => i64::try_from(entry.index).expect("at most ten million"),
        Order::Date => day_number(entry.date()),
        Order::Created => entry.created(),
        Order::Changed => entry.changed(),
        Order::Scattered => i64::from(scattered(entry.index)),
    };
    (first, entry.entity, entry.index)
}

/// A number of 32 bits for each index that looks random. The numbers of the first indexes are evenly spaced.
pub(crate) fn scattered(index: u64) -> u32 {
    u32::try_from(index).expect("at most ten million").reverse_bits()
}

/// The indexes below `size`, in the order of these numbers.
fn in_scattered_order(size: u64) -> impl DoubleEndedIterator<Item = u64> {
    let bits = size.next_power_of_two().trailing_zeros();
    let index = move |place: u64| place.reverse_bits().unbounded_shr(u64::BITS - bits);
    (0..1 << bits).map(index).filter(move |index| *index < size)
}

/// A number that rises with the date.
fn day_number(date: Date) -> i64 {
    (i64::from(date.year()) * 16 + i64::from(date.month())) * 32 + i64::from(date.day())
}

impl Books<'_> {
    /// The records of a list, in its order.
    pub(crate) fn walk<'a>(&'a self, wanted: &'a Wanted<'a>) -> impl Iterator<Item = Entry<'a>> + 'a {
        let of_entity = |entity: &Entity| [self.unchanged(*entity, wanted), self.edited(*entity, wanted)];
        let mut sources: Vec<Source<'a>> = wanted.entities.iter().flat_map(of_entity).map(Iterator::peekable).collect();
        sources.retain_mut(|source| source.peek().is_some());
        Merged { sources, order: wanted.order, descending: wanted.descending }
    }

    /// The number of records of a list.
    pub(crate) fn count(&self, wanted: &Wanted<'_>) -> usize {
        self.walk(wanted).count()
    }

    /// The records without an edit. Their index gives every order except the scattered one.
    fn unchanged<'a>(&'a self, entity: Entity, wanted: &'a Wanted<'a>) -> Box<dyn Iterator<Item = Entry<'a>> + 'a> {
        let first = wanted.changed_since.map_or(0, |since| self.first_changed_since(entity, since));
        let indexes = first..self.plan.size(entity);
        let edits = self.plan.edits.get(&entity);
        let is_unchanged = move |index: &u64| edits.is_none_or(|edits| !edits.contains_key(index));
        let entry = move |index| Entry::new(self, entity, index);
        let matches = move |entry: &Entry<'_>| wanted.matches.is_none_or(|matches| matches(entry));
        let indexes: Box<dyn Iterator<Item = u64> + 'a> = match (wanted.order, wanted.descending) {
            (Order::Scattered, false) => Box::new(in_scattered_order(indexes.end).filter(move |index| *index >= first)),
            (Order::Scattered, true) => Box::new(in_scattered_order(indexes.end).rev().filter(move |index| *index >= first)),
            (_, false) => Box::new(indexes),
            (_, true) => Box::new(indexes.rev()),
        };
        Box::new(indexes.filter(is_unchanged).map(entry).filter(matches))
    }

    /// The edited records, sorted.
    fn edited<'a>(&'a self, entity: Entity, wanted: &'a Wanted<'a>) -> Box<dyn Iterator<Item = Entry<'a>> + 'a> {
        let indexes = self.plan.edits.get(&entity).into_iter().flat_map(|edits| edits.keys());
        let mut entries: Vec<_> = indexes
            .map(|index| Entry::new(self, entity, *index))
            .filter(|entry| wanted.changed_since.is_none_or(|since| entry.changed() >= since) && wanted.takes(entry))
            .collect();
        entries.sort_by_key(|entry| key(wanted.order, entry));
        if wanted.descending {
            entries.reverse();
        }
        Box::new(entries.into_iter())
    }

    /// The first index from which on all records without an edit changed at this time or later.
    fn first_changed_since(&self, entity: Entity, since: i64) -> u64 {
        let (mut low, mut high) = (0, self.plan.size(entity));
        while low < high {
            let middle = low.midpoint(high);
            if Entry::new(self, entity, middle).first_changed() < since {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scattered_order_has_every_index_once_and_inserts_new_ones_between_others() {
        for size in [0, 1, 2, 5, 8, 1_000] {
            let order: Vec<_> = in_scattered_order(size).collect();
            assert!(order.is_sorted_by_key(|index| scattered(*index)), "{order:?}");
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..size).collect::<Vec<_>>());
        }
        assert_eq!(in_scattered_order(5).collect::<Vec<_>>(), [0, 4, 2, 1, 3]);
    }
}
