//! The origin of each request: the one place where a request's id and its sender's address enter audit rows.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use counterfoil_core::model::origin::Origin;
use counterfoil_core::port::origin::Origins;
use lambda_http::request::RequestContext;

tokio::task_local! {
    static ORIGIN: Origin;
}

/// Knows the origin of each task that serves a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TaskOrigins;

impl Origins for TaskOrigins {
    fn current(&self) -> Origin {
        ORIGIN.try_with(Clone::clone).unwrap_or_default()
    }

    fn with(&self, origin: &Origin, work: &mut dyn FnMut()) {
        ORIGIN.sync_scope(origin.clone(), work);
    }
}

/// Serves a request as the origin of everything that it causes.
pub(crate) async fn serving<T>(origin: Origin, work: impl Future<Output = T>) -> T {
    ORIGIN.scope(origin, work).await
}

/// The address of a request's sender: API Gateway's, else that of the socket. A header such as `X-Forwarded-For` can be the sender's
/// invention, so none is read.
pub(crate) fn source_ip(request: &Request) -> Option<IpAddr> {
    match request.extensions().get() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref()?.parse().ok(),
        _ => request.extensions().get().map(|ConnectInfo(address): &ConnectInfo<SocketAddr>| address.ip()),
    }
}
