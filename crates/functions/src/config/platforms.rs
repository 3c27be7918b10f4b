//! The variables of the platforms. The `Facts` of a platform say which ones it has.

use std::collections::BTreeMap;

use counterfoil_core::model::platform::PlatformName;
use counterfoil_platforms::facts::{Configured, DataCenter, Facts, KnownDataCenter};
use counterfoil_platforms::facts_of;
use counterfoil_platforms::variables::{
    API_URL, AUTHORIZE_URL, DATA_CENTERS, ISSUER, PKCE, REVOKE_URL, SCOPES, TOKEN_URL, variable,
};
use url::Url;

use crate::config::reader::{Reader, is_safe};

impl Reader<'_> {
    /// The configuration of each platform.
    pub(super) fn platforms(&mut self) -> BTreeMap<PlatformName, Configured> {
        PlatformName::with_oauth().filter_map(|platform| Some((platform, self.platform(platform, facts_of(platform)?)))).collect()
    }

    fn platform(&mut self, platform: PlatformName, facts: &Facts) -> Configured {
        let mut address = |ending: &str, default: &str| self.url(&variable(platform, ending), default);
        let (authorize, token) = (address(AUTHORIZE_URL, facts.authorize), address(TOKEN_URL, facts.token));
        let (revoke, api) = (facts.revoke.map(|default| address(REVOKE_URL, default)), address(API_URL, facts.api));
        let more = facts.more.iter().map(|(ending, default)| (*ending, address(ending, default))).collect();
        let scopes = self.text(&variable(platform, SCOPES)).unwrap_or_else(|| facts.scopes.to_owned());
        let is_between = |c: char| c == ',' || c.is_whitespace();
        Configured {
            authorize,
            token,
            revoke,
            api: api.as_str().trim_end_matches('/').to_owned(),
            issuer: self.text(&variable(platform, ISSUER)).or_else(|| facts.issuer.map(str::to_owned)),
            more,
            scopes: scopes.split(is_between).filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            pkce: self.flag(&variable(platform, PKCE), facts.pkce),
            data_centers: self.data_centers(platform, facts.data_centers),
        }
    }

    /// The platform's data centres, and those that a laptop adds or replaces. Counterfoil sends the client secret to every server on
    /// this list, so a deployed function reads no data centre from a variable.
    fn data_centers(&mut self, platform: PlatformName, known: &[KnownDataCenter]) -> Vec<DataCenter> {
        let name = variable(platform, DATA_CENTERS);
        let Some(text) = self.text(&name).filter(|_| !known.is_empty()) else {
            return known.iter().map(DataCenter::from).collect();
        };
        if self.text("CREDENTIALS_SECRET_ARN").is_some() {
            self.problems.push(format!("{name} is for the laptop only"));
        }
        let added: Option<Vec<_>> = text.split(',').map(|entry| data_center(entry.trim())).collect();
        let added = added.unwrap_or_else(|| {
            let form = "location=accounts server|API domain, separated by commas, such as eu=https://accounts.example.com|https://api.example.com";
            self.problems.push(format!("{name} must be entries of the form {form}"));
            Vec::new()
        });
        let replaced = |known: &&_| !added.iter().any(|added| added.location == DataCenter::from(*known).location);
        let kept: Vec<_> = known.iter().filter(replaced).map(DataCenter::from).collect();
        added.into_iter().chain(kept).collect()
    }
}

fn data_center(entry: &str) -> Option<DataCenter> {
    let (location, hosts) = entry.split_once('=')?;
    let (accounts, api) = hosts.split_once('|')?;
    let host = |text: &str| {
        let url = Url::parse(text).ok().filter(is_safe).filter(|url| url.query().is_none())?;
        Some(url.as_str().trim_end_matches('/').to_owned())
    };
    let fits = (1..=16).contains(&location.len()) && location.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    fits.then_some(())?;
    Some(DataCenter { location: location.to_owned(), accounts: host(accounts)?, api: host(api)? })
}
