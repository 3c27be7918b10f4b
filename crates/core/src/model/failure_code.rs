//! Why a refresh failed.

use crate::model::connection::DeathCause;

/// Why a refresh failed, or why a grant ended. The words are in the table and in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum FailureCode {
    /// The platform refused our client id or secret.
    ClientRefused,
    /// The platform limited the number of requests.
    PlatformThrottled,
    /// The request could not be sent.
    PlatformUnreachable,
    /// The platform answered with an error.
    PlatformFault,
    /// The platform's answer could not be read.
    PlatformUnreadable,
    /// The platform did not answer.
    PlatformNoAnswer,
    /// Too little of the lease was left for the request and the commit.
    LeaseTimeout,
    /// A refresh succeeded, but its answer had no refresh token.
    RefreshTokenMissing,
    /// The grant ended: [`DeathCause::Revoked`].
    Revoked,
    /// The grant ended: [`DeathCause::RotationLost`].
    RotationLost,
    /// The grant ended: [`DeathCause::AccessWithdrawn`].
    AccessWithdrawn,
    /// The grant ended: [`DeathCause::NoRefreshToken`].
    NoRefreshToken,
    /// The grant does not serve yet: [`DeathCause::NotConfirmed`].
    NotConfirmed,
    /// A later version stored a word that this version does not know.
    Unknown,
}

impl FailureCode {
    /// The word in the API and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// A sentence for people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::ClientRefused => "The platform refuses this installation's client id or secret.",
            Self::PlatformThrottled => "The platform limits the number of requests.",
            Self::PlatformUnreachable => "The platform could not be reached.",
            Self::PlatformFault => "The platform answered with an error.",
            Self::PlatformUnreadable => {
                "The platform's answer could not be read. It is kept for the operator of this installation."
            }
            Self::PlatformNoAnswer => "The platform did not answer in time.",
            Self::LeaseTimeout => "The refresh started too late to finish safely.",
            Self::RefreshTokenMissing => {
                "The platform's last answer had no readable refresh token. The previous refresh token is kept."
            }
            Self::Revoked => "The platform refused the refresh token: access was withdrawn or has ended.",
            Self::RotationLost => "The platform refused the refresh token after one of its answers was lost.",
            Self::AccessWithdrawn => "The platform no longer gives access to this company.",
            Self::NoRefreshToken => "The platform gave no refresh token with the consent, so access would end within an hour.",
            Self::NotConfirmed => {
                "The connection comes from another system, and the platform has not confirmed its company yet. Run the import again."
            }
            Self::Unknown => "The refresh failed.",
        }
    }
}

impl From<DeathCause> for FailureCode {
    fn from(cause: DeathCause) -> Self {
        match cause {
            DeathCause::Revoked => Self::Revoked,
            DeathCause::RotationLost => Self::RotationLost,
            DeathCause::AccessWithdrawn => Self::AccessWithdrawn,
            DeathCause::NoRefreshToken => Self::NoRefreshToken,
            DeathCause::NotConfirmed => Self::NotConfirmed,
        }
    }
}
