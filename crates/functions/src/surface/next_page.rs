//! The header `Link` with the address of a list's next page, for answers that have no place for a cursor.

use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, Uri};

/// Adds the header, if there is a next page.
pub(crate) fn link(headers: &mut HeaderMap, uri: &Uri, next: Option<&str>) {
    if let Some(link) = next.and_then(|next| HeaderValue::from_str(&format!("<{}>; rel=\"next\"", at_cursor(uri, next))).ok()) {
        headers.insert(LINK, link);
    }
}

/// The address of this list with another cursor, without the API key that may be in its query.
fn at_cursor(uri: &Uri, cursor: &str) -> String {
    let is_kept = |pair: &&str| !["cursor", "api_key"].contains(&pair.split('=').next().unwrap_or_default());
    let rest = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).filter(is_kept);
    let query: Vec<_> = rest.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    format!("{}?{}", uri.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_has_the_same_filters() {
        let uri: Uri = "/v1/checks?companyKey=acme&cursor=old&api_key=secret&limit=5".parse().expect("an address");
        assert_eq!(at_cursor(&uri, "new"), "/v1/checks?companyKey=acme&limit=5&cursor=new");
    }
}
