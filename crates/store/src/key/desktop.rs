//! The keys of QuickBooks Desktop.

use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::{AuthSessionId, JobId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::model::time::sortable;
use jiff::Timestamp;

use super::Key;
use super::partitions::{AUTH_SESSION, JOB, JOB_END, desktop_pk};

impl Key {
    /// An end user of QuickBooks Desktop.
    pub(crate) fn end_user(name: &EndUserName) -> Self {
        Self { pk: desktop_pk(name), sk: "END_USER".to_owned() }
    }

    /// The entry of an end user's source id, which is unique for its partner.
    pub(crate) fn end_user_source(partner: &PartnerId, source_id: &str) -> Self {
        Self { pk: format!("END_USER_SOURCE#{partner}#{}", Fingerprint::of(source_id).as_str()), sk: "SOURCE".to_owned() }
    }

    /// The connection of an end user through the Web Connector.
    pub(crate) fn desktop_connection(name: &EndUserName) -> Self {
        Self { pk: desktop_pk(name), sk: "CONNECTION".to_owned() }
    }

    /// A job that is not finished.
    pub(crate) fn job(name: &EndUserName, id: &JobId) -> Self {
        Self { pk: desktop_pk(name), sk: format!("{JOB}{}", id.digits()) }
    }

    /// The end of a job.
    pub(crate) fn job_end(name: &EndUserName, id: &JobId) -> Self {
        Self { pk: format!("{JOB_END}{}#{}#{}", name.partner, name.id, id.digits()), sk: "END".to_owned() }
    }

    /// A further part of an answer that this session brought at this time. Another answer to the same job has other parts.
    pub(crate) fn answer_part(name: &EndUserName, id: &JobId, session: &Fingerprint, at: Timestamp, number: u32) -> Self {
        let sk = format!("PART#{}#{}#{number:03}", sortable(at), session.as_str());
        Self { sk, ..Self::job_end(name, id) }
    }

    /// A session of the auth flow of QuickBooks Desktop.
    pub(crate) fn auth_session(partner: &PartnerId, id: &AuthSessionId) -> Self {
        Self { pk: format!("{AUTH_SESSION}{partner}#{id}"), sk: "AUTH_SESSION".to_owned() }
    }
}
