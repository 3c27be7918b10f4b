//! Every time and bound of the vault and the flows. Tests set the times to milliseconds.

use std::time::Duration;

use crate::model::platform::PlatformName;

/// Times that must fit together; see [`Settings::check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Time-out of a request to a platform. A token request may be answered later: the sender continues to wait. The lease, which
    /// is longer, bounds when another process may send the same refresh token. Platforms have answered after 3.5 s.
    pub platform_timeout: Duration,
    /// Time for which a commit is retried before the grant is parked.
    pub commit_budget: Duration,
    /// Time-out of a function that refreshes for a caller, as in `template.yaml`.
    pub function_time: Duration,
    /// Time-out of one request to the table or the parking queue, including the client's retries.
    pub store_timeout: Duration,
    /// Life of a lease. It covers the platform time-out, the commit budget, the request that takes the lease, and the second look.
    pub lease: Duration,
    /// Rest of a refresh token after an attempt with an unknown outcome. It begins at the lease's end.
    pub rest: Duration,
    /// Rests that differ from `rest`, by a platform's place in [`PlatformName::ALL`]: see [`Settings::rest_of`].
    pub rests: [Option<Duration>; PlatformName::ALL.len()],
    /// The longest time that a reader waits for the refresh of another process.
    pub wait: Duration,
    /// First pause between two reads of a waiting reader. The pause grows with the time waited, to eight times this.
    pub poll: Duration,
    /// The shortest time between two forced refreshes of one connection.
    pub forced_interval: Duration,
    /// Least remaining validity of an access token that is returned, if the caller does not name one.
    pub min_valid: Duration,
    /// The longest time before an access token's expiry at which the refresher renews it.
    pub refresh_ahead: Duration,
    /// Concurrent refreshes of the refresher, over all its schedules. Each run gets the share of its shards.
    pub refreshes_at_once: u32,
    /// Due rows that are read from one shard at a time.
    pub due_page: u32,
    /// The longest pause between the starts of two refreshes, over all schedules. If a run has more refreshes than this pause leaves
    /// time for, it spreads their starts evenly over its time.
    pub stagger: Duration,
    /// First pause after a failed refresh. It doubles with each failure.
    pub backoff_first: Duration,
    /// The longest pause after a failed refresh.
    pub backoff_longest: Duration,
    /// First pause after a failed revocation. It doubles with each failure.
    pub revocation_backoff_first: Duration,
    /// The longest pause after a failed revocation.
    pub revocation_backoff_longest: Duration,
    /// Life of a flow, from start to callback. After the callback, the flow holds its grant for this time again until the company
    /// is confirmed.
    pub flow_life: Duration,
    /// Time for which a platform may refuse a new access token. A function has time for a second request after it.
    pub new_token_lag: Duration,
    /// Starts without a key per minute and partner. With `flow_life` it bounds the number of open flows.
    pub open_starts_most: u32,
    /// Starts per minute by one connect link.
    pub link_starts_most: u32,
    /// Connections of one partner to one company that may be created without a key.
    pub open_connections_most: u32,
    /// Time for which a verified API key is cached. A revoked key works for this time at most.
    pub key_memory: Duration,
    /// Time for which audit rows and daily counts are kept.
    pub audit_retention: Duration,
}

/// A time that does not fit the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// The lease does not outlast a request and its commit.
    LeaseTooShort,
    /// The lease leaves a function no time for four requests to the table.
    LeaseTooLong,
    /// The wait leaves a function no time for two requests to the table.
    WaitTooLong,
    /// A flow would last more than ten minutes.
    FlowLifeTooLong,
    /// An API key would be cached for more than a minute.
    KeyMemoryTooLong,
}

/// Time for which audit rows are kept, unless a setting says otherwise: 400 days.
pub const AUDIT_RETENTION: Duration = Duration::from_secs(400 * 86_400);

/// Time-out of one request to the table or the parking queue, including the client's retries.
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
            audit_retention: AUDIT_RETENTION,
        }
    }
}

