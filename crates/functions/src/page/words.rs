//! The sentences of the pages for customers. Programs get the error's own message.

use counterfoil_core::Error;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::service::consent::outcome::ConsentOutcome;

const OURS: &str = "Something is wrong on our side. Please tell the person who sent you here.";

/// The sentence for a consent that is not connected. `platform` is the platform's name.
pub(super) fn of_outcome(outcome: &ConsentOutcome, platform: &str) -> String {
    match outcome {
        ConsentOutcome::Connected(_) => format!("Your company at {platform} is connected."),
        ConsentOutcome::Pending => format!("You have not finished at {platform} yet."),
        ConsentOutcome::InProgress => "Your company is being connected. Look again in a moment.".to_owned(),
        ConsentOutcome::Postponed => {
            format!(
                "{platform} accepts no requests at the moment. Try again within a few minutes, while your permission is valid."
            )
        }
        ConsentOutcome::Unconfirmed => format!(
            "You allowed access, but {platform} did not answer when we asked for your company. Try again within ten minutes. Nothing is lost."
        ),
        ConsentOutcome::ChoiceNeeded => "Choose the company to connect.".to_owned(),
        ConsentOutcome::ExchangeNeeded => "Your company is confirmed. Continue to finish.".to_owned(),
        ConsentOutcome::Failed(failure) => of_failure(*failure, platform),
    }
}

fn of_failure(failure: FlowFailure, platform: &str) -> String {
    match failure {
        FlowFailure::AccessDenied => {
            format!("Access was refused at {platform}, so nothing was connected. To allow it, go back to {platform} or start again.")
        }
        FlowFailure::PlatformError => format!("{platform} reported an error, so nothing was connected."),
        FlowFailure::MissingCode
        | FlowFailure::AmbiguousCallback
        | FlowFailure::WrongPlatform
        | FlowFailure::MissingCompany
        | FlowFailure::UnknownRegion
        | FlowFailure::WrongIssuer => format!("{platform} sent back an answer that cannot be used, so nothing was connected."),
        FlowFailure::ExchangeRefused | FlowFailure::ExchangeFailed => {
            format!("{platform} did not confirm that you allowed access, so nothing was connected.")
        }
        FlowFailure::ClientRefused => OURS.to_owned(),
        FlowFailure::CompanyNotConfirmed => format!("{platform} did not confirm the company, so nothing was connected."),
        FlowFailure::NoRefreshToken => format!(
            "{platform} allowed access for one hour only, which is too short. A company that you connected before stays connected. Wait a minute, then start again."
        ),
        FlowFailure::OtherCompany => {
            "You chose another company than the one that is connected, so nothing was changed. Start again and choose that company, or ask the person who sent you here for a link that may change it.".to_owned()
        }
        FlowFailure::Disconnected => {
            "This company was disconnected. Ask the person who sent you here for a new link to connect it again.".to_owned()
        }
        FlowFailure::ReservedKey => {
            "This link is reserved for another company. Ask the person who sent you here for another link.".to_owned()
        }
        FlowFailure::TooManyConnections => {
            "This company has too many connections. Ask the person who sent you here for a link to connect it again.".to_owned()
        }
        FlowFailure::Gone => "This connection no longer exists. Ask the person who sent you here for a new link.".to_owned(),
        FlowFailure::AuthorityRevoked => "The link that you used is no longer valid. Ask the sender for another.".to_owned(),
        FlowFailure::NoCompany | FlowFailure::LinkUsed | FlowFailure::Interrupted | FlowFailure::Expired => {
            failure.in_words().to_owned()
        }
    }
}

/// The sentence for a failed request and, if the link itself is wrong, one for the person who made it.
pub(super) fn of_error(error: &Error) -> (String, Option<String>) {
    let another = |why: &str| format!("{why} Ask the person who sent you here for another link.");
    match error {
        Error::Internal(_) | Error::Misconfigured { .. } => (OURS.to_owned(), None),
        Error::Unauthenticated(_) => (another("This link lacks a valid key."), Some(error.to_string())),
        Error::Forbidden { .. } => (another("The key in this link does not allow this."), Some(error.to_string())),
        Error::Invalid { .. } => ("This link is incomplete or wrong.".to_owned(), Some(error.to_string())),
        error => (error.to_string(), None),
    }
}
