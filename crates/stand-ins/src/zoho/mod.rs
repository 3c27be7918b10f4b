//! Zoho Books: one client in several data centres. The consent page is available in each of them. The callback names the user's data centre,
//! where the code must be exchanged and the tokens are valid. Errors come with HTTP 200. The organisations' books are read in the data centre
//! of their user.
//!
//! | Path under `/zoho/{location}` | At Zoho |
//! |---|---|
//! | `/oauth/v2/auth` | `https://accounts.zoho.com/oauth/v2/auth` |
//! | `/oauth/v2/token` | `https://accounts.zoho.com/oauth/v2/token` |
//! | `/oauth/v2/token/revoke` | `https://accounts.zoho.com/oauth/v2/token/revoke` |
//! | `/api/books/v3` | `https://www.zohoapis.com/books/v3` |
//!
//! The locations are `us`, `eu` and `in`: see [`DATA_CENTERS`].

mod accounts;
mod books;
mod data_center;
mod endpoints;
mod organizations;
mod routes;

pub use data_center::{DATA_CENTERS, DataCenter, Organization};
pub use endpoints::{DataCenterAddress, Endpoints};

pub(crate) use accounts::Zoho;

/// The client id of the app, the same in every data centre.
pub const CLIENT_ID: &str = "1000.STANDINZOHOCLIENT";
/// Its secret, the same in every data centre. It protects nothing, so it is public.
pub const CLIENT_SECRET: &str = "stand-in-zoho-secret";
