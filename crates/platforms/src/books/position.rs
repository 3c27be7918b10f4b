//! A position in a list that is read by positions while records are deleted from it. The order of the list does not change by edits. A
//! deletion moves all records behind it one position forward, so a reader that only counted would skip a record.
//!
//! Therefore each page begins with the last record of the page before. If it does not, the reader goes back to a page that has that record
//! or one shortly before it, or to the first page, and continues from there.
//!
//! The list ends when a page that is not full reaches the total that the platform names. Otherwise it ends with a page that has the last
//! record and no other. An empty or short page by mistake ends nothing, and neither does a total that is too low. If the total promises
//! more records than there are, the last page is requested twice.

use counterfoil_core::port::accounting::ReadFailure;
use serde::{Deserialize, Serialize};

use crate::books::UNREADABLE;

/// The number of record ids of a page that are remembered.
const MARKS: usize = 20;
/// How often the reader goes back in one list. After that the list's order is considered unstable.
const LOST_MOST: u8 = 50;

/// The position of the next page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The position to request, from 1.
    pub(crate) start: usize,
    /// Ids of the page before. The last of them is the one that is expected at `start`. Empty if that page had no id there.
    marks: Vec<String>,
    /// Whether the reader went back to find one of these ids.
    is_back: bool,
    /// Whether it went back because the page after the last of these ids was empty, or lacked records that the total promised.
    #[serde(default)]
    is_end: bool,
    /// How often the reader went back.
    lost: u8,
}

/// The content of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// The ids of its records.
    pub(crate) ids: &'a [Option<String>],
    /// The size of a page.
    pub(crate) size: usize,
    /// Whether the page has its full size. Then other records may follow, whatever the total says.
    pub(crate) is_full: bool,
    /// The total number of records, if the platform names it.
    pub(crate) total: Option<usize>,
}

/// How to process a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// How many records at its beginning were on the page before.
    pub(crate) known: usize,
    /// The position of the next page; `None` at the end of the list.
    pub(crate) next: Option<Position>,
}

impl Position {
    pub(crate) const FIRST: Self = Self { start: 1, marks: Vec::new(), is_back: false, is_end: false, lost: 0 };

    /// The number of records of an answer before this position: 0, unless the answer begins earlier, at `first`, and contains the record
    /// that is expected here.
    pub(crate) fn known_before(&self, first: Option<usize>, ids: &[Option<String>]) -> usize {
        let before = first.and_then(|first| self.start.checked_sub(first));
        let is_expected = |before: &usize| ids.get(*before).is_some_and(|id| id.is_some() && id.as_ref() == self.marks.last());
        before.filter(is_expected).unwrap_or(0)
    }

    /// How to process the page that was read at this position.
    pub(crate) fn advance(&self, shown: Shown<'_>) -> Result<Step, ReadFailure> {
        let Shown { ids, total, is_full, .. } = shown;
        let place = |mark: &String| ids.iter().position(|id| id.as_ref() == Some(mark));
        // A page that also has earlier ids is in another order, or the page before was.
        let has_earlier = self.marks.iter().rev().skip(1).any(|mark| place(mark).is_some());
        let is_expected = ids.first().is_some_and(|first| first.as_ref() == self.marks.last()) && !has_earlier;
        match self.marks.iter().rev().find_map(place) {
            // One empty answer by mistake must not mean that the company has no records.
            None if ids.is_empty() && *self == Self::FIRST && total != Some(0) => Ok(Step { known: 0, next: Some(self.lost()?) }),
            None if self.marks.is_empty() => Ok(Step { known: 0, next: self.behind(shown) }),
            Some(0) if is_expected && !self.is_back => Ok(Step {
                known: 1,
                next: match ids.len() {
                    // A full page of one record cannot show whether another follows.
                    1 if is_full => return Err(UNREADABLE),
                    1 if total.is_some_and(|total| self.start < total) => {
                        Some(Self { is_back: true, is_end: true, ..self.lost()? })
                    }
                    1 => None,
                    _ => self.behind(shown),
                },
            }),
            // The list ends with the same record again.
            Some(_) if self.is_end && !is_full && ids.last().map(Option::as_ref) == Some(self.marks.last()) => {
                Ok(Step { known: 0, next: None })
            }
            // After going back, all records count, because the page may differ from the one before.
            found if self.is_back && (found.is_some() || self.start == 1) => Ok(Step { known: 0, next: self.behind(shown) }),
            _ => {
                let start = if self.is_back { 1 } else { self.start.saturating_sub(shown.size).max(1) };
                Ok(Step { known: ids.len(), next: Some(Self { start, is_back: true, is_end: ids.is_empty(), ..self.lost()? }) })
            }
        }
    }

    /// How to process a page that begins after the last record of the page before, where the platform gives no other. The list ends with
    /// the total that the platform names, else with a page that is not full.
    pub(crate) fn one_after_the_other(&self, ids: &[Option<String>], size: usize, total: Option<usize>) -> Step {
        let start = self.start + ids.len();
        let is_end = total.map_or(ids.len() < size, |total| start >= total);
        Step { known: 0, next: (!is_end).then_some(Self { start, ..Self::FIRST }) }
    }

    /// The position after a page; `None` if the page is empty or reaches the end.
    fn behind(&self, Shown { ids, size, is_full, total }: Shown<'_>) -> Option<Self> {
        let has_id = ids.last()?.is_some();
        if !is_full && total == Some(self.start + ids.len() - 1) {
            return None;
        }
        let spaced = ids.iter().rev().step_by((size / MARKS).max(1)).take(MARKS).flatten();
        let mut marks: Vec<_> = if has_id { spaced.cloned().collect() } else { Vec::new() };
        marks.reverse();
        Some(Self { start: self.start + ids.len() - usize::from(has_id), marks, is_back: false, is_end: false, lost: self.lost })
    }

