//! `FreeAgent`: no scopes, no PKCE, no revocation endpoint, refresh tokens that stay the same for twenty years, and one company for each
//! grant.
//!
//! | Path under `/freeagent` | At `FreeAgent` |
//! |---|---|
//! | `/v2/approve_app` | `https://api.freeagent.com/v2/approve_app` |
//! | `/v2/token_endpoint` | `https://api.freeagent.com/v2/token_endpoint` |
//! | `/v2/company` | `https://api.freeagent.com/v2/company` |

mod approval;
mod company;
mod routes;

pub(crate) use approval::FreeAgent;
pub use company::{COMPANY_ID, COMPANY_NAME};

/// The client id of the app.
pub(crate) const CLIENT_ID: &str = "stand-in-freeagent-client";
/// Its secret. It protects nothing, so it is public.
pub(crate) const CLIENT_SECRET: &str = "stand-in-freeagent-secret";
