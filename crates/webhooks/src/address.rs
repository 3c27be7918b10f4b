//! Which addresses an endpoint may have.

use std::net::IpAddr;

use counterfoil_core::model::webhook::endpoint::URL_LONGEST;
use url::{Host, Url};

use crate::public::is_public;

/// The port of HTTPS, the only permitted one below [`FREE_PORTS`].
const HTTPS: u16 = 443;
/// The first port that no system service has. Mail, shells and other services that a request could reach have a port below.
const FREE_PORTS: u16 = 1_024;

/// What an installation permits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permitted {
    /// Loopback addresses too, also without TLS. Only a laptop has this.
    pub(crate) loopback: bool,
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("The url is longer than 2,048 bytes.")]
    TooLong,
    #[error("The url cannot be read: it must be https:// with a host.")]
    Unreadable,
    #[error("The url must begin with https://.")]
    NotHttps,
    #[error("The url must not contain a user name or a password.")]
    Credentials,
    #[error("The url must not contain a fragment (#).")]
    Fragment,
    #[error("The port of the url must be 443, or from 1024 to 65535.")]
    Port,
    #[error("The host of the url is not a public address: it is private, loopback, link-local or reserved.")]
    NotPublic,
}

impl Permitted {
    /// Reads the address of an endpoint, and checks its form, its port and a host that is an IP address. The addresses of a name are checked
    /// when it is resolved.
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) fn read(self, text: &str) -> Result<Url, Refused> {
        if text.len() > URL_LONGEST {
            return Err(Refused::TooLong);
        }
        // Decimal, octal, hexadecimal and short forms of an IPv4 address become the usual form here (WHATWG URL, 3.5).
        let url = Url::parse(text).map_err(|_| Refused::Unreadable)?;
        let is_local = self.loopback && is_loopback(url.host().as_ref());
        if url.scheme() != "https" && !(is_local && url.scheme() == "http") {
            return Err(Refused::NotHttps);
        }
        // `https:host`, which browsers read as an address, is none of ours.
        let has_host = text
            .split_once("://")
            .is_some_and(|(scheme, rest)| scheme.eq_ignore_ascii_case(url.scheme()) && !rest.starts_with(['/', '\\']));
        if !has_host {
            return Err(Refused::Unreadable);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if port < FREE_PORTS && (port != HTTPS || url.scheme() != "https") {
            return Err(Refused::Port);
        }
        let address = match url.host().ok_or(Refused::Unreadable)? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        if address.is_some_and(|address| !self.admits(address)) { Err(Refused::NotPublic) } else { Ok(url) }
    }

    /// Whether requests may go to this IP address.
    pub(crate) fn admits(self, address: IpAddr) -> bool {
        is_public(address) || (self.loopback && address.is_loopback())
    }
}

/// Whether a host is this machine. `localhost` and the names below it are loopback addresses (RFC 6761, 6.3).
fn is_loopback(host: Option<&Host<&str>>) -> bool {
    match host {
        Some(Host::Domain(name)) => *name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
