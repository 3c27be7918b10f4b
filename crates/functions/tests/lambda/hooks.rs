//! A partner with webhook endpoints on this machine, and numbered events for all of them.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use counterfoil_core::App;
use counterfoil_core::model::api_key::PresentedKey;
use counterfoil_core::model::event::Event;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::delivery::{Delivery, DeliveryId, DeliveryStatus};
use counterfoil_core::model::webhook::endpoint::{EndpointId, EndpointName};
use counterfoil_core::model::webhook::notification::{EndpointChange, EndpointEvent, Notification};
use counterfoil_core::port::store::webhooks::DeliveryQuery;
use counterfoil_core::port::wake::WakeCourier;
use counterfoil_core::service::webhook::endpoints::{NewEndpoint, create_endpoint};
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_store::aws::local_config;
use counterfoil_store::table::{PK, SK};

use crate::deployment::{Deployment, TABLE};

/// How many deliveries are read at once.
const PAGE: u32 = 1_000;

/// The partner `default`.
pub(crate) struct Hooks {
    pub(crate) app: Arc<App>,
    pub(crate) partner: PartnerId,
    pub(crate) endpoints: Vec<EndpointId>,
}

/// A process that permits addresses of this machine, with the table at `table`.
pub(crate) fn app(deployment: &Deployment, table: &str, courier: Option<Arc<dyn WakeCourier>>) -> Arc<App> {
    let mut config = deployment.config();
    config.allows_loopback_webhooks = true;
    assemble(&config, &local_config(table), World { courier, ..World::real() })
}

impl Hooks {
    /// Creates an endpoint for each address.
    pub(crate) async fn of(app: Arc<App>, deployment: &Deployment, urls: &[String]) -> Self {
        let partner = PartnerId::default_partner();
        let presented = PresentedKey::parse(&Secret::new(deployment.key(Duration::ZERO).await)).expect("a key");
        let key = app.partners.key(&partner, &presented.id).await.expect("the table answers").expect("a key");
        let mut endpoints = Vec::new();
        for url in urls {
            let new = NewEndpoint { url: url.clone(), description: None, events: Vec::new() };
            let (view, _) = create_endpoint(&app, &key, new).await.unwrap_or_else(|error| panic!("{error}"));
            endpoints.push(view.endpoint.id);
        }
        Self { app, partner, endpoints }
    }

    /// Stores an event about an endpoint that does not exist any more, so that all get it. The address in its body has its number.
    /// Returns its id.
    pub(crate) async fn event(&self, number: u32) -> String {
        let id = EndpointId::new(format!("{}{}", EndpointId::PREFIX, "0".repeat(32)));
        let event = EndpointEvent {
            id: self.app.new_id(Event::ID_PREFIX),
            endpoint: EndpointName { partner: self.partner.clone(), id },
            url: format!("https://example.com/{number}"),
            at: self.app.now(),
            change: EndpointChange::Failing { failing_since: self.app.now() },
        };
        store(&self.app, &event).await;
        event.id
    }

    /// How many deliveries to all endpoints have this status.
    pub(crate) async fn count(&self, status: DeliveryStatus) -> usize {
        let mut count = 0;
        for id in &self.endpoints {
            let name = EndpointName { partner: self.partner.clone(), id: id.clone() };
            let mut after = None::<String>;
            loop {
                let after_this = after.as_deref();
                let query =
                    DeliveryQuery { after: after_this, until: None, is_newest_first: false, statuses: &[status], most: PAGE };
                let page = self.app.deliveries.deliveries(&name, &query).await.expect("the table answers");
                count += page.deliveries.len();
                after = page.read_to;
                if after.is_none() {
                    break;
                }
            }
        }
        count
    }
}

/// Stores an event about an endpoint, with its delivery to that endpoint.
pub(crate) async fn store(app: &App, event: &EndpointEvent) {
    let delivered = Delivery {
        id: DeliveryId { event: event.id.clone(), replayed_at: None, endpoint: event.endpoint.id.clone() },
        kind: Notification::Endpoint(event.clone()).kind(),
        status: DeliveryStatus::Delivered,
        attempts: Vec::new(),
        next_attempt_at: None,
        created_at: event.at,
    };
    app.deliveries.create_test(event, &delivered).await.expect("the table answers");
}

/// Stores a copy of an event of the partner `default` in a transaction of its own, as each is stored in the transaction of its change.
pub(crate) async fn copy_in_a_transaction(deployment: &Deployment, table: &str, event: &str) {
    let key = |id: &str| {
        let parts = [(PK, "EVENTS#default"), (SK, id)];
        parts.map(|(name, part)| (name.to_owned(), AttributeValue::S(part.to_owned())))
    };
    let client = Client::new(&local_config(deployment.table_endpoint()));
    let read = client.get_item().table_name(TABLE).set_key(Some(key(event).into())).send().await.expect("the table answers");
    let mut item = read.item.expect("an event");
    item.extend(key(&deployment.operator.new_id(Event::ID_PREFIX)));
    let put = Put::builder().table_name(TABLE).set_item(Some(item)).build().expect("a table and an item");
    let write = TransactWriteItem::builder().put(put).build();
    let client = Client::new(&local_config(table));
    client.transact_write_items().transact_items(write).send().await.expect("the table answers");
}
