//! Failures that QuickBooks reports.

use super::code::Code::{self, QbdConnectionError, QbdRequestError};
use super::known::{Cause, KNOWN, Known};
use super::{Failure, MASKED};
use crate::qbxml::{Response, Severity};

/// The longest text of QuickBooks that is quoted, in characters.
const QUOTED_MOST: usize = 500;
/// The status code of a query by id that found nothing. It is a warning to QuickBooks.
const NOT_FOUND: u32 = 500;

impl Failure {
    /// The failure that an HRESULT of `connectionError` or `receiveResponseXML` means. `message` is the text beside it. The HRESULT is
    /// compared without regard to case, with or without `0x`; a negative decimal number is one too.
    pub fn of_hresult(hresult: &str, message: &str) -> Self {
        let hresult = hresult.trim();
        let Some(number) = number(hresult) else {
            let shown = Some(quoted(hresult)).filter(|text| !text.is_empty());
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
            of(known(Cause::Status(status)), QbdRequestError, Some(status.to_string()), &response.message)
        })
    }
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

fn number(hresult: &str) -> Option<u32> {
    let digits = hresult.strip_prefix("0x").or_else(|| hresult.strip_prefix("0X")).unwrap_or(hresult);
    let is_hex = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_hex { u32::from_str_radix(digits, 16).ok() } else { hresult.parse::<i32>().ok().map(i32::cast_unsigned) }
}

fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_MOST).collect()
}
