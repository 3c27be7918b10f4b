//! Every time and bound of the vault and the flows, in one place. Tests make them milliseconds.

use std::time::Duration;

use crate::model::platform::PlatformName;

/// Times that must fit together; see [`Settings::check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settings {
    /// How long a platform is given for a request. For a token request it bounds when anybody may present the same refresh token
    /// again, by way of the lease, not how long the sender listens for the answer. Well above 3.5 s: platforms have rotated and
    /// answered later than that.
    pub platform_timeout: Duration,
    /// How long a fresh grant is tried at the table before it is parked.
    pub commit_budget: Duration,
    /// What `template.yaml` gives a function that refreshes on a caller's behalf.
    pub function_time: Duration,
    /// How long one request to the table or the parking queue takes at most, the client's own retries included.
    pub store_timeout: Duration,
    /// How long a lease lasts: longer than the platform time-out and the commit budget together. What is more is for the request
    /// that takes the lease and the second look.
    pub lease: Duration,
    /// How long a refresh token rests past the lease's end after an attempt of unknown outcome.
    pub rest: Duration,
    /// The same where a platform has another, by its place in [`PlatformName::ALL`]: see [`Settings::rest_of`].
    pub rests: [Option<Duration>; PlatformName::ALL.len()],
    /// How long a reader waits for somebody else's refresh.
    pub wait: Duration,
    /// Between two looks of a waiting reader, at first; it grows with what was waited, up to eight times this.
    pub poll: Duration,
    /// Least time between two forced refreshes of one connection.
    pub forced_interval: Duration,
    /// How long an access token must be good for when the caller does not say.
    pub min_valid: Duration,
    /// Longest time before an access token's end at which the refresher renews it.
    pub refresh_ahead: Duration,
    /// How many refreshes of the refresher are under way at once, over all its schedules: each run has the share of its shards.
    pub refreshes_at_once: u32,
    /// How many rows that are due are taken from one shard at a time.
    pub due_page: u32,
    /// The longest pause between the starts of two refreshes, over all schedules. A run with more to do than that leaves time for
    /// spreads its starts evenly over its time; one with less is over sooner.
    pub stagger: Duration,
    /// The first pause after a failed refresh; doubled each time.
    pub backoff_first: Duration,
    /// The longest pause between failing refreshes.
    pub backoff_longest: Duration,
    /// The first pause after a failed revocation; doubled each time.
    pub revocation_backoff_first: Duration,
    /// The longest pause between these.
    pub revocation_backoff_longest: Duration,
    /// How long a consent may take, from start to callback, and how long its grant may wait for its company after that.
    pub flow_life: Duration,
    /// For how long a platform may refuse a token that it has just made; after a request that took that long there is still
    /// time for another in a function's time.
    pub new_token_lag: Duration,
    /// How many consents may be begun without a key in a minute, for one partner. With the life of a flow it bounds how many wait
    /// for their customers.
    pub open_starts_most: u32,
    /// The same by one connect link.
    pub link_starts_most: u32,
    /// How many connections of a partner to one company may be made without a key.
    pub open_connections_most: u32,
    /// How long a verified API key is remembered: the bound on how long a revoked one still works.
    pub key_memory: Duration,
}

/// How long a request to the table or the parking queue takes at most, the client's own retries included.
pub const STORE_TIMEOUT: Duration = Duration::from_secs(2);
impl Default for Settings {
    fn default() -> Self {
        Self {
            platform_timeout: Duration::from_secs(10),
            commit_budget: Duration::from_secs(4),
            function_time: Duration::from_secs(29),
            store_timeout: STORE_TIMEOUT,
            lease: Duration::from_secs(18),
            rest: Duration::from_secs(30),
            rests: [None; PlatformName::ALL.len()],
            wait: Duration::from_secs(10),
            poll: Duration::from_millis(50),
            forced_interval: Duration::from_secs(10),
            min_valid: Duration::from_secs(300),
            refresh_ahead: Duration::from_secs(900),
            refreshes_at_once: 64,
            due_page: 250,
            stagger: Duration::from_millis(5),
            backoff_first: Duration::from_secs(1),
            backoff_longest: Duration::from_secs(300),
            revocation_backoff_first: Duration::from_secs(120),
            revocation_backoff_longest: Duration::from_secs(21_600),
            flow_life: Duration::from_secs(600),
            new_token_lag: Duration::from_secs(5),
            open_starts_most: 3_000,
            link_starts_most: 100,
            open_connections_most: 10,
            key_memory: Duration::from_secs(60),
        }
    }
}

