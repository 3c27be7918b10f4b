//! Where a request came from, for audit rows.

use std::net::IpAddr;

/// The request that caused a change. A worker or a command has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The id of the request, which its answer and its log lines have too.
    pub request_id: Option<String>,
    /// The address of the sender, as the gateway or the socket gave it. No header of the sender can change it.
    pub source_ip: Option<IpAddr>,
}
