//! Failures that QuickBooks reports.

use std::fmt::Write as _;

use super::code::Code::{self, QbdConnectionError, QbdRequestError};
use super::known::{Cause, KNOWN, Known};
use super::{Failure, MASKED};
use crate::qbxml::{Response, Severity};

/// The longest text of QuickBooks that is quoted, in characters.
const QUOTED_MOST: usize = 500;
/// The status code of a query by id that found nothing. It is a warning to QuickBooks.
const NOT_FOUND: u32 = 500;

/// What a caller does about an iterator that is lost.
const START_AGAIN: &str = " Start the list again.";
/// What an end user does whose request was carried out in part.
const PARTLY: &str = " A part of this was stored in QuickBooks Desktop: look there before you try again.";
/// The longest id that is quoted, in characters.
const ID_MOST: usize = 36;

impl Failure {
    /// The failure that an HRESULT of `connectionError` or `receiveResponseXML` means. `message` is the text beside it.
    pub fn of_hresult(hresult: &str, message: &str) -> Self {
        let Some(number) = hresult_number(hresult) else {
            let shown = Some(quoted(hresult.trim())).filter(|text| !text.is_empty());
            return of(None, QbdConnectionError, shown, message);
        };
        of(known(Cause::Hresult(number)), QbdConnectionError, Some(format!("0x{number:08X}")), message)
    }

    /// The failure that an answer means: each one with severity `Error`, and a warning that an object was not found if nothing was returned.
    /// `None` if the request succeeded.
    pub fn of_response(response: &Response) -> Option<Self> {
        let is_missing = response.status_code == NOT_FOUND && response.returned.is_empty();
        let is_failed = response.severity == Severity::Error || is_missing;
        is_failed.then(|| {
            let status = response.status_code;
            let mut failure = of(known(Cause::Status(status)), QbdRequestError, Some(status.to_string()), &response.message);
            if response.is_iterator_lost() {
                failure.message.push_str(START_AGAIN);
            }
            failure
        })
    }

    /// The failure that the answers to the requests of a document mean: that of the first one which failed. If QuickBooks has carried out
    /// another one, which was a write, the document must not be sent again, and the message names these requests with the ids of their
    /// objects. `None` if all requests succeeded.
    pub fn of_responses(responses: &[Response]) -> Option<Self> {
        let mut failure = responses.iter().find_map(Self::of_response)?;
        let written = responses.iter().filter(|response| response.is_write() && Self::of_response(response).is_none());
        let written: Vec<_> = written.map(named).collect();
        if !written.is_empty() {
            failure.can_repeat = false;
            let _ = write!(
                failure.message,
                " QuickBooks has carried out these requests, do not send them again: {}.",
                written.join(", ")
            );
            failure.user_facing_message.push_str(PARTLY);
        }
        Some(failure)
    }
}

/// The request of an answer, with the id of the object that it wrote.
fn named(response: &Response) -> String {
    let request = format!("{}Rq", response.name.strip_suffix("Rs").unwrap_or(&response.name));
    let id = ["TxnID", "ListID"].into_iter().find_map(|name| {
        let inside = response.returned.iter().find_map(|object| object.text_of(name));
        let id = inside.or_else(|| response.returned.iter().find(|part| part.name == name).map(|part| part.text.as_str()))?;
        Some(format!(" ({name} {})", id.chars().take(ID_MOST).collect::<String>()))
    });
    request + id.as_deref().unwrap_or_default()
}

fn known(cause: Cause) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.cause == cause)
}

fn of(known: Option<&'static Known>, otherwise: Code, integration_code: Option<String>, message: &str) -> Failure {
    let code = known.map_or(otherwise, |known| known.code);
    let meaning = known.map_or("QuickBooks reported an error.", |known| known.meaning);
    let said = quoted(message.trim());
    let said = if said.is_empty() { meaning.to_owned() } else { said };
    let title = if code == QbdRequestError { "QBD Request Error" } else { "QBD Connection Error" };
    let number = integration_code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let message = format!("{title}{number}: {said}");
    let user_facing_message = match known {
        Some(known) if known.fix.is_empty() => MASKED.to_owned(),
        Some(known) => known.fix.to_owned(),
        None => format!("QuickBooks Desktop reported an error: {said} Check it there, and try again."),
    };
    Failure { code, message, user_facing_message, integration_code, can_repeat: known.is_some_and(|known| known.can_repeat) }
}

/// The number of an HRESULT, which may have `0x` before its digits, and is a negative decimal number in some programs.
pub(crate) fn hresult_number(hresult: &str) -> Option<u32> {
    let hresult = hresult.trim();
    let digits = hresult.strip_prefix("0x").or_else(|| hresult.strip_prefix("0X")).unwrap_or(hresult);
    let is_hex = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_hex { u32::from_str_radix(digits, 16).ok() } else { hresult.parse::<i32>().ok().map(i32::cast_unsigned) }
}

fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_MOST).collect()
}
