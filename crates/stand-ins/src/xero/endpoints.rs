//! The addresses of the stand-in's endpoints, for the configuration of a client.

/// Addresses and base addresses, in the form that the client's settings need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The address of the consent page.
    pub authorize: String,
    /// The address of the token endpoint.
    pub token: String,
    /// The address of the revocation endpoint.
    pub revoke: String,
    /// The address of the connections; `/{id}` is added for one of them.
    pub connections: String,
    /// The base of the accounting API, to which `/Organisation` and others are added.
    pub api: String,
    /// The base of the control routes, to which `/clock` and the others are added.
    pub control: String,
}

impl Endpoints {
    /// The endpoints of a stand-in that is served at `base_url`, such as `http://127.0.0.1:4010`.
    pub fn at(base_url: &str) -> Self {
        let base = base_url.trim_end_matches('/');
        Self {
            authorize: format!("{base}/xero/identity/connect/authorize"),
            token: format!("{base}/xero/connect/token"),
            revoke: format!("{base}/xero/connect/revocation"),
            connections: format!("{base}/xero/connections"),
            api: format!("{base}/xero/api.xro/2.0"),
            control: format!("{base}/xero/__control"),
        }
    }
}
