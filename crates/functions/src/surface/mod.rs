//! The HTTP APIs. Each surface has its own error body and its own authentication. An endpoint reads a request, calls one service and
//! answers.

pub(crate) mod addresses;
pub mod connections;
pub(crate) mod consent;
pub(crate) mod desktop;
pub(crate) mod next_page;
pub(crate) mod partner;
pub(crate) mod platform_webhooks;
pub(crate) mod problem;
pub(crate) mod web_connector;
pub(crate) mod words;

/// The API that a route belongs to. It decides the error body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Errors have the form of RFC 9457.
    Connections,
    /// Errors have the partner API's envelope.
    Partner,
    /// Errors have no body: a platform reads only the status.
    PlatformWebhooks,
    /// Errors have the form of Conductor's API.
    Desktop,
    /// Errors are SOAP faults, or have no body: the Web Connector reads only the status.
    WebConnector,
    /// The page that sets up a Web Connector. Errors are pages, or have the form of RFC 9457.
    Setup,
}

impl Surface {
    /// Whether the OpenAPI document describes it. Others define the rest: Conductor's API and the SOAP service of the Web Connector.
    pub const fn is_described(self) -> bool {
        matches!(self, Self::Connections | Self::Partner | Self::PlatformWebhooks)
    }

    /// The largest size of a request's body, in bytes. Intuit sets no limit for a notification, and names 2 MB as a usual one
    /// [Intuit, "Managing webhooks notifications"].
    pub(crate) const fn body_most(self) -> usize {
        match self {
            Self::Connections | Self::Partner | Self::Setup => 64 * 1024,
            Self::PlatformWebhooks => 2 * 1024 * 1024,
            Self::Desktop => 1024 * 1024,
            // Lambda takes events of 6 MB, and the gateway 10 MB.
            Self::WebConnector => 6 * 1024 * 1024,
        }
    }
}
