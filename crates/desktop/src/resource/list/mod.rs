//! Lists: from the parameters of a request to a query, and from its answer to JSON.

mod filter;
mod given;
mod names;
mod page;
mod time;
mod transactions;

use serde_json::Value;

use self::given::Given;
pub use self::page::{Next, Page, Step};
use super::invalid::InvalidParameter;
use super::kind::Resource;
use super::shape::ALTERNATE_SHIPPING_ADDRESSES;
use super::unreadable::Unreadable;
use crate::qbxml::Element;

/// The largest page, and the page without a limit.
const LIMIT_MOST: u32 = 150;

/// A request for a list.
///
/// A request with `ids`, `refNumbers`, `names` or `fullNames` asks for these objects: the filters of the request are ignored, as they are
/// by QuickBooks, and there are no pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    resource: Resource,
    keys: Vec<Element>,
    filters: Vec<Element>,
    includes: Vec<Element>,
    limit: Option<u32>,
    cursor: Option<String>,
    leaves_out_addresses: bool,
}

impl ListRequest {
    /// Reads the pairs of a query string, in which a parameter with several values is repeated.
    ///
    /// # Errors
    /// [`InvalidParameter`]
    pub fn parse(resource: Resource, pairs: &[(String, String)]) -> Result<Self, InvalidParameter> {
        let mut given = Given::new(pairs);
        let limit = limit(resource, &mut given);
        let cursor = resource.is_paged().then(|| given.one("cursor")).flatten();
        let leaves_out_addresses =
            matches!(resource, Resource::Customer) && given.flag("excludeAlternateShippingAddresses", false);
        let (keys, includes) = if resource.is_transaction() {
            (transactions::keys(&mut given), transactions::includes(resource, &mut given))
        } else {
            (names::keys(resource, &mut given), names::includes(resource, leaves_out_addresses))
        };
        given.check()?;
        let mut filters = if resource.is_transaction() {
            transactions::filters(resource, &mut given)
        } else {
            names::filters(resource, &mut given)
        };
        given.all_known()?;
        if keys.is_empty() {
            given.check()?;
        } else {
            filters.clear();
        }
        Ok(Self { resource, keys, filters, includes, limit, cursor, leaves_out_addresses })
    }

    /// The largest number of objects in an answer. `None` only for accounts: all of them.
    pub fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// The cursor of the page, which is the `nextCursor` of an earlier answer.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Whether QuickBooks gives the list in pages. If not, its answer is complete and `Page::step` does nothing.
    pub fn is_paged(&self) -> bool {
        self.resource.is_paged() && self.keys.is_empty()
    }

    /// The query for a page.
    pub fn query(&self, page: Page<'_>) -> Element {
        let mut query = Element::new(self.resource.query());
        if let Some(step) = page.step.filter(|_| self.is_paged()) {
            query.attributes = step.attributes();
        }
        if let Some(most) = page.most.filter(|_| self.keys.is_empty()) {
            query = query.with_text("MaxReturned", most.to_string());
        }
        query.children.extend([&self.keys, &self.filters, &self.includes].into_iter().flatten().cloned());
        query
    }

    /// A number for all parameters but `cursor` and `limit`. A cursor belongs to a request with the same number. Parameters that ask for
    /// the same have the same number, such as a default that is given and one that is not.
    pub fn fingerprint(&self) -> u64 {
        fnv1a(self.query(Page::default()).to_xml().as_bytes())
    }

    /// The JSON of an object of the list.
    ///
    /// # Errors
    /// [`Unreadable`]
    pub fn read(&self, object: &Element) -> Result<Value, Unreadable> {
        let mut value = self.resource.read(object)?;
        if self.leaves_out_addresses {
            value[ALTERNATE_SHIPPING_ADDRESSES.json] = Value::Null;
        }
        Ok(value)
    }

    /// The JSON of all objects in an answer of QuickBooks.
    ///
    /// # Errors
    /// [`Unreadable`] for the first object that cannot be read: a list without it would not be complete.
    pub fn read_all(&self, response: &Element) -> Result<Vec<Value>, Unreadable> {
        response.children(self.resource.object()).map(|object| self.read(object)).collect()
    }

    /// The answer to the client. `url` is the path of the list.
    pub fn answer(&self, url: &str, data: Vec<Value>, next: Next) -> Value {
        page::envelope(self.resource, url, data, next)
    }
}

fn limit(resource: Resource, given: &mut Given) -> Option<u32> {
    if resource.is_paged() {
        let limit = given.read("limit", "a whole number from 1 to 150", |text| {
            text.parse().ok().filter(|limit| (1..=LIMIT_MOST).contains(limit))
        });
        Some(limit.unwrap_or(LIMIT_MOST))
    } else {
        given.read("limit", "a whole number from 1 to 4294967295", |text| text.parse().ok().filter(|limit| *limit > 0))
    }
}

/// The hash FNV-1a, which stays the same between builds. It is no protection: who makes two requests with the same number gets the
/// pages of the first one.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
