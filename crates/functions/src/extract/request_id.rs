//! The id of a request, which its answer and its log lines have.

use axum::extract::Request;
use counterfoil_core::App;
use lambda_http::request::RequestContext;

/// Put into each request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// API Gateway's, else a new one.
    pub(crate) fn of(app: &App, request: &Request) -> Self {
        let of_gateway = match request.extensions().get() {
            Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
            _ => None,
        };
        Self(of_gateway.unwrap_or_else(|| app.new_id("req_")))
    }
}
