//! The rows of QuickBooks Desktop.

use counterfoil_core::model::audit::Action;
use counterfoil_core::model::desktop::auth_session::AuthSession;
use counterfoil_core::model::desktop::connection::DesktopConnection;
use counterfoil_core::model::desktop::end_user::{EndUser, EndUserName};
use counterfoil_core::model::desktop::id::{AuthSessionId, EndUserId, IntegrationConnectionId, JobId};
use counterfoil_core::model::desktop::job::{Job, JobState};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::desktop::{EndUserStore as _, JobEnd, JobStore as _};
use counterfoil_core::port::store::{Created, Written};
use counterfoil_core::service::desktop::auth_flow;
use counterfoil_core::service::job::sealing_owner;
use counterfoil_testkit::fixture::{START, by_operator};

use super::sealed;
use crate::harness::Store;

/// One row of each kind that has a sealed value, as the store writes it.
pub(super) async fn every_sealed_row(store: &Store) {
    let digits = "0f".repeat(16);
    let end_user = EndUserName { partner: PartnerId::default_partner(), id: EndUserId::of_digits(&digits) };
    let id = AuthSessionId::of_digits(&digits);
    let session = AuthSession {
        client_secret: sealed(&auth_flow::sealing_owner(&end_user.partner, &id), "client_secret", "the secret").await,
        id,
        end_user: end_user.clone(),
        created_at: START,
        expires_at: START,
        hash: Fingerprint::of("the secret"),
        publishable_key: "a key".to_owned(),
        redirect_url: None,
        password_shown_at: None,
    };
    let audit = || by_operator(&PartnerId::default_partner(), Action::AuthSessionCreated);
    store.table.create_auth_session(&session, &audit()).await.expect("a table");
    let owner = sealing_owner(&end_user);
    let job = async |id: JobId| Job {
        id,
        end_user: end_user.clone(),
        created_at: START,
        expires_at: START,
        is_write: false,
        session: None,
        request: sealed(&owner, "request", "the request").await,
        is_probe: false,
        state: JobState::Queued,
        tries: 0,
    };
    let (waits, ended) = (job(JobId::of_digits(&digits)).await, job(JobId::of_digits(&"1e".repeat(16))).await);
    for job in [&waits, &ended] {
        store.table.create_job(job).await.expect("a table");
    }
    let parts = vec![sealed(&owner, "part", "the answer").await, sealed(&owner, "part", "its end").await];
    let connection = DesktopConnection {
        id: IntegrationConnectionId::of_digits(&digits),
        end_user: end_user.clone(),
        created_at: START,
        password: Fingerprint::of("a password"),
        password_set_at: None,
        file_id: "{}".to_owned(),
        has_seen_file: false,
        qwc: "a file".to_owned(),
        last_polled_at: None,
        last_request_at: None,
        last_successful_request_at: None,
        connected_file: None,
        is_awaited: false,
        session: None,
    };
    let end_user = EndUser {
        name: end_user,
        created_at: START,
        company_name: "Acme".to_owned(),
        source_id: "1".to_owned(),
        email: "books@acme.example".to_owned(),
    };
    assert_eq!(store.table.create_end_user(&end_user, &audit()).await, Ok(Created::Stored));
    assert_eq!(store.table.create_connection(&connection, &audit()).await, Ok(Written::Stored));
    let end = JobEnd::Answered { parts, session: Fingerprint::of("a ticket"), at: START };
    assert_eq!(store.table.finish_job(&ended, &end, None).await, Ok(Written::Stored));
}
