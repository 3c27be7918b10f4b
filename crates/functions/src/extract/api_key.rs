//! The API key of a request.

use axum::http::{HeaderMap, header};
use counterfoil_core::Error;
use counterfoil_core::model::secret::Secret;

use crate::extract::query::Query;

/// The API key of a request: `X-API-Key`, `Authorization: Bearer` or `?api_key=`. If there are several, they must be equal.
pub(crate) fn api_key(headers: &HeaderMap, query: &Query) -> Result<Option<Secret>, Error> {
    let in_header = header_key(headers)?;
    // An empty key is an invalid key, not a missing parameter: 401.
    let in_query = query.one("api_key", KEY_LONGEST)?.map(Secret::new);
    match (in_header, in_query) {
        (Some(header), Some(query)) if !header.fingerprint().matches(&query.fingerprint()) => Err(ambiguous()),
        (header, query) => Ok(header.or(query)),
    }
}

pub(crate) const KEY_LONGEST: usize = 200;

/// The API key in the headers alone.
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

/// The token after `Bearer`, empty if there is none; `None` for another scheme.
pub(crate) fn bearer_token(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(crate) fn ambiguous() -> Error {
    Error::invalid("ambiguous_api_key", "The request has two different API keys. Send one.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::query::Query;

    #[test]
    fn an_empty_key_is_invalid() {
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
    fn several_api_keys_must_be_equal() {
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
