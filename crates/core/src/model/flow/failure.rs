//! Why a consent failed.

use strum::VariantArray;

use crate::Error;

/// Why a consent failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FlowFailure {
    /// The customer refused access at the platform.
    AccessDenied,
    /// The platform sent another error instead of a code.
    PlatformError,
    /// The callback had no code.
    MissingCode,
    /// The callback had a repeated parameter, or both a code and an error.
    AmbiguousCallback,
    /// The callback came on another platform's path (O-2).
    WrongPlatform,
    /// The callback named no company, or an invalid one.
    MissingCompany,
    /// The callback named a server that is not on the platform's list.
    UnknownRegion,
    /// The callback's issuer is not the platform's (O-3).
    WrongIssuer,
    /// The platform did not accept the code.
    ExchangeRefused,
    /// The platform failed while the code was exchanged.
    ExchangeFailed,
    /// The platform refused our client id or secret.
    ClientRefused,
    /// The platform denies that the grant is for the company in the callback.
    CompanyNotConfirmed,
    /// The grant gives access to no company.
    NoCompany,
    /// The platform gave no refresh token, and its grants are useless without one.
    NoRefreshToken,
    /// The connection has another company, and the start did not have the right to switch it.
    OtherCompany,
    /// The connection was disconnected, and the start did not have the right to revive it.
    #[strum(serialize = "connection_disconnected")]
    Disconnected,
    /// The company key has a platform's prefix and is not that of the confirmed company.
    #[strum(serialize = "reserved_company_key")]
    ReservedKey,
    /// The company has as many connections as may be created without a key.
    TooManyConnections,
    /// The flow's connection does not exist any more.
    #[strum(serialize = "connection_gone")]
    Gone,
    /// The key or the connect link of its start was revoked.
    AuthorityRevoked,
    /// The connect link of its start is used up.
    LinkUsed,
    /// The process that exchanged the code ended before it stored the grant.
    #[strum(serialize = "consent_interrupted")]
    Interrupted,
    /// No company was chosen or confirmed in time.
    #[strum(serialize = "consent_expired")]
    Expired,
}

impl FlowFailure {
    /// All failures.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().expect("a chunk of all");

    /// The stable code in the API and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the platform or Counterfoil caused it, and not the customer, the browser or the caller.
    pub(crate) const fn is_fault(self) -> bool {
        matches!(
            self,
            Self::PlatformError
                | Self::UnknownRegion
                | Self::WrongIssuer
                | Self::ExchangeRefused
                | Self::ExchangeFailed
                | Self::ClientRefused
                | Self::CompanyNotConfirmed
                | Self::Interrupted
        )
    }

    /// A sentence for people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::AccessDenied => {
                "Access was refused at the platform, so nothing was connected. To allow access, go back to the platform's page or start again."
            }
            Self::PlatformError => "The platform reported an error instead of a consent.",
            Self::MissingCode => "The platform sent no authorization code.",
            Self::AmbiguousCallback => "The callback has a repeated parameter, or both a code and an error.",
            Self::WrongPlatform => "This state belongs to a consent at another platform.",
            Self::MissingCompany => "The callback does not name a company that can be connected.",
            Self::UnknownRegion => "The callback names a server that is not one of the platform's.",
            Self::WrongIssuer => "The callback names an issuer that is not the platform's.",
            Self::ExchangeRefused => "The platform did not accept the authorization code.",
            Self::ExchangeFailed => "The platform failed while the authorization code was exchanged.",
            Self::ClientRefused => "The platform refuses this installation's client id or secret.",
            Self::CompanyNotConfirmed => "The platform does not confirm that this consent is for the company in the callback.",
            Self::NoCompany => {
                "This consent gives access to no company that can be connected. Start again, and allow the requested access."
            }
            Self::NoRefreshToken => {
                "The platform gave no refresh token, so the access would end within an hour. An existing connection was not changed. Wait a minute, then start again."
            }
            Self::OtherCompany => {
                "This connection belongs to another company. Only a start with an API key or a connect link for this connection can switch it."
            }
            Self::Disconnected => {
                "This connection was disconnected. Only a later start with an API key or a later connect link can restore it."
            }
            Self::ReservedKey => {
                "The name of this connection is reserved for another company, because it begins with a platform's name. Start again with another name."
            }
            Self::TooManyConnections => {
                "This company has too many connections. Only a start with an API key or a connect link can create another."
            }
            Self::Gone => "The connection of this consent no longer exists.",
            Self::LinkUsed => "This link is used up. Ask the sender for another.",
            Self::AuthorityRevoked => "The connect link or the API key that started this consent was revoked.",
            Self::Interrupted => "The consent was interrupted before it was finished.",
            Self::Expired => "No company was confirmed or chosen in time. Start again.",
        }
    }
}

/// The error in an API answer.
impl From<FlowFailure> for Error {
    fn from(failure: FlowFailure) -> Self {
        let (code, message) = (failure.as_str(), failure.in_words().to_owned());
        match failure {
            FlowFailure::AccessDenied
            | FlowFailure::PlatformError
            | FlowFailure::MissingCode
            | FlowFailure::AmbiguousCallback
            | FlowFailure::WrongPlatform
            | FlowFailure::MissingCompany
            | FlowFailure::UnknownRegion
            | FlowFailure::WrongIssuer
            | FlowFailure::CompanyNotConfirmed
            | FlowFailure::NoCompany
            | FlowFailure::Expired => Self::Invalid { code, message },
            FlowFailure::ExchangeRefused
            | FlowFailure::ExchangeFailed
            | FlowFailure::ClientRefused
            | FlowFailure::NoRefreshToken
            | FlowFailure::Interrupted => Self::PlatformFailed { code, message, retry_after: None },
            FlowFailure::OtherCompany
            | FlowFailure::Disconnected
            | FlowFailure::ReservedKey
            | FlowFailure::AuthorityRevoked
            | FlowFailure::LinkUsed
            | FlowFailure::TooManyConnections => Self::Conflict { code, message },
            FlowFailure::Gone => Self::NotFound(failure.in_words()),
        }
    }
}
