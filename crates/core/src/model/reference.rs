//! The error code, status and request id of a platform's failed answer, for an operator and the platform's support. Its sentences are
//! not kept.

use std::fmt;

/// The identification of a failed answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// The error code, in lower case: at most 64 characters of `[a-z0-9_.-]`.
    pub error: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The platform's id of the request.
    pub request: Option<String>,
}

/// The largest length of an error code and of a request id, in characters.
const LONGEST: usize = 64;
/// The error codes of faults that an operator must fix.
const OPERATORS: [&str; 6] = [
    "invalid_client",
    "invalid_client_secret",
    "invalid_redirect_uri",
    "invalid_scope",
    "redirect_uri_mismatch",
    "unauthorized_client",
];

impl Reference {
    /// The reference of an error code. Spaces become `_`. A text that is no code is dropped.
    pub(crate) fn of_word(word: Option<&str>) -> Self {
        Self { error: word.and_then(word_of), ..Self::default() }
    }

    /// The reference of an answer.
    pub fn of_answer(word: Option<&str>, status: u16, request: &str) -> Self {
        let request: String =
            request.chars().filter(|c| c.is_ascii_alphanumeric() || "_.-:=".contains(*c)).take(LONGEST).collect();
        Self { status: Some(status), request: Some(request).filter(|name| !name.is_empty()), ..Self::of_word(word) }
    }

    /// As one text, such as `redirect_uri_mismatch 400 1-5f8a`; `None` if it is empty.
    pub(crate) fn to_text(&self) -> Option<String> {
        Some(self.to_string()).filter(|text| !text.is_empty())
    }

    /// Whether such a text is of a fault that an operator must fix.
    pub fn is_for_the_operator(text: &str) -> bool {
        text.split(' ').next().is_some_and(|word| OPERATORS.contains(&word))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map(|status| status.to_string());
        let parts = [self.error.as_deref(), status.as_deref(), self.request.as_deref()];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

fn word_of(text: &str) -> Option<String> {
    let word = text.trim().to_ascii_lowercase().replace(' ', "_");
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
    ((1..=LONGEST).contains(&word.len()) && word.bytes().all(fits)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_code_is_bounded_and_never_a_sentence() {
        let word = |text| Reference::of_word(Some(text)).error;
        assert_eq!(word("invalid_scope").as_deref(), Some("invalid_scope"));
        assert_eq!(word("Access Denied").as_deref(), Some("access_denied"));
        for no_word in ["", "<b>", "a\nb", "caf\u{e9}", &"a".repeat(65)] {
            assert_eq!(word(no_word), None, "{no_word}");
        }
    }

    #[test]
    fn a_reference_is_one_line_and_says_whether_an_operator_must_act() {
        let text = Reference::of_answer(Some("redirect_uri_mismatch"), 400, "1-5f8a <x>").to_text().expect("something");
        assert_eq!(text, "redirect_uri_mismatch 400 1-5f8ax");
        assert!(Reference::is_for_the_operator(&text) && !Reference::is_for_the_operator("invalid_grant 400"));
        assert_eq!(Reference::default().to_text(), None);
    }
}
