//! Why a consent came to nothing.

use strum::VariantArray;

use crate::Error;

/// Why a consent came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum FlowFailure {
    /// The customer said no.
    AccessDenied,
    /// The platform sent another error instead of a code.
    PlatformError,
    /// The callback had no code.
    MissingCode,
    /// The callback had a parameter twice, or a code beside an error.
    AmbiguousCallback,
    /// The callback came on another platform's path (O-2).
    WrongPlatform,
    /// The callback named no company, or one that cannot be.
    MissingCompany,
    /// The callback names a server that is not the platform's.
    UnknownRegion,
    /// The callback says that another server than the platform's made it (O-3).
    WrongIssuer,
    /// The platform did not accept the code.
    ExchangeRefused,
    /// The platform failed while the code was exchanged.
    ExchangeFailed,
    /// The platform does not accept our own credentials.
    ClientRefused,
    /// The platform says that the grant is not for the company in the callback.
    CompanyNotConfirmed,
    /// The grant reaches no company.
    NoCompany,
    /// The platform gave no refresh token, without which its grants are of no use.
    NoRefreshToken,
    /// The connection holds another company, and the start did not have the right to switch it.
    OtherCompany,
    /// The connection was disconnected, and the start did not have the right to revive it.
    #[strum(serialize = "connection_disconnected")]
    Disconnected,
    /// The connection's name begins with a platform's, and is not the one of the company that was confirmed.
    #[strum(serialize = "reserved_company_key")]
    ReservedKey,
    /// There are as many connections to the company as may be made without a key.
    TooManyConnections,
    /// What the flow was for is gone.
    #[strum(serialize = "connection_gone")]
    Gone,
    /// The key or the connect link that it was begun with has been revoked.
    AuthorityRevoked,
    /// The connect link that it was begun with has had all its consents.
    LinkUsed,
    /// The process that exchanged the code died.
    #[strum(serialize = "consent_interrupted")]
    Interrupted,
    /// Its company was not chosen, or not confirmed, in time.
    #[strum(serialize = "consent_expired")]
    Expired,
}

impl FlowFailure {
    /// All of them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().expect("a chunk of all");

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether it failed at the platform or at us, and not by what the customer, the browser or the caller did.
    pub const fn is_fault(self) -> bool {
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

    /// In words, for people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::AccessDenied => {
                "Access was refused at the platform: nothing was connected. To allow it after all, go back there, or start again."
            }
            Self::PlatformError => "The platform reported an error instead of a consent.",
            Self::MissingCode => "The platform came back without an authorization code.",
            Self::AmbiguousCallback => "The callback holds a parameter twice, or a code beside an error.",
            Self::WrongPlatform => "This state was made for another platform.",
            Self::MissingCompany => "The callback does not name a company that can be connected.",
            Self::UnknownRegion => "The callback names a server that is not one of the platform's.",
            Self::WrongIssuer => "The callback says that it comes from another server than the platform's.",
            Self::ExchangeRefused => "The platform did not accept the authorization code.",
            Self::ExchangeFailed => "The platform failed while the authorization code was exchanged.",
            Self::ClientRefused => "The platform refuses this installation's client id or secret.",
            Self::CompanyNotConfirmed => "The platform does not confirm that this consent is for the company in the callback.",
            Self::NoCompany => "This consent reaches no company that can be connected. Start again, and allow what is asked for.",
            Self::NoRefreshToken => {
                "The platform gave access without a refresh token, which would end within the hour. A connection that was there stays as it was. Wait a minute, then start again."
            }
            Self::OtherCompany => {
                "This connection holds another company. Only a start with an API key, or a connect link, for this very connection may switch it."
            }
            Self::Disconnected => {
                "This connection was disconnected. Only a later start with an API key, or a later connect link, may bring it back."
            }
            Self::ReservedKey => {
                "The name of this connection begins with a platform's name and is not the name of the company that you connected. Start again with another name."
            }
            Self::TooManyConnections => {
                "This company is connected too often already. Only a start with an API key, or a connect link, may connect it once more."
            }
            Self::Gone => "What this consent was for no longer exists.",
            Self::LinkUsed => "This link has been used already. Ask the sender for another.",
            Self::AuthorityRevoked => "The link or the key that this consent was begun with has been revoked.",
            Self::Interrupted => "The consent was interrupted before it was finished.",
            Self::Expired => "No company was confirmed or chosen in time. Start again.",
        }
    }
}

/// The error that a program gets.
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
