//! The result of one check.

use jiff::Timestamp;

use crate::model::connection::DeathCause;
use crate::model::health::Problem;
use crate::model::sync::{SyncFailure, SyncKind};

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadinessCheck {
    /// Its name in the API.
    pub name: &'static str,
    /// Whether it passes.
    pub status: CheckResult,
    /// What was found.
    pub message: String,
    /// What to do about it; `None` if there is nothing to do.
    pub advice: Option<Advice>,
}

/// Whether a check passes, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum CheckResult {
    /// The connection does not use what is checked.
    NotUsed,
    /// All is well.
    Pass,
    /// It works, and needs attention.
    Warn,
    /// It does not work.
    Fail,
}

/// What to do about a check that does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Enter the API credentials again, and start the consent again.
    EnterCredentials,
    /// Set the public base URL, register the redirect URI, and test the connection.
    SetRedirectUri,
    /// Request a refresh of the tokens now.
    Refresh,
    /// Have the customer consent again.
    Consent,
    /// Disconnect the connection here too: the company was disconnected at the platform.
    Disconnect,
    /// Run the import of the connection from another system again.
    TransferAgain,
    /// Ask the platform again in a moment.
    AskAgain,
    /// Start an import of this kind.
    Import(SyncKind),
    /// Start an import of this kind that reads everything.
    ImportAll(SyncKind),
    /// Have the customer open the Web Connector.
    OpenWebConnector,
    /// Look at the alarms of the worker of imports.
    CheckWorker,
    /// Correct or enable the webhook endpoints.
    CheckEndpoints,
}

impl Advice {
    /// What to do about a problem of a connection.
    pub fn on(problem: Problem) -> Self {
        match problem {
            Problem::GrantEnded(DeathCause::AccessWithdrawn) => Self::Disconnect,
            Problem::GrantEnded(cause) => Self::after(cause),
            Problem::ImportFailed(kind, failure) => Self::after_import(kind, failure),
        }
    }

    /// What to do about an import that failed.
    pub(super) fn after_import(kind: SyncKind, failure: SyncFailure) -> Self {
        match failure {
            SyncFailure::PlatformUnavailable | SyncFailure::DailyLimit => Self::Import(kind),
            SyncFailure::NotActive => Self::OpenWebConnector,
            SyncFailure::TooManyErrors => Self::ImportAll(kind),
            SyncFailure::ReauthorizationRequired
            | SyncFailure::CompanyGone
            | SyncFailure::AccessDenied
            | SyncFailure::Disconnected => Self::Consent,
        }
    }

    /// What to do about a grant that ended.
    pub(super) fn after(cause: DeathCause) -> Self {
        match cause {
            DeathCause::NotConfirmed => Self::TransferAgain,
            DeathCause::Revoked | DeathCause::RotationLost | DeathCause::AccessWithdrawn | DeathCause::NoRefreshToken => {
                Self::Consent
            }
        }
    }
}

/// The name of a check, from which its results are made.
#[derive(Clone, Copy)]
pub(super) struct Named(pub(super) &'static str);

impl Named {
    pub(super) fn pass(self, message: impl Into<String>) -> ReadinessCheck {
        self.result(CheckResult::Pass, message, None)
    }

    pub(super) fn not_used(self, message: impl Into<String>) -> ReadinessCheck {
        self.result(CheckResult::NotUsed, message, None)
    }

    pub(super) fn warn(self, message: impl Into<String>, advice: Advice) -> ReadinessCheck {
        self.result(CheckResult::Warn, message, Some(advice))
    }

    pub(super) fn fail(self, message: impl Into<String>, advice: Advice) -> ReadinessCheck {
        self.result(CheckResult::Fail, message, Some(advice))
    }

    fn result(self, status: CheckResult, message: impl Into<String>, advice: Option<Advice>) -> ReadinessCheck {
        ReadinessCheck { name: self.0, status, message: message.into(), advice }
    }
}

/// A time for people.
pub(super) fn utc(at: Timestamp) -> String {
    at.strftime("%F %H:%M UTC").to_string()
}
