//! Cleans an event of the HTTP API, or of a function's own address, for `lambda_http`. Both have the same format. That crate builds an address from the path, the query and two headers, and
//! panics if it does not parse. It fails on one invalid header, and drops all cookies if one is invalid. A caller chooses all of these.

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::http::{HeaderName, HeaderValue};
use lambda_http::request::LambdaRequest;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use url::Url;

use crate::extract::query::QUERY_LONGEST;

/// The event of a request. Deserializing cleans it.
pub(super) struct HttpEvent(pub(super) LambdaRequest);

impl<'de> Deserialize<'de> for HttpEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut event = Map::deserialize(deserializer)?;
        clean(&mut event);
        // serde's own error may repeat a part of the event.
        let event = serde_json::from_value::<ApiGatewayV2httpRequest>(Value::Object(event));
        let event = event.map_err(|_| D::Error::custom("this is not an event of an HTTP API with payload format 2.0"))?;
        Ok(Self(LambdaRequest::ApiGatewayV2(event)))
    }
}

fn clean(event: &mut Map<String, Value>) {
    let path = path(event);
    event.insert("rawPath".to_owned(), path.into());
    if let Some(Value::String(query)) = event.get_mut("rawQueryString") {
        *query = encoded(query, IN_QUERY);
    }
    if let Some(Value::Object(headers)) = event.get_mut("headers") {
        headers.retain(|name, value| is_header(name, value));
    }
    if let Some(Value::Array(cookies)) = event.get_mut("cookies") {
        cookies.retain(|cookie| is_header("cookie", cookie));
    }
    if let Some(Value::Object(context)) = event.get_mut("requestContext") {
        context.retain(|name, value| name != "domainName" || value.as_str().is_some_and(is_host));
    }
}

/// The characters to encode in a query. A `%` stays: the client encoded it.
const IN_QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// The characters to encode in a segment of a path: all but RFC 3986's unreserved ones. A `%` is encoded, because the gateway has
/// decoded the parameter.
const IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The characters to encode in a whole path. A `%` stays: a function's own address does not decode the path.
const IN_PATH: &AsciiSet = &IN_SEGMENT.remove(b'/').remove(b'%');

/// The text percent-encoded, cut just above the largest length that is accepted.
fn encoded(text: &str, set: &'static AsciiSet) -> String {
    let mut text = utf8_percent_encode(text, set).to_string();
    text.truncate(QUERY_LONGEST + 1);
    text
}

/// The path of the event. The gateway decodes `rawPath`, so that a `?` or `/` in a parameter looks like a part of the address. So the
/// path is built again from the route and its parameters. An event of a function's own address has no route and no parameters.
fn path(event: &Map<String, Value>) -> String {
    let route = event.get("routeKey").and_then(Value::as_str).and_then(|key| key.split_once(' '));
    let parameters = event.get("pathParameters").and_then(Value::as_object);
    let raw = || event.get("rawPath").and_then(Value::as_str).unwrap_or_default();
    let path = route.and_then(|(_, path)| filled(path, parameters)).unwrap_or_else(|| encoded(raw(), IN_PATH));
    if path.starts_with('/') { path } else { format!("/{path}") }
}

/// A route's path with its parameters filled in; `None` if one is missing.
fn filled(route: &str, parameters: Option<&Map<String, Value>>) -> Option<String> {
    let segments = route.split('/').map(|segment| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) => parameters?.get(name)?.as_str().map(|value| encoded(value, IN_SEGMENT)),
        None => Some(segment.to_owned()),
    });
    Some(segments.collect::<Option<Vec<_>>>()?.join("/"))
}

/// Whether `lambda_http` accepts the header. The headers that become a part of the address must be valid there.
fn is_header(name: &str, value: &Value) -> bool {
    let Some(value) = value.as_str().filter(|value| HeaderValue::from_str(value).is_ok()) else { return false };
    match name.to_ascii_lowercase().as_str() {
        "host" => is_host(value),
        "x-forwarded-proto" => matches!(value, "http" | "https"),
        name => HeaderName::from_bytes(name.as_bytes()).is_ok(),
    }
}

fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    text.bytes().all(plain) && Url::parse(&format!("https://{text}/")).is_ok()
}

#[cfg(test)]
mod tests {
    use lambda_http::request::RequestContext;
    use lambda_http::{Request, RequestExt as _};
    use serde_json::json;

    use super::*;

