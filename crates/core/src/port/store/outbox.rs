//! Reading events.

use async_trait::async_trait;

use crate::model::event::Event;
use crate::model::name::PartnerId;
use crate::port::store::StoreError;

/// Events that are stored. They are written with the changes that they report, by [`GrantStore`](super::vault::GrantStore).
#[async_trait]
pub trait Outbox: Send + Sync {
    /// A partner's events above `after`, which is an id or a [mark](Event::mark), in the order of ids; at most `most`. An event
    /// appears when its transaction is stored, some seconds after the time in its id at most: a reader that continues from its
    /// last id begins those seconds earlier. An expired event can be among them for some days.
    async fn events(&self, partner: &PartnerId, after: &str, most: u32) -> Result<Vec<Event>, StoreError>;
}
