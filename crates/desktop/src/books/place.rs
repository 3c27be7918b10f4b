//! The place of a page in the lists of a run.

use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::ReadFailure;
use serde::{Deserialize, Serialize};

use crate::resource::Resource;

/// The objects of a page. The Web Connector brings a page in one SOAP body of less than 4 MB. An invoice with every field but its lines is
/// about 4 KB there, because each `<` and `>` is escaped.
const PAGE: u32 = 500;
/// The checks of a page. One without lines is about 2 KB.
const CHECKS_OF_A_PAGE: u32 = 1_000;
/// The objects of the smallest page.
const PAGE_LEAST: u32 = 50;
/// How often a list is begun again.
const AGAIN_MOST: u32 = 20;

/// A place in the lists that a run reads one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The number of the list.
    pub(super) list: usize,
    /// The largest number of objects of a page.
    pub(super) most: u32,
    /// The iterator that has the next page; `None` at the beginning of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) iterator: Option<IteratorPlace>,
    /// How often the list was begun again.
    #[serde(default)]
    pub(super) again: u32,
}

/// The place of an iterator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IteratorPlace {
    /// Its id.
    pub(super) id: String,
    /// The session that has it, by the hash of its ticket.
    pub(super) session: String,
    /// The number of objects after the place.
    pub(super) remaining: u32,
}

/// A list of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// The transactions of a resource.
    Of(Resource),
    /// The deleted transactions of all resources of the run.
    Deleted,
}

/// The resources of a run.
pub(super) const fn resources(kind: SyncKind) -> [Resource; 2] {
    match kind {
        SyncKind::Sync => [Resource::Check, Resource::BillCheckPayment],
        SyncKind::ImportInvoices => [Resource::Invoice, Resource::Bill],
    }
}

impl Place {
    /// The beginning of the first list.
    pub(super) fn first(options: &ReadOptions) -> Self {
        let first = Self { list: 0, most: u32::MAX, iterator: None, again: 0 };
        Self { most: first.most_of_list(options), ..first }
    }

    /// The place of a cursor.
    pub(super) fn of(cursor: &Cursor) -> Result<Self, ReadFailure> {
        serde_json::from_str(&cursor.0).map_err(|_| ReadFailure::Rejected { code: "cursor".to_owned() })
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).expect("numbers and texts"))
    }

    /// The list of the place. A full run needs no list of deleted transactions: it marks what it did not see.
    pub(super) fn list(&self, options: &ReadOptions) -> Option<List> {
        match resources(options.kind).get(self.list) {
            Some(resource) => Some(List::Of(*resource)),
            None => (self.list == resources(options.kind).len() && options.since.is_some()).then_some(List::Deleted),
        }
    }

    /// The beginning of the next list; `None` after the last one. Its pages are not larger than those of this list.
    pub(super) fn next_list(&self, options: &ReadOptions) -> Option<Self> {
        let next = Self { list: self.list + 1, iterator: None, again: 0, ..*self };
        next.list(options).map(|_| Self { most: next.most_of_list(options), ..next })
    }

    fn most_of_list(&self, options: &ReadOptions) -> u32 {
        let is_checks = matches!(self.list(options), Some(List::Of(Resource::Check)));
        self.most.min(if is_checks { CHECKS_OF_A_PAGE } else { PAGE })
    }

    /// The beginning of this list, in smaller pages.
    pub(super) fn again(&self) -> Option<Self> {
        let most = (self.most / 2).max(PAGE_LEAST);
        (self.again < AGAIN_MOST).then_some(Self { list: self.list, most, iterator: None, again: self.again + 1 })
    }
}
