//! The installation itself.

use crate::openapi::text::{HTML, Text};

pub(crate) fn of(handler: &str) -> Option<Text> {
    Some(match handler {
        "health::health" => Text::new("Say that the process is up").without_table(),
        "health::ready" => Text::new("Say whether table, keyring and credentials are available")
            .detail("503 if one is not. `checks` says what to do.")
            .statuses(&[200, 503]),
        "notification::post" => Text::new("Receive a notification of a platform")
            .detail("The body is signed, and starts an import. No answer has a body.")
            .codes(&[
                "invalid_body",
                "not_found",
                "notification_incomplete",
                "unauthenticated",
                "credentials_missing",
                "credentials_unusable",
            ]),
        "docs::document" => Text::new("Read this document").answers_an_object().without_table(),
        "docs::page" => Text::new("Show this document as a page")
            .detail("On the laptop, and where `SHOW_DOCS` is on. Otherwise 404.")
            .also(&[HTML])
            .codes(&["not_found"])
            .without_table(),
        _ => return None,
    })
}
