//! Counts figures in memory, and adds them to the table at the end of the invocation that counted them, once a minute at most. A process
//! that ends before the next addition loses the figures since the last one.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::App;
use crate::model::connection::{Connection, ConnectionId};
use crate::model::health::{Counted, Figure, bucket, slot_of};
use crate::model::name::PartnerId;
use crate::model::platform::PlatformName;
use crate::port::clock::Moment;
use crate::port::store::health;
use crate::service::health::sums::{Numbers, Sums};

/// The log target under which a wait for a limit is logged.
pub const THROTTLED: &str = "counterfoil::throttled";
/// The shortest time between two additions of a process.
const ADDED_EVERY: Duration = Duration::from_secs(60);
/// How many sums are added at once.
const ADDED_AT_ONCE: usize = 16;
/// The lateness from which on a connection counts as overdue. The refresher looks every minute.
const OVERDUE: Duration = Duration::from_secs(120);

/// The figures of this process, by partner and slot.
#[derive(Debug, Default)]
pub struct Figures(Mutex<Unstored>);

#[derive(Debug, Default)]
struct Unstored {
    sums: Sums<(PartnerId, Timestamp)>,
    added: Option<Moment>,
}

impl Figures {
    fn unstored(&self) -> MutexGuard<'_, Unstored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts figures of a partner.
fn count(app: &App, partner: &PartnerId, figures: impl IntoIterator<Item = (Figure, u32)>) {
    let numbers = figures.into_iter().filter(|(_, number)| *number > 0).map(|(figure, number)| (figure.name(), number));
    let numbers: Numbers = numbers.collect();
    if !numbers.is_empty() {
        app.figures.unstored().sums.add(app.clock.as_ref(), (partner.clone(), slot_of(app.now())), numbers);
    }
}

/// Counts the end of a refresh.
pub(crate) fn count_refresh(app: &App, connection: &Connection, counted: &[Counted]) {
    let platform = connection.company.platform;
    count(app, &connection.id.partner, counted.iter().map(|counted| (Figure::Of(platform, *counted), 1)));
}

/// Counts how long a connection had been due when the refresher came to it.
pub(crate) fn count_lateness(app: &App, connection: &Connection, late: Duration) {
    if late >= OVERDUE {
        count(app, &connection.id.partner, [(Figure::Overdue(connection.company.platform, bucket(late.as_secs())), 1)]);
    }
}

/// Counts the end of an import.
pub(crate) fn count_import(app: &App, connection: &ConnectionId, platform: PlatformName, has_failed: bool, errors: u64) {
    let counted = if has_failed { Counted::SyncsFailed } else { Counted::SyncsCompleted };
    let errors = u32::try_from(errors).unwrap_or(u32::MAX);
    count(app, &connection.partner, [(Figure::Of(platform, counted), 1), (Figure::Of(platform, Counted::RecordErrors), errors)]);
}

/// Counts that an import waits for a limit.
pub(crate) fn count_throttled(app: &App, connection: &ConnectionId, platform: PlatformName) {
    tracing::info!(target: THROTTLED, %connection, platform = platform.as_str(), "an import waits for a limit");
    count(app, &connection.partner, [(Figure::Of(platform, Counted::Throttled), 1)]);
}

/// Counts how long an event waited for its first attempt to be delivered.
pub(crate) fn count_delay(app: &App, partner: &PartnerId, milliseconds: u64) {
    count(app, partner, [(Figure::Delay(bucket(milliseconds)), 1)]);
}

/// Adds the figures of at most [`ADDED_AT_ONCE`] partners to the table, unless this process did so within the last minute. The next
/// addition has the rest. What cannot be added is kept. An invocation that counted nothing makes no request.
pub async fn store_figures(app: &App) {
    let due = {
        let mut unstored = app.figures.unstored();
        let is_soon = unstored.added.is_some_and(|added| added.age(app.clock.as_ref()) < ADDED_EVERY);
        let due = if is_soon { Vec::new() } else { unstored.sums.take(ADDED_AT_ONCE) };
        // What is left is added by the next invocation.
        if !due.is_empty() && unstored.sums.age(app.clock.as_ref()).is_none() {
            unstored.added = Some(Moment::of(app.clock.as_ref()));
        }
        due
    };
    let adding = due.into_iter().map(|((partner, slot), numbers)| async move {
        let figures = health::Figures { partner, slot, numbers };
        if let Err(error) = app.health.add_figures(&figures).await {
            tracing::warn!(partner = %figures.partner, %error, "figures could not be stored yet");
            app.figures.unstored().sums.add(app.clock.as_ref(), (figures.partner, figures.slot), figures.numbers);
        }
    });
    join_all(adding).await;
}
