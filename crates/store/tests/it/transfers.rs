//! Connections from other systems: each write once, for one connection, and only while its company is not confirmed.

use counterfoil_core::model::audit::{Action, Audit};
use counterfoil_core::model::connection::{Connection, DeathCause, GrantState, Status};
use counterfoil_core::model::event::{Event, Payload};
use counterfoil_core::model::lease::CommitId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::transfers::{TransferBegun, TransferEnd, TransferStore as _};
use counterfoil_testkit::fixture::{START, by_operator, connection, stored_grant};

use crate::harness::{Store, store};

fn begun(company_key: &str, epoch: u64, previous: Option<Connection>) -> TransferBegun {
    let grant_state = GrantState::NeedsReauthorization { grant: stored_grant("old"), cause: DeathCause::NotConfirmed };
    let commit_id = CommitId::new(format!("commit_{company_key}_{epoch}"));
    let connection = Connection { grant_state, epoch, commit_id, due_at: None, ..connection(company_key) };
    TransferBegun { refresh_token: Fingerprint::of("token"), previous, connection }
}

fn ended(begun: &TransferBegun) -> TransferEnd {
    let claimed = begun.connection.company.clone();
    let grant_state = GrantState::Active(stored_grant("old"));
    let connection = Connection { grant_state, last_failure: None, ..begun.connection.clone() };
    let audit =
        Audit { id: "0".to_owned(), subject: (&connection.id).into(), ..by_operator(&connection.id.partner, Action::Connected) };
    let event = Event::about(&connection, Payload::Connected, "evt_0".to_owned(), START);
    TransferEnd { claimed, connection, audit, event }
}

async fn begin(store: &Store, begun: &TransferBegun) -> Written {
    store.table.begin_transfer(begun).await.expect("a table")
}

#[tokio::test]
async fn a_refresh_token_is_remembered_for_the_connection_that_it_was_stored_for() {
    let store = store().await;
    let (acme, token) = (begun("acme", 1, None), Fingerprint::of("token"));
    assert_eq!(store.table.transferred(&token).await, Ok(None));
    assert_eq!(begin(&store, &acme).await, Written::Stored);
    assert_eq!(store.table.transferred(&token).await, Ok(Some(acme.connection.id.clone())));
    assert_eq!(begin(&store, &begun("other", 1, None)).await, Written::Overtaken, "another connection");
    let again = begun("acme", 2, Some(acme.connection.clone()));
    assert_eq!(begin(&store, &again).await, Written::Stored, "the same connection again");
}

#[tokio::test]
async fn a_connection_becomes_active_once_and_only_with_the_grant_that_was_confirmed() {
    let store = store().await;
    let (first, second) = (begun("acme", 1, None), begun("acme", 2, Some(begun("acme", 1, None).connection)));
    assert_eq!(begin(&store, &first).await, Written::Stored);
    assert_eq!(begin(&store, &second).await, Written::Stored);
    assert_eq!(store.table.end_transfer(&ended(&first)).await, Ok(Written::Overtaken), "of the grant before");
    assert_eq!(store.table.end_transfer(&ended(&second)).await, Ok(Written::Stored));
    let row = store.read(&first.connection.id).await;
    assert_eq!((row.status(), row.epoch), (Status::Active, 2));
    let mut late = ended(&second);
    late.event.id = "evt_1".to_owned();
    assert_eq!(store.table.end_transfer(&late).await, Ok(Written::Overtaken), "it is active");
}
