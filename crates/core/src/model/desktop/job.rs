//! Jobs: requests that wait for the Web Connector of an end user.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::desktop::end_user::EndUserName;
use crate::model::desktop::id::JobId;
use crate::model::secret::{Fingerprint, Sealed};

/// The time for which the answer of a job is stored.
pub const KEPT_FOR: Duration = Duration::from_secs(900);
/// The largest number of jobs of an end user that wait at the same time.
pub const JOBS_MOST: usize = 100;
/// The largest part of a compressed answer, in bytes before it is sealed. An item of the table has at most 400 KB.
pub const PART_MOST: usize = 300_000;
/// The longest HRESULT and the longest message of a failure that are stored, in characters.
const FAILURE_LONGEST: (usize, usize) = (20, 1_000);
/// The time after its creation for which a job that was sent shows that its Web Connector is active. It brings nothing and asks for nothing
/// while QuickBooks works.
pub const WORKED_ON_FOR: Duration = Duration::from_secs(300);
/// How often a read whose answer was lost is sent.
pub const TRIES_MOST: u32 = 3;

/// A job.
#[derive(Clone)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The end user whose company file it asks.
    pub end_user: EndUserName,
    /// When it was created.
    pub created_at: Timestamp,
    /// Until when its caller waits. Later it is not sent any more.
    pub expires_at: Timestamp,
    /// Whether it changes the company file. A write whose answer is lost is not sent again.
    pub is_write: bool,
    /// Whether it is Counterfoil's own, to see that QuickBooks answers. It does not hold a session open.
    pub is_probe: bool,
    /// The session in which it must be sent, by the hash of its ticket: it continues an iterator of that session.
    pub session: Option<Fingerprint>,
    /// The qbXML document.
    pub request: Sealed,
    /// Its state.
    pub state: JobState,
    /// How often it was sent.
    pub tries: u32,
}

impl Job {
    /// Whether it was sent in the session with this ticket's hash.
    pub fn is_sent_in(&self, ticket: &Fingerprint) -> bool {
        matches!(&self.state, JobState::Sent(sent) if sent.matches(ticket))
    }

    /// How the job ends with this failure. A write that was sent may have been carried out, whatever failed afterwards.
    pub(crate) fn end_with(&self, failure: JobFailure) -> JobFailure {
        let is_sent = matches!(self.state, JobState::Sent(_));
        if self.is_write && is_sent { JobFailure::OutcomeUnknown } else { failure }
    }
}

/// The state of a job that is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// It waits for the Web Connector.
    Queued,
    /// The session with this ticket's hash has it.
    Sent(Fingerprint),
}

/// Why a job has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobFailure {
    /// The Web Connector could not reach QuickBooks, or QuickBooks could not process the request.
    QuickBooks {
        /// The HRESULT, such as `0x80040420`.
        hresult: String,
        /// The message of the Web Connector.
        message: String,
    },
    /// Another company file is open than the one that was connected.
    WrongCompanyFile(String),
    /// The QuickBooks is too old: it does not speak a version of qbXML that Counterfoil speaks.
    TooOld,
    /// The answer was lost. The write may have been carried out.
    OutcomeUnknown,
    /// The answer was lost each time that the request was sent, most likely because it is too large. One that continues an iterator is sent
    /// once.
    AnswerLost,
    /// The session of the iterator has ended.
    IteratorLost,
}

impl JobFailure {
    /// A failure with an HRESULT and a message of the Web Connector, which are cut if they are too long to be stored.
    pub fn of_quickbooks(hresult: &str, message: &str) -> Self {
        let (hresult_longest, message_longest) = FAILURE_LONGEST;
        let cut = |text: &str, longest| text.chars().take(longest).collect();
        Self::QuickBooks { hresult: cut(hresult, hresult_longest), message: cut(message, message_longest) }
    }
}
