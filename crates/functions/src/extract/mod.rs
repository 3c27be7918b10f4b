//! Extractors, which read the parts of a request strictly.

pub(crate) mod accept;
pub(crate) mod api_key;
pub(crate) mod body;
pub(crate) mod browser_cookie;
pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod cursor;
pub(crate) mod name;
pub(crate) mod paging;
pub(crate) mod path;
pub(crate) mod query;
pub(crate) mod request_id;