    /// The request that `lambda_http` makes of an event with those fields.
    fn request(fields: &Value) -> Request {
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/",
            "rawQueryString": "",
            "headers": { "host": "api.example.com" },
            "requestContext": { "http": { "method": "GET" }, "stage": "$default", "domainName": "api.example.com" },
            "isBase64Encoded": false,
        });
        for (name, value) in fields.as_object().expect("fields") {
            event[name] = value.clone();
        }
        serde_json::from_value::<HttpEvent>(event).expect("an event").0.into()
    }

    #[test]
    fn a_query_with_any_characters_keeps_its_meaning() {
        for (raw, query) in [
            ("a=b c", "a=b%20c"),
            (r#"a="<>""#, "a=%22%3C%3E%22"),
            ("a=%zz&b=1", "a=%zz&b=1"),
            ("a=ü#{|}\\^`", "a=%C3%BC%23%7B%7C%7D%5C%5E%60"),
            ("a=\u{0}\n\u{7f}", "a=%00%0A%7F"),
        ] {
            assert_eq!(request(&json!({ "rawQueryString": raw })).uri().query(), Some(query), "{raw}");
        }
        let endless = request(&json!({ "rawQueryString": " ".repeat(100_000) }));
        assert_eq!(endless.uri().query().map(str::len), Some(QUERY_LONGEST + 1));
    }

    #[test]
    fn a_path_is_the_route_with_the_gateways_parameters() {
        let named = |value: &str, raw: &str| {
            let route = "GET /oauth/start/{company_key}";
            let event = json!({ "routeKey": route, "rawPath": raw, "pathParameters": { "company_key": value } });
            request(&event).uri().path_and_query().map(ToString::to_string)
        };
        for (value, raw, path) in [
            ("a\0", "/oauth/start/a\0", "/oauth/start/a%00"),
            ("a?b=c#d", "/oauth/start/a", "/oauth/start/a%3Fb%3Dc%23d"),
            ("a/b", "/oauth/start/a/b", "/oauth/start/a%2Fb"),
            ("a%41", "/oauth/start/a%41", "/oauth/start/a%2541"),
            ("ü ", "/oauth/start/ü ", "/oauth/start/%C3%BC%20"),
        ] {
            assert_eq!(named(value, raw).as_deref(), Some(path), "{value:?}");
        }
        for (raw, path) in [("/a?b \t#%", "/a%3Fb%20%09%23%"), ("", "/"), ("*", "/%2A"), ("\\x", "/%5Cx")] {
            assert_eq!(request(&json!({ "rawPath": raw })).uri().path(), path, "{raw:?}");
        }
    }

    /// As the Lambda developer guide shows it ("Invoking Lambda function URLs"): without a route, and with a path that is not decoded.
    #[test]
    fn an_event_of_a_functions_own_address_is_a_request_with_its_path_its_sender_and_its_id() {
        let host = "url-id.lambda-url.us-east-1.on.aws";
        let http = json!({ "method": "GET", "path": "/v1/quickbooks-desktop/checks/1A%2F2%20b", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.17" });
        let request = request(&json!({
            "rawPath": "/v1/quickbooks-desktop/checks/1A%2F2%20b",
            "rawQueryString": "limit=2",
            "pathParameters": null,
            "stageVariables": null,
            "requestContext": {
                "accountId": "123456789012", "apiId": "url-id", "authentication": null, "authorizer": null, "domainName": host, "domainPrefix": "url-id",
                "http": http, "requestId": "id", "routeKey": "$default", "stage": "$default", "time": "12/Mar/2026:19:03:58 +0000",
                "timeEpoch": 1_773_342_238_000_i64,
            },
        }));
        assert_eq!(
            request.uri().path_and_query().map(ToString::to_string).as_deref(),
            Some("/v1/quickbooks-desktop/checks/1A%2F2%20b?limit=2")
        );
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { panic!("another event") };
        assert_eq!((context.http.source_ip.as_deref(), context.request_id.as_deref()), (Some("203.0.113.17"), Some("id")));
    }

    #[test]
    fn an_invalid_header_or_cookie_is_dropped_alone() {
        let headers = json!({
            "host": "not a host", "x-forwarded-proto": "1http", "bad name": "x", "x-api-key": "key", "x-odd": "a\u{1}b", "x-utf8": "Zürich", "x-null": null,
        });
        let cookies = json!(["city=Zürich", "odd=\u{7f}", 5, "counterfoil=id"]);
        let request = request(&json!({ "headers": headers, "cookies": cookies }));
        let names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(request.headers()["x-api-key"], "key");
        assert_eq!(request.headers()["cookie"].as_bytes(), "city=Zürich; counterfoil=id".as_bytes());
        assert_eq!(names.len(), 3, "{names:?}");
        assert_eq!(request.uri().host(), Some("api.example.com"));
    }

    #[test]
    fn an_invalid_host_is_not_a_part_of_the_address() {
        for host in ["", "a b", "a/b", "a?b", "u@h", "[", "h:99999", "xn--\u{ff}", "exa<mple"] {
            let context = json!({ "http": { "method": "GET" }, "domainName": host });
            let request = request(&json!({ "headers": { "host": host }, "requestContext": context, "rawPath": "/health" }));
            assert_eq!((request.uri().host(), request.uri().path()), (None, "/health"), "{host}");
        }
    }
}
