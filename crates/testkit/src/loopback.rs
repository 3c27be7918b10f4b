//! A server on a free port of 127.0.0.1. All HTTP stand-ins here use it, so that tests run in parallel.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A server in a task of the current runtime. Dropping it stops the server.
#[derive(Debug)]
pub(crate) struct Loopback {
    address: SocketAddr,
    endpoint: String,
    /// Dropping it sends the signal: see [`Stop`].
    _stop: oneshot::Sender<()>,
}

/// Completes, with an error to ignore, when the [`Loopback`] is dropped.
pub(crate) type Stop = oneshot::Receiver<()>;

impl Loopback {
    /// Starts the server that `serve` makes for a listener.
    pub(crate) async fn start<Serving>(serve: impl FnOnce(TcpListener, Stop) -> Serving) -> Self
    where
        Serving: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port on the loopback interface");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(serve(listener, stopped));
        Self { address, endpoint: format!("http://{address}"), _stop: stop }
    }

    /// Serves `router`.
    pub(crate) async fn router(router: Router) -> Self {
        Self::start(|listener, stop| async move {
            let stopped = async { drop(stop.await) };
            axum::serve(listener, router).with_graceful_shutdown(stopped).await.expect("axum::serve returns no errors");
        })
        .await
    }

    /// `127.0.0.1:port`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`, without a path.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}
