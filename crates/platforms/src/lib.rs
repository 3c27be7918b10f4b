//! The only crate that knows the platforms. Each is a module: data, and code where data is not enough.
//!
//! `facts` and `rules` are the data, `vendor` the code that all platforms share, `oauth` the meaning of token answers, `token_answer` their
//! fields, `company` the requests for companies, `books` those for records,
//! `notifications` the reading of what platforms send, `http` the client, `text` and `fields` the parsers, `registry`
//! the lookup of a platform with its credentials. A new platform is a module and its lines here, and a name in `core::model::platform`.

mod books;
mod company;
pub mod credentials;
pub mod facts;
mod fields;
mod freeagent;
mod freshbooks;
mod http;
mod notifications;
mod oauth;
mod object;
mod parts;
mod quickbooks;
mod registry;
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

pub use company::is_id as is_company_id;
use facts::Facts;
pub use http::HttpSettings;
use parts::Parts;
pub use registry::{CredentialSource, Endpoints, Registry};
use vendor::OAuth;

/// The facts of a platform.
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
