//! Resolves the hosts of endpoints to permitted addresses. A connection is made to an address that was checked here, and its name is not
//! resolved again, so that an answer that changes between check and use changes nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::Permitted;

/// The largest number of addresses of a name that are used.
const ADDRESSES_MOST: usize = 16;

/// Looks up the addresses of names.
#[async_trait]
pub(crate) trait Lookup: Send + Sync {
    /// The addresses of a name.
    ///
    /// # Errors
    /// If there is none, or no answer.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's lookup.
pub(crate) struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Why a name has no address that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unresolved {
    #[error("the name has no address")]
    NoAddress,
    #[error("no address of the name is public")]
    NotPublic,
}

/// A lookup that returns permitted addresses only.
#[derive(Clone)]
pub(crate) struct Resolver {
    lookup: Arc<dyn Lookup>,
    permitted: Permitted,
}

impl Resolver {
    pub(crate) fn new(lookup: Arc<dyn Lookup>, permitted: Permitted) -> Self {
        Self { lookup, permitted }
    }

    /// The permitted addresses of a name, at least one and at most [`ADDRESSES_MOST`].
    pub(crate) async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let all = self.lookup.lookup(name).await.map_err(|_| Unresolved::NoAddress)?;
        if all.is_empty() {
            return Err(Unresolved::NoAddress);
        }
        let permitted: Vec<_> = all.into_iter().filter(|address| self.permitted.admits(*address)).take(ADDRESSES_MOST).collect();
        if permitted.is_empty() { Err(Unresolved::NotPublic) } else { Ok(permitted) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            // The client replaces port 0 with that of the URL.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
