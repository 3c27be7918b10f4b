//! Reading a request strictly: a parameter that is repeated, endless, or not UTF-8 is an error that names it.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use counterfoil_core::Error;
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::secret::Secret;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use std::convert::Infallible;

/// The query of a request, percent-decoded, in order.
pub(crate) struct Query(Result<Vec<(String, String)>, &'static str>);

/// The most parameters, and the most characters of a query, that are read.
const PARAMETERS_MOST: usize = 50;
const QUERY_LONGEST: usize = 16 * 1024;

impl Query {
    /// Reads a raw query.
    pub(crate) fn parse(raw: &str) -> Self {
        if raw.len() > QUERY_LONGEST {
            return Self(Err("The query is longer than 16 KiB."));
        }
        let pairs: Vec<_> = raw.split('&').filter(|pair| !pair.is_empty()).collect();
        if pairs.len() > PARAMETERS_MOST {
            return Self(Err("The query has more than 50 parameters."));
        }
        let decoded = pairs.iter().map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        });
        Self(decoded.collect::<Option<_>>().ok_or("The query is not percent-encoded UTF-8."))
    }

    /// The names of the parameters, as they come; none where the query cannot be read.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(|(name, _)| name.as_str())
    }

    /// A parameter's value; `None` where it is absent.
    ///
    /// # Errors
    /// `Invalid` where it is there twice or longer than `longest` characters, or where the query cannot be read.
    pub(crate) fn one(&self, name: &str, longest: usize) -> Result<Option<&str>, Error> {
        let pairs = self.0.as_ref().map_err(|problem| Error::invalid("invalid_query", *problem))?;
        let mut values = pairs.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
        let value = values.next();
        if values.next().is_some() {
            return Err(Error::invalid("repeated_parameter", format!("The parameter {name} is there more than once.")));
        }
        if value.is_some_and(|value| value.chars().count() > longest) {
            return Err(Error::invalid(
                "parameter_too_long",
                format!("The parameter {name} may have at most {longest} characters."),
            ));
        }
        if value.is_some_and(|value| value.chars().any(char::is_control)) {
            return Err(Error::invalid("invalid_parameter", format!("The parameter {name} holds control characters.")));
        }
        Ok(value)
    }

    /// The same; a parameter that is there but empty is an error too.
    pub(crate) fn filled(&self, name: &'static str, longest: usize) -> Result<Option<&str>, Error> {
        match self.one(name, longest)? {
            Some("") => Err(Error::invalid("empty_parameter", format!("The parameter {name} is empty."))),
            value => Ok(value),
        }
    }

    /// A parameter that is one of a closed list.
    pub(crate) fn word<T: std::str::FromStr>(&self, name: &'static str, allowed: &str) -> Result<Option<T>, Error> {
        let Some(text) = self.filled(name, 64)? else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| Error::invalid("invalid_parameter", format!("The parameter {name} must be one of: {allowed}.")))
    }

    /// A whole number within bounds.
    pub(crate) fn number(&self, name: &'static str, least: u64, most: u64) -> Result<Option<u64>, Error> {
        let Some(text) = self.filled(name, 64)? else { return Ok(None) };
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| {
            Error::invalid("invalid_parameter", format!("The parameter {name} must be a whole number from {least} to {most}."))
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

/// Percent-decoding with `+` as a space; `None` where it is malformed or not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next()?)? * 16 + hex_digit(rest.next()?)?,
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The longest name of a company, in characters.
pub(crate) const NAME_LONGEST: usize = 200;

/// A body of JSON, with the fields that are known and no others.
///
/// # Errors
/// `Invalid`, saying what is wrong and repeating nothing of it.
pub(crate) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<T, Error> {
    let body = body.map_err(|_| body_too_large())?;
    if !has_content_type(headers, "application/json") {
        return Err(Error::invalid("invalid_body", "The body must be JSON, with Content-Type: application/json."));
    }
    serde_json::from_slice(&body).map_err(|error| {
        let message = match error.classify() {
            Category::Data => {
                format!("The body is JSON, but not what is taken here (line {}, column {}).", error.line(), error.column())
            }
            _ => "The body is not JSON.".to_owned(),
        };
        Error::invalid("invalid_body", message)
    })
}

/// A body that is a form, read as strictly as a query.
///
/// # Errors
/// `Invalid`, saying what is wrong and repeating nothing of it.
pub(crate) fn form(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Query, Error> {
    let body = body.map_err(|_| body_too_large())?;
    let not_a_form = "The body must be a form, with Content-Type: application/x-www-form-urlencoded.";
    if !has_content_type(headers, "application/x-www-form-urlencoded") {
        return Err(Error::invalid("invalid_body", not_a_form));
    }
    let text = std::str::from_utf8(&body).map_err(|_| Error::invalid("invalid_body", not_a_form))?;
    Ok(Query::parse(text))
}

fn body_too_large() -> Error {
    Error::invalid("body_too_large", "The body is larger than 64 KiB, or broke off.")
}

fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

/// A name for people, trimmed; `None` where nothing is left of it.
///
/// # Errors
/// `Invalid` where it is too long or holds control characters.
pub(crate) fn name(field: &'static str, text: &str) -> Result<Option<String>, Error> {
    if text.chars().count() > NAME_LONGEST || text.chars().any(char::is_control) {
        let message = format!("{field} may have at most {NAME_LONGEST} characters, and no control characters.");
        return Err(Error::invalid("invalid_parameter", message));
    }
    Ok(Some(text.trim().to_owned()).filter(|name| !name.is_empty()))
}

/// The company key of a path.
pub(crate) fn company_key(path: Result<Path<String>, PathRejection>) -> Result<CompanyKey, Error> {
    let Ok(Path(text)) = path else {
        return Err(Error::invalid("invalid_company_key", "The company_key is not percent-encoded UTF-8."));
    };
    CompanyKey::parse(&text)
}

/// The API key of a request: `X-API-Key`, `Authorization: Bearer` or `?api_key=`; where there are several, they must agree.
pub(crate) fn api_key(headers: &HeaderMap, query: &Query) -> Result<Option<Secret>, Error> {
    let in_header = header_key(headers)?;
    let in_query = query.filled("api_key", KEY_LONGEST)?.map(Secret::new);
    match (in_header, in_query) {
        (Some(header), Some(query)) if !header.fingerprint().matches(&query.fingerprint()) => Err(ambiguous()),
        (header, query) => Ok(header.or(query)),
    }
}

const KEY_LONGEST: usize = 200;

/// The same, from the headers alone.
pub(crate) fn header_key(headers: &HeaderMap) -> Result<Option<Secret>, Error> {
    let unreadable = || Error::invalid("invalid_api_key", "The API key in the headers is not plain text.");
    let mut found: Option<Secret> = None;
    let bearer = headers.get_all(header::AUTHORIZATION).iter().map(|value| (value, true));
    let plain = headers.get_all("x-api-key").iter().map(|value| (value, false));
    for (value, is_bearer) in plain.chain(bearer) {
        let text = value.to_str().map_err(|_| unreadable())?.trim();
        let Some(key) = (if is_bearer { bearer_token(text) } else { Some(text) }) else {
            continue;
        };
        if found.as_ref().is_some_and(|other| other.expose() != key) {
            return Err(ambiguous());
        }
        found = Some(Secret::new(key));
    }
    Ok(found)
}

fn bearer_token(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn ambiguous() -> Error {
    Error::invalid("ambiguous_api_key", "The request carries two different API keys. Send one.")
}

/// Whether whoever asks is a browser that wants a page.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|value| value.to_str().is_ok_and(|accept| accept.contains("text/html")))
}

/// The cookie that holds the browser id (O-6).
pub(crate) struct BrowserCookie {
    secure: bool,
}

impl BrowserCookie {
    /// The cookie under a base URL: with the `__Host-` prefix where that is https.
    pub(crate) fn under(base_url: Option<&str>) -> Self {
        Self { secure: base_url.is_some_and(|url| url.starts_with("https://")) }
    }

    fn name(&self) -> &'static str {
        if self.secure { "__Host-counterfoil" } else { "counterfoil" }
    }

    /// The browser id that was brought.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Option<Secret> {
        let cookies =
            headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
        let mut values = cookies.filter_map(|cookie| cookie.trim().split_once('=')).filter(|(name, _)| *name == self.name());
        let value = values.next()?.1;
        let fits = value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        fits.then(|| Secret::new(value))
    }

    /// The header that keeps it for an hour.
    pub(crate) fn keep(&self, browser: &Secret) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax{secure}", self.name(), browser.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_strictly() {
        let query = Query::parse("a=1&b=%C3%A4+x&c=1&c=2&d=&e");
        assert_eq!(query.one("a", 9), Ok(Some("1")));
        assert_eq!(query.one("b", 3), Ok(Some("ä x")));
        assert_eq!(query.one("b", 2).expect_err("too long").code(), "parameter_too_long");
        assert_eq!(query.one("c", 9).expect_err("twice").code(), "repeated_parameter");
        assert_eq!(query.filled("d", 9).expect_err("empty").code(), "empty_parameter");
        assert_eq!(query.one("missing", 9), Ok(None));
        for bad in ["a=%", "a=%z1", "a=%ff", "%ff=1"] {
            assert_eq!(Query::parse(bad).one("a", 9).expect_err(bad).code(), "invalid_query");
        }
        assert!(Query::parse("a=%00").one("a", 9).is_err());
        assert!(Query::parse(&"a&".repeat(51)).one("x", 9).is_err());
        assert!(Query::parse(&"a".repeat(16_385)).one("x", 9).is_err());
    }

    #[test]
    fn a_number_is_digits_within_bounds() {
        let read = |text: &str| Query::parse(&format!("n={text}")).number("n", 1, 100);
        assert_eq!(read("100"), Ok(Some(100)));
        for bad in ["0", "101", "-1", "%2B1", "1.0", "1e1", "x", "99999999999999999999999"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_must_agree() {
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", "k".parse().expect("a header"));
        headers.insert("authorization", "bearer k".parse().expect("a header"));
        assert!(api_key(&headers, &Query::parse("api_key=k")).is_ok_and(|key| key.is_some_and(|key| key.expose() == "k")));
        assert_eq!(api_key(&headers, &Query::parse("api_key=other")).err().expect("two keys").code(), "ambiguous_api_key");
        headers.insert("authorization", "Bearer other".parse().expect("a header"));
        assert_eq!(api_key(&headers, &Query::parse("")).err().expect("two keys").code(), "ambiguous_api_key");
        headers.insert("authorization", "Basic abc".parse().expect("a header"));
        assert!(api_key(&headers, &Query::parse("")).is_ok());
    }
}
