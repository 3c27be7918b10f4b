//! The grants of a scripted platform, and the result of each presented refresh token.

use std::time::Duration;

use counterfoil_core::model::time::until;
use jiff::Timestamp;

/// How a platform treats refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationPolicy {
    /// One permanent refresh token, which answers do not repeat (Zoho).
    Stable,
    /// A new refresh token each time. The previous one works for thirty minutes more (Xero).
    Grace,
    /// The refresh token changes when it is a day old, and the old one is invalid immediately (Intuit).
    Daily,
    /// A new refresh token each time. The old one is invalid immediately (FreshBooks).
    Strict,
    /// As `Strict`, and presenting an old token ends the grant (RFC 9700, section 4.14.2).
    Family,
}

const GRACE: Duration = Duration::from_secs(1_800);
const DAY: Duration = Duration::from_secs(86_400);

/// The grants, one for each consent.
#[derive(Debug)]
pub(super) struct Grants {
    policy: RotationPolicy,
    grants: Vec<Granted>,
}

#[derive(Debug)]
struct Granted {
    company_id: String,
    /// The number of the current refresh token.
    rotation: usize,
    rotated_at: Timestamp,
    access_tokens: usize,
    revoked: bool,
}

/// The result of an accepted refresh token.
pub(super) struct Honoured {
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
}

impl Grants {
    pub(super) fn new(policy: RotationPolicy) -> Self {
        Self { policy, grants: Vec::new() }
    }

    /// Whether every answer has a refresh token.
    pub(super) fn answers_with_refresh_token(&self) -> bool {
        self.policy != RotationPolicy::Stable
    }

    /// Makes a grant. Returns its access token and its refresh token.
    pub(super) fn begin(&mut self, company_id: &str, at: Timestamp) -> (String, String) {
        self.grants.push(Granted {
            company_id: company_id.to_owned(),
            rotation: 0,
            rotated_at: at,
            access_tokens: 1,
            revoked: false,
        });
        let grant = self.grants.len() - 1;
        (access_token(grant, 1), refresh_token(grant, 0))
    }

    pub(super) fn lost_answer_ends_grant(&self) -> bool {
        matches!(self.policy, RotationPolicy::Strict | RotationPolicy::Family)
    }

    pub(super) fn revoke(&mut self, company_id: &str) {
        for granted in self.grants.iter_mut().filter(|granted| granted.company_id == company_id) {
            granted.revoked = true;
        }
    }

    pub(super) fn company_of(&self, access_token: &str) -> Option<&str> {
        let (grant, _) = parse(access_token, "access-")?;
        Some(&self.grants.get(grant)?.company_id)
    }

    /// Processes a presented refresh token; `None` if it is refused.
    pub(super) fn refresh(&mut self, presented: &str, at: Timestamp) -> Option<Honoured> {
        let (grant, rotation) = parse(presented, "refresh-")?;
        let policy = self.policy;
        let granted = self.grants.get_mut(grant)?;
        if granted.revoked || !granted.accepts(policy, rotation, at) {
            granted.revoked |= policy == RotationPolicy::Family;
            return None;
        }
        let rotates = match policy {
            RotationPolicy::Stable => false,
            RotationPolicy::Daily => until(granted.rotated_at, at) >= DAY,
            RotationPolicy::Grace | RotationPolicy::Strict | RotationPolicy::Family => true,
        };
        if rotates {
            granted.rotation += 1;
            granted.rotated_at = at;
        }
        granted.access_tokens += 1;
        Some(Honoured {
            access_token: access_token(grant, granted.access_tokens),
            refresh_token: (policy != RotationPolicy::Stable).then(|| refresh_token(grant, granted.rotation)),
        })
    }
}

impl Granted {
    fn accepts(&self, policy: RotationPolicy, rotation: usize, at: Timestamp) -> bool {
        let in_grace = policy == RotationPolicy::Grace && rotation + 1 == self.rotation && until(self.rotated_at, at) < GRACE;
        rotation == self.rotation || in_grace
    }
}

fn access_token(grant: usize, number: usize) -> String {
    format!("access-{grant}-{number}")
}

fn refresh_token(grant: usize, rotation: usize) -> String {
    format!("refresh-{grant}-{rotation}")
}

fn parse(token: &str, kind: &str) -> Option<(usize, usize)> {
    let (grant, number) = token.strip_prefix(kind)?.split_once('-')?;
    Some((grant.parse().ok()?, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    /// Presents the first refresh token twice, this time apart, then the newest. Returns which of the two were accepted.
    fn twice(policy: RotationPolicy, apart: jiff::Span) -> [bool; 2] {
        let mut grants = Grants::new(policy);
        let (_, first) = grants.begin("company", START);
        let day = START + 24.hours();
        let honoured = grants.refresh(&first, day).expect("the first use is good");
        let again = grants.refresh(&first, day + apart).is_some();
        let newest = honoured.refresh_token.unwrap_or(first);
        [again, grants.refresh(&newest, day + apart).is_some()]
    }

    #[test]
    fn every_policy_treats_a_token_that_comes_twice_in_its_own_way() {
        assert_eq!(twice(RotationPolicy::Stable, 90.minutes()), [true, true]);
        assert_eq!(twice(RotationPolicy::Grace, 90.minutes()), [false, true]);
        assert!(twice(RotationPolicy::Grace, 29.minutes())[0]);
        assert_eq!(twice(RotationPolicy::Daily, 1.minutes()), [false, true]);
        assert_eq!(twice(RotationPolicy::Strict, 1.minutes()), [false, true]);
        assert_eq!(twice(RotationPolicy::Family, 1.minutes()), [false, false]);
    }

    #[test]
    fn a_daily_token_stays_the_same_within_a_day() {
        let mut grants = Grants::new(RotationPolicy::Daily);
        let (_, first) = grants.begin("company", START);
        let honoured = grants.refresh(&first, START + 23.hours()).expect("good");
        assert_eq!(honoured.refresh_token, Some(first));
    }

    #[test]
    fn a_revoked_grant_is_refused_and_another_is_not() {
        let mut grants = Grants::new(RotationPolicy::Stable);
        let (_, one) = grants.begin("one", START);
        let (access, other) = grants.begin("other", START);
        grants.revoke("one");
        assert!(grants.refresh(&one, START).is_none());
        assert!(grants.refresh(&other, START).is_some());
        assert_eq!(grants.company_of(&access), Some("other"));
        assert!(grants.refresh("made-up", START).is_none());
    }
}
