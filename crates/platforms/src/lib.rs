//! The only crate that knows a vendor. Each platform is a module: data first, code only where the platform is odd.
//!
//! `facts` is what a platform is as data, `vendor` what all of them do alike, `oauth` says what a token answer means,
//! `token_answer` what is in it, `company` asks for companies, `books` for records, `http` makes the one client, `text` and `fields`
//! read what came, `registry` finds a platform and its credentials. A new platform is a module and its lines here, and a name in
//! `core::model::platform`.

mod books;
mod company;
pub mod credentials;
pub mod facts;
mod fields;
mod freeagent;
mod freshbooks;
mod http;
mod oauth;
mod object;
mod parts;
mod quickbooks;
mod registry;
mod retry_after;
pub(crate) mod rules;
mod text;
mod token_answer;
pub mod variables;
mod vendor;
mod xero;
mod zoho;

use std::sync::Arc;

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::port::platform::Platform;

use facts::Facts;
pub use http::HttpSettings;
use parts::Parts;
pub use registry::{CredentialSource, Endpoints, Registry};
use vendor::OAuth;

/// A platform as data.
pub fn facts_of(platform: PlatformName) -> &'static Facts {
    match platform {
        PlatformName::Quickbooks => &quickbooks::FACTS,
        PlatformName::Xero => &xero::FACTS,
        PlatformName::Zoho => &zoho::FACTS,
        PlatformName::Freshbooks => &freshbooks::FACTS,
        PlatformName::Freeagent => &freeagent::FACTS,
    }
}

fn make(platform: PlatformName, parts: Parts) -> Arc<dyn Platform> {
    match platform {
        PlatformName::Quickbooks => OAuth::<quickbooks::Quickbooks>::make(parts),
        PlatformName::Xero => OAuth::<xero::Xero>::make(parts),
        PlatformName::Zoho => OAuth::<zoho::Zoho>::make(parts),
        PlatformName::Freshbooks => OAuth::<freshbooks::Freshbooks>::make(parts),
        PlatformName::Freeagent => OAuth::<freeagent::Freeagent>::make(parts),
    }
}
