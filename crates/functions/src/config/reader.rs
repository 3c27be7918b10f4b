//! Reads variables one by one and records what is missing or wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_core::model::connection::Freshness;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::settings::Settings;
use counterfoil_platforms::variables::{REST_MS, variable};
use url::Url;

use crate::config::{ParkingPlace, SecretPlace};

pub(crate) struct Reader<'a> {
    pub(crate) variables: &'a BTreeMap<String, String>,
    pub(crate) problems: Vec<String>,
}

impl Reader<'_> {
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(crate) fn missing(&mut self, name: &str, what: &str) -> String {
        self.problems.push(format!("{name} is not set ({what})"));
        String::new()
    }

    pub(crate) fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.text(name).as_deref() {
            None => default,
            Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.problems.push(format!("{name} must be true or false"));
                default
            }
        }
    }

    /// Whether webhook endpoints may be on this machine. A deployed function has a secret or a queue, and refuses it.
    pub(crate) fn allows_loopback_webhooks(&mut self) -> bool {
        let allows = self.flag("ALLOW_LOOPBACK_WEBHOOKS", false);
        let is_deployed =
            ["KEYRING_SECRET_ARN", "CREDENTIALS_SECRET_ARN", "COURIER_QUEUE_URL"].iter().any(|name| self.text(name).is_some());
        if allows && is_deployed {
            self.problems.push("ALLOW_LOOPBACK_WEBHOOKS is for the laptop only".to_owned());
        }
        allows
    }

    fn milliseconds(&mut self, name: &str, default: Duration) -> Duration {
        match self.text(name).map(|text| text.parse()) {
            None => default,
            Some(Ok(milliseconds @ 1..=86_400_000)) => Duration::from_millis(milliseconds),
            Some(_) => {
                self.problems.push(format!("{name} must be a number of milliseconds from 1 to 86400000"));
                default
            }
        }
    }

    pub(crate) fn days(&mut self, name: &str, default: Duration) -> Duration {
        match self.text(name).map(|text| text.parse()) {
            None => default,
            Some(Ok(days @ 1..=3_650)) => Duration::from_secs(days * 86_400),
            Some(_) => {
                self.problems.push(format!("{name} must be a number of days from 1 to 3650"));
                default
            }
        }
    }

    fn count(&mut self, name: &str, default: u32) -> u32 {
        match self.text(name).map(|text| text.parse()) {
            None => default,
            Some(Ok(count @ 1..=4_096)) => count,
            Some(_) => {
                self.problems.push(format!("{name} must be a number from 1 to 4096"));
                default
            }
        }
    }

    /// `{PLATFORM}_REST_MS`, if it is set.
    fn rest_of(&mut self, platform: PlatformName) -> Option<Duration> {
        let name = variable(platform, REST_MS);
        self.text(&name).is_some().then(|| self.milliseconds(&name, Duration::ZERO))
    }

    /// An origin: https, or http on this machine.
    pub(crate) fn base_url(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        let text = text.trim_end_matches('/').to_owned();
        let is_origin = Url::parse(&text).is_ok_and(|url| is_safe(&url) && url.path() == "/" && url.query().is_none());
        if !is_origin {
            self.problems.push(format!("{name} must be an address such as https://api.example.com, without a path"));
        }
        Some(text)
    }

    pub(crate) fn url(&mut self, name: &str, default: &str) -> Url {
        let parsed = Url::parse(self.text(name).as_deref().unwrap_or(default));
        parsed.ok().filter(is_safe).unwrap_or_else(|| {
            self.problems.push(format!("{name} must be an https address, such as {default}"));
            Url::parse(default).expect("defaults are addresses")
        })
    }

    pub(crate) fn secret(&self, arn: &str, variables: &[String]) -> SecretPlace {
        if let Some(arn) = self.text(arn) {
            return SecretPlace::SecretsManager(arn);
        }
        let found: BTreeMap<_, _> = variables.iter().filter_map(|name| Some((name.clone(), self.text(name)?))).collect();
        if found.is_empty() { SecretPlace::Nowhere } else { SecretPlace::Variables(found) }
    }

    pub(crate) fn parking(&self) -> ParkingPlace {
        match (self.text("PARKING_QUEUE_URL"), self.text("PARKING_FOLDER")) {
            (Some(url), _) => ParkingPlace::Queue(url),
            (None, Some(folder)) => ParkingPlace::Folder(folder.into()),
            (None, None) => ParkingPlace::Nowhere,
        }
    }

    pub(crate) fn freshness(&mut self) -> Freshness {
        match self.text("FRESHNESS").map(|text| text.parse()) {
            None => Freshness::default(),
            Some(Ok(freshness)) => freshness,
            Some(Err(_)) => {
                self.problems.push("FRESHNESS must be always or adaptive".to_owned());
                Freshness::default()
            }
        }
    }

    pub(crate) fn settings(&mut self) -> Settings {
        let default = Settings::default();
        Settings {
            platform_timeout: self.milliseconds("PLATFORM_TIMEOUT_MS", default.platform_timeout),
            commit_budget: self.milliseconds("COMMIT_BUDGET_MS", default.commit_budget),
            lease: self.milliseconds("LEASE_MS", default.lease),
            rest: self.milliseconds("REST_MS", default.rest),
            rests: PlatformName::ALL.map(|platform| self.rest_of(platform)),
            wait: self.milliseconds("WAIT_MS", default.wait),
            poll: self.milliseconds("POLL_MS", default.poll),
            forced_interval: self.milliseconds("FORCED_INTERVAL_MS", default.forced_interval),
            refreshes_at_once: self.count("REFRESHES_AT_ONCE", default.refreshes_at_once),
            backoff_first: self.milliseconds("BACKOFF_FIRST_MS", default.backoff_first),
            backoff_longest: self.milliseconds("BACKOFF_LONGEST_MS", default.backoff_longest),
            audit_retention: self.days("AUDIT_RETENTION_DAYS", default.audit_retention),
            ..default
        }
    }
}

/// Whether Counterfoil may send a secret to this address: https, or http on this machine, without a user, password or fragment.
pub(crate) fn is_safe(url: &Url) -> bool {
    let on_loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let encrypted = url.scheme() == "https" || (url.scheme() == "http" && on_loopback);
    encrypted && url.host_str().is_some() && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}
