//! Prepared rows for the other tests, and reads of items.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::audit::{Action, Actor, Audit};
use counterfoil_core::model::connection::{Connection, ConnectionId, DeathCause, GrantState, LastFailure};
use counterfoil_core::model::event::{Event, Payload};
use counterfoil_core::model::failure_code::FailureCode;
use counterfoil_core::model::flow::Flow;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::flow::Stage;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::lease::{CommitId, LeaseId};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::consents::FlowEnd;
use counterfoil_core::port::store::consents::FlowStore as _;
use counterfoil_core::port::store::consents::KeptGrant;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_core::port::store::vault::Consent;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::GrantEnd;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_store::Table;
use counterfoil_testkit::fixture::{Fixture, Item, START, TABLE, by_operator, company, connection, flow, stored_grant};
use counterfoil_testkit::platform::RotationPolicy;
use jiff::ToSpan as _;

/// An empty table behind a proxy.
pub(crate) struct Store {
    pub(crate) installation: Fixture,
    pub(crate) table: Table,
}

pub(crate) async fn store() -> Store {
    let installation = Fixture::new(RotationPolicy::Stable).await;
    let table = installation.table();
    Store { installation, table }
}

impl Store {
    /// A connection of epoch 1 after its first consent.
    pub(crate) async fn consented(&self, company_key: &str) -> Connection {
        let connection = connection(company_key);
        assert_eq!(self.write_consent(&connection, None).await, ConsentWritten::Stored);
        connection
    }

    /// Writes a consent whose flow is at the right stage.
    pub(crate) async fn write_consent(&self, connection: &Connection, previous: Option<&Connection>) -> ConsentWritten {
        let state = format!("{} {}", connection.id, connection.commit_id);
        let flow = self.exchanged_flow(&state).await;
        let consent = consent(connection, previous, flow);
        self.table.write_consent(&consent).await.expect("a table that answers")
    }

    /// A flow whose code was exchanged.
    pub(crate) async fn exchanged_flow(&self, state: &str) -> FlowId {
        let flow: Flow = flow("acme", state);
        self.table.begin(&flow).await.expect("a new flow");
        assert!(self.table.consume(&flow.id, "attempt", START).await.expect("a table that answers"));
        assert_eq!(self.table.keep_grant(&kept(&flow, state)).await, Ok(Written::Stored));
        flow.id
    }

    pub(crate) async fn read(&self, id: &ConnectionId) -> Connection {
        self.table.read(id).await.expect("a table that answers").expect("a connection")
    }

    /// The number of items of a kind under a connection.
    pub(crate) async fn count(&self, id: &ConnectionId, kind: &str) -> usize {
        self.installation.items_of(id).await.iter().filter(|(key, _)| key.starts_with(kind)).count()
    }

    /// An item as it is stored.
    pub(crate) async fn item(&self, pk: &str, sk: &str) -> Option<Item> {
        let request = self.installation.client().get_item().table_name(TABLE).consistent_read(true);
        let request = request.key("PK", text(pk)).key("SK", text(sk));
        request.send().await.expect("a table to read").item
    }

    /// Puts an item.
    pub(crate) async fn put(&self, item: Item) {
        let request = self.installation.client().put_item().table_name(TABLE).set_item(Some(item));
        request.send().await.expect("a table to write to");
    }
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(crate) fn consent(connection: &Connection, previous: Option<&Connection>, flow: FlowId) -> Consent {
    Consent {
        previous: previous.cloned(),
        connection: connection.clone(),
        replaced: None,
        flow,
        link: None,
        key: None,
        exchange: None,
        tally: None,
        audit: audit(connection, Action::Connected, connection.commit_id.as_str()),
        event: Event::about(connection, Payload::Connected, format!("evt_{}", connection.commit_id), START),
    }
}

/// A grant to store in its flow. Its callback claimed the company `realm`.
pub(crate) fn kept(flow: &Flow, mark: &str) -> KeptGrant {
    KeptGrant {
        id: format!("grant {mark}"),
        flow: flow.id.clone(),
        grant: stored_grant(mark),
        claim: Some("realm".to_owned()),
        holds: Some(company("realm")),
        expires_at: flow.expires_at,
    }
}

/// The end of a flow that was read at this stage.
pub(crate) fn failed(flow: &FlowId, seen: Stage, failure: FlowFailure) -> FlowEnd {
    FlowEnd {
        flow: flow.clone(),
        seen,
        failure,
        reference: None,
        audit: Some(audit(&connection("acme"), Action::ConsentFailed, failure.as_str())),
        revocation: None,
        released: None,
        at: START,
    }
}

pub(crate) fn audit(connection: &Connection, action: Action, id: &str) -> Audit {
    Audit {
        id: id.to_owned(),
        subject: (&connection.id).into(),
        actor: Actor::Vault,
        detail: [("cause", "a test".to_owned())].into(),
        ..by_operator(&connection.id.partner, action)
    }
}

/// A refresh's commit that replaces the connection's epoch.
pub(crate) fn commit(connection: &Connection, commit_id: &str) -> Commit {
    Commit {
        epoch: connection.epoch,
        commit_id: CommitId::new(commit_id),
        grant: stored_grant(commit_id),
        at: START + 50.minutes(),
        due_at: Some(START + 95.minutes()),
        wanted_until: None,
        in_doubt: false,
    }
}

pub(crate) fn last_failure() -> LastFailure {
    LastFailure {
        failures: 3,
        retry_at: START + 1.minute(),
        code: FailureCode::PlatformFault,
        at: START + 1.second(),
        ended_lease: Some(LeaseId::new("lease_1")),
        doubtful: true,
    }
}

/// The end of the connection's grant.
pub(crate) fn end(connection: &Connection, id: &str) -> GrantEnd {
    let payload = Payload::ReauthorizationRequired { reason: DeathCause::RotationLost };
    let event = Event::about(connection, payload, format!("evt_{id}"), START);
    GrantEnd {
        epoch: connection.epoch,
        cause: DeathCause::RotationLost,
        last_failure: last_failure(),
        probe: None,
        audit: audit(connection, Action::GrantEnded, id),
        event,
    }
}

/// The connection with its grant ended by [`end`].
pub(crate) fn ended(connection: &Connection) -> Connection {
    let grant = connection.grant().expect("it had one").clone();
    Connection {
        grant_state: GrantState::NeedsReauthorization { grant, cause: DeathCause::RotationLost },
        last_failure: Some(last_failure()),
        updated_at: START,
        due_at: None,
        ..connection.clone()
    }
}

pub(crate) fn flow_id(state: &str) -> FlowId {
    FlowId::of(&Secret::new(state))
}
