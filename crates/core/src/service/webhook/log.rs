//! The log of deliveries.

use crate::model::name::PartnerId;
use crate::model::webhook::delivery::{Delivery, DeliveryId, DeliveryStatus};
use crate::model::webhook::endpoint::{EndpointId, EndpointName};
use crate::port::store::webhooks::DeliveryQuery;
use crate::{App, Error};

/// Which deliveries are listed.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// Only those to this endpoint, which may be deleted.
    pub endpoint: Option<EndpointId>,
    /// Only those of this event.
    pub event: Option<String>,
    /// Only those with this status.
    pub status: Option<DeliveryStatus>,
    /// The delivery after which the list begins.
    pub after: Option<DeliveryId>,
    /// The largest number of deliveries.
    pub most: u32,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// The deliveries, the newest event first.
    pub deliveries: Vec<Delivery>,
    /// The place after which the next page begins. `None` if there is none.
    pub next: Option<DeliveryId>,
}

/// A page of a partner's deliveries: those of one endpoint, or those of all its endpoints, merged. A delivery that was not sent before
/// its endpoint was deleted is shown as canceled.
///
/// # Errors
/// The table's errors.
pub async fn list_deliveries(app: &App, partner: &PartnerId, query: &LogQuery) -> Result<LogPage, Error> {
    let existing = app.endpoints.endpoints(partner).await?;
    let ids: Vec<_> = match &query.endpoint {
        Some(id) => vec![id.clone()],
        None => existing.list.iter().map(|endpoint| endpoint.id.clone()).collect(),
    };
    let (mut deliveries, mut read_to) = (Vec::new(), None::<(String, EndpointId)>);
    for id in ids {
        let is_deleted = existing.find(&id).is_none();
        let Some(statuses) = stored(query.status, is_deleted) else { continue };
        let until = query.event.clone();
        let after = place_of(query, &id);
        let name = EndpointName { partner: partner.clone(), id };
        let of_endpoint =
            DeliveryQuery { after: after.as_deref(), until: until.as_deref(), is_newest_first: true, statuses, most: query.most };
        let page = app.deliveries.deliveries(&name, &of_endpoint).await?;
        deliveries.extend(page.deliveries.into_iter().map(|delivery| {
            if is_deleted && delivery.status == DeliveryStatus::Pending { canceled(delivery) } else { delivery }
        }));
        read_to = read_to.max(page.read_to.map(|place| (place, name.id)));
    }
    deliveries.sort_by_key(|delivery| std::cmp::Reverse(order(delivery)));
    deliveries.retain(|delivery| read_to.as_ref().is_none_or(|read_to| order(delivery) >= *read_to));
    let is_cut = deliveries.len() > query.most as usize;
    deliveries.truncate(query.most as usize);
    let last = deliveries.last().map(|delivery| delivery.id.clone());
    let next = match read_to {
        _ if is_cut => last,
        Some((place, endpoint)) => DeliveryId::at_place(&endpoint, &place),
        None => None,
    };
    Ok(LogPage { deliveries, next })
}

/// The stored statuses of deliveries that are shown with this one; none in the list means all. `None`: there are no such deliveries.
const fn stored(shown: Option<DeliveryStatus>, is_deleted: bool) -> Option<&'static [DeliveryStatus]> {
    Some(match (shown, is_deleted) {
        (None, _) => &[],
        (Some(DeliveryStatus::Pending), true) => return None,
        (Some(DeliveryStatus::Canceled), true) => &[DeliveryStatus::Canceled, DeliveryStatus::Pending],
        (Some(DeliveryStatus::Pending), false) => &[DeliveryStatus::Pending],
        (Some(DeliveryStatus::Canceled), false) => &[DeliveryStatus::Canceled],
        (Some(DeliveryStatus::Delivered), _) => &[DeliveryStatus::Delivered],
        (Some(DeliveryStatus::Failed), _) => &[DeliveryStatus::Failed],
    })
}

/// Deliveries are listed by their place, and those of one place by their endpoint.
fn order(delivery: &Delivery) -> (String, EndpointId) {
    (delivery.id.place(), delivery.id.endpoint.clone())
}

/// The place after which the deliveries of an endpoint continue the list.
fn place_of(query: &LogQuery, endpoint: &EndpointId) -> Option<String> {
    let after_event = query.event.as_ref().map(|event| format!("{event}#~"));
    let after_delivery = query.after.as_ref().map(|after| {
        let place = after.place();
        // A delivery to another endpoint at the same place follows if its endpoint's id is smaller.
        if *endpoint < after.endpoint { format!("{place}#") } else { place }
    });
    [after_event, after_delivery].into_iter().flatten().min()
}

fn canceled(delivery: Delivery) -> Delivery {
    Delivery { status: DeliveryStatus::Canceled, next_attempt_at: None, ..delivery }
}

/// One delivery.
///
/// # Errors
/// `NotFound`, and the table's errors.
pub async fn read_delivery(app: &App, partner: &PartnerId, id: &DeliveryId) -> Result<Delivery, Error> {
    let delivery = app.deliveries.delivery(partner, id).await?.ok_or(Error::NO_DELIVERY)?;
    if delivery.status != DeliveryStatus::Pending {
        return Ok(delivery);
    }
    let is_orphan = app.endpoints.endpoints(partner).await?.find(&id.endpoint).is_none();
    Ok(if is_orphan { canceled(delivery) } else { delivery })
}
