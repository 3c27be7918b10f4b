//! A port on this machine alone. `localhost` is two addresses, and a browser tries the IPv6 one first, so both are bound.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::stop::Stop;
use crate::failure::Failure;
use crate::guard::Names;

/// A bound port.
pub(super) struct Loopback {
    port: u16,
    listeners: Vec<TcpListener>,
}

/// The number of free ports to try until one is free on both addresses.
const TRIES_MOST: usize = 20;

impl Loopback {
    /// Binds this port; 0 binds any.
    pub(super) async fn bind_exactly(port: u16) -> Result<Self, Failure> {
        Self::bind(port).await.map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => {
                Failure::new(format!("Port {port} is in use. Stop the program that uses it, or choose another port with --port."))
            }
            _ => Failure::new(format!("Port {port} cannot be used ({error}). Choose another with --port.")),
        })
    }

    /// Binds this port if it is free, else any.
    pub(super) async fn bind_rather(port: Option<u16>) -> Result<Self, Failure> {
        match Self::bind(port.unwrap_or(0)).await {
            Ok(bound) => Ok(bound),
            Err(_) => Self::bind_exactly(0).await,
        }
    }

    async fn bind(port: u16) -> io::Result<Self> {
        for _ in 0..TRIES_MOST {
            let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            let bound = v4.local_addr()?.port();
            let listeners = match TcpListener::bind((Ipv6Addr::LOCALHOST, bound)).await {
                Ok(v6) => vec![v4, v6],
                Err(error) if error.kind() == ErrorKind::AddrInUse && port == 0 => continue,
                Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
                // This machine has no IPv6.
                Err(_) => vec![v4],
            };
            return Ok(Self { port: bound, listeners });
        }
        Err(ErrorKind::AddrInUse.into())
    }

    /// The address for browsers.
    pub(super) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The names that a request's `Host` may have.
    pub(super) fn names(&self) -> Names {
        Names::of_port(self.port)
    }

    /// Serves until `stop` is requested and every request is answered.
    pub(super) async fn serve(self, router: Router, stop: Stop) {
        let mut servers = JoinSet::new();
        for listener in self.listeners {
            let service = router.clone().into_make_service_with_connect_info::<SocketAddr>();
            let server = axum::serve(listener, service).with_graceful_shutdown(stop.clone().requested());
            servers.spawn(async move {
                if let Err(error) = server.await {
                    tracing::error!(%error, "a server ended");
                }
            });
        }
        servers.join_all().await;
    }
}
