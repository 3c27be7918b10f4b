//! The errors of QuickBooks that are known.

use super::code::Code::{self, QbdConnectionError, QbdRequestError};

/// The number of an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A Windows error code of the Web Connector or QuickBooks (Intuit, `QBD error codes`).
    Hresult(u32),
    /// A `statusCode` of qbXML (Intuit, `Status codes in response messages`).
    Status(u32),
}

use Cause::{Hresult, Status};

/// An error of QuickBooks.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) cause: Cause,
    pub(super) code: Code,
    /// What happened, where QuickBooks itself does not say it.
    pub(super) meaning: &'static str,
    /// What the end user can do. Empty if the end user can do nothing.
    pub(super) fix: &'static str,
    /// Whether the same request can succeed in a moment.
    pub(super) can_repeat: bool,
}

const fn connection(hresult: u32, meaning: &'static str, fix: &'static str) -> Known {
    Known { cause: Hresult(hresult), code: QbdConnectionError, meaning, fix, can_repeat: false }
}

const fn request(status: u32, meaning: &'static str, fix: &'static str) -> Known {
    Known { cause: Status(status), code: QbdRequestError, meaning, fix, can_repeat: false }
}

/// The same error, which goes away by itself.
const fn passing(known: Known) -> Known {
    Known { can_repeat: true, ..known }
}

/// The same error, which is one of the request.
const fn of_request(known: Known) -> Known {
    Known { code: QbdRequestError, ..known }
}

const GRANT: &str = "QuickBooks Desktop does not permit our application to read this company file. To fix this, log in to QuickBooks Desktop \
    as Admin, and choose 'Edit > Preferences > Integrated Applications > Company Preferences'. Select our application, click \
    'Properties...', tick 'Allow this application to read and modify this company file' and 'Allow this application to log in \
    automatically', and click 'OK'. Then try again.";
const FIRST_GRANT: &str = "QuickBooks Desktop has not been asked yet whether our application may read this company file. To fix this, log in \
    to QuickBooks Desktop as Admin in single-user mode ('File > Switch to Single-user Mode'), open the QuickBooks Web Connector, and click \
    'Update Selected'. When QuickBooks asks, choose 'Yes, always; allow access even if QuickBooks is not running'. Then try again.";
const OPEN: &str = "QuickBooks Desktop could not be reached. To fix this, open QuickBooks Desktop with the right company file on the computer \
    with the QuickBooks Web Connector, and try again.";
const RESTART: &str = "QuickBooks Desktop had an unexpected error. To fix this, close QuickBooks Desktop and the QuickBooks Web Connector, \
    open both again, and try again. If it happens again, restart the computer.";
const RIGHT_FILE: &str = "QuickBooks Desktop has another company file open than the connected one. To fix this, open the right file with \
    'File > Open or Restore Company', and try again.";
const SINGLE_USER: &str = "The company file is open in another mode. To fix this, let the other users close the file or choose \
    'File > Switch to Single-user Mode' or 'File > Switch to Multi-user Mode' as it was when the connection was set up, and try again.";
const IN_USE: &str = "Somebody is editing the same record in QuickBooks Desktop. Let them save and close it, and try again.";
const PERMISSION: &str = "The user who is logged in to QuickBooks Desktop may not do this. To fix this, log in as Admin, or give the user \
    the permission with 'Company > Users > Set Up Users and Roles', and try again.";

