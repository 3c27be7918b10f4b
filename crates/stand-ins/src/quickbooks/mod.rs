//! Intuit: the consent page, the token and revocation endpoints, and on both API hosts `CompanyInfo` and the companies' books. The rules come
//! from Intuit's OAuth pages and SDKs; each source is named at its rule.
//!
//! | Path under `/quickbooks` | At Intuit |
//! |---|---|
//! | `/connect/oauth2` | `https://appcenter.intuit.com/connect/oauth2` |
//! | `/oauth2/v1/tokens/bearer` | `https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer` |
//! | `/v2/oauth2/tokens/revoke` | `https://developer.api.intuit.com/v2/oauth2/tokens/revoke` |
//! | `/api` | `https://quickbooks.api.intuit.com` |
//! | `/sandbox-api` | `https://sandbox-quickbooks.api.intuit.com` |

mod api;
mod books;
mod company;
mod endpoints;
mod environment;
mod gateway;
mod intuit;
mod redirect_uri;
mod routes;

pub use company::Company;
pub use endpoints::Endpoints;
pub use environment::Environment;
pub(crate) use redirect_uri::RedirectUris;

pub(crate) use intuit::Intuit;
