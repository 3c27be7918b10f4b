//! Xero: consent to one or more organisations, tokens that rotate at every refresh with half an hour of grace, the connections,
//! `Organisation`, and the organisations' books. A token belongs to a user and reaches every organisation that the user has connected. It
//! stays valid when an organisation is disconnected, and gets 403 there.
//!
//! | Path under `/xero` | At Xero |
//! |---|---|
//! | `/identity/connect/authorize` | `https://login.xero.com/identity/connect/authorize` |
//! | `/connect/token` | `https://identity.xero.com/connect/token` |
//! | `/connect/revocation` | `https://identity.xero.com/connect/revocation` |
//! | `/connections` | `https://api.xero.com/connections` |
//! | `/api.xro/2.0` | `https://api.xero.com/api.xro/2.0` |

mod books;
mod connections;
mod endpoints;
mod identity;
mod organisation;
mod problem;
mod routes;

pub use endpoints::Endpoints;
pub use organisation::{ORGANISATIONS, Organisation};

pub(crate) use identity::Xero;

/// The client id of the app.
pub const CLIENT_ID: &str = "stand-in-xero-client";
/// Its secret. It protects nothing, so it is public.
pub const CLIENT_SECRET: &str = "stand-in-xero-secret";
/// The key that signs its webhooks.
pub const WEBHOOK_KEY: &str = "stand-in-xero-webhook-key";
