//! The payees of checks: a bill payment names only its bill, and the bill its vendor.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_core::model::record::Named;
use counterfoil_core::port::accounting::{PageRequest, ReadFailure};

use super::list::PAGE;
use super::{request, result};
use crate::books::UNREADABLE;
use crate::books::entry::named;
use crate::object::Object;
use crate::parts::Parts;

/// The vendors of bills, by the bill's id.
#[derive(Default)]
pub(super) struct Vendors(BTreeMap<String, Named>);

impl Vendors {
    pub(super) fn of_bill(&self, id: &str) -> Named {
        self.0.get(id).cloned().unwrap_or_default()
    }
}

/// The vendor of a bill.
pub(super) fn of_bill(bill: &Object<'_>) -> Named {
    let name = named(&bill.object("vendor"), "vendor_id", "vendor_name").name;
    Named { id: bill.id("vendorid"), name }
}

/// The vendors of these bills. Empty if bills may not be read, or not by their ids: a payee that appears and disappears with the order of a
/// list would be worse than none.
pub(super) async fn vendors(
    parts: &Parts,
    page_request: PageRequest<'_>,
    bills: &BTreeSet<String>,
) -> Result<Vendors, ReadFailure> {
    let ids = bills.iter().map(|id| ("search[ids][]", id.clone()));
    let more = [("include[]", "vendor".to_owned()), ("per_page", PAGE.to_string())];
    let query: Vec<_> = ids.chain(more).collect();
    let answer = match request(parts, page_request, "bills", &query).await {
        // FreshBooks refuses a grant without `user:bills:read` with 401. The token is valid: the payments were just read with it.
        Err(ReadFailure::Unauthorized | ReadFailure::AccessDenied | ReadFailure::Rejected { .. }) => {
            tracing::warn!("bills may not be read, or not by their ids: checks stay without their payees");
            return Ok(Vendors::default());
        }
        answer => answer?,
    };
    let body = answer.object()?;
    let result = result(&body);
    let listed = result.list("bills").ok_or(UNREADABLE)?;
    let is_whole = result.number("total").is_some_and(|total| total <= listed.len());
    let listed = listed.into_iter().filter_map(Object::parse);
    let vendors: BTreeMap<_, _> = listed.filter_map(|bill| Some((bill.id("id")?, of_bill(&bill)))).collect();
    let is_filtered = vendors.keys().all(|id| bills.contains(id));
    Ok(if is_filtered || is_whole { Vendors(vendors) } else { Vendors::default() })
}

#[cfg(test)]
impl Vendors {
    pub(super) fn one(bill: &str, id: &str, name: &str) -> Self {
        Self([(bill.to_owned(), Named { id: Some(id.to_owned()), name: Some(name.to_owned()) })].into())
    }
}
