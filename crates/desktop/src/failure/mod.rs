//! Why a request to QuickBooks Desktop failed, in the words of Conductor's API (<https://docs.conductor.is/api-ref/errors>).

mod code;
mod known;
mod qbd;
mod refusal;

use jiff::Timestamp;
use serde::Serialize;

pub use code::{Code, Kind};
pub(crate) use qbd::hresult_number;
pub use refusal::is_refusal;

/// What an end user is told who cannot do anything about the failure.
const MASKED: &str = "An internal server error occurred. Please try again later.";

/// A failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened, for programs.
    pub code: Code,
    /// What happened, for developers.
    pub message: String,
    /// What an end user can do about it, in the words of the menus of QuickBooks.
    pub user_facing_message: String,
    /// The HRESULT or the qbXML status code of QuickBooks.
    pub integration_code: Option<String>,
    /// Whether the same request can succeed in a moment without anybody doing anything. If not, the answer needs `x-should-retry: false`:
    /// the SDKs repeat every 409 and 5xx.
    pub can_repeat: bool,
}

impl Failure {
    fn new(code: Code, message: impl Into<String>, user_facing_message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            user_facing_message: user_facing_message.into(),
            integration_code: None,
            can_repeat: false,
        }
    }

    /// The API key is missing, unknown or revoked.
    pub fn api_key_invalid() -> Self {
        Self::new(Code::ApiKeyInvalid, "The API key is missing or not valid. Send it as: Authorization: Bearer sk_…", MASKED)
    }

    /// The request is wrong, as the message says.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, message, MASKED)
    }

    /// The address does not accept the method.
    pub fn method_not_allowed() -> Self {
        Self::new(Code::MethodNotAllowed, "This address does not accept this method.", MASKED)
    }

    /// The body is too large, as the message says.
    pub fn request_too_large(message: impl Into<String>) -> Self {
        Self::new(Code::RequestTooLarge, message, MASKED)
    }

    /// The key lacks a right.
    pub fn permission_denied(message: impl Into<String>) -> Self {
        Self::new(Code::PermissionDenied, message, MASKED)
    }

    /// There is no such object, or it belongs to somebody else, as the message says.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Code::ResourceMissing, message, MASKED)
    }

    /// There is no such object, or it belongs to somebody else. `what` is for example `end-user`.
    pub fn resource_missing(what: &str) -> Self {
        Self::new(Code::ResourceMissing, format!("There is no such {what}."), MASKED)
    }

    /// A bug, or a part of the service that does not answer.
    pub fn internal() -> Self {
        let message = "The service could not answer. Please try again later.";
        Self { can_repeat: true, ..Self::new(Code::InternalServerError, message, MASKED) }
    }

    /// The end user never connected QuickBooks.
    pub fn not_set_up() -> Self {
        let message = "The end-user has no QuickBooks Desktop connection. Create an auth session, and send its authFlowUrl to the end-user.";
        Self::new(
            Code::IntegrationConnectionNotSetUp,
            message,
            "QuickBooks Desktop is not connected yet. Ask for the link to set up the connection, and follow its steps on the computer with \
             QuickBooks Desktop.",
        )
    }

    /// The Web Connector does not poll. `last_active` is when it last did.
    pub fn not_active(last_active: Option<Timestamp>) -> Self {
        let since = last_active.map_or_else(
            || "It has never been active.".to_owned(),
            |at| format!("It was last active at {}.", at.strftime("%Y-%m-%dT%H:%M:%SZ")),
        );
        Self::new(
            Code::IntegrationConnectionNotActive,
            format!("The QuickBooks Desktop connection is not active. {since}"),
            format!(
                "The QuickBooks Desktop connection is not active. {since} To fix this, switch on the computer with QuickBooks Desktop, and \
                 open the QuickBooks Web Connector. Check that our entry there is ticked, that its password is saved, and that 'Auto-Run' is \
                 ticked. Then click 'Update Selected', and try again."
            ),
        )
    }

    /// As many requests wait for this QuickBooks as may wait. This one was not stored.
    pub fn too_many() -> Self {
        let message = "Too many requests wait for this QuickBooks Desktop, which carries them out one by one. Send this one again when some \
                       of them have been answered.";
        Self { can_repeat: true, ..Self::new(Code::QbdConnectionError, message, message) }
    }

    /// QuickBooks did not answer in time. `is_write` says whether the request may have changed something meanwhile.
    pub fn timed_out(seconds: u64, is_write: bool) -> Self {
        let outcome = if is_write { " QuickBooks may still carry it out: look before you send it again." } else { "" };
        Self {
            can_repeat: !is_write,
            ..Self::new(
                Code::QbdRequestTimeout,
                format!("Request timed out after {seconds} seconds.{outcome}"),
                format!(
                    "QuickBooks Desktop did not answer within {seconds} seconds.{outcome} Check on the computer with QuickBooks Desktop that \
                     no window of QuickBooks waits for an answer, and that the QuickBooks Web Connector is open. Then try again."
                ),
            )
        }
    }

    /// The Web Connector stopped while QuickBooks worked on the request. `is_write` says whether the request may have changed something.
    pub fn interrupted(is_write: bool) -> Self {
        let outcome = if is_write {
            "It is not known whether QuickBooks carried out the request: look before you send it again."
        } else {
            "The request changed nothing."
        };
        let message = format!("The connection to QuickBooks Desktop was interrupted before an answer came. {outcome}");
        Self { can_repeat: !is_write, ..Self::new(Code::QbdConnectionError, message.clone(), message) }
    }

    /// The answer to a read was lost, each time that it was sent. Most likely it is too large for one SOAP body.
    pub fn answer_lost() -> Self {
        let message = "The answer of QuickBooks was lost, most likely because it is too large. Ask for fewer objects at once.";
        Self::new(Code::QbdConnectionError, message, MASKED)
    }

    /// Another company file is open than the one that was connected, as the message says.
    pub fn wrong_file(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Code::QbdConnectionError, message.clone(), message)
    }

    /// QuickBooks speaks only versions of qbXML that are older than those of the service.
    pub fn too_old() -> Self {
        let message = "This QuickBooks Desktop is too old: it must be QuickBooks 2009 or newer.";
        let fix =
            "This QuickBooks Desktop is too old. Update it with 'Help > Update QuickBooks Desktop', or install a newer version.";
        Self::new(Code::QbdConnectionError, message, fix)
    }

    /// QuickBooks answered with something that is no answer.
    pub fn broken_answer(message: impl Into<String>) -> Self {
        Self::new(Code::QbdConnectionError, message, MASKED)
    }

    /// The body of the answer, with the status [`Code::http_status`].
    pub fn to_json(&self, request_id: &str) -> String {
        let error = Body {
            message: &self.message,
            user_facing_message: &self.user_facing_message,
            r#type: self.code.kind().into(),
            code: self.code.into(),
            http_status_code: self.code.http_status(),
            integration_code: self.integration_code.as_deref(),
            request_id,
        };
        serde_json::to_string(&Envelope { error }).expect("texts and a number are JSON")
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    message: &'a str,
    user_facing_message: &'a str,
    r#type: &'static str,
    code: &'static str,
    http_status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    integration_code: Option<&'a str>,
    request_id: &'a str,
}
