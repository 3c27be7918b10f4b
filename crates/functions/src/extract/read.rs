//! Reading a request strictly: a parameter that is repeated, endless, or not UTF-8 is an error that names it.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, header};
use counterfoil_core::Error;
use counterfoil_core::model::name::{CompanyKey, readable};

/// The longest name of a company, in characters.
pub(crate) const NAME_LONGEST: usize = 200;

/// A name for people, as [`readable`] makes it; `None` where nothing is left of it.
///
/// # Errors
/// `Invalid` where it is too long or holds control characters.
pub(crate) fn name(field: &'static str, text: &str) -> Result<Option<String>, Error> {
    if text.chars().count() > NAME_LONGEST || text.chars().any(char::is_control) {
        let message = format!("{field} may have at most {NAME_LONGEST} characters, and no control characters.");
        return Err(Error::invalid("invalid_parameter", message));
    }
    Ok(Some(readable(text)).filter(|name| !name.is_empty()))
}

/// The company key of a path.
pub(crate) fn company_key(path: Result<Path<String>, PathRejection>) -> Result<CompanyKey, Error> {
    let Ok(Path(text)) = path else {
        return Err(Error::invalid("invalid_company_key", "The company_key is not percent-encoded UTF-8."));
    };
    CompanyKey::parse(&text)
}

/// Whether whoever asks is a browser that wants a page.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|value| value.to_str().is_ok_and(|accept| accept.contains("text/html")))
}

/// Whether a browser says that a page of another site sent this. (Under our referrer policy `Origin` says `null`.)
pub(crate) fn is_from_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
}
