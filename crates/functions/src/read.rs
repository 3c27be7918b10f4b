//! Reading a request strictly: a parameter that is repeated, endless, or not UTF-8 is an error that names it.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use counterfoil_core::Error;
use counterfoil_core::model::flow::BrowserIds;
use counterfoil_core::model::name::{CompanyKey, readable};
use counterfoil_core::model::secret::Secret;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use std::convert::Infallible;

/// The query of a request, percent-decoded, in order. A parameter that does not decode is an error only for whoever reads it.
pub(crate) struct Query(Result<Vec<Parameter>, &'static str>);

struct Parameter {
    name: String,
    /// As it came where it is not percent-encoded UTF-8.
    value: Result<String, String>,
}

/// The most parameters, and the most bytes of a query, that are read.
const PARAMETERS_MOST: usize = 50;
pub(crate) const QUERY_LONGEST: usize = 16 * 1024;

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
        // Nobody reads a parameter whose name cannot be read.
        let decoded = pairs.iter().filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some(Parameter { name: decode(name)?, value: decode(value).ok_or_else(|| value.to_owned()) })
        });
        Self(Ok(decoded.collect()))
    }

    /// The names of the parameters, as they come; none where the query is too long.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(|parameter| parameter.name.as_str())
    }

    /// A parameter's value; `None` where it is absent.
    ///
    /// # Errors
    /// `Invalid` where it is there twice, does not decode or is longer than `longest` characters, or where the query is too long.
    pub(crate) fn one(&self, name: &str, longest: usize) -> Result<Option<&str>, Error> {
        let undecodable = || Error::invalid("invalid_query", format!("The parameter {name} is not percent-encoded UTF-8."));
        let value = self.raw_or_decoded(name, longest)?;
        value.map(|value| value.as_deref().map_err(|_| undecodable())).transpose()
    }

    /// The same for whoever judges the value themselves: one that does not decode is there as it came.
    pub(crate) fn lenient(&self, name: &str, longest: usize) -> Result<Option<&str>, Error> {
        Ok(self.raw_or_decoded(name, longest)?.map(|value| match value {
            Ok(text) | Err(text) => text.as_str(),
        }))
    }

    fn raw_or_decoded(&self, name: &str, longest: usize) -> Result<Option<&Result<String, String>>, Error> {
        let parameters = self.0.as_ref().map_err(|problem| Error::invalid("invalid_query", *problem))?;
        let mut found = parameters.iter().filter(|parameter| parameter.name == name);
        let Some(parameter) = found.next() else { return Ok(None) };
        if found.next().is_some() {
            return Err(Error::invalid("repeated_parameter", format!("The parameter {name} is there more than once.")));
        }
        let (Ok(value) | Err(value)) = &parameter.value;
        if value.chars().count() > longest {
            return Err(Error::invalid(
                "parameter_too_long",
                format!("The parameter {name} may have at most {longest} characters."),
            ));
        }
        if value.chars().any(char::is_control) {
            return Err(Error::invalid("invalid_parameter", format!("The parameter {name} holds control characters.")));
        }
        Ok(Some(&parameter.value))
    }

    /// [`Self::one`]; a parameter that is there but empty is an error too.
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

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

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
    // RFC 8259, 8.1: a parser may ignore a byte order mark, and some clients send one.
    let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&body);
    serde_json::from_slice(text).map_err(|error| {
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

/// The API key of a request: `X-API-Key`, `Authorization: Bearer` or `?api_key=`; where there are several, they must agree.
pub(crate) fn api_key(headers: &HeaderMap, query: &Query) -> Result<Option<Secret>, Error> {
    let in_header = header_key(headers)?;
    // An empty one is a key that is not good, and no parameter that is missing: 401 (seed 001).
    let in_query = query.one("api_key", KEY_LONGEST)?.map(Secret::new);
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

/// The token behind `Bearer`, empty where nothing stands behind it; `None` for another scheme.
fn bearer_token(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn ambiguous() -> Error {
    Error::invalid("ambiguous_api_key", "The request carries two different API keys. Send one.")
}

/// Whether whoever asks is a browser that wants a page.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|value| value.to_str().is_ok_and(|accept| accept.contains("text/html")))
}

/// Whether a browser says that a page of another site sent this. (Under our referrer policy `Origin` says `null`.)
pub(crate) fn is_from_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
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

    /// The browser ids that were brought. The cookies of other apps are none of our business, whatever bytes they hold.
    pub(crate) fn read(&self, headers: &HeaderMap) -> BrowserIds {
        let pairs = headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
        BrowserIds::of(pairs.filter_map(|pair| self.id_in(pair)))
    }

    fn id_in(&self, pair: &[u8]) -> Option<Secret> {
        let id = pair.trim_ascii().strip_prefix(self.name().as_bytes())?.strip_prefix(b"=")?;
        let fits = id.len() == 43 && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let text = std::str::from_utf8(id).ok()?;
        fits.then(|| Secret::new(text))
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
        for bad in ["a=%", "a=%z1", "a=%ff", "b=%&a=%ff"] {
            assert_eq!(Query::parse(bad).one("a", 9).expect_err(bad).code(), "invalid_query");
        }
        for unread in ["a=1&b=%", "a=1&%ff=2", "a=1&b=%E9&b=%E9"] {
            assert_eq!(Query::parse(unread).one("a", 9), Ok(Some("1")), "{unread}");
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
    fn an_empty_key_is_a_key_that_is_not_good() {
        let read = |headers: &HeaderMap, query: &str| api_key(headers, &Query::parse(query)).ok().flatten();
        for empty in ["api_key=", "api_key", "x=1&api_key="] {
            assert!(read(&HeaderMap::new(), empty).is_some_and(|key| key.expose().is_empty()), "{empty}");
        }
        for (name, value) in [("x-api-key", ""), ("x-api-key", " "), ("authorization", "Bearer"), ("authorization", "bearer ")] {
            let headers = HeaderMap::from_iter([(name.parse().expect("a name"), value.parse().expect("a value"))]);
            assert!(read(&headers, "").is_some_and(|key| key.expose().is_empty()), "{name}: {value}");
        }
        assert!(read(&HeaderMap::new(), "").is_none());
    }

    #[test]
    fn o6_every_cookie_of_our_name_is_tried_among_any_others() {
        let (ours, planted) = ("a".repeat(43), "b".repeat(43));
        let cookie = format!("city=Zürich; counterfoil={planted}; other=1;counterfoil=short; counterfoil={ours}");
        let latin1 = [b"city=Z\xfcrich; counterfoil=".as_slice(), ours.as_bytes()].concat();
        for brought in [cookie.as_bytes(), &latin1] {
            let value = header::HeaderValue::from_bytes(brought).expect("bytes that hyper takes");
            let ids = BrowserCookie::under(None).read(&HeaderMap::from_iter([(header::COOKIE, value)]));
            assert!(ids.holds(&Secret::new(&*ours).fingerprint()));
        }
    }

    #[test]
    fn a_json_body_may_begin_with_a_byte_order_mark() {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"))]);
        let read = |text: &'static str| json::<Vec<u8>>(&headers, Ok(Bytes::from_static(text.as_bytes())));
        assert_eq!(read("\u{feff}[1]"), Ok(vec![1]));
        assert!(read("\u{feff}\u{feff}[1]").is_err());
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
