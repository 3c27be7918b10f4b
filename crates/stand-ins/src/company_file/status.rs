//! The status of one request in an answer: a code, its severity and QuickBooks' text.

/// A status.
#[derive(Debug)]
pub(super) struct Status {
    pub(super) code: u16,
    pub(super) message: String,
}

impl Status {
    pub(super) fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn ok() -> Self {
        Self::new(0, "Status OK")
    }

    pub(super) fn none_found() -> Self {
        Self::new(1, "A query request did not find a matching object in QuickBooks")
    }

    /// Some objects that were asked for by an id, a name or a number are missing.
    pub(super) fn not_all_found(first: &str) -> Self {
        let text = "that could not be found in QuickBooks.";
        Self::new(
            500,
            format!("The query request has not been fully completed. There was a required element (\"{first}\") {text}"),
        )
    }

    /// An object that a request refers to does not exist.
    pub(super) fn no_such_object(named: &str) -> Self {
        Self::new(3120, format!("Object \"{named}\" specified in the request cannot be found."))
    }

    pub(super) fn bad_reference(to: &str, named: &str) -> Self {
        let text = "Invalid argument. The specified record does not exist in the list.";
        Self::new(
            3140,
            format!(
                "There is an invalid reference to QuickBooks {to} \"{named}\" in the Check. QuickBooks error message: {text}"
            ),
        )
    }

    pub(super) fn stale_iterator(id: &str) -> Self {
        Self::new(3391, format!("The iteratorID \"{id}\" is not valid."))
    }

    /// A request behind one that failed, in a document that stops at errors.
    pub(super) fn not_processed() -> Self {
        Self::new(3231, "The request has not been processed.")
    }

    pub(super) fn severity(&self) -> &'static str {
        match self.code {
            0..500 => "Info",
            500..1_000 => "Warn",
            _ => "Error",
        }
    }

    pub(super) fn is_error(&self) -> bool {
        self.severity() == "Error"
    }
}
