//! The error codes and messages of consents for programs.

pub(crate) mod start;

use std::time::Duration;

use counterfoil_core::model::connection::Connection;
use counterfoil_core::service::consent::outcome::{ConsentOutcome, NoFlow};
use counterfoil_core::{Ended, Error};

use crate::surface::addresses::reconnect_path;

/// The connection of a consent, or the error for its state.
pub(crate) fn connection(result: &Result<ConsentOutcome, Error>) -> Result<&Connection, Error> {
    match result {
        Ok(ConsentOutcome::Connected(connection)) => Ok(connection),
        Ok(ConsentOutcome::Pending) => {
            Err(Error::invalid("consent_pending", "The customer has not returned from the platform yet."))
        }
        Ok(ConsentOutcome::InProgress) => Err(Error::TryLater {
            code: "consent_in_progress",
            message: "This consent is being processed. Try again in a moment.".to_owned(),
            retry_after: Duration::from_secs(2),
        }),
        Ok(ConsentOutcome::Postponed) => Err(Error::PlatformFailed {
            code: "exchange_postponed",
            message: "The platform accepts no requests at the moment. Try again within a few minutes, while the consent is valid."
                .to_owned(),
            retry_after: Some(Duration::from_secs(5)),
        }),
        Ok(ConsentOutcome::Unconfirmed) => Err(Error::PlatformFailed {
            code: "company_unconfirmed",
            message: "Access was granted, but the platform did not answer the request for the company. Try again within ten minutes. Nothing is lost.".to_owned(),
            retry_after: Some(Duration::from_secs(5)),
        }),
        Ok(ConsentOutcome::ChoiceNeeded) => Err(Error::conflict(
            "company_choice_required",
            "Choose the company: send its company_id in a POST to /oauth/result/{id}/choose within ten minutes.",
        )),
        Ok(ConsentOutcome::ExchangeNeeded) => Err(Error::conflict(
            "exchange_required",
            "The company is confirmed. The connection is created when the partner exchanges the code that its page received, within ten minutes.",
        )),
        Ok(ConsentOutcome::Failed(failure)) => Err((*failure).into()),
        Err(error) => Err(error.clone()),
    }
}

/// Adds to an error the address where the customer can consent again, if only a new consent helps.
pub(crate) fn or_reconnect(connection: &Connection) -> impl FnOnce(Error) -> Error + use<> {
    let path = reconnect_path(connection);
    move |error| {
        let code = error.code();
        let Error::ConsentNeeded { found, why } = error else { return error };
        let message = format!("{why} Send the customer to {path} to consent again.");
        match found {
            Ended::JustNow => Error::PlatformFailed { code, message, retry_after: None },
            Ended::Before | Ended::NoRefreshToken => Error::Conflict { code, message },
        }
    }
}

/// The error for a caller who may not see a flow.
pub(crate) fn without_flow(why: &NoFlow) -> Error {
    match why {
        NoFlow::NoState => Error::invalid("missing_state", "The callback has no state."),
        NoFlow::Unknown => {
            Error::invalid("invalid_state", "The state is unknown or older than ten minutes. Start the consent again.")
        }
        NoFlow::OtherBrowser => Error::invalid(
            "wrong_browser",
            "This consent was started in another browser, or the browser does not store cookies. Start it again in this browser.",
        ),
        NoFlow::Fault(error) => error.clone(),
    }
}
