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
pub use registry::{CredentialSource, PlatformSettings, Registry};
use vendor::OAuth;

/// The facts of a platform; `None` for one without OAuth.
pub fn facts_of(platform: PlatformName) -> Option<&'static Facts> {
    match platform {
        PlatformName::Quickbooks => Some(&quickbooks::FACTS),
        PlatformName::Xero => Some(&xero::FACTS),
        PlatformName::Zoho => Some(&zoho::FACTS),
        PlatformName::Freshbooks => Some(&freshbooks::FACTS),
        PlatformName::Freeagent => Some(&freeagent::FACTS),
        PlatformName::QuickbooksDesktop => None,
    }
}

/// The client of a platform; `None` for one without OAuth.
fn make(platform: PlatformName, parts: Parts) -> Option<Arc<dyn Platform>> {
    match platform {
        PlatformName::Quickbooks => Some(OAuth::<quickbooks::Quickbooks>::make(parts)),
        PlatformName::Xero => Some(OAuth::<xero::Xero>::make(parts)),
        PlatformName::Zoho => Some(OAuth::<zoho::Zoho>::make(parts)),
        PlatformName::Freshbooks => Some(OAuth::<freshbooks::Freshbooks>::make(parts)),
        PlatformName::Freeagent => Some(OAuth::<freeagent::Freeagent>::make(parts)),
        PlatformName::QuickbooksDesktop => None,
    }
}
