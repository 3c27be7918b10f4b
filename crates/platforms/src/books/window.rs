//! Numbered pages, which begin only at multiples of their size. With the right size a page can begin at nearly any position.
//!
//! A platform may ignore the size in a request and give pages of its own size. Then no page can begin with the last record of the page
//! before, and the reader takes the pages one after the other.

use counterfoil_core::port::accounting::{Progress, ReadFailure};
use serde::{Deserialize, Serialize};

use crate::books::UNREADABLE;
use crate::books::position::{Position, Shown, Step};
use crate::object::Object;

/// The page sizes of a platform, as far as its answers have shown them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sizes {
    /// The largest page.
    pub(crate) most: usize,
    /// Whether the platform ignores the size in a request.
    #[serde(default)]
    is_fixed: bool,
}

impl Sizes {
    /// Pages of any size up to this one.
    pub(crate) const fn up_to(most: usize) -> Self {
        Self { most, is_fixed: false }
    }

    /// The page to request at a position.
    pub(crate) fn window(self, at: &Position) -> Window {
        if self.is_fixed {
            return Window { page: at.start / self.most + 1, size: self.most, start: at.start };
        }
        window(at.start, self.most)
    }

    /// How to process an answer to the request for the page at a position: the number of its records that come before, the next
    /// position, and the page sizes from now on.
    ///
    /// # Errors
    /// `Unavailable` if the answer names another page, or the list comes in no order that holds.
    pub(crate) fn advance(self, at: &Position, ids: &[Option<String>], said: &Said) -> Result<(Step, Self), ReadFailure> {
        let window = self.window(at);
        if self.is_fixed || window.is_ignored(said) {
            let sizes = Self { most: said.size.unwrap_or(self.most), is_fixed: true };
            let is_page = said.page.is_none_or(|page| page == window.page);
            let begins = (window.page - 1).checked_mul(sizes.most) == Some(at.start);
            return if is_page && begins {
                Ok((at.one_after_the_other(ids, sizes.most, said.total), sizes))
            } else {
                Err(UNREADABLE)
            };
        }
        let (before, shown) = window.shown(ids, said)?;
        let sizes = Self { most: if shown.size < window.size { shown.size } else { self.most }, ..self };
        let step = at.advance(shown)?;
        Ok((Step { known: before + step.known, ..step }, sizes))
    }
}

/// A numbered page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// From 1.
    pub(crate) page: usize,
    pub(crate) size: usize,
    /// The position that the reader needs.
    start: usize,
}

/// The page of at most `most` records that contains a position and as many records after it as possible.
pub(crate) fn window(start: usize, most: usize) -> Window {
    let before = start - 1;
    let size = ((most / 2).max(1)..=most).rev().max_by_key(|size| size - before % size).unwrap_or(most);
    Window { page: before / size + 1, size, start }
}

/// The page, its size and the total as an answer names them.
pub(crate) struct Said {
    page: Option<usize>,
    size: Option<usize>,
    total: Option<usize>,
}

impl Said {
    /// Reads them from the fields with these names.
    pub(crate) fn of(object: &Object<'_>, page: &str, size: &str, total: &str) -> Self {
        Self { page: object.number(page), size: object.number(size), total: object.number(total) }
    }

    /// The total of this list and of those before it, if both are known.
    pub(crate) fn total(&self, before: Option<u64>) -> Option<u64> {
        before?.checked_add(u64::try_from(self.total?).ok()?)
    }

    /// How far the reader is in a run's last list, if the total of this list and of those before it is known.
    pub(crate) fn progress(&self, before: Option<u64>, next: Option<&Position>) -> Option<Progress> {
        let total = self.total(before)?;
        // The next page begins with a record of this one.
        let read = next.and_then(|next| before?.checked_add(u64::try_from(next.start).ok()?)).unwrap_or(total);
        Some(Progress { read: read.min(total), total })
    }
}

