//! The only crate that knows a vendor. Each platform is a module: data first, code only where the platform is odd.
//!
//! `http` makes the one client, `oauth` sends token requests and says what their answers mean, `registry` finds a platform
//! and its credentials. A new platform is a module here, a line in `registry` and a name in `core::model::platform`.

pub mod credentials;
mod http;
mod oauth;
pub mod quickbooks;
mod registry;

pub use http::HttpSettings;
pub use registry::{CredentialSource, Endpoints, Registry};
