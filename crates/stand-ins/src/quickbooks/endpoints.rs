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
    /// The base of the production API, to which `/v3/company/…` is added.
    pub api: String,
    /// The base of the sandbox API.
    pub sandbox_api: String,
    /// The base of the control routes, to which `/clock` and the others are added.
    pub control: String,
}

impl Endpoints {
    /// The endpoints of a stand-in that is served at `base_url`, such as `http://127.0.0.1:4010`.
    pub fn at(base_url: &str) -> Self {
        let base = base_url.trim_end_matches('/');
        Self {
            authorize: format!("{base}/quickbooks/connect/oauth2"),
            token: format!("{base}/quickbooks/oauth2/v1/tokens/bearer"),
            revoke: format!("{base}/quickbooks/v2/oauth2/tokens/revoke"),
            api: format!("{base}/quickbooks/api"),
            sandbox_api: format!("{base}/quickbooks/sandbox-api"),
            control: format!("{base}/quickbooks/__control"),
        }
    }
}
