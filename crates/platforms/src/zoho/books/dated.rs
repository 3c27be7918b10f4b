//! A position in a list in the order of the dates, with numbered pages, while records are deleted from it.
//!
//! A deletion moves every record behind it to an earlier place, so a reader that raised the page number would skip one. Therefore the next
//! page is always the first one of the list from the last date on. Changes before that date do not matter then. Only while a page has one
//! single date, the reader raises the page number.

use counterfoil_core::port::accounting::ReadFailure;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::books::UNREADABLE;

/// The page size: Zoho's largest.
pub(super) const PAGE: usize = 200;
/// How often the reader goes back by a day. After that it only raises page numbers, because the list is not ordered by these dates.
const BACKS_MOST: u8 = 10;

/// The page to request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dated {
    /// The first date; `None` for the whole list.
    pub(super) from: Option<Date>,
    /// The number of the page, from 1.
    pub(super) page: u32,
    /// The first id of the page before.
    first: Option<String>,
    /// The last id of the page before, if this page must contain it.
    last: Option<String>,
    /// Whether the page is requested once more.
    is_again: bool,
    /// How often that last id was missing.
    backs: u8,
}

/// The id and the date of a record.
pub(super) struct Item {
    pub(super) id: Option<String>,
    pub(super) date: Option<Date>,
}

/// How to process a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Whether its records count. Those of a page that is requested again do not.
    pub(super) counts: bool,
    /// The next page; `None` at the end of the list.
    pub(super) next: Option<Dated>,
}

impl Dated {
    pub(super) const FIRST: Self = Self { from: None, page: 1, first: None, last: None, is_again: false, backs: 0 };

    /// How to process the page. An empty list is accepted at once if `trusts_empty`, otherwise it is requested again.
    pub(super) fn advance(&self, items: &[Item], has_more: bool, trusts_empty: bool) -> Result<Step, ReadFailure> {
        let first = items.first().and_then(|item| item.id.clone());
        if first.is_some() && first == self.first {
            return Err(self.fails("a page comes again"));
        }
        let dates: Vec<_> = items.iter().filter_map(|item| item.date).collect();
        let in_order = dates.is_sorted();
        let is_short = has_more && items.len() < PAGE;
        let is_doubted = items.is_empty() && *self == Self::FIRST && !trusts_empty;
        if (is_short || is_doubted || !in_order) && !self.is_again {
            return Ok(Step { counts: false, next: Some(Self { is_again: true, ..self.clone() }) });
        }
        if has_more && items.is_empty() {
            return Err(self.fails("a page that is not the last is empty"));
        }
        Ok(Step {
            counts: true,
            next: self.next(items, first, dates.last().filter(|last| in_order && **last > dates[0]), has_more),
        })
    }

    /// The next page. `last_date` is the last date of a page in order that also has another date.
    fn next(&self, items: &[Item], first: Option<String>, last_date: Option<&Date>, has_more: bool) -> Option<Self> {
        let is_missing = |last: &String| items.iter().all(|item| item.id.as_ref() != Some(last));
        if self.last.as_ref().is_some_and(is_missing) {
            // The record was deleted or moved, or the list does not begin at that date.
            let from = self.from.and_then(|from| from.yesterday().ok());
            return Some(Self { from, backs: self.backs + 1, ..Self::FIRST });
        }
        if !has_more {
            return None;
        }
        Some(match last_date.filter(|_| self.backs < BACKS_MOST) {
            Some(date) => {
                let last = items.last().and_then(|item| item.id.clone());
                Self { from: Some(*date), page: 1, first, last, is_again: false, backs: self.backs }
            }
            None => Self { page: self.page + 1, first, last: None, is_again: false, ..self.clone() },
        })
    }

