//! An operator adds and removes the redirect URIs of a partner. A browser is redirected there with the outcome of a consent, so they
//! must use https or be on this machine (O-10).

use url::Url;

use crate::Error;
use crate::model::audit::Action;
use crate::model::name::PartnerId;
use crate::model::partner::Partner;
use crate::port::store::Written;
use crate::service::partner::operator::Operator;

/// The longest redirect URI, in characters.
const LONGEST: usize = 2_000;

/// A parameter that Counterfoil adds to a redirect URI, which must not have it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Added {
    /// Our code for the partner.
    Code,
    /// The partner's state.
    State,
    /// The code of an error.
    Error,
    /// The connection's company key.
    CompanyKey,
    /// Whether the company is connected.
    Status,
}

impl Added {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Adds the URIs that are not on the list yet, and returns the list.
///
/// # Errors
/// `NotFound` if there is no such partner; `invalid_redirect_uri`; `too_many_redirect_uris` for more than
/// [`REDIRECT_URIS_MOST`](Partner::REDIRECT_URIS_MOST); `changed_meanwhile` if another operator changed the list at the same time.
pub async fn add_redirect_uris(operator: &Operator, id: &PartnerId, uris: &[String]) -> Result<Vec<String>, Error> {
    let partner = operator.partner(id).await?;
    let wanted = extended(&partner.redirect_uris, uris)?;
    let added = wanted[partner.redirect_uris.len()..].join(" ");
    if added.is_empty() {
        return Ok(wanted);
    }
    replace(operator, &partner, wanted, (Action::RedirectUriAdded, added)).await
}

/// Removes a URI, which is compared byte for byte, and returns the list.
///
/// # Errors
/// `NotFound` if there is no such partner; `redirect_uri_not_listed`; `changed_meanwhile` if another operator changed the list.
pub async fn remove_redirect_uri(operator: &Operator, id: &PartnerId, uri: &str) -> Result<Vec<String>, Error> {
    let partner = operator.partner(id).await?;
    let mut wanted = partner.redirect_uris.clone();
    wanted.retain(|listed| listed != uri);
    if wanted.len() == partner.redirect_uris.len() {
        let message = "The redirect URI is not on the list. The comparison is exact.";
        return Err(Error::invalid("redirect_uri_not_listed", message));
    }
    replace(operator, &partner, wanted, (Action::RedirectUriRemoved, uri.to_owned())).await
}

async fn replace(
    operator: &Operator,
    partner: &Partner,
    wanted: Vec<String>,
    (action, changed): (Action, String),
) -> Result<Vec<String>, Error> {
    let audit = operator.audit(&partner.id, action, [("redirect_uri", changed)].into());
    match operator.store.set_redirect_uris(partner, &wanted, &audit).await? {
        Written::Stored => Ok(wanted),
        Written::Overtaken => {
            let message = "Another operator changed the redirect URIs at the same time. This change was not stored. Try again.";
            Err(Error::conflict("changed_meanwhile", message))
        }
    }
}

/// The list, followed by those of `more` that are not on it.
pub(super) fn extended(listed: &[String], more: &[String]) -> Result<Vec<String>, Error> {
    let mut all = listed.to_vec();
    for uri in more {
        check(uri)?;
        if !all.contains(uri) {
            all.push(uri.clone());
        }
    }
    if all.len() > Partner::REDIRECT_URIS_MOST {
        let most = Partner::REDIRECT_URIS_MOST;
        let message = format!("A partner may have at most {most} redirect URIs. Remove one first.");
        return Err(Error::invalid("too_many_redirect_uris", message));
    }
    Ok(all)
}

/// Checks a URI. It is stored as it was written, because the comparison is byte for byte.
fn check(uri: &str) -> Result<(), Error> {
    let refuse = |problem: &str| {
        let message = format!("The redirect URI {uri:?} cannot be used: {problem}.");
        Err(Error::invalid("invalid_redirect_uri", message))
    };
    let Ok(url) = Url::parse(uri) else {
        return refuse("it must be a complete address, such as https://app.example.com/connected");
    };
    let on_this_machine = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && on_this_machine) {
        return refuse("it must begin with https://, or with http:// for localhost, 127.0.0.1 or [::1]");
    }
    if url.fragment().is_some() {
        return refuse("it must not have a fragment (#)");
    }
    // A browser reads a backslash as a slash; other parsers do not.
    if uri.contains('\\') {
        return refuse("it must not have a backslash");
    }
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| name.parse::<Added>().is_ok()) {
        return refuse(&format!("its query must not have the parameter {name}, which Counterfoil adds"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it must not contain a user name or a password");
    }
    if uri.len() > LONGEST || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse("it must be at most 2,000 characters, without spaces; percent-encode characters that are not ASCII");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o10_only_https_or_this_machine_without_a_fragment() {
        for good in
            ["https://app.example.com/connected?tab=books", "http://localhost:5173/", "http://127.0.0.1/x", "http://[::1]:80/x"]
        {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = format!("https://app.example.com/{}", "x".repeat(LONGEST));
        for bad in [
            "",
            "app.example.com",
            "http://app.example.com/",
            "http://localhost.example.com/",
            "https://app.example.com/#a",
            "https://app.example.com/#",
            "https://user@app.example.com/",
            "https://app.example.com/a b",
            " https://app.example.com/",
            "javascript:alert(1)",
            "https://app.example.com\\@evil.example.com/",
            "https://app.example.com/a\\b",
            "https://app.example.com/?code=1",
            "https://app.example.com/?tab=books&state",
            "https://app.example.com/?%63ode=1",
            "https://app.example.com/?error=x",
            "https://app.example.com/?status=connected",
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn o10_a_repeated_uri_is_listed_once_and_the_list_has_at_most_twenty() {
        let uris: Vec<_> = (0..20).map(|number| format!("https://app.example.com/{number}")).collect();
        let listed = extended(&[], &uris).unwrap_or_else(|error| panic!("{error}"));
        assert!(extended(&listed, &uris[..1]).is_ok_and(|same| same == uris));
        assert!(extended(&listed, &["https://app.example.com/20".to_owned()]).is_err());
    }
}
