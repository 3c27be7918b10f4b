//! Whether the platform gives access to the connection's company.

use crate::model::connection::{DeathCause, GrantState};
use crate::model::desktop::connection::DesktopConnection;
use crate::model::failure_code::FailureCode;
use crate::model::probe::AccessAnswer;

use super::Seen;
use super::check::{Advice, Named, ReadinessCheck, utc};

/// The platform has confirmed the company, and its last answer does not say otherwise.
pub(super) fn company(seen: &Seen<'_>) -> ReadinessCheck {
    let check = Named("company");
    let company = &seen.connection.company;
    match &seen.connection.grant_state {
        GrantState::Disconnected => return check.fail("The connection was disconnected.", Advice::Consent),
        GrantState::WithoutGrant => return company_file(seen, check),
        GrantState::NeedsReauthorization { cause: cause @ DeathCause::AccessWithdrawn, .. } => {
            return check.fail(FailureCode::from(*cause).in_words(), Advice::Disconnect);
        }
        _ if !company.is_confirmed() => {
            return check.fail(FailureCode::NotConfirmed.in_words(), Advice::TransferAgain);
        }
        _ => {}
    }
    let platform = company.platform.title();
    // A grant that ended during the request has no company to ask for.
    let is_active = matches!(seen.connection.grant_state, GrantState::Active(_));
    match seen.answer.filter(|_| is_active) {
        None => check.pass(format!("{platform} confirmed the company {}.", company.company_id)),
        Some(AccessAnswer::Given) => {
            check.pass(format!("{platform} was asked and gives access to the company {}.", company.company_id))
        }
        Some(AccessAnswer::Forbidden) => {
            check.warn(format!("{platform} refused the request for the company (403). This may be temporary."), Advice::AskAgain)
        }
        Some(AccessAnswer::Withdrawn) => {
            let message = format!("{platform} refuses access to the company. It is asked once more before the connection ends.");
            check.fail(message, Advice::Disconnect)
        }
        Some(AccessAnswer::Unclear) => check.warn(format!("{platform} gave no clear answer."), Advice::AskAgain),
    }
}

/// Whether the Web Connector of QuickBooks Desktop has called a moment ago. Nothing else shows that its company file can be read.
fn company_file(seen: &Seen<'_>, check: Named) -> ReadinessCheck {
    let last_active = seen.web_connector.as_ref().and_then(DesktopConnection::last_active_at);
    let last_active = last_active.map_or_else(|| "never".to_owned(), utc);
    let message = format!("The QuickBooks Web Connector was last active: {last_active}.");
    if seen.web_connector.as_ref().is_some_and(|desktop| desktop.is_active(seen.now)) {
        check.pass(message)
    } else {
        check.warn(message, Advice::OpenWebConnector)
    }
}
