//! Reading events.

use async_trait::async_trait;

use crate::model::event::Event;
use crate::model::name::PartnerId;
use crate::port::store::StoreError;

/// Stored events. [`GrantStore`](super::vault::GrantStore) writes them with the changes that they report.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// At most `most` events of a partner with ids above `after`, in the order of ids. `after` is an id or a [mark](Event::mark).
    /// An event appears when its transaction is stored, at most some seconds after the time in its id. So a reader that continues
    /// from its last id begins some seconds earlier. An expired event may be listed for some days.
    async fn events(&self, partner: &PartnerId, after: &str, most: u32) -> Result<Vec<Event>, StoreError>;
}
