//! One line of the doctor's report.

/// The state of a requirement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Missing,
    Wrong,
}

/// A requirement and its state.
pub(super) struct Finding {
    state: State,
    subject: String,
    words: String,
    optional: bool,
}

impl Finding {
    /// The requirement is met.
    pub(super) fn ok(subject: impl Into<String>, words: impl Into<String>) -> Self {
        Self { state: State::Ok, subject: subject.into(), words: words.into(), optional: false }
    }

    /// The requirement is not met, and is essential.
    pub(super) fn trouble(state: State, subject: impl Into<String>, words: impl Into<String>) -> Self {
        Self { state, subject: subject.into(), words: words.into(), optional: false }
    }

    /// Makes the requirement optional.
    pub(super) fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Whether the installation cannot work until this is fixed.
    pub(super) fn must_be_mended(&self) -> bool {
        self.state != State::Ok && !self.optional
    }

    /// The cells of a table: state, subject, message.
    pub(super) fn as_row(&self) -> Vec<String> {
        let state = match self.state {
            State::Ok => "ok",
            State::Missing => "missing",
            State::Wrong => "wrong",
        };
        let note = if self.optional && self.state != State::Ok { " (optional)" } else { "" };
        vec![state.to_owned(), self.subject.clone(), format!("{}{note}", self.words)]
    }
}
