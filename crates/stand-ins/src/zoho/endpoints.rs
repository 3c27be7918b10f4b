//! The addresses of the stand-in's endpoints, for the configuration of a client.

use super::data_center::DATA_CENTERS;

/// Addresses and base addresses, in the form that the client's settings need. Single addresses are those of the first data centre, where a
/// consent begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The address of the consent page.
    pub authorize: String,
    /// The address of the token endpoint.
    pub token: String,
    /// The address of the revocation endpoint.
    pub revoke: String,
    /// The base of the API, to which `/organizations` and others are added.
    pub api: String,
    /// Every data centre.
    pub data_centers: Vec<DataCenterAddress>,
    /// The base of the control routes, to which `/clock` and the others are added.
    pub control: String,
}

/// The two hosts of a data centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataCenterAddress {
    /// Its name in a callback, such as `eu`.
    pub location: &'static str,
    /// The `accounts-server` of a callback; `/oauth/v2/token` is added.
    pub accounts_server: String,
    /// The `api_domain` of a token answer; `/books/v3` is added.
    pub api_domain: String,
}

impl Endpoints {
    /// The endpoints of a stand-in that is served at `base_url`, such as `http://127.0.0.1:4010`.
    pub fn at(base_url: &str) -> Self {
        let base = base_url.trim_end_matches('/');
        let [first, ..] = &DATA_CENTERS;
        let accounts_server = first.accounts_server(base);
        Self {
            authorize: format!("{accounts_server}/oauth/v2/auth"),
            token: format!("{accounts_server}/oauth/v2/token"),
            revoke: format!("{accounts_server}/oauth/v2/token/revoke"),
            api: format!("{}/books/v3", first.api_domain(base)),
            data_centers: DATA_CENTERS
                .iter()
                .map(|site| DataCenterAddress {
                    location: site.location,
                    accounts_server: site.accounts_server(base),
                    api_domain: site.api_domain(base),
                })
                .collect(),
            control: format!("{base}/zoho/__control"),
        }
    }
}