impl Settings {
    /// How long a refresh is given: what a function has, less storing what earlier events left and reading a key before it. A
    /// request's own deadline may leave it more or less. A refresh that has that long takes its lease at once or soon after, and ends in time.
    pub fn refresh_time(&self) -> Duration {
        self.function_time.saturating_sub(2 * self.store_timeout)
    }

    /// What a refresh needs from the moment it takes a lease: the lease covers request and commit, then it may have to park.
    pub fn needed_from_lease(&self) -> Duration {
        self.lease + self.store_timeout
    }

    /// What a sender keeps of its time, from the platform's answer on: the commit, then the parking.
    pub fn needed_from_answer(&self) -> Duration {
        self.commit_budget + self.store_timeout
    }

    /// The longest time that a revocation takes once it is claimed: at most two requests to the platform and three to the table.
    pub fn longest_revocation(&self) -> Duration {
        2 * self.platform_timeout + 3 * self.store_timeout
    }

    /// The same where the access token must be refreshed first.
    pub fn longest_revocation_with_refresh(&self) -> Duration {
        self.longest_revocation() + self.platform_timeout + self.store_timeout
    }

    /// The time that a probe is given at least: a refresh, a question to the platform, and two requests to the table.
    pub fn longest_probe(&self) -> Duration {
        self.refresh_time() + self.platform_timeout + 2 * self.store_timeout
    }

    /// How long an access token must be good for to ask a platform with it.
    pub fn probe_takes(&self) -> Duration {
        self.platform_timeout * 2
    }

    /// How long a platform's refresh token rests.
    pub fn rest_of(&self, platform: PlatformName) -> Duration {
        self.rests[platform as usize].unwrap_or(self.rest)
    }

    /// How far this machine's time of day may be from the table's while a refresh token of that platform is sent. Two processes
    /// within it are less than the rest apart: by the clock of whoever is ahead, the rest of an attempt ends no sooner than the
    /// lease does by the other's, and the request was over a commit budget before that.
    pub fn skew_most(&self, platform: PlatformName) -> Duration {
        self.rest_of(platform) / 2
    }

    /// Whether the times fit together: no token request is sent unless the lease outlasts its time-out and the commit.
    ///
    /// # Errors
    /// A sentence that names the two settings that do not fit.
    pub fn check(&self) -> Result<(), String> {
        if self.platform_timeout + self.commit_budget >= self.lease {
            return Err("LEASE_MS must be longer than PLATFORM_TIMEOUT_MS and COMMIT_BUDGET_MS together".to_owned());
        }
        if self.lease + 4 * self.store_timeout >= self.function_time {
            return Err("LEASE_MS must leave a function 8 s of its 29 s for the table".to_owned());
        }
        if self.wait + 2 * self.store_timeout >= self.function_time {
            return Err("WAIT_MS must leave a function 4 s of its 29 s for the table".to_owned());
        }
        if self.flow_life > Duration::from_secs(600) {
            return Err("a flow may last ten minutes at most".to_owned());
        }
        if self.key_memory > Duration::from_secs(60) {
            return Err("an API key may be remembered for a minute at most".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r3_the_defaults_fit_and_a_short_lease_does_not() {
        assert_eq!(Settings::default().check(), Ok(()));
        let short = Settings { lease: Duration::from_secs(14), ..Settings::default() };
        assert!(short.check().expect_err("14 s do not outlast 10 s and 4 s").contains("LEASE_MS"));
        let long = Settings { lease: Duration::from_secs(22), ..Settings::default() };
        assert!(long.check().expect_err("22 s and four requests are more than 29 s").contains("LEASE_MS"));
        let patient = Settings { wait: Duration::from_secs(26), ..Settings::default() };
        assert!(patient.check().expect_err("26 s and two requests are more than 29 s").contains("WAIT_MS"));
        // A lease write and a second look that take all their time leave enough of the lease.
        let settings = Settings::default();
        assert!(settings.platform_timeout + settings.commit_budget + 2 * STORE_TIMEOUT <= settings.lease);
        assert!(settings.needed_from_lease() < settings.refresh_time());
    }
}