    fn fails(&self, why: &str) -> ReadFailure {
        tracing::warn!(page = self.page, why, "a list cannot be read");
        UNREADABLE
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn items(items: impl IntoIterator<Item = (u32, i8)>) -> Vec<Item> {
        let item = |(id, day): (u32, i8)| Item { id: Some(id.to_string()), date: Date::new(2026, 9, day).ok() };
        items.into_iter().map(item).collect()
    }

    /// A full page: a number of records for each day from this one on.
    fn page(first: u32, from: i8, of_a_day: u32) -> Vec<Item> {
        let day = |at: u32| from + i8::try_from(at / of_a_day).expect("few days");
        items((0..200).map(|at| (first + at, day(at))))
    }

    fn next(at: &Dated, page: &[Item]) -> Dated {
        match at.advance(page, true, false) {
            Ok(Step { counts: true, next: Some(next) }) => next,
            other => panic!("{other:?}"),
        }
    }

    fn day(day: i8) -> Option<Date> {
        Date::new(2026, 9, day).ok()
    }

    const END: Result<Step, ReadFailure> = Ok(Step { counts: true, next: None });

    #[test]
    fn the_next_page_begins_at_the_last_date_and_repeats_its_last_record() {
        let second = next(&Dated::FIRST, &page(0, 1, 50));
        assert_eq!((second.from, second.page), (day(4), 1));
        assert_eq!(second.advance(&items([(150, 4), (199, 4), (200, 5)]), false, false), END);
        let back = next(&second, &page(200, 4, 200));
        assert_eq!((back.from, back.page), (day(3), 1), "its last record is not there");
        assert_eq!(back.advance(&items([(100, 3), (200, 4)]), false, false), END, "it was deleted");
    }

    #[test]
    fn the_page_number_rises_within_one_date() {
        let second = next(&Dated::FIRST, &page(0, 4, 150));
        assert_eq!((second.from, second.page), (day(5), 1));
        let third = next(&second, &page(150, 5, 200));
        assert_eq!((third.from, third.page), (day(5), 2));
        let fourth = next(&third, &page(350, 5, 100));
        assert_eq!((fourth.from, fourth.page), (day(6), 1));
    }

    #[test]
    fn a_list_that_does_not_begin_at_its_date_is_read_by_numbers_at_last() {
        let mut at = Dated::FIRST;
        for at_page in 0..30 {
            at = next(&at, &page(at_page * 1_000, 4, 100));
        }
        assert!(at.page > 5, "{at:?}");
    }

    #[test]
    fn an_implausible_page_is_requested_once_more_or_fails() {
        let again = |at: &Dated, page: &[Item], has_more| match at.advance(page, has_more, false) {
            Ok(Step { counts: false, next: Some(next) }) => next,
            other => panic!("{other:?}"),
        };
        let short = items([(1, 1), (2, 2)]);
        assert!(again(&Dated::FIRST, &short, true).advance(&short, true, false).expect("taken as it is").counts);
        let empty = again(&Dated::FIRST, &[], false);
        assert_eq!(empty.advance(&[], false, false), END);
        assert_eq!(Dated::FIRST.advance(&[], false, true), END);
        assert_eq!(again(&Dated::FIRST, &[], true).advance(&[], true, false), Err(UNREADABLE));
        let mut turned = page(0, 1, 50);
        turned.reverse();
        let by_number = again(&Dated::FIRST, &turned, true).advance(&turned, true, false).expect("a page").next.expect("more");
        assert_eq!((by_number.from, by_number.page), (None, 2), "its order is not by dates");
        let second = next(&Dated::FIRST, &page(0, 1, 50));
        assert_eq!(second.advance(&page(0, 1, 50), true, false), Err(UNREADABLE), "it comes again");
    }

    /// A fault of a page.
    #[derive(Debug, Clone, Copy)]
    enum Odd {
        Half,
        Empty,
        TurnedRound,
        Twice,
    }

    type Entry = (usize, Date);

    fn shown(list: &[Entry], at: &Dated, odd: Option<Odd>) -> (Vec<Entry>, bool) {
        let listed: Vec<_> = list.iter().filter(|(_, date)| at.from.is_none_or(|from| *date >= from)).copied().collect();
        let start = (at.page as usize - 1) * PAGE;
        let page = listed.iter().copied().skip(start).take(PAGE);
        let has_more = listed.len() > start + PAGE;
        let page: Vec<_> = match odd {
            // A last page with missing records cannot be recognized.
            Some(Odd::Half) if has_more => page.clone().take(page.count() / 2).collect(),
            Some(Odd::Empty) if has_more => Vec::new(),
            Some(Odd::TurnedRound) => listed.iter().rev().copied().skip(start).take(PAGE).collect(),
            Some(Odd::Twice) => listed.iter().copied().skip(start).take(2 * PAGE).collect(),
            _ => page.collect(),
        };
        (page, has_more)
    }

    /// Reads a list from which records are deleted before some pages. Returns the final list and the ids read.
    fn read(
        dates: &[i64],
        gone: &[(usize, usize, usize)],
        odd: Option<(usize, Odd)>,
    ) -> Result<(Vec<Entry>, BTreeSet<usize>), ReadFailure> {
        let first = Date::constant(2024, 1, 1);
        let mut list: Vec<Entry> =
            dates.iter().map(|day| first.saturating_add(jiff::Span::new().days(*day))).enumerate().collect();
        list.sort_by_key(|(_, date)| *date);
        let (mut read, mut at) = (BTreeSet::new(), Dated::FIRST);
        for at_page in 0..200 {
            for &(_, from, size) in gone.iter().filter(|(before, ..)| *before == at_page) {
                list.drain(from.min(list.len())..(from + size).min(list.len()));
            }
            let (page, has_more) = shown(&list, &at, odd.filter(|(odd_at, _)| *odd_at == at_page).map(|(_, odd)| odd));
            let items: Vec<_> = page.iter().map(|(id, date)| Item { id: Some(id.to_string()), date: Some(*date) }).collect();
            let step = at.advance(&items, has_more, false)?;
            read.extend(page.iter().filter(|_| step.counts).map(|(id, _)| *id));
            match step.next {
                Some(next) => at = next,
                None => return Ok((list, read)),
            }
        }
        panic!("it goes on for ever: {at:?}");
    }

    /// The days of records. Each day has fewer records than a page.
    fn days() -> impl Strategy<Value = Vec<i64>> {
        prop::collection::vec(0_i64..200, 0..1_500)
    }

    fn odd() -> impl Strategy<Value = Odd> {
        prop_oneof![Just(Odd::Half), Just(Odd::Empty), Just(Odd::TurnedRound), Just(Odd::Twice)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn a_record_that_stays_in_the_list_is_read(
            days in days(),
            gone in prop::collection::vec((1_usize..9, 0_usize..1_500, 0_usize..400), 0..4),
        ) {
            let (left, read) = read(&days, &gone, None).expect("reads");
            prop_assert!(left.iter().all(|(id, _)| read.contains(id)));
        }

        #[test]
        fn one_faulty_page_loses_no_record(days in days(), at in 0_usize..8, odd in odd()) {
            let (left, read) = read(&days, &[], Some((at, odd))).expect("reads");
            prop_assert!(left.iter().all(|(id, _)| read.contains(id)));
        }
    }
}