/// All of them. The meanings of 0x8004041A, 0x8004041F, 0x80040421, 0x80040430 and of the status codes 3120, 3140, 3170, 3180, 3261 and 3263
/// rest on one public source each: UNCONFIRMED.
pub(super) const KNOWN: &[Known] = &[
    of_request(connection(
        0x8004_0400,
        "QuickBooks could not read the request: a field is unknown, missing, repeated or out of order, or its value has the wrong form.",
        "",
    )),
    connection(0x8004_0401, "QuickBooks could not be accessed.", OPEN),
    connection(0x8004_0402, "QuickBooks had an unexpected error.", RESTART),
    connection(
        0x8004_0403,
        "QuickBooks could not open the company file.",
        "QuickBooks Desktop could not open the company file. To fix this, check that the file is where it was when the connection was set \
         up, and that you can open it with 'File > Open or Restore Company'. Then try again.",
    ),
    connection(
        0x8004_0408,
        "QuickBooks could not be started.",
        "QuickBooks Desktop could not be started. To fix this, open QuickBooks Desktop with the company file yourself. Open it and the \
         QuickBooks Web Connector as the same Windows user, and neither or both with 'Run as administrator'. Then try again.",
    ),
    connection(
        0x8004_0409,
        "This version of QuickBooks cannot open the company file.",
        "The company file belongs to another version of QuickBooks Desktop. To fix this, open it in the version that it was last used with, \
         or update it with 'File > Open or Restore Company'. Then try again.",
    ),
    connection(0x8004_040A, "Another company file is open.", RIGHT_FILE),
    passing(connection(0x8004_040D, "The session with QuickBooks ended early.", OPEN)),
    connection(0x8004_0410, "The company file is open in another mode.", SINGLE_USER),
    connection(
        0x8004_0414,
        "QuickBooks shows a dialog that must be closed first.",
        "QuickBooks Desktop shows a window that waits for an answer. To fix this, answer or close all windows of QuickBooks Desktop that \
         are in front of it, and try again.",
    ),
    connection(
        0x8004_0416,
        "QuickBooks is not running, and no company file was named.",
        "QuickBooks Desktop is not open. To fix this, open it with the right company file, and try again. To permit access also while it \
         is closed, log in as Admin, choose 'Edit > Preferences > Integrated Applications > Company Preferences', select our \
         application, click 'Properties...', and tick 'Allow this application to log in automatically'.",
    ),
    connection(0x8004_0418, "The application has never been granted access to this company file.", FIRST_GRANT),
    connection(0x8004_041A, "The application has no permission to access this company file.", GRANT),
    passing(connection(0x8004_041B, "QuickBooks could not lock the company file for the application.", OPEN)),
    connection(0x8004_041C, "QuickBooks had an internal error when it opened the company file.", RESTART),
    connection(0x8004_041D, "The application may not log in automatically.", GRANT),
    connection(0x8004_041E, "The certificate of the application has expired.", FIRST_GRANT),
    connection(
        0x8004_041F,
        "This edition of QuickBooks accepts no requests.",
        "This edition of QuickBooks Desktop cannot be connected. QuickBooks Desktop Pro, Premier or Enterprise is needed.",
    ),
    connection(0x8004_0420, "The QuickBooks user has denied access.", GRANT),
    connection(0x8004_0421, "QuickBooks refused access with a message of its own.", RESTART),
    connection(
        0x8004_0422,
        "Another application uses the company file, and single-user mode is needed.",
        "Another application uses the company file. To fix this, close the other applications that are connected to QuickBooks Desktop, \
         and try again.",
    ),
    of_request(connection(0x8004_0423, "QuickBooks does not know the version of qbXML.", "")),
    passing(connection(
        0x8004_0424,
        "QuickBooks has not finished starting.",
        "QuickBooks Desktop is still starting. Wait a minute, and try again.",
    )),
    connection(
        0x8004_0427,
        "QuickBooks is not registered.",
        "QuickBooks Desktop is not registered. To fix this, choose 'Help > Register QuickBooks', and try again.",
    ),
    connection(
        0x8004_042A,
        "QuickBooks does not permit remote access.",
        "QuickBooks Desktop does not permit access from another computer. To fix this, open the QuickBooks Web Connector on the computer \
         with QuickBooks Desktop, and try again.",
    ),
    connection(0x8004_0430, "The application could not log in automatically.", GRANT),
    connection(
        0x8004_0154,
        "A component of QuickBooks is not installed.",
        "A component of QuickBooks Desktop is missing on the computer. To fix this, install QuickBooks Desktop and the QuickBooks Web \
         Connector again, and try again.",
    ),
    connection(0x8001_0105, "QuickBooks broke off.", RESTART),
    request(
        500,
        "The object cannot be found.",
        "The record cannot be found in QuickBooks Desktop. It may have been deleted. Check it there, and try again.",
    ),
    request(1000, "QuickBooks had an internal error.", RESTART),
    request(1010, "QuickBooks is not available.", OPEN),
    request(1030, "QuickBooks does not support the request.", ""),
    request(1060, "The requestID is not valid.", ""),
    request(3000, "An object id is not valid.", ""),
    request(3010, "A value is neither true nor false.", ""),
    request(3020, "A date is not valid.", ""),
    request(3030, "A range of dates ends before it begins.", ""),
    request(3070, "A text is too long.", ""),
    request(
        3100,
        "The name is already in use.",
        "The name is already in use in QuickBooks Desktop. Choose another name, and try again.",
    ),
    request(
        3120,
        "An object that the request refers to cannot be found.",
        "A record that is needed cannot be found in QuickBooks Desktop. It may have been deleted. Check it there, and try again.",
    ),
    request(3140, "A reference to an object is not valid.", ""),
    passing(request(3170, "The list could not be changed: somebody else has changed it.", IN_USE)),
    passing(request(3175, "The object could not be locked: it is in use.", IN_USE)),
    passing(request(3176, "A related object could not be locked: it is in use.", IN_USE)),
    passing(request(3180, "The object could not be saved.", IN_USE)),
    request(
        3200,
        "The EditSequence is out of date: the object was changed meanwhile.",
        "The record was changed in QuickBooks Desktop meanwhile. Load it again, and repeat your change.",
    ),
    request(3210, "A field has an invalid value.", ""),
    request(
        3250,
        "The feature is not enabled or not available in this QuickBooks.",
        "A feature that is needed is switched off or not available in this edition of QuickBooks Desktop. Check 'Edit > Preferences', and \
         try again.",
    ),
    request(3260, "The QuickBooks user has no permission.", PERMISSION),
    request(3261, "The application has no permission.", GRANT),
    request(
        3263,
        "The application was registered for reading only.",
        "QuickBooks Desktop lets our application read only. To fix this, remove our entry from the QuickBooks Web Connector, and follow \
         the steps of the connection's link again.",
    ),
    request(3391, "The iterator is not valid any more.", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_is_there_once_and_speaks_in_sentences() {
        for (index, known) in KNOWN.iter().enumerate() {
            assert!(KNOWN.iter().skip(index + 1).all(|other| other.cause != known.cause), "{}", known.meaning);
            assert!(known.meaning.ends_with('.') && !known.meaning.contains("  "), "{}", known.meaning);
            assert!(known.fix.is_empty() || known.fix.ends_with('.') && !known.fix.contains("  "), "{}", known.fix);
        }
    }
}
