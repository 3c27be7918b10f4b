//! One line of what the doctor says.

/// How something is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Missing,
    Wrong,
}

/// Something that was looked at.
pub(super) struct Finding {
    state: State,
    subject: String,
    words: String,
    optional: bool,
}

impl Finding {
    /// It is in place.
    pub(super) fn ok(subject: impl Into<String>, words: impl Into<String>) -> Self {
        Self { state: State::Ok, subject: subject.into(), words: words.into(), optional: false }
    }

    /// It is not, and nothing works without it.
    pub(super) fn trouble(state: State, subject: impl Into<String>, words: impl Into<String>) -> Self {
        Self { state, subject: subject.into(), words: words.into(), optional: false }
    }

    /// The same for something one can do without.
    pub(super) fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Whether the installation cannot do its work like this.
    pub(super) fn must_be_mended(&self) -> bool {
        self.state != State::Ok && !self.optional
    }

    /// As cells: state, subject, what there is to say.
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