impl Window {
    /// Whether the platform ignored the size: the answer begins behind the position, because its pages are larger.
    fn is_ignored(&self, said: &Said) -> bool {
        let is_larger = |size: usize| size > self.size && (self.page - 1).checked_mul(size) == Some(self.start);
        said.page == Some(self.page) && said.size.is_some_and(is_larger)
    }

    /// The records of an answer from the position on, and the number of its records before that. The platform may answer a smaller page
    /// than the reader requested.
    ///
    /// # Errors
    /// `Unavailable` if the answer names another page.
    pub(crate) fn shown<'a>(&self, ids: &'a [Option<String>], said: &Said) -> Result<(usize, Shown<'a>), ReadFailure> {
        let size = said.size.unwrap_or(self.size);
        let is_it = said.page.is_none_or(|page| page == self.page) && size > 0;
        let first = (self.page - 1).checked_mul(size).filter(|_| is_it);
        let before = first.and_then(|first| (self.start - 1).checked_sub(first)).ok_or(UNREADABLE)?.min(ids.len());
        Ok((before, Shown { ids: &ids[before..], size, is_full: ids.len() >= size, total: said.total }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn said(page: usize, size: usize) -> Said {
        Said { page: Some(page), size: Some(size), total: None }
    }

    #[test]
    fn a_window_shows_its_position_and_at_least_half_a_page() {
        let windows = [1, 100, 198].map(|start| window(start, 100));
        assert_eq!(windows.map(|window| (window.page, window.size)), [(1, 100), (2, 99), (3, 98)]);
        let ids = vec![None; 100];
        for start in 1..50_000 {
            let window = window(start, 100);
            let (before, shown) = window.shown(&ids[..window.size], &said(window.page, window.size)).expect("this page");
            assert!(window.size <= 100 && (window.page - 1) * window.size + before + 1 == start, "{start}");
            assert!(shown.is_full && shown.ids.len() >= 50, "{start}");
        }
    }

    #[test]
    fn pages_of_a_fixed_size_are_read_one_after_the_other() {
        let list: Vec<_> = (0..5_234).map(|id| Some(id.to_string())).collect();
        for (size, total) in [(100, Some(5_234)), (100, None), (500, None), (1_000, Some(5_234))] {
            let (mut at, mut sizes, mut read, mut requests) = (Position::FIRST, Sizes::up_to(1_000), Vec::new(), 0);
            loop {
                let page = sizes.window(&at).page;
                let shown: Vec<_> = list.iter().skip((page - 1) * size).take(size).cloned().collect();
                let said = Said { page: Some(page), size: Some(size), total };
                let (step, next_sizes) = sizes.advance(&at, &shown, &said).expect("a page");
                read.extend(shown.into_iter().skip(step.known));
                (sizes, requests) = (next_sizes, requests + 1);
                match step.next {
                    Some(next) => at = next,
                    None => break,
                }
            }
            assert_eq!(read, list, "{size}");
            assert!(requests <= 5_234 / size + 3, "{requests} of {size}");
        }
    }

    #[test]
    fn an_answer_may_say_another_size_and_no_other_page() {
        let ids = vec![None; 55];
        let shown = |start, said: Said| window(start, 1_000).shown(&ids, &said).map(|(before, shown)| (before, shown.is_full));
        assert_eq!(shown(1, said(1, 100)), Ok((0, false)));
        assert_eq!(shown(1, said(1, 55)), Ok((0, true)));
        assert_eq!(shown(55, Said { page: None, size: None, total: None }), Ok((54, false)));
        for other in [said(2, 1_000), said(0, 1_000), said(1, 0)] {
            assert_eq!(shown(1, other), Err(UNREADABLE));
        }
        assert_eq!(window(1_500, 1_000).shown(&ids, &said(2, usize::MAX)).err(), Some(UNREADABLE));
        assert_eq!((window(7, 1).page, window(7, 1).size), (7, 1));
    }
}
