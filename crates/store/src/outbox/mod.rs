//! Events.

pub(crate) mod endpoint_row;
pub(crate) mod port;
pub(crate) mod row;

use counterfoil_core::model::webhook::notification::Notification;
use counterfoil_core::port::store::StoreError;

use crate::row::Item;

/// Reads an event of a connection or of an endpoint.
pub(crate) fn read(item: Item) -> Result<Notification, StoreError> {
    if item.contains_key(endpoint_row::ENDPOINT_ID) {
        endpoint_row::read(item).map(Notification::Endpoint)
    } else {
        row::read(item).map(Notification::Connection)
    }
}