    fn lost(&self) -> Result<Self, ReadFailure> {
        if self.lost >= LOST_MOST {
            tracing::warn!(start = self.start, "the platform changed the order of a list between two pages");
            return Err(UNREADABLE);
        }
        Ok(Self { lost: self.lost + 1, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const PAGE: usize = 1_000;

    /// A fault of the `at`-th page.
    #[derive(Debug, Clone, Copy)]
    enum Odd {
        Half,
        Empty,
        Before,
        TurnedRound,
        Twice,
    }

    /// What the platform says of how many records there are.
    #[derive(Debug, Clone, Copy)]
    enum Total {
        Untold,
        Told,
        Wrong(usize),
    }

    fn page(list: &[usize], start: usize, odd: Option<Odd>) -> Vec<usize> {
        let of = |start: usize, size: usize| list.iter().copied().skip(start).take(size);
        match odd {
            None => of(start - 1, PAGE).collect(),
            Some(Odd::Half) => of(start - 1, list.len().saturating_sub(start - 1).min(PAGE) / 2).collect(),
            Some(Odd::Empty) => Vec::new(),
            Some(Odd::Before) => of((start - 1).saturating_sub(PAGE), PAGE).collect(),
            Some(Odd::TurnedRound) => list.iter().rev().copied().skip(start - 1).take(PAGE).collect(),
            Some(Odd::Twice) => of(start - 1, 2 * PAGE).collect(),
        }
    }

    /// Reads a list from which records are deleted before some pages, while others are added at its end. Returns the final list and the ids read.
    fn read(
        count: usize,
        gone: &[(usize, usize, usize)],
        odd: Option<(usize, Odd)>,
        total: Total,
    ) -> (Vec<usize>, BTreeSet<usize>) {
        let (mut list, mut read) = ((0..count).collect::<Vec<_>>(), BTreeSet::new());
        let (mut position, mut new) = (Position::FIRST, 10_000..);
        for at in 0..200 {
            for &(_, from, size) in gone.iter().filter(|(before, ..)| *before == at) {
                list.drain(from.min(list.len())..(from + size).min(list.len()));
                list.extend(new.by_ref().take(size));
            }
            let shown = page(&list, position.start, odd.filter(|(odd_at, _)| *odd_at == at).map(|(_, odd)| odd));
            let ids: Vec<_> = shown.iter().map(|id| Some(id.to_string())).collect();
            let total = match total {
                Total::Untold => None,
                Total::Told => Some(list.len()),
                Total::Wrong(total) => Some(total),
            };
            let step = position.advance(Shown { ids: &ids, size: PAGE, is_full: ids.len() >= PAGE, total }).expect("a page");
            read.extend(&shown[step.known..]);
            match step.next {
                Some(next) => position = next,
                None => return (list, read),
            }
        }
        panic!("it goes on for ever: {position:?}");
    }

    fn odd() -> impl Strategy<Value = Odd> {
        prop_oneof![Just(Odd::Half), Just(Odd::Empty), Just(Odd::Before), Just(Odd::TurnedRound), Just(Odd::Twice)]
    }

    #[test]
    fn only_the_last_record_of_the_page_before_continues_a_list() {
        // On the first page, in reverse order, the record 999 stands where the last record is expected.
        let (left, read) = read(1_899, &[], Some((0, Odd::TurnedRound)), Total::Untold);
        assert_eq!(left.iter().filter(|id| !read.contains(id)).count(), 0);
    }

    #[test]
    fn a_reversed_page_that_begins_or_ends_as_expected_loses_no_record() {
        for (at, total) in [(0, Total::Untold), (0, Total::Told), (1, Total::Untold), (1, Total::Told)] {
            let (left, read) = read(2 * PAGE - 1, &[], Some((at, Odd::TurnedRound)), total);
            assert_eq!(left.iter().filter(|id| !read.contains(id)).count(), 0, "page {at}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_record_that_stays_in_the_list_is_read(
            count in 0_usize..4_500,
            gone in prop::collection::vec((1_usize..7, 0_usize..4_500, 0_usize..1_600), 0..4),
            tells_total: bool,
        ) {
            let (left, read) = read(count, &gone, None, if tells_total { Total::Told } else { Total::Untold });
            prop_assert!(left.iter().all(|id| read.contains(id)));
        }

        #[test]
        fn one_faulty_page_loses_no_record(count in 0_usize..4_500, at in 0_usize..6, odd in odd(), tells_total: bool) {
            // A page of two records that shows one of them looks like the end.
            prop_assume!(tells_total || !matches!(odd, Odd::Half) || !matches!(count.saturating_sub(at * (PAGE - 1)), 2 | 3));
            let (left, read) = read(count, &[], Some((at, odd)), if tells_total { Total::Told } else { Total::Untold });
            prop_assert!(left.iter().all(|id| read.contains(id)));
        }

        #[test]
        fn a_wrong_total_loses_no_record_and_the_list_ends(
            count in 0_usize..4_500,
            total in prop_oneof![Just(0_usize), Just(1), Just(PAGE), Just(usize::MAX), 0_usize..6_000],
        ) {
            let (left, read) = read(count, &[], None, Total::Wrong(total));
            prop_assert!(left.iter().all(|id| read.contains(id)));
        }
    }
}