impl Settings {
    /// Time that a function has for a refresh. Before it the function may store a grant that an earlier invocation left, and read the API
    /// key. With this time a refresh takes its lease soon enough to end before the function does.
    pub fn refresh_time(&self) -> Duration {
        self.function_time.saturating_sub(2 * self.store_timeout)
    }

    /// Time that a refresh needs after it takes a lease: the lease covers request and commit, and parking may follow.
    pub(crate) fn needed_from_lease(&self) -> Duration {
        self.lease + self.store_timeout
    }

    /// Time that a refresh needs after the platform's answer, for the commit and the parking.
    pub fn needed_from_answer(&self) -> Duration {
        self.commit_budget + self.store_timeout
    }

    /// The longest time that a claimed revocation takes: two requests to the platform and three to the table.
    pub fn longest_revocation(&self) -> Duration {
        2 * self.platform_timeout + 3 * self.store_timeout
    }

    /// The longest time that a claimed revocation takes if it must first refresh the access token.
    pub(crate) fn longest_revocation_with_refresh(&self) -> Duration {
        self.longest_revocation() + self.platform_timeout + self.store_timeout
    }

    /// The longest time that a probe takes: a refresh, a request to the platform, and two to the table.
    pub(crate) fn longest_probe(&self) -> Duration {
        self.refresh_time() + self.platform_timeout + 2 * self.store_timeout
    }

    /// Least remaining validity of an access token that a probe sends.
    pub(crate) fn probe_takes(&self) -> Duration {
        self.platform_timeout * 2
    }

    /// Rest of a refresh token of this platform.
    pub fn rest_of(&self, platform: PlatformName) -> Duration {
        self.rests[platform as usize].unwrap_or(self.rest)
    }

    /// The largest difference between this machine's clock and the table's with which a refresh token of this platform is sent.
    /// The clocks of two such processes differ by less than the rest. So the process whose clock is ahead does not see the rest end
    /// before the lease has ended by the other's clock.
    pub(crate) fn skew_most(&self, platform: PlatformName) -> Duration {
        self.rest_of(platform) / 2
    }

    /// Checks that the times fit together: a lease outlasts the request and its commit, and a function outlasts the lease.
    ///
    /// # Errors
    /// The first that does not fit.
    pub fn check(&self) -> Result<(), Misfit> {
        let misfits = [
            (self.platform_timeout + self.commit_budget >= self.lease, Misfit::LeaseTooShort),
            (self.lease + 4 * self.store_timeout >= self.function_time, Misfit::LeaseTooLong),
            (self.wait + 2 * self.store_timeout >= self.function_time, Misfit::WaitTooLong),
            (self.flow_life > Duration::from_secs(600), Misfit::FlowLifeTooLong),
            (self.key_memory > Duration::from_secs(60), Misfit::KeyMemoryTooLong),
        ];
        misfits.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, misfit)| Err(misfit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r3_the_defaults_fit_and_a_short_lease_does_not() {
        assert_eq!(Settings::default().check(), Ok(()));
        let short = Settings { lease: Duration::from_secs(14), ..Settings::default() };
        assert_eq!(short.check(), Err(Misfit::LeaseTooShort), "14 s do not outlast 10 s and 4 s");
        let long = Settings { lease: Duration::from_secs(22), ..Settings::default() };
        assert_eq!(long.check(), Err(Misfit::LeaseTooLong), "22 s and four requests are more than 29 s");
        let patient = Settings { wait: Duration::from_secs(26), ..Settings::default() };
        assert_eq!(patient.check(), Err(Misfit::WaitTooLong), "26 s and two requests are more than 29 s");
        // If the lease write and the second look take their full time, the rest of the lease covers request and commit.
        let settings = Settings::default();
        assert!(settings.platform_timeout + settings.commit_budget + 2 * STORE_TIMEOUT <= settings.lease);
        assert!(settings.needed_from_lease() < settings.refresh_time());
    }
}
